// SPDX-License-Identifier: GPL-2.0-only
//
// Any member is killed, while it waits for the others or in the middle of the
// image: the whole restart ends, with an error, and nobody is left. Promise H.1.12.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

static char half[1 << 20];

/* Kills a member while the coordinator waits for more of the image. */
static void killed(int victim, ssize_t length)
{
	struct family_entry entry = family_entry();
	int end[2], log = new_file("log");
	pid_t killer, grandpa;
	int error;

	SYS(pipe(end));
	SYS(fcntl(end[1], F_SETPIPE_SZ, sizeof(half)));
	CHECK_EQ(write(end[1], half, length), length);
	grandpa = family_born(&entry);
	killer = SYS(fork());
	if (killer == 0) {
		usleep(200000);
		SYS(kill(tree->task[LIVE(victim)].pid, SIGKILL));
		/* Should the restart wait for more, it gets no more. */
		usleep(300000);
		_exit(0);
	}
	SYS(close(end[1]));
	error = family_coordinates(grandpa, end[0], &entry, log);
	if (error == 0)
		ckpt_fail("a restart without %d has succeeded", victim);
	tree_reap(killer);
	family_gone(LIVE(0));
	SYS(close(end[0]));
	SYS(close(log));
	SYS(close(entry.device));
}

int main(void)
{
	int image = image_of_family("image"), victim;
	ssize_t length = SYS(read(image, half, sizeof(half)));

	CHECK(length > 0);
	for (victim = 0; victim < MEMBERS; victim++) {
		killed(victim, length / 4);
		killed(victim, length / 2);
		killed(victim, length - 60);
	}
	return ckpt_pass();
}
