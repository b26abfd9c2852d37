// SPDX-License-Identifier: GPL-2.0-only
//
// Memory that the kernel itself must not see (memfd_secret) is refused.
//
// EXPECT: refused EOPNOTSUPP "secret|deleted|memfd"
#include "../ckpt_test.h"

int main(void)
{
	int fd = syscall(447, 0);
	unsigned char *at;

	if (fd < 0)
		ckpt_skip("no memfd_secret here");
	SYS(ftruncate(fd, CKPT_PAGE));
	at = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(at != MAP_FAILED);
	at[3] = 3;
	SYS(close(fd));
	ckpt_ready();
	CHECK_EQ(at[3], 3);
	return ckpt_pass();
}
