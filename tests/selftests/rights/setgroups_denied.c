// SPDX-License-Identifier: GPL-2.0-only
//
// In a user namespace that denies setgroups(2) no image gives a file an opener with other
// supplementary groups, though the caller has CAP_SETGID there.
//
// MODES: plain
#include "forge.h"
#include <sched.h>

#define GROUP 5

enum { FORGE_CRED = 115 };

/* The first fields of CRED. */
struct forge_cred {
	uint32_t objref, securebits, uid, gid, suid, sgid, euid;
};

/* What has been opened as another user goes by that user's credentials. */
static void opens_as_another(void)
{
	SYS(setresuid(-1, NOBODY, -1));
	SYS(open("/proc/version", O_RDONLY));
	SYS(setresuid(-1, 0, -1));
	SYS(prctl(PR_SET_DUMPABLE, 1));
	raise(SIGSTOP);
	_exit(TARGET_EXIT);
}

/* Saves such a process; the image is ready to be read. */
static int image_of_opener(void)
{
	int image = new_file("image"), log = new_file("log"), status;
	static char said[4096];
	pid_t pid = SYS(fork());

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close_range(3, ~0u, 0);
		opens_as_another();
	}
	CHECK_EQ(SYS(waitpid(pid, &status, WUNTRACED)), pid);
	CHECK(WIFSTOPPED(status));
	if (ckpt_checkpoint_flags(pid, image, log, CHECKPOINT_SUBTREE) <= 0) {
		ckpt_read_file("log", said, sizeof(said));
		ckpt_fail("checkpoint: %s", said);
	}
	SYS(kill(pid, SIGKILL));
	SYS(waitpid(pid, NULL, 0));
	return image;
}

/* Restarts, and gives the error. */
static int restarts(int image)
{
	return forge_restart(image, new_file("log"));
}

/* The opener gets another group in the place of the one that it has. */
static void forge(int image)
{
	struct forged forged = forge_read(image);
	struct forge_record *record = NULL;
	uint32_t group = GROUP + 1;

	do
		record = forge_find(&forged, record, FORGE_CRED);
	while (((struct forge_cred *)record->body)->euid != NOBODY);
	/* The groups follow, behind their length. */
	memcpy(forge_next(&forged, record)->body + sizeof(uint64_t), &group, sizeof(group));
	forge_write(&forged, image);
	free(forged.bytes);
}

static void inside(void)
{
	static char said[4096];
	int image, error;

	SYS(setresuid(0, 0, 0));
	SYS(setresgid(0, 0, 0));
	SYS(prctl(PR_SET_DUMPABLE, 1));
	CHECK_ERRNO(setgroups(0, NULL), EPERM);
	image = image_of_opener();
	CHECK_EQ(restarts(image), 0);
	forge(image);
	error = restarts(image);
	ckpt_read_file("log", said, sizeof(said));
	if (error != EPERM || !strstr(said, "other supplementary groups"))
		ckpt_fail("with other groups: error %d: %s", error, said);
	_exit(0);
}

static void write_of(pid_t pid, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	write_text(path, name, text);
}

int main(void)
{
	const gid_t group = GROUP;
	int ready[2], go[2];
	char byte;
	pid_t pid;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	everybody_is_allowed();
	SYS(chmod(".", 0777));
	SYS(pipe2(ready, O_CLOEXEC));
	SYS(pipe2(go, O_CLOEXEC));
	pid = SYS(fork());
	if (pid == 0) {
		SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
		ckpt_at_fail = NULL;
		SYS(setgroups(1, &group));
		if (unshare(CLONE_NEWUSER) != 0)
			_exit(CKPT_SKIP);
		SYS(write(ready[1], "", 1));
		CHECK_EQ(read(go[0], &byte, 1), 1);
		inside();
	}
	SYS(close(ready[1]));
	if (read(ready[0], &byte, 1) != 1) {
		everybody_is_disallowed();
		ckpt_skip("no user namespaces here");
	}
	write_of(pid, "setgroups", "deny");
	write_of(pid, "uid_map", "0 0 65536");
	write_of(pid, "gid_map", "0 0 65536");
	SYS(write(go[1], "", 1));
	CHECK_EQ(exit_status(pid), 0);
	everybody_is_disallowed();
	return ckpt_pass();
}
