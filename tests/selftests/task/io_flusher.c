// SPDX-License-Identifier: GPL-2.0-only
//
// A task for whose writes others wait stays one (PR_SET_IO_FLUSHER).
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	SYS(prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	ckpt_ready();
	CHECK_EQ(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 1);
	SYS(prctl(PR_SET_IO_FLUSHER, 0, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 0);
	return ckpt_pass();
}
