// SPDX-License-Identifier: GPL-2.0-only
//
// A memfd of huge pages is refused by that name.
//
// EXPECT: refused EOPNOTSUPP "a memfd of huge pages (MFD_HUGETLB)" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd = memfd_create("huge", MFD_HUGETLB);
	struct stat stat;

	if (fd < 0)
		ckpt_skip("no huge pages here");
	SYS(ftruncate(fd, 2 << 20));
	ckpt_ready();
	SYS(fstat(fd, &stat));
	CHECK_EQ(stat.st_size, 2 << 20);
	return ckpt_pass();
}
