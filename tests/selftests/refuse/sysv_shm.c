// SPDX-License-Identifier: GPL-2.0-only
//
// An attached System V segment is refused.
//
// EXPECT: refused EOPNOTSUPP "SysV|System V|SYSV|shared memory|shm"
#include "../ckpt_test.h"
#include <sys/ipc.h>
#include <sys/shm.h>

int main(void)
{
	int id = SYS(shmget(IPC_PRIVATE, CKPT_PAGE, IPC_CREAT | 0600));
	unsigned char *map = shmat(id, NULL, 0);

	CHECK(map != (void *)-1);
	/* It goes away with us. */
	SYS(shmctl(id, IPC_RMID, NULL));
	map[7] = 7;
	ckpt_ready();
	CHECK_EQ(map[7], 7);
	return ckpt_pass();
}
