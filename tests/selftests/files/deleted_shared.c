// SPDX-License-Identifier: GPL-2.0-only
//
// Descriptors for one deleted file stay so: copies with one position, other open files with flags and
// positions of their own, in two processes.
//
// MODES: -new-pid
#include "../tree/tree.h"

static int first, copy, append, other;

static void child(void *argument)
{
	char text[16] = "";
	int place;

	(void)argument;
	other = SYS(open("/proc/self/fd/3", O_RDONLY));
	SYS(lseek(other, 6, SEEK_SET));
	place = tree_wait();
	tree_until(&tree->word[0], 1);
	CHECK_EQ(lseek(first, 0, SEEK_CUR), 9);
	CHECK_EQ(read(other, text, sizeof(text)), 9);
	CHECK_STR(text, "9abcdeEND");
	CHECK_EQ(write(first, "child", 5), 5);
	tree_report(place);
}

int main(void)
{
	char text[32] = "";

	first = SYS(open("doomed", O_RDWR | O_CREAT | O_EXCL, 0600));
	CHECK_EQ(first, 3);
	CHECK_EQ(write(first, "0123456789ab", 12), 12);
	append = SYS(open("doomed", O_WRONLY | O_APPEND | O_NONBLOCK));
	copy = SYS(dup(first));
	SYS(lseek(copy, 5, SEEK_SET));
	SYS(unlink("doomed"));
	tree_start();
	tree_fork(child, NULL);
	tree_go(1);
	CHECK_EQ(write(append, "END", 3), 3);
	CHECK_EQ(fcntl(append, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK),
		 O_WRONLY | O_APPEND | O_NONBLOCK);
	CHECK_EQ(syscall(SYS_kcmp, getpid(), getpid(), 0, first, copy), 0);
	CHECK(syscall(SYS_kcmp, getpid(), getpid(), 0, first, append) != 0);
	CHECK_EQ(write(copy, "4567", 4), 4);
	CHECK_EQ(pwrite(first, "9abcde", 6, 6), 6);
	tree_store(&tree->word[0], 1);
	tree_end(1);
	CHECK_EQ(lseek(copy, 0, SEEK_CUR), 14);
	CHECK_EQ(pread(first, text, sizeof(text), 0), 15);
	CHECK_STR(text, "0123449abchildD");
	tree_reap_all(1);
	return ckpt_pass();
}
