// SPDX-License-Identifier: GPL-2.0-only
//
// Deleted files of an ordinary user stay his, with the permissions that they had, be it none.
//
// USER: 65534
// MODES: run-on new-pid
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(open("private", O_RDWR | O_CREAT | O_EXCL, 0600)), memfd;
	char text[8] = "";
	struct stat stat;

	CHECK_EQ(write(fd, "mine", 4), 4);
	SYS(fchmod(fd, 0));
	SYS(unlink("private"));
	memfd = SYS(memfd_create("mine", 0));
	CHECK_EQ(write(memfd, "memory", 6), 6);
	SYS(fchmod(memfd, 04711));
	ckpt_ready();
	SYS(fstat(fd, &stat));
	CHECK_EQ(stat.st_mode, S_IFREG);
	CHECK_EQ(stat.st_uid, 65534);
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 4);
	CHECK_STR(text, "mine");
	SYS(fstat(memfd, &stat));
	CHECK_EQ(stat.st_mode, S_IFREG | 04711);
	CHECK_EQ(stat.st_uid, 65534);
	return ckpt_pass();
}
