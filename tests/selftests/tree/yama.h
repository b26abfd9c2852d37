/* SPDX-License-Identifier: GPL-2.0-only */
/* Yama's rule that only descendants may be traced, and a process that is none and tries. */
#ifndef YAMA_H
#define YAMA_H

#include "../task/caps.h"
#include "tree.h"
#include <sys/prctl.h>
#include <sys/ptrace.h>

#define SCOPE "/proc/sys/kernel/yama/ptrace_scope"

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
