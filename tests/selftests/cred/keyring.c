// SPDX-License-Identifier: GPL-2.0-only
//
// A task of another user does not get the session keyring of the caller of the restart: the keys in it are
// not for that user. One of the same user has it.
//
// MODES: plain
#include "../rights/rights.h"
#include <linux/keyctl.h>

#define KEY "ckpt-test-secret"
#define WITHOUT 43

static void make_key(void)
{
	SYS(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "ckpt-test"));
	SYS(syscall(SYS_add_key, "user", KEY, "x", 1, KEY_SPEC_SESSION_KEYRING));
}

static bool finds_key(void)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", KEY, 0) > 0;
}

static void looks_for_key(void)
{
	while (access("target-go", F_OK) != 0)
		usleep(10000);
	_exit(finds_key() ? TARGET_EXIT : WITHOUT);
}

static void of_nobody(void)
{
	become(NOBODY);
	looks_for_key();
}

static int status_of(void (*run)(void))
{
	int image = image_of_target("image", run), log = new_file("log");
	pid_t pid;
	int status;

	ckpt_write_file("target-go", "", 0);
	pid = restarting_child();
	if (ckpt_restart_flags(pid, image, log, 0) < 0)
		ckpt_fail("restart: %s", strerror(errno));
	status = exit_status(pid);
	SYS(unlink("target-go"));
	return status;
}

int main(void)
{
	static char said[1024];

	if (geteuid() != 0)
		ckpt_skip("needs root");
	make_key();
	CHECK(finds_key());
	CHECK_EQ(status_of(looks_for_key), TARGET_EXIT);
	CHECK_EQ(status_of(of_nobody), WITHOUT);
	ckpt_read_file("log", said, sizeof(said));
	if (!strstr(said, "session keyring"))
		ckpt_fail("it is not told: %s", said);
	return ckpt_pass();
}
