// SPDX-License-Identifier: GPL-2.0-only
//
// Filters of a task without no_new_privs: an ordinary user, who could not install them, does not get them by an
// image, nor does the user save such a task to kill it. With no_new_privs the user gets them, and
// no_new_privs with them. CAP_SYS_ADMIN gives them back as they were. An image of the user's own cannot say
// otherwise.
//
// MODES: plain
#include "../seccomp/filters.h"
#include "forge.h"

enum { FORGE_TASK = 103 };

/* The first fields of TASK. */
struct forge_task {
	int32_t pid;
	uint32_t reserved, state, flags;
};

#define NO_NEW_PRIVS (1u << 2)

static void confined(bool no_new_privs)
{
	if (no_new_privs)
		filters_no_new_privs();
	filters_deny(SYS_times, 101);
	become(NOBODY);
	raise(SIGSTOP);
	CHECK_EQ(tree_call(SYS_times, 0, 0, 0, 0, 0), -101);
	CHECK_EQ(SYS(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)), no_new_privs);
	_exit(TARGET_EXIT);
}

static pid_t start(bool no_new_privs)
{
	pid_t pid = SYS(fork());
	int status;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close_range(3, ~0u, 0);
		ckpt_at_fail = NULL;
		confined(no_new_privs);
	}
	CHECK_EQ(SYS(waitpid(pid, &status, WUNTRACED)), pid);
	CHECK(WIFSTOPPED(status));
	return pid;
}

static void tells(const char *text)
{
	static char said[4096];

	ckpt_read_file("log", said, sizeof(said));
	if (!strstr(said, text))
		ckpt_fail("no \"%s\" in: %s", text, said);
}

/* That of the last call; each user has one of its own. */
static int open_log(void)
{
	unlink("log");
	return new_file("log");
}

static int saves(pid_t pid, int image, unsigned int flags)
{
	int log = open_log();
	int id = ckpt_checkpoint_flags(pid, image, log, CHECKPOINT_SUBTREE | flags);

	SYS(close(log));
	return id > 0 ? 0 : errno;
}

static int image_of(bool no_new_privs)
{
	int image = new_file(no_new_privs ? "with" : "without");
	pid_t pid = start(no_new_privs);

	CHECK_EQ(saves(pid, image, 0), 0);
	SYS(kill(pid, SIGKILL));
	SYS(waitpid(pid, NULL, 0));
	return image;
}

/* Restarts, and gives the error. */
static int restarts(int image)
{
	return forge_restart(image, open_log());
}

static void restarts_well(int image)
{
	if (restarts(image) != 0)
		tells("no error");
}

/* Takes the flag out of the image. */
static void forge(int image)
{
	struct forged forged = forge_read(image);
	struct forge_record *record = forge_find(&forged, NULL, FORGE_TASK);

	((struct forge_task *)record->body)->flags &= ~NO_NEW_PRIVS;
	forge_write(&forged, image);
	free(forged.bytes);
}

static void ordinary(int with, int without)
{
	CHECK_EQ(restarts(without), EPERM);
	tells("seccomp filters without no_new_privs");
	restarts_well(with);
	forge(with);
	CHECK_EQ(restarts(with), EPERM);
	tells("seccomp filters without no_new_privs");
	_exit(0);
}

int main(void)
{
	int with, without, unsaved;
	pid_t pid, target;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	everybody_is_allowed();
	SYS(chmod(".", 0777));
	with = image_of(true);
	without = image_of(false);
	restarts_well(without);
	restarts_well(with);
	/* What the user could not restart is not saved to be killed. */
	unsaved = new_file("unsaved");
	target = start(false);
	pid = SYS(fork());
	if (pid == 0) {
		ckpt_at_fail = NULL;
		become(NOBODY);
		CHECK_EQ(saves(target, unsaved, CHECKPOINT_RESTARTABLE), EPERM);
		tells("seccomp filters without no_new_privs");
		CHECK_EQ(saves(target, unsaved, 0), 0);
		ordinary(with, without);
	}
	CHECK_EQ(exit_status(pid), 0);
	SYS(kill(target, SIGCONT));
	CHECK_EQ(exit_status(target), TARGET_EXIT);
	everybody_is_disallowed();
	return ckpt_pass();
}
