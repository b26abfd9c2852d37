/* SPDX-License-Identifier: GPL-2.0-only */
/* Yama's rule that only descendants may be traced, and a process that is none and tries. */
#ifndef YAMA_H
#define YAMA_H

#include "../task/caps.h"
#include "tree.h"
#include <sys/prctl.h>
#include <sys/ptrace.h>

#define SCOPE "/proc/sys/kernel/yama/ptrace_scope"

/*
 * Puts the rule in force, and has a child with the privilege for that put back what there was when the
 * descriptor is closed. The caller has the privilege no more.
 */
static inline int enforce(pid_t *keeper)
{
	char before[16], byte;
	int end[2];

	ckpt_read_file(SCOPE, before, sizeof(before));
	ckpt_write_file(SCOPE, "1", 1);
	SYS(pipe2(end, O_CLOEXEC));
	*keeper = SYS(fork());
	if (*keeper == 0) {
		close(end[1]);
		while (read(end[0], &byte, 1) > 0)
			;
		ckpt_write_file(SCOPE, before, strlen(before));
		_exit(0);
	}
	close(end[0]);
	drop_capability(CAP_SYS_PTRACE);
	return end[1];
}

static inline void relax(int end, pid_t keeper)
{
	SYS(close(end));
	SYS(waitpid(keeper, NULL, 0));
}

/* Attaches to its parent, without the privilege to attach to everything; gives the error. */
static inline int attach_to_parent(void)
{
	pid_t parent = getppid();
	int error = 0;

	drop_capability(CAP_SYS_PTRACE);
	if (ptrace(PTRACE_SEIZE, parent, NULL, NULL) != 0)
		error = errno;
	return error;
}

/* What a child gets that tries while the rule is in force. It ends with the error. */
static inline int child_error(pid_t child)
{
	int status;

	SYS(waitpid(child, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif /* YAMA_H */
