// SPDX-License-Identifier: GPL-2.0-only
//
// A userfaultfd is refused.
//
// EXPECT: refused EOPNOTSUPP "userfaultfd"
#include "../ckpt_test.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

int main(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		ckpt_skip("no userfaultfd here");
	SYS(ioctl(fd, UFFDIO_API, &api));
	ckpt_ready();
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	return ckpt_pass();
}
