// SPDX-License-Identifier: GPL-2.0-only
//
// An ordinary user's program with no_new_privs and filters: the user saves and restarts it.
//
// USER: 65534
// MODES: run-on new-pid
#include "filters.h"

int main(void)
{
	struct filters_seen seen;

	seccomp_confine();
	filters_deny(SYS_getsid, ERANGE);
	filters_look(&seen);
	ckpt_ready();
	CHECK_ERRNO(syscall(SYS_getpgid, 0), EDOM);
	CHECK_ERRNO(syscall(SYS_getsid, 0), ERANGE);
	filters_compare(&seen);
	filters_are(SECCOMP_MODE_FILTER, 2);
	return ckpt_pass();
}
