// SPDX-License-Identifier: GPL-2.0-only
//
// A refusal names the process outside of the tree that has the other end of a pipe only to a caller that may
// look into that process.
// MODES: plain
#include "rights.h"
#include "../api/freeze.h"

static int end[2];

static void has_a_pipe(void)
{
	SYS(dup2(end[1], 40));
	ckpt_at_fail = NULL;
	become(NOBODY);
	target_waits();
}

static void expects(pid_t pid, bool as_user, const char *words)
{
	int image = new_file("image"), log = new_file("log");
	char text[1024];
	pid_t user;

	device();
	user = SYS(fork());
	if (user == 0) {
		ckpt_at_fail = NULL;
		/* It is a holder, too. */
		SYS(close(end[0]));
		SYS(close(end[1]));
		if (as_user)
			become(NOBODY);
		CHECK_ERRNO(ckpt_checkpoint_flags(pid, image, log, CHECKPOINT_SUBTREE), EBUSY);
		_exit(0);
	}
	CHECK_EQ(exit_status(user), 0);
	ckpt_read_file("log", text, sizeof(text));
	if (!strstr(text, words))
		ckpt_fail("it does not say %s: %s", words, text);
}

int main(void)
{
	struct target target;
	char known[64];

	SYS(pipe(end));
	/* target_start() closes what is above the standard descriptors. */
	SYS(dup2(end[1], STDIN_FILENO));
	SYS(close(end[1]));
	end[1] = STDIN_FILENO;
	target = target_frozen(has_a_pipe);
	snprintf(known, sizeof(known), "process %d outside of the tree has it, too, as fd ", getpid());
	expects(target.pid, false, known);
	expects(target.pid, true, "a process that the caller may not look into");
	target_ends_well(&target);
	return ckpt_pass();
}
