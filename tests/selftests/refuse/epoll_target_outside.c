// SPDX-License-Identifier: GPL-2.0-only
//
// An epoll set that waits for a file which only a process outside of the tree has open is refused; it
// goes on waiting.
//
// EXPECT: refused EOPNOTSUPP "fd 4 in an epoll instance" "outside of the tree"
#include "../ckpt_test.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

int main(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 7 };
	int set = SYS(epoll_create1(0)), counter = SYS(eventfd(1, 0)), status;

	SYS(epoll_ctl(set, EPOLL_CTL_ADD, counter, &event));
	if (SYS(fork()) == 0) {
		if (SYS(fork()) == 0) {
			while (access("done", F_OK) != 0)
				usleep(1000);
		}
		_exit(0);
	}
	SYS(wait(&status));
	SYS(close(counter));
	ckpt_ready();
	CHECK_EQ(SYS(epoll_wait(set, &event, 1, 0)), 1);
	CHECK_EQ(event.data.u64, 7);
	SYS(close(SYS(open("done", O_WRONLY | O_CREAT, 0600))));
	return ckpt_pass();
}
