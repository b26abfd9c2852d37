// SPDX-License-Identifier: GPL-2.0-only
//
// Pages that a child has filled with zeros, or has given back, since it was
// forked are not its parent's any more: in anonymous memory and in a private
// mapping of a file.
#include "tree.h"

#define PAGES 64

static unsigned char *memory, *mapped;

static int expected(int page)
{
	return page == 10 || (page >= 20 && page < 23) || page == 30 ? 0 : 7;
}

static void child(void *argument)
{
	int i, place;

	(void)argument;
	for (i = 0; i < PAGES; i++) {
		if (expected(i) == 0)
			memset(memory + i * CKPT_PAGE, 0, CKPT_PAGE);
	}
	CHECK_EQ(madvise(memory + 30 * CKPT_PAGE, CKPT_PAGE, MADV_DONTNEED), 0);
	memset(mapped + 10 * CKPT_PAGE, 0, CKPT_PAGE);
	place = tree_wait();
	for (i = 0; i < PAGES; i++) {
		CHECK_EQ(memory[i * CKPT_PAGE], expected(i));
		CHECK_EQ(mapped[i * CKPT_PAGE], i == 10 ? 0 : 7);
	}
	tree_report(place);
}

int main(void)
{
	int fd = SYS(open("data", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	int i;

	tree_start();
	memory = ckpt_anon(PAGES * CKPT_PAGE);
	memset(memory, 7, PAGES * CKPT_PAGE);
	SYS(ftruncate(fd, PAGES * CKPT_PAGE));
	mapped = mmap(NULL, PAGES * CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(mapped != MAP_FAILED);
	memset(mapped, 7, PAGES * CKPT_PAGE);
	tree_fork(child, NULL);
	tree_go(1);
	tree_end(1);
	for (i = 0; i < PAGES; i++) {
		CHECK_EQ(memory[i * CKPT_PAGE], 7);
		CHECK_EQ(mapped[i * CKPT_PAGE], 7);
	}
	tree_reap_all(1);
	return ckpt_pass();
}
