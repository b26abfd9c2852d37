// SPDX-License-Identifier: GPL-2.0-only
//
// The umask stays.
#include "../ckpt_test.h"

int main(void)
{
	struct stat status;

	umask(0137);
	ckpt_ready();
	SYS(close(SYS(open("new", O_WRONLY | O_CREAT | O_EXCL, 0777))));
	SYS(stat("new", &status));
	CHECK_EQ(status.st_mode & 0777, 0640);
	CHECK_EQ(umask(0), 0137);
	return ckpt_pass();
}
