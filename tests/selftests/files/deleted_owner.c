// SPDX-License-Identifier: GPL-2.0-only
//
// A deleted file of somebody else stays his, with its set-id bits.
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(open("theirs", O_RDWR | O_CREAT | O_EXCL, 0600));
	struct stat stat;

	if (fchown(fd, 12345, 54321) != 0)
		ckpt_skip("files cannot be given away");
	SYS(fchmod(fd, 06755));
	SYS(unlink("theirs"));
	ckpt_ready();
	SYS(fstat(fd, &stat));
	CHECK_EQ(stat.st_uid, 12345);
	CHECK_EQ(stat.st_gid, 54321);
	CHECK_EQ(stat.st_mode, S_IFREG | 06755);
	return ckpt_pass();
}
