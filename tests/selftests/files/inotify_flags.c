// SPDX-License-Identifier: GPL-2.0-only
//
// Watches that go with their first event (IN_ONESHOT), that do not tell of unlinked files
// (IN_EXCL_UNLINK), of a symbolic link itself, of a hard link, and with an empty mask stay so.
#include "inotify.h"

int main(void)
{
	const int fd = SYS(inotify_init1(IN_NONBLOCK));
	int once, excluded, link_itself, hard, open_file;

	SYS(mkdir("once", 0755));
	SYS(mkdir("excluded", 0755));
	SYS(symlink("nowhere", "link"));
	ckpt_write_file("file", "text", 4);
	SYS(link("file", "other"));
	open_file = SYS(open("excluded/gone", O_RDWR | O_CREAT, 0644));
	/* A restart opens it again. */
	SYS(open("once", O_RDONLY | O_DIRECTORY));
	once = SYS(inotify_add_watch(fd, "once", IN_OPEN | IN_CREATE | IN_ONESHOT));
	excluded = SYS(inotify_add_watch(fd, "excluded", IN_MODIFY | IN_DELETE | IN_EXCL_UNLINK));
	link_itself = SYS(inotify_add_watch(fd, "link", IN_ATTRIB | IN_DONT_FOLLOW));
	hard = SYS(inotify_add_watch(fd, "other", IN_MODIFY));
	SYS(inotify_add_watch(fd, "once/..", IN_DONT_FOLLOW));
	ckpt_ready();
	watch_nothing(fd);
	ckpt_write_file("once/new", "text", 4);
	watch_expect(fd, once, IN_CREATE, "new");
	watch_expect(fd, once, IN_IGNORED, "");
	CHECK_EQ(write(open_file, "text", 4), 4);
	watch_expect(fd, excluded, IN_MODIFY, "gone");
	SYS(unlink("excluded/gone"));
	watch_expect(fd, excluded, IN_DELETE, "gone");
	CHECK_EQ(write(open_file, "text", 4), 4);
	watch_nothing(fd);
	SYS(fchownat(AT_FDCWD, "link", getuid(), getgid(), AT_SYMLINK_NOFOLLOW));
	watch_expect(fd, link_itself, IN_ATTRIB, "");
	SYS(truncate("file", 1));
	watch_expect(fd, hard, IN_MODIFY, "");
	watch_nothing(fd);
	return ckpt_pass();
}
