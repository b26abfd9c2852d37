// SPDX-License-Identifier: GPL-2.0-only
//
// A program with a longer uptime than the machine, as after a reboot: its clocks do not go
// back.
//
// MODES: +pidns
#include "timens_go_on.h"

int main(void)
{
	timens_enter(TIMENS_FAR, 2 * TIMENS_FAR);
	timens_go_on();
	return ckpt_pass();
}
