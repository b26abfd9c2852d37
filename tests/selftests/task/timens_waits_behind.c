// SPDX-License-Identifier: GPL-2.0-only
//
// Whatever waits for a time waits for it on a machine with a longer uptime.
//
// MODES: -stopped +pidns
// LIBS: -lpthread
#include "timens_waits.h"

int main(void)
{
	timens_enter(timens_back(), timens_back());
	timens_waits();
	return ckpt_pass();
}
