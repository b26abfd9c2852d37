// SPDX-License-Identifier: GPL-2.0-only
//
// waitid(2) tells the same about a zombie as before: pid, user, status, how. Its
// name and its group can still be seen. Promise H.2.2.
#include "tree.h"

static void dies(void *argument)
{
	(void)argument;
	SYS(prctl(PR_SET_NAME, "late child"));
	SYS(setpgid(0, 0));
	_exit(9);
}

static void look(pid_t pid, siginfo_t *info, char *line, size_t size)
{
	char path[64], text[1024], *at;

	memset(info, 0, sizeof(*info));
	SYS(waitid(P_PID, pid, info, WEXITED | WNOWAIT));
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	ckpt_read_file(path, text, sizeof(text));
	/* pid (name) state ppid pgrp session: the parent is the same if it has the same pid. */
	at = strrchr(text, ')');
	CHECK(at != NULL);
	at[strcspn(at, "\n")] = '\0';
	if (strlen(at) > 30)
		at[30] = '\0';
	snprintf(line, size, "%.200s", text);
	/* Up to the fourth word behind the name. */
	at = strrchr(line, ')');
	for (int words = 0; *at; at++)
		if (*at == ' ' && ++words == 5)
			*at-- = '\0';
}

int main(void)
{
	siginfo_t before, after;
	char line_before[256], line_after[256];
	pid_t pid;

	tree_start();
	pid = tree_zombie(dies, NULL);
	look(pid, &before, line_before, sizeof(line_before));
	tree_go(0);
	look(pid, &after, line_after, sizeof(line_after));
	CHECK_EQ(after.si_pid, before.si_pid);
	CHECK_EQ(after.si_uid, before.si_uid);
	CHECK_EQ(after.si_status, before.si_status);
	CHECK_EQ(after.si_code, before.si_code);
	CHECK_STR(line_after, line_before);
	CHECK_EQ(getpgid(pid), pid);
	CHECK_EQ(tree_status(pid), 9 << 8);
	return ckpt_pass();
}
