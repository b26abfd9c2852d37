// SPDX-License-Identifier: GPL-2.0-only
//
// A directory that dnotify watches is refused.
//
// EXPECT: refused EOPNOTSUPP "directory notification (dnotify)" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(open(".", O_RDONLY | O_DIRECTORY));

	signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT) != 0)
		ckpt_skip("no dnotify here");
	ckpt_ready();
	SYS(fcntl(fd, F_NOTIFY, 0));
	return ckpt_pass();
}
