// SPDX-License-Identifier: GPL-2.0-only
//
// The whole list of mappings is the same, line by line: addresses, rights,
// offsets, files, names; and so are the flags of all of them.
#include "../ckpt_test.h"

#define MOST 65536

static char before[MOST], after[MOST];

/* The lines of smaps that do not tell how many pages are resident. */
static void collect(char *out)
{
	static char line[4096];
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long start, end;
	size_t length = 0;

	CHECK(smaps != NULL);
	while (fgets(line, sizeof(line), smaps))
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 ||
		    strncmp(line, "VmFlags:", 8) == 0)
			length += snprintf(out + length, MOST - length, "%s", line);
	CHECK(length < MOST - 1);
	fclose(smaps);
}

/* VM_SOFTDIRTY says what happened to a mapping, not what it is. */
static void forget_softdirty(char *text)
{
	char *at;

	while ((at = strstr(text, " sd")) != NULL)
		memmove(at, at + 3, strlen(at + 3) + 1);
}

int main(void)
{
	char *a = before, *b = after;

	collect(before);
	collect(before);
	ckpt_ready();
	collect(after);
	forget_softdirty(before);
	forget_softdirty(after);
	while (*a && *b) {
		size_t left = strcspn(a, "\n"), right = strcspn(b, "\n");

		if (left != right || memcmp(a, b, left) != 0)
			ckpt_fail("was: %.*s\nis:  %.*s", (int)left, a, (int)right, b);
		a += left + 1;
		b += right + 1;
	}
	CHECK_EQ(*a, *b);
	return ckpt_pass();
}
