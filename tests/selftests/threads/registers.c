// SPDX-License-Identifier: GPL-2.0-only
//
// Threads that compute all the time, each with its own general, vector and x87
// registers.
//
// LIBS: -lpthread -lm
#include "threads.h"
#include <math.h>

#define COUNT 3

static double vectors(long number, const volatile uint32_t *phase)
{
	double a[4] = { number, number + 0.5, 1.0 / number, 3.0 };
	long double exact = number;
	uint64_t rounds = 0;
	int i;

	/* As long as the world is not changed, and a fixed number of times after it. */
	while (*phase == TREE_BUILDING || rounds % 1000 != 0) {
		for (i = 0; i < 4; i++)
			a[i] = a[i] * 1.0000001 + 0.25;
		exact = sqrtl(exact * exact + 1e-12L);
		rounds++;
	}
	/* Everything can be computed again from the number of rounds. */
	double b[4] = { number, number + 0.5, 1.0 / number, 3.0 };
	long double again = number;

	for (; rounds > 0; rounds--) {
		for (i = 0; i < 4; i++)
			b[i] = b[i] * 1.0000001 + 0.25;
		again = sqrtl(again * again + 1e-12L);
	}
	for (i = 0; i < 4; i++)
		CHECK(a[i] == b[i]);
	CHECK(exact == again);
	return a[0];
}

static void *thread(void *argument)
{
	int place = tree_place();

	tree_register(place);
	CHECK(vectors((long)argument, &tree->phase) > 0);
	tree_check(place);
	tree_report(place);
	return NULL;
}

int main(void)
{
	pthread_t id[COUNT];

	tree_start();
	threads_start(id, COUNT, thread);
	tree_go(COUNT);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
