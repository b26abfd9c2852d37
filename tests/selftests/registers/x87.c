// SPDX-License-Identifier: GPL-2.0-only
//
// The x87 stack, control word and status word come back when a program is
// interrupted in user mode.
#include "spin.h"

__attribute__((used)) static double wanted[8], seen[8];
__attribute__((used)) static uint16_t control, status;

static void one_round(void)
{
	size_t i;

	/* Rounding up, 53 bits, all exceptions masked; 1/0 leaves a sticky flag. */
	control = 0x0a7f;
	asm volatile("fninit\n\t"
		     "fldcw control(%%rip)\n\t"
		     "fld1\n\t"
		     "fldz\n\t"
		     "fdivrp\n\t"
		     "fstp %%st(0)\n\t"
		     "fldl wanted+56(%%rip)\n\t"
		     "fldl wanted+48(%%rip)\n\t"
		     "fldl wanted+40(%%rip)\n\t"
		     "fldl wanted+32(%%rip)\n\t"
		     "fldl wanted+24(%%rip)\n\t"
		     "fldl wanted+16(%%rip)\n\t"
		     "fldl wanted+8(%%rip)\n\t"
		     "fldl wanted+0(%%rip)\n\t" SPIN
		     "movw $0, control(%%rip)\n\t"
		     "fnstcw control(%%rip)\n\t"
		     "fnstsw status(%%rip)\n\t"
		     "fstpl seen+0(%%rip)\n\t"
		     "fstpl seen+8(%%rip)\n\t"
		     "fstpl seen+16(%%rip)\n\t"
		     "fstpl seen+24(%%rip)\n\t"
		     "fstpl seen+32(%%rip)\n\t"
		     "fstpl seen+40(%%rip)\n\t"
		     "fstpl seen+48(%%rip)\n\t"
		     "fstpl seen+56(%%rip)\n\t"
		     "fninit\n\t"
		     :
		     :
		     : "memory", "cc", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)",
		       "st(7)");
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		if (seen[i] != wanted[i])
			ckpt_fail("st(%zu) is %g, wanted %g", i, seen[i], wanted[i]);
	CHECK_EQ(control, 0x0a7f);
	/* Divide by zero has happened; the top of the stack is register 0. */
	CHECK_EQ(status & 0x38ff, 0x0004);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		wanted[i] = 1.0 / (double)(3 + i);
	spin_until_go(one_round);
	return ckpt_pass();
}
