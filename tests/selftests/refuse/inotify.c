// SPDX-License-Identifier: GPL-2.0-only
//
// An inotify instance is refused; it goes on watching.
//
// EXPECT: refused EOPNOTSUPP "inotify" "fd 3"
#include "../ckpt_test.h"
#include <sys/inotify.h>

int main(void)
{
	char event[1024];
	int fd = SYS(inotify_init());

	SYS(mkdir("watched", 0755));
	SYS(inotify_add_watch(fd, "watched", IN_CREATE));
	ckpt_ready();
	ckpt_write_file("watched/new", "x", 1);
	CHECK(read(fd, event, sizeof(event)) > 0);
	return ckpt_pass();
}
