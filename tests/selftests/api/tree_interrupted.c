// SPDX-License-Identifier: GPL-2.0-only
//
// A restart for which somebody does not come waits; any signal ends the wait of
// the coordinator, and nobody of the restart is left. Promises H.1.13, H.1.14.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

static void nothing(int signal)
{
	(void)signal;
}

int main(void)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	int image = image_of_family("image"), missing;
	pid_t grandpa;

	SYS(sigaction(SIGALRM, &action, NULL));
	for (missing = 0; missing < MEMBERS; missing++) {
		struct family_entry entry = family_entry();

		entry.delay[missing] = -1;
		grandpa = family_born(&entry);
		ualarm(200000, 0);
		CHECK_EQ(family_coordinates(grandpa, again(image), &entry, -1), EINTR);
		/* The one that has not come belongs to nobody. */
		SYS(kill(tree->task[LIVE(missing)].pid, SIGKILL));
		family_gone(LIVE(0));
		SYS(close(entry.device));
	}
	return ckpt_pass();
}
