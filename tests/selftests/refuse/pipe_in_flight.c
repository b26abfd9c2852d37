// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe of which a socket outside of the tree holds the other end in flight, and no task has it, is refused; it
// works when the end has been received.
//
// EXPECT: refused EBUSY "fd 3" "pipe:" "a descriptor in flight (SCM_RIGHTS)" "outside of the tree"
#include "../in_flight.h"

int main(void)
{
	int end[2], told[2], status;
	char text[8] = "";

	SYS(pipe(end));
	SYS(pipe(told));
	/* The child of a child that has gone belongs to init. */
	if (SYS(fork()) == 0) {
		if (SYS(fork()) == 0) {
			int sockets[2];

			SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
			in_flight_send(sockets[0], end[1]);
			SYS(close(end[0]));
			SYS(close(end[1]));
			SYS(close(told[0]));
			SYS(close(told[1]));
			ckpt_wait_go();
			CHECK_EQ(write(in_flight_receive(sockets[1]), "data", 4), 4);
		}
		_exit(0);
	}
	SYS(wait(&status));
	SYS(close(end[1]));
	SYS(close(told[1]));
	CHECK_EQ(read(told[0], text, 1), 0);
	SYS(close(told[0]));
	ckpt_ready();
	CHECK_EQ(read(3, text, sizeof(text)), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
