// SPDX-License-Identifier: GPL-2.0-only
//
// Whatever waits for a time gets there on a machine with a shorter uptime.
//
// MODES: -stopped +pidns
// LIBS: -lpthread
#include "timens_waits.h"

int main(void)
{
	timens_enter(TIMENS_FAR, 2 * TIMENS_FAR);
	timens_waits();
	return ckpt_pass();
}
