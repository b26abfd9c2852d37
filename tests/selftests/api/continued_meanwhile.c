// SPDX-License-Identifier: GPL-2.0-only
//
// A stopped process that is continued and stopped again while it is being saved has run,
// though it waits where it waited before and a signal waits for it.
//
// MODES: plain
#include "stuck.h"

#define PAGES 512

/* How often it has changed its memory. */
static volatile int changed;
static volatile char *memory;

static void changes(int number)
{
	int i;

	(void)number;
	for (i = 0; i < PAGES; i++)
		memory[i * CKPT_PAGE]++;
	changed++;
}

/* Waits in the same place of the same call whenever it is stopped. */
static void waits(void)
{
	signal(SIGUSR1, changes);
	memory = ckpt_anon(PAGES * CKPT_PAGE);
	for (;;)
		pause();
}

static void until_state(pid_t pid, char wanted)
{
	int tries;

	for (tries = 0; state_of(pid) != wanted; tries++) {
		if (tries == ckpt_patience(10000))
			ckpt_fail("%d is in state %c, not %c", pid, state_of(pid), wanted);
		usleep(1000);
	}
}

/* Until a signal has been seen: it does not wait any more, and the process sleeps. */
static void changes_once(pid_t pid)
{
	char path[64], text[4096], *at;

	SYS(kill(pid, SIGUSR1));
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	do {
		usleep(1000);
		ckpt_read_file(path, text, sizeof(text));
		at = strstr(text, "ShdPnd:");
		CHECK(at);
	} while (strtoull(at + 7, NULL, 16) != 0);
	until_state(pid, 'S');
}

int main(void)
{
	struct target target = target_start(waits);
	int output, error;
	pid_t saver;

	until_state(target.pid, 'S');
	changes_once(target.pid);
	SYS(kill(target.pid, SIGSTOP));
	until_state(target.pid, 'T');
	saver = stuck_checkpoint(target.pid, &output);
	SYS(kill(target.pid, SIGCONT));
	until_state(target.pid, 'S');
	changes_once(target.pid);
	SYS(kill(target.pid, SIGSTOP));
	until_state(target.pid, 'T');
	SYS(kill(target.pid, SIGUSR1));
	drain(output, -1);
	error = exit_status(saver);
	if (error != EBUSY)
		ckpt_fail("the checkpoint has ended with %s", strerror(error));
	SYS(kill(target.pid, SIGCONT));
	target_end(&target);
	return ckpt_pass();
}
