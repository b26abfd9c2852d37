// SPDX-License-Identifier: GPL-2.0-only
//
// A seccomp filter is still in force, and none has come to it.
#include "filters.h"

int main(void)
{
	struct filters_seen seen;

	seccomp_confine();
	filters_look(&seen);
	ckpt_ready();
	CHECK_ERRNO(syscall(SYS_getpgid, 0), EDOM);
	CHECK_ERRNO(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0), EINVAL);
	filters_compare(&seen);
	filters_are(SECCOMP_MODE_FILTER, 1);
	/* Its children have it, and it may have more. */
	filters_deny(SYS_getsid, ERANGE);
	CHECK_ERRNO(syscall(SYS_getsid, 0), ERANGE);
	if (SYS(fork()) == 0) {
		CHECK_ERRNO(syscall(SYS_getpgid, 0), EDOM);
		filters_are(SECCOMP_MODE_FILTER, 2);
		_exit(0);
	}
	CHECK_EQ(SYS(wait(NULL)) > 0, 1);
	return ckpt_pass();
}
