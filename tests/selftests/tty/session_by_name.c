// SPDX-License-Identifier: GPL-2.0-only
//
// Descriptors that were opened as /dev/tty are so again, and lead to the terminal of the session.
//
// MODES: -new-pid
#include "session.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void check(int byname, const char *text)
{
	struct stat stat;

	SYS(fstat(byname, &stat));
	CHECK_EQ(stat.st_rdev, makedev(5, 0));
	CHECK_EQ(SYS(fcntl(byname, F_GETFL)) & (O_ACCMODE | O_NONBLOCK), O_WRONLY | O_NONBLOCK);
	/* Who finds another one writing does not wait either. */
	while (write(byname, text, 1) != 1) {
		CHECK_EQ(errno, EAGAIN);
		usleep(1000);
	}
}

static void child(void *argument)
{
	int place = tree_wait();

	check(*(int *)argument, "c");
	tree_report(place);
}

static void leader(void *argument)
{
	int byname, place;

	(void)argument;
	session_lead();
	byname = SYS(open("/dev/tty", O_WRONLY | O_NONBLOCK));
	SYS(close(slave));
	tree_fork(child, &byname);
	place = tree_wait();
	check(byname, "l");
	tree_report(place);
	tree_reap_all(1);
}

int main(void)
{
	char text[2];

	session_start();
	tree_fork(leader, NULL);
	SYS(close(slave));
	tree_go(2);
	CHECK_EQ(SYS(read(master, text, 1)), 1);
	CHECK_EQ(SYS(read(master, text + 1, 1)), 1);
	CHECK((text[0] == 'c' && text[1] == 'l') || (text[0] == 'l' && text[1] == 'c'));
	tree_end(2);
	tree_reap_all(1);
	return ckpt_pass();
}
