// SPDX-License-Identifier: GPL-2.0-only
//
// All resource limits stay, soft and hard.
#include "../ckpt_test.h"
#include <sys/resource.h>

int main(void)
{
	struct rlimit before[RLIM_NLIMITS], after;
	int i;

	/* Lower each a little, to something that is its own. */
	for (i = 0; i < (int)RLIM_NLIMITS; i++) {
		SYS(getrlimit(i, &before[i]));
		if (i == RLIMIT_NICE || i == RLIMIT_RTPRIO)
			before[i].rlim_cur = before[i].rlim_max = before[i].rlim_max ? 10 + i : 0;
		else if (before[i].rlim_max == RLIM_INFINITY || before[i].rlim_max > (1ull << 40))
			before[i] = (struct rlimit){ (1ull << 36) + i, (1ull << 37) + i };
		SYS(setrlimit(i, &before[i]));
	}
	ckpt_ready();
	for (i = 0; i < (int)RLIM_NLIMITS; i++) {
		SYS(getrlimit(i, &after));
		CHECK_EQ(after.rlim_cur, before[i].rlim_cur);
		CHECK_EQ(after.rlim_max, before[i].rlim_max);
	}
	return ckpt_pass();
}
