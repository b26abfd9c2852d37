// SPDX-License-Identifier: GPL-2.0-only
//
// CKPT_IOC_INFO tells what this module is, as far as the caller has room for it.
//
// MODES: plain
#include "api.h"
#include <sys/utsname.h>

int main(void)
{
	struct {
		struct ckpt_info info;
		unsigned char more[64];
	} large;
	struct ckpt_info info = { .size = sizeof(info) };
	struct utsname uts;

	SYS(ioctl(device(), CKPT_IOC_INFO, &info));
	CHECK_EQ(info.size, sizeof(info));
	CHECK_EQ(info.abi, CKPT_ABI_VERSION);
	CHECK_EQ(info.format, 4);
	CHECK(info.max_tasks >= 1);
	CHECK(info.nr_symbols > 0);
	SYS(uname(&uts));
	CHECK_STR(info.release, uts.release);

	/* Only what fits is written. */
	memset(&info, 0xee, sizeof(info));
	info.size = 8;
	SYS(ioctl(device(), CKPT_IOC_INFO, &info));
	CHECK_EQ(info.abi, CKPT_ABI_VERSION);
	CHECK_EQ(info.format, 0xeeeeeeee);

	/* What the kernel does not know reads as zero, or stays zero. */
	memset(&large, 0, sizeof(large));
	large.info.size = sizeof(large);
	SYS(ioctl(device(), CKPT_IOC_INFO, &large));
	CHECK_EQ(large.info.abi, CKPT_ABI_VERSION);
	CHECK_EQ(large.more[0] | large.more[63], 0);

	info.size = 0;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_INFO, &info), EINVAL);
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_INFO, NULL), EFAULT);
	return ckpt_pass();
}
