// SPDX-License-Identifier: GPL-2.0-only
//
// An ordinary user asks for a whole container by the number of a process that dies, again
// and again: it is not the init of one, or it is not there.
//
// USER: 65534
// MODES: plain
#include "reaped.h"

#define ROUNDS 2000

/* The number of a process that lives for as long as it takes to tell. */
static void dies(pid_t *number)
{
	pid_t pid = SYS(vfork());

	if (pid == 0) {
		__atomic_store_n(number, getpid(), __ATOMIC_SEQ_CST);
		_exit(0);
	}
	SYS(waitpid(pid, NULL, 0));
}

int main(void)
{
	pid_t *number = ckpt_map(CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	int fd = new_file("image"), round, alive = 0, dead = 0;
	pid_t pid;

	device();
	*number = getpid();
	pid = SYS(fork());
	if (pid == 0) {
		SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
		for (round = 0; round < ROUNDS; round++)
			dies(number);
		_exit(0);
	}
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		for (round = 0; round < 100; round++) {
			CHECK_EQ(ckpt_checkpoint_flags(__atomic_load_n(number, __ATOMIC_SEQ_CST),
						       fd, CKPT_FD_NONE, 0), -1);
			CHECK(errno == EINVAL || errno == ESRCH);
			alive += errno == EINVAL;
			dead += errno == ESRCH;
		}
	}
	CHECK(alive > 0 && dead > 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	return ckpt_pass();
}
