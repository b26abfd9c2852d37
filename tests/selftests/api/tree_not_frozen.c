// SPDX-License-Identifier: GPL-2.0-only
//
// A tree of which one member, or one thread, runs is refused by name: EBUSY. One
// whose members are all stopped will do.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

static struct target target;

static void checkpoint(int wanted, pid_t named)
{
	int fd = new_file("image"), log = new_file("log"), result;
	static char said[4096];
	char name[32];

	result = ckpt_checkpoint_flags(target.pid, fd, log, CHECKPOINT_SUBTREE);
	ckpt_read_file("log", said, sizeof(said));
	if ((result > 0 ? 0 : errno) != wanted)
		ckpt_fail("the checkpoint gave %d: %s", result, said);
	snprintf(name, sizeof(name), "[pid %d ", named);
	if (wanted && !strstr(said, name))
		ckpt_fail("the log does not name %d: %s", named, said);
	SYS(close(fd));
	SYS(close(log));
}

int main(void)
{
	int i;

	device();
	tree_start();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	target = family_frozen();
	checkpoint(0, 0);
	target_freeze(&target, false);
	for (i = 0; i < MEMBERS; i++)
		if (i != SON)
			SYS(kill(tree->task[SAVED(i)].pid, SIGSTOP));
	for (i = 0; i < MEMBERS; i++)
		while (i != SON && tree_state(tree->task[SAVED(i)].pid) != 'T')
			usleep(1000);
	checkpoint(EBUSY, tree->task[SAVED(SON)].pid);
	SYS(kill(tree->task[SAVED(SON)].pid, SIGSTOP));
	while (tree_state(tree->task[SAVED(SON)].pid) != 'T')
		usleep(1000);
	checkpoint(0, 0);
	for (i = 0; i < MEMBERS; i++)
		SYS(kill(tree->task[SAVED(i)].pid, SIGCONT));
	target_ends_well(&target);
	return ckpt_pass();
}
