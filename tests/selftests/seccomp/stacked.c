// SPDX-License-Identifier: GPL-2.0-only
//
// Filters upon filters: all are asked, in their order, and each does what it did: errors, a signal, what only
// a tracer or a listener could decide.
#include "filters.h"

static volatile sig_atomic_t trapped;

static void on_sigsys(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (info->si_code == 1 /* SYS_SECCOMP */ && info->si_syscall == SYS_getpriority &&
	    info->si_errno == 77)
		trapped++;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
	struct filters_seen seen;

	SYS(sigaction(SIGSYS, &action, NULL));
	filters_no_new_privs();
	/* Of filters that say the same the newest counts: the order can be seen. */
	filters_deny(SYS_getpgid, EDOM);
	filters_deny(SYS_getsid, ERANGE);
	filters_add(SYS_getsid, SECCOMP_RET_ERRNO | EILSEQ, SECCOMP_FILTER_FLAG_LOG);
	filters_add(SYS_getpriority, SECCOMP_RET_TRAP | 77, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	filters_add(SYS_times, SECCOMP_RET_TRACE | 5, 0);
	filters_add(SYS_getgroups, SECCOMP_RET_USER_NOTIF, 0);
	filters_deny(SYS_getpgid, EXDEV);
	/* Two equal ones are two. */
	filters_deny(SYS_getpgid, EXDEV);
	filters_add(SYS_getppid, SECCOMP_RET_LOG, SECCOMP_FILTER_FLAG_LOG);
	filters_look(&seen);

	ckpt_ready();
	filters_compare(&seen);
	filters_are(SECCOMP_MODE_FILTER, 9);
	CHECK_ERRNO(syscall(SYS_getpgid, 0), EXDEV);
	CHECK_ERRNO(syscall(SYS_getsid, 0), EILSEQ);
	CHECK_ERRNO(syscall(SYS_times, 0), ENOSYS);
	CHECK_ERRNO(syscall(SYS_getgroups, 0, NULL), ENOSYS);
	CHECK(syscall(SYS_getppid) >= 0);
	CHECK_EQ(trapped, 0);
	syscall(SYS_getpriority, 0, 0);
	CHECK_EQ(trapped, 1);
	return ckpt_pass();
}
