// SPDX-License-Identifier: GPL-2.0-only
//
// MXCSR and the x87 control word come back while a program waits in a system
// call, and have effect: results are rounded as they were.
#include "../ckpt_test.h"
#include <fenv.h>
#include <xmmintrin.h>

/* Flush to zero, denormals are zeros, a sticky inexact flag. */
#define EXTRA (0x8000 | 0x0040 | 0x0020)

int main(void)
{
	volatile float tiny = 1e-38f, one = 1.0f, three = 3.0f;
	volatile long double long_one = 1.0L, long_three = 3.0L;
	unsigned int mxcsr;
	float up;
	long double long_up;

	_mm_setcsr((_mm_getcsr() & ~0x6000u) | _MM_ROUND_UP | EXTRA);
	asm volatile("fldcw %0" : : "m"((const uint16_t){ 0x0b7f }));
	mxcsr = _mm_getcsr();
	up = one / three;
	long_up = long_one / long_three;
	ckpt_ready();
	CHECK_EQ(_mm_getcsr() & 0xffc0, mxcsr & 0xffc0);
	CHECK(_mm_getcsr() & 0x0020);
	CHECK(one / three == up);
	CHECK(long_one / long_three == long_up);
	CHECK(tiny / 4.0f == 0.0f);
	return ckpt_pass();
}
