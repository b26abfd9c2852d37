// SPDX-License-Identifier: GPL-2.0-only
//
// The running kernel knows no option of prctl(2) but those that Documentation/task-attributes.md tells of: a new
// one may set something of a task that no image holds.
// MODES: plain
#include "../ckpt_test.h"
#include <sys/prctl.h>

/* The last one, and those below it that there are not, or no more. */
#define LAST 81
#define FAR 4096

static const int absent[] = { 0, 17, 18, 48, 49 };

static bool is_known(int option)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(absent); i++)
		if (absent[i] == option)
			return false;
	return option <= LAST;
}

int main(void)
{
	int option;

	for (option = 0; option < FAR; option++) {
		if (is_known(option))
			continue;
		errno = 0;
		if (prctl(option, 0, 0, 0, 0) != -1 || errno != EINVAL)
			ckpt_fail("prctl option %d is not told of: errno %d", option, errno);
	}
	return ckpt_pass();
}
