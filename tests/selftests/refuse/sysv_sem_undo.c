// SPDX-License-Identifier: GPL-2.0-only
//
// Semaphore adjustments that are to be undone at exit are refused.
//
// EXPECT: refused EOPNOTSUPP|EBUSY "semaphore|SEM_UNDO|undo"
#include "../ckpt_test.h"
#include <sys/ipc.h>
#include <sys/sem.h>

int main(void)
{
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	int id = SYS(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));

	SYS(semop(id, &up, 1));
	ckpt_ready();
	CHECK_EQ(semctl(id, 0, GETVAL), 1);
	SYS(semctl(id, 0, IPC_RMID));
	return ckpt_pass();
}
