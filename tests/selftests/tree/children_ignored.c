// SPDX-License-Identifier: GPL-2.0-only
//
// A parent that ignores SIGCHLD, or has SA_NOCLDWAIT, never sees a zombie: not
// one that dies after the restart either.
#include "tree.h"

static void parent(void *argument)
{
	struct sigaction action = { .sa_handler = SIG_IGN };
	pid_t child, gone;
	int place, tries;

	if (argument) {
		action.sa_handler = SIG_DFL;
		action.sa_flags = SA_NOCLDWAIT;
	}
	SYS(sigaction(SIGCHLD, &action, NULL));
	child = tree_fork(tree_part, NULL);
	/* One that has died before leaves nothing. */
	gone = SYS(fork());
	if (gone == 0)
		_exit(1);
	while (kill(gone, 0) == 0)
		usleep(1000);
	place = tree_wait();
	/* wait(2) returns when the last one is dead, and has nothing to tell; its number goes next. */
	CHECK_ERRNO(wait(NULL), ECHILD);
	for (tries = 0; kill(child, 0) == 0 && tries < ckpt_patience(5000); tries++)
		usleep(1000);
	CHECK_ERRNO(kill(child, 0), ESRCH);
	tree_report(place);
}

int main(void)
{
	tree_start();
	tree_fork(parent, NULL);
	tree_fork(parent, (void *)1);
	tree_go(4);
	tree_end(4);
	tree_reap_all(2);
	return ckpt_pass();
}
