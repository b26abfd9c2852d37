// SPDX-License-Identifier: GPL-2.0-only
//
// A filter whose listener has gone (SECCOMP_RET_USER_NOTIF): what it would ask the listener fails with ENOSYS,
// and there can be another one.
#include "filters.h"

int main(void)
{
	int listener;

	filters_no_new_privs();
	listener = filters_try(SYS_getpgid, SECCOMP_RET_USER_NOTIF,
			       SECCOMP_FILTER_FLAG_NEW_LISTENER |
				       SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	CHECK(listener >= 0);
	SYS(close(listener));
	CHECK_ERRNO(syscall(SYS_getpgid, 0), ENOSYS);
	ckpt_ready();
	CHECK_ERRNO(syscall(SYS_getpgid, 0), ENOSYS);
	filters_are(SECCOMP_MODE_FILTER, 1);
	listener = filters_try(SYS_getsid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	CHECK(listener >= 0);
	SYS(close(listener));
	return ckpt_pass();
}
