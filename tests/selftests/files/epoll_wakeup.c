// SPDX-License-Identifier: GPL-2.0-only
//
// What an epoll instance with EPOLLWAKEUP has told keeps the machine awake no longer after a restart
// than it did before.
#include "../ckpt_test.h"
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define SOURCES "/sys/class/wakeup"

/* How many sources of an eventfd keep the machine awake; -1 when there is none at all. */
static int awake(void)
{
	DIR *sources = opendir(SOURCES);
	struct dirent *entry;
	char path[PATH_MAX], text[64];
	int count = -1;

	if (!sources)
		ckpt_skip("no " SOURCES " here");
	while ((entry = readdir(sources))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), SOURCES "/%s/name", entry->d_name);
		/* It may be gone by now. */
		if (access(path, R_OK) != 0)
			continue;
		ckpt_read_file(path, text, sizeof(text));
		if (!strstr(text, "eventfd"))
			continue;
		snprintf(path, sizeof(path), SOURCES "/%s/active_time_ms", entry->d_name);
		ckpt_read_file(path, text, sizeof(text));
		count = (count < 0 ? 0 : count) + (atoll(text) > 0);
	}
	SYS(closedir(sources));
	return count;
}

int main(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET | EPOLLWAKEUP, .data.u32 = 17 };
	int set, counter;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	set = SYS(epoll_create1(0));
	counter = SYS(eventfd(5, 0));
	SYS(epoll_ctl(set, EPOLL_CTL_ADD, counter, &event));
	CHECK_EQ(SYS(epoll_wait(set, &event, 1, 0)), 1);
	/* The next call tells it that the first has been dealt with. */
	CHECK_EQ(SYS(epoll_wait(set, &event, 1, 0)), 0);
	CHECK_EQ(awake(), 0);
	ckpt_ready();
	/* Long enough to be told in milliseconds. */
	usleep(20000);
	CHECK_EQ(awake(), 0);
	CHECK_EQ(SYS(epoll_wait(set, &event, 1, 0)), 0);
	/* The next one wakes it again. */
	CHECK_EQ(SYS(eventfd_write(counter, 1)), 0);
	usleep(20000);
	CHECK_EQ(awake(), 1);
	CHECK_EQ(SYS(epoll_wait(set, &event, 1, 0)), 1);
	CHECK_EQ(event.data.u32, 17);
	return ckpt_pass();
}
