// SPDX-License-Identifier: GPL-2.0-only
//
// Whatever waits for a time gets there, and not before, by the clocks of the program.
//
// MODES: -stopped +pidns
// LIBS: -lpthread
#include "timens_waits.h"

int main(void)
{
	timens_waits();
	return ckpt_pass();
}
