// SPDX-License-Identifier: GPL-2.0-only
//
// Waiters of one futex: so many are woken as are asked for, those with other bits
// sleep on, and some are moved to another futex.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 6

static uint32_t word, second;
static volatile uint32_t woken;

static void *thread(void *argument)
{
	int place = tree_place();
	long bits = (long)argument == COUNT ? 2 : 1, result;

	tree_register(place);
	do {
		__asm__ volatile("" ::: "memory");
		result = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, bits);
	} while (result == -1 && errno == EINTR);
	CHECK_EQ(result, 0);
	__atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
	tree_report(place);
	return NULL;
}

static void expect(uint32_t wanted)
{
	int tries;

	for (tries = 0; woken < wanted && tries < ckpt_patience(20000); tries++)
		usleep(1000);
	usleep(20000);
	CHECK_EQ(woken, wanted);
}

int main(void)
{
	pthread_t id[COUNT];
	long moved;

	tree_start();
	threads_start(id, COUNT, thread);
	tree_wait_count(&tree->ready, COUNT, "are ready");
	threads_all_asleep(1, COUNT);
	tree_go(COUNT);
	/* All of them wait again; they may need a moment to have come so far. */
	threads_all_asleep(1, COUNT);
	CHECK_EQ(syscall(SYS_futex, &word, FUTEX_WAKE_BITSET_PRIVATE, 10, NULL, NULL, 2), 1);
	expect(1);
	CHECK_EQ(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 2), 2);
	expect(3);
	moved = syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 0, 100, &second, 0);
	CHECK_EQ(moved, 3);
	CHECK_EQ(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 100), 0);
	CHECK_EQ(syscall(SYS_futex, &second, FUTEX_WAKE_PRIVATE, 100), 3);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
