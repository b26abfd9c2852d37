// SPDX-License-Identifier: GPL-2.0-only
//
// The adjustment of the out-of-memory score stays.
#include "../ckpt_test.h"

int main(void)
{
	char text[32];

	ckpt_write_file("/proc/self/oom_score_adj", "321", 3);
	ckpt_ready();
	ckpt_read_file("/proc/self/oom_score_adj", text, sizeof(text));
	CHECK_EQ(atoi(text), 321);
	return ckpt_pass();
}
