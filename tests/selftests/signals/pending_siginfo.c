// SPDX-License-Identifier: GPL-2.0-only
//
// Every byte of a queued siginfo stays: a sender may have put anything there.
//
// MODES: -stopped
#include "../ckpt_test.h"

int main(void)
{
	siginfo_t sent = { 0 }, got;
	sigset_t all;

	sigfillset(&all);
	SYS(sigprocmask(SIG_SETMASK, &all, NULL));
	sent.si_signo = SIGRTMIN + 9;
	sent.si_errno = 17;
	sent.si_code = -60;
	sent.si_pid = 1234567;
	sent.si_uid = 7654321;
	sent.si_value.sival_ptr = (void *)0x1122334455667788;
	SYS(syscall(SYS_rt_sigqueueinfo, getpid(), sent.si_signo, &sent));
	ckpt_ready();
	memset(&got, 0, sizeof(got));
	CHECK_EQ(sigtimedwait(&all, &got, &(struct timespec){ 0 }), SIGRTMIN + 9);
	CHECK_EQ(got.si_errno, 17);
	CHECK_EQ(got.si_code, -60);
	CHECK_EQ(got.si_pid, 1234567);
	CHECK_EQ(got.si_uid, 7654321);
	CHECK(got.si_value.sival_ptr == (void *)0x1122334455667788);
	return ckpt_pass();
}
