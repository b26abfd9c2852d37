// SPDX-License-Identifier: GPL-2.0-only
//
// What the security modules and the keys service know of a task is refused, each by a flag of its own
// let pass, and then told. A caller with the same session keyring need not ask, one in the same profile
// has to.
//
// MODES: plain
#include "api.h"
#include "confined.h"

static void in_profile(void)
{
	enter_profile();
	target_waits();
}

static void with_keyring(void)
{
	CHECK(join_keyring());
	add_session_key();
	target_waits();
}

/* Saves a target with these flags and compares what comes of it, and what is said. */
static void try(const struct target *target, unsigned int flags, int error, const char *words)
{
	int fd = new_file("image"), log = new_file("log");
	char text[1024];
	int id;

	errno = 0;
	id = ckpt_checkpoint_flags(target->pid, fd, log, CHECKPOINT_SUBTREE | flags);
	CHECK_EQ(id > 0 ? 0 : errno, error);
	CHECK_EQ(lseek(fd, 0, SEEK_END) == 0, error != 0);
	ckpt_read_file("log", text, sizeof(text));
	if (!strstr(text, words))
		ckpt_fail("'%s' is not in: %s", words, text);
	SYS(close(fd));
	SYS(close(log));
}

static void label(void)
{
	struct target target;
	pid_t child;

	load_profile();
	target = target_frozen(in_profile);
	try(&target, 0, EOPNOTSUPP, "security label of the task cannot be restored: " PROFILE);
	try(&target, CHECKPOINT_OTHER_KEYRING, EOPNOTSUPP, "security label");
	try(&target, CHECKPOINT_OTHER_LABEL, 0, "has the security label " PROFILE);
	child = SYS(fork());
	if (child == 0) {
		enter_profile();
		try(&target, 0, EOPNOTSUPP, "security label");
		_exit(0);
	}
	CHECK_EQ(exit_status(child), 0);
	target_ends_well(&target);
}

static void keyring(void)
{
	struct target target = target_frozen(with_keyring), other;

	try(&target, 0, EOPNOTSUPP, "session keyring of the task cannot be restored");
	try(&target, CHECKPOINT_OTHER_LABEL, EOPNOTSUPP, "session keyring");
	try(&target, CHECKPOINT_OTHER_KEYRING, 0, "has a session keyring of its own");
	target_ends_well(&target);
	/* With the caller's. */
	CHECK(join_keyring());
	add_session_key();
	other = target_frozen(NULL);
	try(&other, 0, 0, "");
	target_ends_well(&other);
}

int main(void)
{
	if (!has_apparmor() || !join_keyring())
		ckpt_skip("no AppArmor or no keyrings here");
	device();
	label();
	keyring();
	return ckpt_pass();
}
