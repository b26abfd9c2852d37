// SPDX-License-Identifier: GPL-2.0-only
//
// The set of processors that was asked for stays.
#include "../ckpt_test.h"
#include <sched.h>

int main(void)
{
	cpu_set_t before, after, one;
	int last = -1, cpu;

	SYS(sched_getaffinity(0, sizeof(before), &before));
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &before))
			last = cpu;
	if (CPU_COUNT(&before) < 2)
		ckpt_skip("there is one processor only");
	CPU_ZERO(&one);
	CPU_SET(last, &one);
	SYS(sched_setaffinity(0, sizeof(one), &one));
	ckpt_ready();
	SYS(sched_getaffinity(0, sizeof(after), &after));
	CHECK(CPU_EQUAL(&one, &after));
	CHECK_EQ(sched_getcpu(), last);
	return ckpt_pass();
}
