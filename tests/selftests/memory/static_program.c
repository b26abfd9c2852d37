// SPDX-License-Identifier: GPL-2.0-only
//
// A statically linked program comes back: code, data, heap, files.
//
// BUILD: static
#include "../ckpt_test.h"

static uint64_t data[512] = { 1 }, bss[4096];

int main(void)
{
	FILE *file = fopen("out", "we");
	char text[64], *copy = strdup("on the heap");

	CHECK(file != NULL);
	ckpt_fill_pattern(data, sizeof(data), 43);
	ckpt_fill_pattern(bss, sizeof(bss), 44);
	fprintf(file, "buffered ");
	ckpt_ready();
	ckpt_check_pattern(data, sizeof(data), 43);
	ckpt_check_pattern(bss, sizeof(bss), 44);
	CHECK_STR(copy, "on the heap");
	fprintf(file, "and written\n");
	CHECK_EQ(fclose(file), 0);
	ckpt_read_file("out", text, sizeof(text));
	CHECK_STR(text, "buffered and written\n");
	return ckpt_pass();
}
