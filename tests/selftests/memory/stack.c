// SPDX-License-Identifier: GPL-2.0-only
//
// A deep stack keeps its frames; after that it still grows.
#include "../ckpt_test.h"

#define DEEP 300

__attribute__((noinline)) static uint64_t descend(unsigned int depth, unsigned int bottom,
						  void (*at_bottom)(void))
{
	volatile uint64_t frame[256];
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(frame); i++)
		frame[i] = ckpt_mix(depth, i);
	if (depth < bottom)
		sum = descend(depth + 1, bottom, at_bottom);
	else
		at_bottom();
	for (i = 0; i < ARRAY_SIZE(frame); i++)
		if (frame[i] != ckpt_mix(depth, i))
			ckpt_fail("frame %u has changed at %zu", depth, i);
	return sum + frame[depth % ARRAY_SIZE(frame)];
}

static void nothing(void)
{
}

int main(void)
{
	uint64_t before = descend(0, DEEP * 2, nothing);
	uint64_t once = descend(0, DEEP, ckpt_ready);

	CHECK(once == descend(0, DEEP, nothing));
	CHECK(before == descend(0, DEEP * 2, nothing));
	/* Deeper than ever before: the mapping has to grow. */
	descend(0, DEEP * 5, nothing);
	return ckpt_pass();
}
