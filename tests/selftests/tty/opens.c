// SPDX-License-Identifier: GPL-2.0-only
//
// A terminal that several processes have, by the same and by other open files with flags of their own,
// is one terminal.
//
// MODES: -new-pid
#include "../tree/tree.h"
#include "tty.h"
#include <sys/syscall.h>

#define KCMP_FILE 0

static int master, slave, copy, other;

static void child(void *argument)
{
	int place;

	(void)argument;
	SYS(close(master));
	place = tree_wait();
	CHECK_EQ(syscall(SYS_kcmp, getppid(), getpid(), KCMP_FILE, slave, slave), 0);
	CHECK(syscall(SYS_kcmp, getppid(), getpid(), KCMP_FILE, slave, other) > 0);
	tty_expect(slave, "for the child\n");
	tty_write(other, "from the child");
	tree_report(place);
}

int main(void)
{
	char path[32];

	tree_start();
	tty_pair(&master, &slave);
	tty_quiet(slave);
	tty_path(path, master);
	other = SYS(open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK));
	copy = SYS(dup(slave));
	tree_fork(child, NULL);
	tty_write(master, "for the child\n");
	tree_go(1);
	CHECK_EQ(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, slave, copy), 0);
	CHECK_EQ(SYS(fcntl(other, F_GETFL)) & (O_ACCMODE | O_NONBLOCK), O_WRONLY | O_NONBLOCK);
	CHECK_EQ(SYS(fcntl(slave, F_GETFL)) & (O_ACCMODE | O_NONBLOCK), O_RDWR);
	tty_expect(master, "from the child");
	tree_end(1);
	tree_reap_all(1);
	SYS(close(slave));
	SYS(close(other));
	tty_write(copy, "last");
	SYS(close(copy));
	tty_expect(master, "last");
	CHECK_ERRNO(read(master, path, 1), EIO);
	return ckpt_pass();
}
