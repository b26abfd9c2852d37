// SPDX-License-Identifier: GPL-2.0-only
//
// A deleted file of 64 MiB with thousands of holes, which two processes have open and one has mapped, is
// the same to the byte and takes no more room; both still have the same file.
//
// MODES: run-on kill-restart pipe again no-capture
#include "../tree/tree.h"
#include "stretches.h"

#define PAGES (64ul << 20 >> 12)
#define FAR (50ul << 20)

static struct stretches stretches;
static int first, own;

static void child(void *argument)
{
	char text[8] = "";
	int place;

	(void)argument;
	own = SYS(open("/proc/self/fd/3", O_RDWR | O_APPEND));
	place = tree_wait();
	stretches_check(&stretches, own);
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[0], 2);
	CHECK_EQ(pread(own, text, 6, FAR), 6);
	CHECK_STR(text, "mapped");
	CHECK_EQ(write(own, "appended", 8), 8);
	tree_report(place);
}

int main(void)
{
	unsigned char *mapped;
	char text[16] = "";

	first = SYS(open("doomed", O_RDWR | O_CREAT | O_EXCL, 0600));
	CHECK_EQ(first, 3);
	stretches = stretches_of(5, PAGES);
	stretches_write(&stretches, first);
	mapped = mmap(NULL, stretches.size, PROT_READ | PROT_WRITE, MAP_SHARED, first, 0);
	CHECK(mapped != MAP_FAILED);
	SYS(unlink("doomed"));
	tree_start();
	tree_fork(child, NULL);
	tree_go(1);
	stretches_check(&stretches, first);
	stretches_check_mapped(&stretches, mapped);
	tree_until(&tree->word[0], 1);
	memcpy(mapped + FAR, "mapped", 6);
	tree_store(&tree->word[0], 2);
	tree_end(1);
	CHECK_EQ(pread(first, text, 15, stretches.size), 8);
	CHECK_STR(text, "appended");
	tree_reap_all(1);
	return ckpt_pass();
}
