/* SPDX-License-Identifier: GPL-2.0-only */
/* A process with filters, whose threads share them and have some of their own. */
#ifndef FAULTS_SECCOMP_H
#define FAULTS_SECCOMP_H

#include "../seccomp/filters.h"
#include <stdatomic.h>

static atomic_int faults_confined;

static inline void *faults_confined_thread(void *own)
{
	if (own)
		filters_deny(SYS_swapoff, EDOM);
	faults_confined++;
	for (;;)
		pause();
	return NULL;
}

static inline void faults_seccomp(void)
{
	pthread_t thread;

	filters_no_new_privs();
	filters_deny(SYS_swapoff, ERANGE);
	filters_add(SYS_swapon, SECCOMP_RET_ERRNO | ERANGE, SECCOMP_FILTER_FLAG_LOG);
	CHECK_EQ(pthread_create(&thread, NULL, faults_confined_thread, NULL), 0);
	CHECK_EQ(pthread_create(&thread, NULL, faults_confined_thread, (void *)1), 0);
	while (faults_confined != 2)
		usleep(1000);
	/* As long as the image may be restarted: what it is to be found with. */
	filters_are(SECCOMP_MODE_FILTER, 2);
	target_waits();
}

#endif /* FAULTS_SECCOMP_H */
