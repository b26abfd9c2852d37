// SPDX-License-Identifier: GPL-2.0-only
//
// The process stays registered for membarrier; what was not registered is not.
#include "../ckpt_test.h"
#include <linux/membarrier.h>

static long membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

int main(void)
{
	if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0)
		ckpt_skip("no membarrier here");
	SYS(membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED));
	ckpt_ready();
	SYS(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
	CHECK_ERRNO(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE), EPERM);
	SYS(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE));
	SYS(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE));
	return ckpt_pass();
}
