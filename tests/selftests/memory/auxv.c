// SPDX-License-Identifier: GPL-2.0-only
//
// The auxiliary vector that the kernel shows is the same, and so are command
// line and environment as others read them.
#include "../ckpt_test.h"

static const char *const files[] = { "/proc/self/auxv", "/proc/self/cmdline",
				     "/proc/self/environ" };

int main(void)
{
	static char before[ARRAY_SIZE(files)][8192], after[8192];
	size_t length[ARRAY_SIZE(files)], i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		length[i] = ckpt_read_file(files[i], before[i], sizeof(before[i]));
	CHECK(length[0] > 64 && length[1] > 0 && length[2] > 0);
	ckpt_ready();
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		CHECK_EQ(ckpt_read_file(files[i], after, sizeof(after)), length[i]);
		if (memcmp(before[i], after, length[i]) != 0)
			ckpt_fail("%s has changed", files[i]);
	}
	return ckpt_pass();
}
