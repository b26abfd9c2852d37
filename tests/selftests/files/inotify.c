// SPDX-License-Identifier: GPL-2.0-only
//
// An inotify instance goes on watching files and directories under the old numbers, with the old
// masks; its events that have not been read are still there, and no others come of a restart.
#include "inotify.h"

int main(void)
{
	const int fd = SYS(inotify_init1(IN_NONBLOCK));
	int first, second, third, held;

	SYS(mkdir("one", 0755));
	SYS(mkdir("two", 0755));
	ckpt_write_file("file", "text", 4);
	ckpt_write_file("one/goes", "text", 4);
	ckpt_write_file("one/held", "text", 4);
	first = SYS(inotify_add_watch(fd, "one", IN_ALL_EVENTS));
	second = SYS(inotify_add_watch(fd, "two", IN_CREATE | IN_DELETE));
	third = SYS(inotify_add_watch(fd, "file", IN_MODIFY));
	CHECK_EQ(first, 1);
	CHECK_EQ(third, 3);
	/* The numbers have a gap, and the next one is known. */
	SYS(inotify_rm_watch(fd, second));
	watch_expect(fd, second, IN_IGNORED, "");
	second = SYS(inotify_add_watch(fd, "two", IN_CREATE | IN_MOVED_TO));
	CHECK_EQ(second, 4);
	held = SYS(open("one/held", O_RDONLY));
	watch_expect(fd, first, IN_OPEN, "held");
	SYS(mkdir("two/made", 0755));
	SYS(rename("one/goes", "two/moved"));
	SYS(chmod("one/held", 0600));
	ckpt_ready();
	/* The same once more is no event of its own. */
	SYS(chmod("one/held", 0600));
	watch_expect(fd, second, IN_CREATE | IN_ISDIR, "made");
	watch_expect(fd, first, IN_MOVED_FROM, "goes");
	watch_expect(fd, second, IN_MOVED_TO, "moved");
	watch_expect(fd, first, IN_ATTRIB, "held");
	watch_nothing(fd);
	ckpt_write_file("file", "more", 4);
	watch_expect(fd, third, IN_MODIFY, "");
	SYS(unlink("two/moved"));
	SYS(close(SYS(open("two/new", O_WRONLY | O_CREAT, 0644))));
	watch_expect(fd, second, IN_CREATE, "new");
	SYS(close(held));
	watch_expect(fd, first, IN_CLOSE_NOWRITE, "held");
	watch_nothing(fd);
	SYS(mkdir("three", 0755));
	CHECK_EQ(SYS(inotify_add_watch(fd, "three", IN_CREATE)), 5);
	CHECK_EQ(SYS(inotify_add_watch(fd, "two", IN_CREATE)), second);
	SYS(inotify_rm_watch(fd, first));
	watch_expect(fd, first, IN_IGNORED, "");
	return ckpt_pass();
}
