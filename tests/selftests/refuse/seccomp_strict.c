// SPDX-License-Identifier: GPL-2.0-only
//
// A thread under strict seccomp is refused; it goes on under it.
//
// EXPECT: refused EOPNOTSUPP "seccomp"
#include "../ckpt_test.h"
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>

static atomic_bool strict, leave;

/* May read, write and exit only: another thread has to speak for it. */
static void *under_seccomp(void *unused)
{
	(void)unused;
	SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	atomic_store(&strict, true);
	while (!atomic_load(&leave))
		;
	syscall(SYS_exit, 0);
	return NULL;
}

int main(void)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, under_seccomp, NULL), 0);
	while (!atomic_load(&strict))
		usleep(1000);
	ckpt_ready();
	atomic_store(&leave, true);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return ckpt_pass();
}
