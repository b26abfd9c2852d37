// SPDX-License-Identifier: GPL-2.0-only
//
// The root has died before the restart: ESRCH, and whoever has come is not left
// waiting. Promise H.1.12.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

int main(void)
{
	int image = image_of_family("image");
	struct family_entry entry = family_entry();
	pid_t grandpa;
	siginfo_t info;

	entry.delay[GRANDPA] = -1;
	grandpa = family_born(&entry);
	tree_wait_count(&tree->ready, MEMBERS, "have been born");
	SYS(kill(grandpa, SIGKILL));
	SYS(waitid(P_PID, grandpa, &info, WEXITED | WNOWAIT));
	CHECK_EQ(family_coordinates(grandpa, image, &entry, -1), ESRCH);
	SYS(close(entry.device));
	/* They had not been claimed: whoever has made them ends them. */
	SYS(kill(tree->task[LIVE(FATHER)].pid, SIGKILL));
	SYS(kill(tree->task[LIVE(UNCLE)].pid, SIGKILL));
	SYS(kill(tree->task[LIVE(SON)].pid, SIGKILL));
	family_gone(LIVE(0));
	return ckpt_pass();
}
