// SPDX-License-Identifier: GPL-2.0-only
//
// An inotify watch of a file that is deleted and still open is refused; it goes on.
//
// EXPECT: refused EOPNOTSUPP "an inotify watch (number 1) of a file that no path leads to" "fd 3"
#include "../files/inotify.h"

int main(void)
{
	int fd = SYS(inotify_init1(IN_NONBLOCK)), file, wd;

	file = SYS(open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0644));
	wd = SYS(inotify_add_watch(fd, "file", IN_MODIFY));
	SYS(unlink("file"));
	ckpt_ready();
	CHECK_EQ(write(file, "x", 1), 1);
	watch_expect(fd, wd, IN_MODIFY, "");
	return ckpt_pass();
}
