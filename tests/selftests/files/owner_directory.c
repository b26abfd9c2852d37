// SPDX-License-Identifier: GPL-2.0-only
//
// A directory keeps its owner for signals, also when it was watched once (dnotify) and is no more.
#include "owner.h"

int main(void)
{
	const int plain = SYS(open(".", O_RDONLY | O_DIRECTORY));
	const int watched = SYS(open(".", O_RDONLY | O_DIRECTORY));

	owner_block(SIGRTMIN);
	owner_set(plain, F_OWNER_PID, getpid());
	SYS(fcntl(plain, F_SETSIG, SIGRTMIN));
	if (fcntl(watched, F_NOTIFY, DN_CREATE | DN_MULTISHOT) != 0)
		ckpt_skip("no dnotify here");
	SYS(fcntl(watched, F_NOTIFY, 0));
	ckpt_ready();
	owner_check(plain, F_OWNER_PID, getpid());
	CHECK_EQ(SYS(fcntl(plain, F_GETSIG)), SIGRTMIN);
	owner_check(watched, F_OWNER_PID, getpid());
	SYS(fcntl(plain, F_NOTIFY, DN_CREATE));
	SYS(mkdir("new", 0755));
	owner_signal(SIGRTMIN);
	return ckpt_pass();
}
