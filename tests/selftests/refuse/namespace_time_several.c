// SPDX-License-Identifier: GPL-2.0-only
//
// A tree whose tasks are in several time namespaces is refused.
//
// EXPECT: refused EOPNOTSUPP "another time namespace than the root of the tree"
#include "../task/timens.h"
#include <sys/prctl.h>

int main(void)
{
	int ready[2], fd;
	char byte;
	pid_t child;

	SYS(pipe2(ready, O_CLOEXEC));
	child = SYS(fork());
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		timens_unshare(5, 5);
		/* Alone in its process, it may enter by itself. */
		fd = SYS(open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC));
		SYS(setns(fd, CLONE_NEWTIME));
		SYS(close(fd));
		close(ready[0]);
		CHECK_EQ(write(ready[1], "x", 1), 1);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	ckpt_ready();
	kill(child, SIGKILL);
	SYS(waitpid(child, NULL, 0));
	return ckpt_pass();
}
