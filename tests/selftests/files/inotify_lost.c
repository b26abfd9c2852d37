// SPDX-License-Identifier: GPL-2.0-only
//
// That events were lost stays where it is in the queue, and is told once.
#include "inotify.h"

static long limit(void)
{
	char text[32];

	ckpt_read_file("/proc/sys/fs/inotify/max_queued_events", text, sizeof(text));
	return strtol(text, NULL, 10);
}

int main(void)
{
	int fd = SYS(inotify_init1(IN_NONBLOCK)), wd;
	long most = limit(), i;

	if (most > 100000)
		ckpt_skip("queues of events are too long here");
	ckpt_write_file("one", "1", 1);
	ckpt_write_file("two", "2", 1);
	wd = SYS(inotify_add_watch(fd, ".", IN_ATTRIB));
	/* The same event twice in a row would be one. */
	for (i = 0; i < most + 10; i++)
		SYS(chmod(i % 2 ? "two" : "one", 0600));
	ckpt_ready();
	for (i = 0; i < most; i++)
		watch_expect(fd, wd, IN_ATTRIB, i % 2 ? "two" : "one");
	watch_expect(fd, -1, IN_Q_OVERFLOW, "");
	watch_nothing(fd);
	SYS(chmod("one", 0644));
	watch_expect(fd, wd, IN_ATTRIB, "one");
	watch_nothing(fd);
	return ckpt_pass();
}
