// SPDX-License-Identifier: GPL-2.0-only
//
// Sealed mappings are sealed again: they cannot be unmapped or changed, and keep
// their contents.
#include "smaps.h"
#include <linux/ckpt.h>
#include <sys/ioctl.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

#define LENGTH (4 * CKPT_PAGE)

/* The module can seal only where the kernel has a function for it. */
static bool module_seals(void)
{
	struct ckpt_info info = { .size = sizeof(info) };
	int fd = SYS(open(CKPT_DEVICE, O_RDWR));
	int ret = ioctl(fd, CKPT_IOC_INFO, &info);

	SYS(close(fd));
	return ret == 0 && info.features & CKPT_FEATURE_MSEAL;
}

int main(void)
{
	unsigned char *sealed = ckpt_anon(LENGTH), *read_only = ckpt_anon(LENGTH);

	ckpt_fill_pattern(sealed, LENGTH, 35);
	ckpt_fill_pattern(read_only, LENGTH, 36);
	SYS(mprotect(read_only, LENGTH, PROT_READ));
	if (syscall(SYS_mseal, sealed, LENGTH, 0) != 0)
		ckpt_skip("no mseal here");
	if (!module_seals())
		ckpt_skip("the module cannot seal on this kernel");
	SYS(syscall(SYS_mseal, read_only, LENGTH, 0));
	ckpt_ready();
	CHECK(smaps_flag(sealed, "sl"));
	CHECK_ERRNO(munmap(sealed, CKPT_PAGE), EPERM);
	CHECK_ERRNO(mprotect(sealed, LENGTH, PROT_READ), EPERM);
	CHECK_ERRNO(mprotect(read_only, LENGTH, PROT_READ | PROT_WRITE), EPERM);
	CHECK_ERRNO(madvise(read_only, LENGTH, MADV_DONTNEED), EPERM);
	ckpt_check_pattern(sealed, LENGTH, 35);
	ckpt_check_pattern(read_only, LENGTH, 36);
	sealed[0] = 1;
	return ckpt_pass();
}
