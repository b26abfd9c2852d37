// SPDX-License-Identifier: GPL-2.0-only
//
// An owner that has died is nobody, of the same sort as before; one that is a zombie is still
// there until somebody waits for it.
#include "owner.h"

static pid_t child(void)
{
	const pid_t pid = SYS(fork());

	if (pid == 0)
		_exit(0);
	return pid;
}

int main(void)
{
	const int file = SYS(open("file", O_RDWR | O_CREAT, 0644));
	const int other = SYS(open("file", O_RDWR));
	const pid_t dead = child(), zombie = child();
	siginfo_t info;
	int end[2];

	SYS(pipe(end));
	owner_set(file, F_OWNER_PID, dead);
	owner_set(end[1], F_OWNER_TID, dead);
	SYS(fcntl(end[1], F_SETFL, O_ASYNC));
	owner_set(other, F_OWNER_PID, zombie);
	SYS(waitpid(dead, NULL, 0));
	SYS(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
	ckpt_ready();
	owner_check(file, F_OWNER_PID, 0);
	owner_check(end[1], F_OWNER_TID, 0);
	CHECK(SYS(fcntl(end[1], F_GETFL)) & O_ASYNC);
	memset(&info, 0, sizeof(info));
	SYS(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT));
	owner_check(other, F_OWNER_PID, info.si_pid);
	SYS(waitpid(info.si_pid, NULL, 0));
	owner_check(other, F_OWNER_PID, 0);
	return ckpt_pass();
}
