// SPDX-License-Identifier: GPL-2.0-only
//
// A seccomp filter is refused; it stays in force.
//
// EXPECT: refused EOPNOTSUPP "seccomp"
#include "../seccomp.h"

int main(void)
{
	seccomp_confine();
	ckpt_ready();
	CHECK_ERRNO(syscall(SYS_getpgid, 0), EDOM);
	return ckpt_pass();
}
