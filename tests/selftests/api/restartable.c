// SPDX-License-Identifier: GPL-2.0-only
//
// With CHECKPOINT_RESTARTABLE only what the caller could restart is saved: a tree of the caller's own
// credentials is, one with a process of another user, other groups or fewer capabilities in it is EPERM
// with the reason, before the first byte. Without the flag all of them are saved.
//
// MODES: plain
#include "api.h"
#include <grp.h>
#include <linux/capability.h>

/* What it takes to become another user, of other groups, with fewer capabilities. */
#define RIGHTS (1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_SETPCAP)

static void use_rights(bool may)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	SYS(syscall(SYS_capget, &head, caps));
	caps[0].effective = may ? caps[0].effective | RIGHTS : caps[0].effective & ~RIGHTS;
	SYS(syscall(SYS_capset, &head, caps));
}

static void other_user(void)
{
	use_rights(true);
	SYS(setresuid(65534, 65534, 65534));
	prctl(PR_SET_DUMPABLE, 1);
	target_waits();
}

static void other_groups(void)
{
	gid_t group = 4711;

	use_rights(true);
	SYS(setgroups(1, &group));
	target_waits();
}

static void fewer_capabilities(void)
{
	use_rights(true);
	SYS(prctl(PR_CAPBSET_DROP, CAP_WAKE_ALARM, 0, 0, 0));
	target_waits();
}

/* As su(1): the first process has the caller's credentials, the second one others. */
static void two_users(void)
{
	if (SYS(fork()) == 0)
		other_user();
	target_waits();
}

static int save(const struct target *target, unsigned int flags, const char *words)
{
	int fd = new_file("image"), log = new_file("log"), error = 0;
	char text[1024];

	if (ckpt_checkpoint_flags(target->pid, fd, log, CHECKPOINT_SUBTREE | flags) < 0)
		error = errno;
	CHECK_EQ(lseek(fd, 0, SEEK_END) == 0, error != 0);
	ckpt_read_file("log", text, sizeof(text));
	if (!strstr(text, words))
		ckpt_fail("'%s' is not in: %s", words, text);
	SYS(close(fd));
	SYS(close(log));
	return error;
}

static void refused(void (*run)(void), const char *words)
{
	struct target target = target_frozen(run);

	CHECK_EQ(save(&target, CHECKPOINT_RESTARTABLE, words), EPERM);
	CHECK_EQ(save(&target, 0, ""), 0);
	target_end(&target);
}

/* A caller that may save, and may not restart whatever it has saved. */
static void no_restarter(void)
{
	int log = new_file("log");
	static char text[1024];
	pid_t pid = SYS(fork());

	if (pid == 0) {
		SYS(setresuid(65534, 65534, 65534));
		CHECK_ERRNO(ckpt_checkpoint_flags(getpid(), STDERR_FILENO, log,
						  CHECKPOINT_SUBTREE | CHECKPOINT_RESTARTABLE), EPERM);
		_exit(0);
	}
	CHECK_EQ(exit_status(pid), 0);
	ckpt_read_file("log", text, sizeof(text));
	if (!strstr(text, "could not restart the tree: kernel.ckpt_unpriv_allowed is below 2"))
		ckpt_fail("it is refused with another reason: %s", text);
	SYS(close(log));
}

int main(void)
{
	struct target target = target_frozen(NULL);

	CHECK_EQ(save(&target, CHECKPOINT_RESTARTABLE, ""), 0);
	target_ends_well(&target);
	use_rights(false);
	refused(other_user, "could not restart the task, which has user id 65534");
	refused(other_groups, "other supplementary groups");
	refused(fewer_capabilities, "a bounding set without 0x800000000");
	refused(two_users, "user id 65534");
	use_rights(true);
	no_restarter();
	return ckpt_pass();
}
