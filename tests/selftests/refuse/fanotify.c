// SPDX-License-Identifier: GPL-2.0-only
//
// A fanotify group is refused.
//
// EXPECT: refused EOPNOTSUPP "fanotify" "fd 3"
#include "../ckpt_test.h"
#include <sys/fanotify.h>

int main(void)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);

	if (fd < 0)
		ckpt_skip("no fanotify here");
	ckpt_ready();
	SYS(fanotify_mark(fd, FAN_MARK_ADD, FAN_MODIFY, AT_FDCWD, "."));
	return ckpt_pass();
}
