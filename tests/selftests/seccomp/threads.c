// SPDX-License-Identifier: GPL-2.0-only
//
// A filter for each thread, one in strict mode, one without any: each has its own and no other. A
// synchronisation fails as it would have, since they are not those of the one that asks for it.
//
// MODES: -new-pid
// LIBS: -lpthread
#include "../threads/threads.h"
#include "filters.h"

#define COUNT 4

static const int numbers[COUNT] = { SYS_times, SYS_sysinfo, SYS_getrusage, SYS_getitimer };

static void allows_only(int denied)
{
	char room[1024];
	int i;

	for (i = 0; i < COUNT; i++) {
		long result = tree_call(numbers[i], 0, (long)room, 0, 0, 0);

		if (i == denied)
			CHECK_EQ(result, -(100 + i));
		else
			CHECK(result != -(100 + i));
	}
}

static void *confined(void *argument)
{
	int nth = (long)argument - 1, place;
	struct filters_seen seen;

	filters_no_new_privs();
	filters_deny(numbers[nth], 100 + nth);
	filters_look(&seen);
	place = tree_wait();
	filters_compare(&seen);
	filters_are(SECCOMP_MODE_FILTER, 1);
	allows_only(nth);
	tree_report(place);
	return NULL;
}

/* May not even sleep. */
static void *strict(void *argument)
{
	(void)argument;
	SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	__atomic_store_n(&tree->word[0], 1, __ATOMIC_SEQ_CST);
	while (tree_load(&tree->word[1]) == 0)
		;
	tree_call(SYS_exit, 0, 0, 0, 0, 0);
	return NULL;
}

int main(void)
{
	pthread_t id[COUNT], other;
	char path[64], text[8192];

	tree_start();
	threads_start(id, COUNT, confined);
	other = tree_thread(strict, NULL);
	while (tree_load(&tree->word[0]) == 0)
		usleep(1000);
	tree_go(COUNT);
	tree_end(COUNT);
	filters_are(SECCOMP_MODE_DISABLED, 0);
	allows_only(-1);
	filters_no_new_privs();
	CHECK(filters_try(SYS_times, SECCOMP_RET_ERRNO | 99, SECCOMP_FILTER_FLAG_TSYNC) > 0);
	filters_are(SECCOMP_MODE_DISABLED, 0);
	threads_join(id, COUNT);
	/* The thread in strict mode is the last that is in the way. */
	CHECK(filters_try(SYS_times, SECCOMP_RET_ERRNO | 99, SECCOMP_FILTER_FLAG_TSYNC) > 0);
	snprintf(path, sizeof(path), "/proc/self/task/%ld/status",
		 filters_try(SYS_times, SECCOMP_RET_ERRNO | 99, SECCOMP_FILTER_FLAG_TSYNC));
	ckpt_read_file(path, text, sizeof(text));
	CHECK(strstr(text, "Seccomp:\t1\n"));
	tree_store(&tree->word[1], 1);
	tree_join(other);
	return ckpt_pass();
}
