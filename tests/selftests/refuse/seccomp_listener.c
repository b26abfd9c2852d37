// SPDX-License-Identifier: GPL-2.0-only
//
// A filter that asks a listener (SECCOMP_RET_USER_NOTIF) is refused, be the listener outside of the tree or in
// it; it stays in force, and the listener is asked.
//
// EXPECT: refused EOPNOTSUPP "seccomp filter with a listener"
#include "../seccomp/filters.h"
#include <sys/ioctl.h>

static int listener;

static void answer(void)
{
	struct seccomp_notif asked = {};
	struct seccomp_notif_resp says = {};

	SYS(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked));
	CHECK_EQ(asked.data.nr, SYS_getpgid);
	says.id = asked.id;
	says.error = -EDOM;
	SYS(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &says));
	_exit(0);
}

int main(void)
{
	int status;

	filters_no_new_privs();
	listener = filters_try(SYS_getpgid, SECCOMP_RET_USER_NOTIF,
			       SECCOMP_FILTER_FLAG_NEW_LISTENER);
	CHECK(listener >= 0);
	ckpt_ready();
	if (SYS(fork()) == 0)
		answer();
	CHECK_ERRNO(syscall(SYS_getpgid, 0), EDOM);
	SYS(wait(&status));
	CHECK_EQ(status, 0);
	return ckpt_pass();
}
