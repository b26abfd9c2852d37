// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe with other permissions than a new one has is refused; it keeps them.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "permissions"
#include "../ckpt_test.h"
#include <sys/stat.h>

int main(void)
{
	struct stat stat;
	int end[2];

	SYS(pipe(end));
	SYS(fchmod(end[0], 0640));
	ckpt_ready();
	SYS(fstat(end[1], &stat));
	CHECK_EQ(stat.st_mode & 0777, 0640);
	return ckpt_pass();
}
