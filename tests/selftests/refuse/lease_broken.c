// SPDX-License-Identifier: GPL-2.0-only
//
// A lease that another process waits for is refused: how long it waits cannot be restored.
//
// EXPECT: refused EOPNOTSUPP "a lease that another process waits for" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd;

	ckpt_write_file("file", "text", 4);
	fd = SYS(open("file", O_RDONLY));
	signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		ckpt_skip("no leases on this file system");
	CHECK_ERRNO(open("file", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
	ckpt_ready();
	CHECK_EQ(SYS(fcntl(fd, F_GETLEASE)), F_UNLCK);
	return ckpt_pass();
}
