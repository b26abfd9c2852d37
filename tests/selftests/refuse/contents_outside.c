// SPDX-License-Identifier: GPL-2.0-only
//
// A memfd that a process outside of the tree has open, too, by an open file of its own, is refused; both
// still see what the other writes.
//
// EXPECT: refused EBUSY "fd 3" "memfd:ours" "outside of the tree has it, too, as fd "
#include "../ckpt_test.h"
#include <sys/wait.h>

static void hold(void *argument)
{
	char text[4] = "";
	int fd;

	(void)argument;
	fd = SYS(open("/proc/self/fd/3", O_RDWR));
	SYS(close(3));
	ckpt_write_file("held", "", 0);
	ckpt_wait_go();
	while (pread(fd, text, 3, 0) != 3)
		usleep(1000);
	CHECK_STR(text, "out");
	CHECK_EQ(pwrite(fd, "in", 3, 0), 3);
}

int main(void)
{
	int fd = SYS(memfd_create("ours", 0));
	char text[4] = "";

	CHECK_EQ(fd, 3);
	ckpt_helper(hold, NULL);
	while (access("held", F_OK) != 0)
		usleep(1000);
	ckpt_ready();
	CHECK_EQ(pwrite(fd, "out", 3, 0), 3);
	while (strcmp(text, "in") != 0)
		CHECK_EQ(pread(fd, text, 3, 0), 3);
	return ckpt_pass();
}
