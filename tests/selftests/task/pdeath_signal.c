// SPDX-License-Identifier: GPL-2.0-only
//
// The signal that the parent's death raises stays set.
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	int signal_number = 0;

	/* A signal that does nothing here: the parent of a restarted process is another one. */
	SYS(prctl(PR_SET_PDEATHSIG, SIGURG));
	ckpt_ready();
	SYS(prctl(PR_GET_PDEATHSIG, &signal_number));
	CHECK_EQ(signal_number, SIGURG);
	return ckpt_pass();
}
