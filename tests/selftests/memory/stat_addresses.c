// SPDX-License-Identifier: GPL-2.0-only
//
// The addresses that /proc/self/stat shows are the same: code, data, heap,
// stack, arguments, environment.
#include "../ckpt_test.h"

/* Fields of stat as proc(5) numbers them. */
static const struct {
	int field;
	const char *name;
} fields[] = {
	{ 26, "startcode" }, { 27, "endcode" },	  { 28, "startstack" }, { 45, "start_data" },
	{ 46, "end_data" },  { 47, "start_brk" }, { 48, "arg_start" },	{ 49, "arg_end" },
	{ 50, "env_start" }, { 51, "env_end" },
};

static void collect(unsigned long *values)
{
	static char text[2048];
	char *at;
	int field;
	size_t i;

	ckpt_read_file("/proc/self/stat", text, sizeof(text));
	at = strrchr(text, ')') + 2;
	for (field = 3, i = 0; i < ARRAY_SIZE(fields); field++) {
		if (field == fields[i].field)
			values[i++] = strtoul(at, NULL, 10);
		at = strchr(at, ' ') + 1;
	}
}

int main(void)
{
	unsigned long before[ARRAY_SIZE(fields)], after[ARRAY_SIZE(fields)];
	size_t i;

	collect(before);
	CHECK(before[2] != 0 && before[5] != 0);
	ckpt_ready();
	collect(after);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (before[i] != after[i])
			ckpt_fail("%s was %#lx, is %#lx", fields[i].name, before[i], after[i]);
	return ckpt_pass();
}
