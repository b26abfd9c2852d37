// SPDX-License-Identifier: GPL-2.0-only
//
// Pending signals stay pending with all that was queued: sender, code, value;
// real-time signals several times over, in their order.
//
// MODES: -stopped
#include "../ckpt_test.h"

#define QUEUED 20

static void take(int signal, int code, int value)
{
	siginfo_t info;
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, signal);
	CHECK_EQ(sigtimedwait(&one, &info, &(struct timespec){ 0 }), signal);
	CHECK_EQ(info.si_signo, signal);
	CHECK_EQ(info.si_code, code);
	CHECK_EQ(info.si_uid, getuid());
	if (code == SI_QUEUE)
		CHECK_EQ(info.si_value.sival_int, value);
}

int main(void)
{
	pid_t sender = getpid();
	sigset_t all, pending;
	int i;

	sigfillset(&all);
	SYS(sigprocmask(SIG_SETMASK, &all, NULL));
	SYS(kill(sender, SIGUSR1));
	SYS(kill(sender, SIGTERM));
	SYS(syscall(SYS_tgkill, sender, sender, SIGUSR2));
	for (i = 0; i < QUEUED; i++)
		SYS(sigqueue(sender, SIGRTMIN + i % 3, (union sigval){ .sival_int = i }));
	ckpt_ready();
	SYS(sigpending(&pending));
	for (i = 1; i <= SIGRTMAX; i++) {
		bool wanted = i == SIGUSR1 || i == SIGUSR2 || i == SIGTERM ||
			      (i >= SIGRTMIN && i < SIGRTMIN + 3);

		if (i < 32 || i >= SIGRTMIN)
			CHECK_EQ(sigismember(&pending, i), wanted);
	}
	/* The C library turns SI_TKILL into SI_USER. */
	take(SIGUSR2, SI_USER, 0);
	take(SIGUSR1, SI_USER, 0);
	take(SIGTERM, SI_USER, 0);
	for (i = 0; i < 3; i++) {
		int value;

		for (value = i; value < QUEUED; value += 3)
			take(SIGRTMIN + i, SI_QUEUE, value);
	}
	CHECK_ERRNO(sigtimedwait(&all, NULL, &(struct timespec){ 0 }), EAGAIN);
	return ckpt_pass();
}
