// SPDX-License-Identifier: GPL-2.0-only
//
// A mapping that a userfaultfd watches is refused, whoever holds the descriptor.
//
// EXPECT: refused EOPNOTSUPP "userfaultfd"
#include "../ckpt_test.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

static void hold(void *argument)
{
	(void)argument;
	ckpt_wait_go();
}

int main(void)
{
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	unsigned char *at = ckpt_anon(4 * CKPT_PAGE);
	int fd = syscall(SYS_userfaultfd, 0);

	if (fd < 0)
		ckpt_skip("no userfaultfd here");
	SYS(ioctl(fd, UFFDIO_API, &api));
	at[0] = 1;
	range.range.start = (unsigned long)at;
	range.range.len = 4 * CKPT_PAGE;
	SYS(ioctl(fd, UFFDIO_REGISTER, &range));
	/* Somebody else keeps it open; we close ours. */
	ckpt_helper(hold, NULL);
	SYS(close(fd));
	ckpt_ready();
	CHECK_EQ(at[0], 1);
	return ckpt_pass();
}
