// SPDX-License-Identifier: GPL-2.0-only
//
// A program with a shorter uptime than the machine: its clocks do not jump ahead.
//
// MODES: +pidns
#include "timens_go_on.h"

int main(void)
{
	timens_enter(timens_back(), timens_back());
	timens_go_on();
	return ckpt_pass();
}
