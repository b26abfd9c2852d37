// SPDX-License-Identifier: GPL-2.0-only
//
// A memfd that is mapped, shared and private, by two processes stays one; mappings that were made
// before F_SEAL_FUTURE_WRITE can be written, and those that were made after it can never be.
//
// MODES: -new-pid
#include "../tree/tree.h"

#define LENGTH (300 * CKPT_PAGE)

static unsigned char *before, *after, *private;

static void check_never(void)
{
	CHECK_ERRNO(mprotect(after, LENGTH, PROT_READ | PROT_WRITE), EACCES);
	CHECK_EQ(memcmp(before, after, LENGTH), 0);
}

static void child(void *argument)
{
	int place;

	(void)argument;
	private[CKPT_PAGE] = 'c';
	place = tree_wait();
	check_never();
	CHECK_EQ(private[0], 'p');
	CHECK_EQ(private[CKPT_PAGE], 'c');
	before[7] = 'C';
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[0], 2);
	CHECK_EQ(after[8], 'P');
	tree_report(place);
}

static void *map(int fd, int protection, int flags)
{
	void *at = mmap(NULL, LENGTH, protection, flags, fd, 0);

	CHECK(at != MAP_FAILED);
	return at;
}

int main(void)
{
	int fd = SYS(memfd_create("mapped", MFD_ALLOW_SEALING));

	tree_start();
	SYS(ftruncate(fd, LENGTH));
	before = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	ckpt_fill_pattern(before, LENGTH - 3 * CKPT_PAGE, 3);
	private = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	private[0] = 'p';
	SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK));
	after = map(fd, PROT_READ, MAP_SHARED);
	tree_fork(child, NULL);
	tree_go(1);
	check_never();
	CHECK_EQ(private[CKPT_PAGE], before[CKPT_PAGE]);
	tree_until(&tree->word[0], 1);
	CHECK_EQ(after[7], 'C');
	before[8] = 'P';
	tree_store(&tree->word[0], 2);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK);
	CHECK_ERRNO(pwrite(fd, "x", 1, 0), EPERM);
	tree_end(1);
	tree_reap_all(1);
	return ckpt_pass();
}
