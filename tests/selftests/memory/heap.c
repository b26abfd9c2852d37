// SPDX-License-Identifier: GPL-2.0-only
//
// The heap keeps its contents and its end, and goes on growing from there.
#include "../ckpt_test.h"

#define BLOCKS 400

int main(void)
{
	static uint64_t *block[BLOCKS];
	char *end;
	size_t i;

	for (i = 0; i < BLOCKS; i++) {
		block[i] = malloc(64 + i * 24);
		ckpt_fill_pattern(block[i], 64 + i * 24, i);
	}
	for (i = 0; i < BLOCKS; i += 3) {
		free(block[i]);
		block[i] = NULL;
	}
	end = sbrk(0);
	ckpt_ready();
	CHECK(sbrk(0) == end);
	CHECK(sbrk(CKPT_PAGE * 8) == end);
	memset(end, 7, CKPT_PAGE * 8);
	CHECK((char *)sbrk(0) == end + CKPT_PAGE * 8);
	for (i = 0; i < BLOCKS; i++)
		if (block[i])
			ckpt_check_pattern(block[i], 64 + i * 24, i);
	for (i = 0; i < BLOCKS; i++)
		free(block[i]);
	CHECK(malloc(1 << 20) != NULL);
	return ckpt_pass();
}
