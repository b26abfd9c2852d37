// SPDX-License-Identifier: GPL-2.0-only
//
// A program that computes without system calls is interrupted anywhere and goes
// on: the result is right.
#include "../ckpt_test.h"

/* The same work gives the same number. */
static uint64_t work(void)
{
	uint64_t x = 1, sum = 0;
	double y = 0.5;
	int i;

	for (i = 0; i < 5000000; i++) {
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		y = 3.9 * y * (1.0 - y);
		sum += x >> 33;
	}
	return sum ^ (uint64_t)(y * 1e15);
}

int main(void)
{
	uint64_t wanted = work();

	ckpt_announce();
	do
		CHECK(work() == wanted);
	while (!ckpt_gone());
	return ckpt_pass();
}
