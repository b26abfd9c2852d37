// SPDX-License-Identifier: GPL-2.0-only
//
// A lease that is held through a descriptor that two processes have tells the one that was chosen,
// by the number that it had when it was taken.
#include "owner.h"

int main(void)
{
	int fd, high, status;
	pid_t child;

	owner_block(SIGRTMIN);
	ckpt_write_file("file", "text", 4);
	fd = SYS(open("file", O_RDONLY));
	high = SYS(dup2(fd, 30));
	if (fcntl(high, F_SETLEASE, F_RDLCK) != 0)
		ckpt_skip("no leases on this file system");
	SYS(close(high));
	SYS(fcntl(fd, F_SETSIG, SIGRTMIN));
	child = SYS(fork());
	if (child == 0) {
		owner_await_any(SIGRTMIN, 30);
		SYS(fcntl(fd, F_SETLEASE, F_UNLCK));
		_exit(23);
	}
	owner_set(fd, F_OWNER_PID, child);
	ckpt_ready();
	/* Waits until the child has given the lease away. */
	SYS(close(SYS(open("file", O_WRONLY))));
	owner_none(SIGRTMIN);
	SYS(wait(&status));
	CHECK_EQ(status, 23 << 8);
	return ckpt_pass();
}
