// SPDX-License-Identifier: GPL-2.0-only
//
// Saving a process, and restoring onto one, needs what attaching to it with
// ptrace(2) would need: not one that may not be dumped, not a set-uid program, not
// one with more capabilities, and no more than Yama allows.
//
// MODES: plain
#include "rights.h"
#include <linux/capability.h>

#define YAMA "/proc/sys/kernel/yama/ptrace_scope"

static void waits(void)
{
	for (;;)
		pause();
}

static void ordinary(void)
{
	become(NOBODY);
	waits();
}

static void undumpable(void)
{
	become(NOBODY);
	SYS(prctl(PR_SET_DUMPABLE, 0));
	waits();
}

/* A set-uid program that an ordinary user has started. */
static void set_uid(void)
{
	become(NOBODY);
	execl("program", "program", "is executed", NULL);
	ckpt_fail("exec: %s", strerror(errno));
}

static void capable(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	SYS(prctl(PR_SET_KEEPCAPS, 1));
	become(NOBODY);
	data[0].permitted = 1 << CAP_NET_RAW;
	SYS(syscall(SYS_capset, &head, data));
	SYS(prctl(PR_SET_DUMPABLE, 1));
	waits();
}

/* The error that an ordinary user gets, or 0; nothing is written then. */
static int error_of_nobody(pid_t pid)
{
	pid_t child = SYS(fork());

	if (child == 0) {
		int fd = new_file("image-of-nobody"), error;

		become(NOBODY);
		error = ckpt_checkpoint(pid, fd) > 0 ? 0 : errno;
		CHECK((lseek(fd, 0, SEEK_END) > 0) == (error == 0));
		_exit(error);
	}
	return exit_status(child);
}

static void saved(const char *what, void (*run)(void), int wanted)
{
	struct target target = target_frozen(run);
	int error = error_of_nobody(target.pid);

	target_end(&target);
	if (error != wanted)
		ckpt_fail("%s: %s, wanted %s", what, strerror(error), strerror(wanted));
}

/* Yama counts: without privileges only below oneself, or not at all. */
static void yama(void)
{
	char old[16];

	if (access(YAMA, F_OK) != 0)
		return;
	ckpt_read_file(YAMA, old, sizeof(old));
	ckpt_write_file(YAMA, "1", 1);
	saved("not below the caller", ordinary, EPERM);
	ckpt_write_file(YAMA, "2", 1);
	saved("administrators only", ordinary, EPERM);
	ckpt_write_file(YAMA, old, 1);
}

/* A child of one's own that may not be dumped is not restored onto, and not harmed. */
static void restored(void)
{
	int image = image_of_target("image", ordinary), log = new_file("log");
	static char said[4096];
	pid_t user = SYS(fork());

	if (user == 0) {
		int fd = device();
		pid_t child;

		become(NOBODY);
		child = SYS(fork());
		if (child == 0) {
			struct ckpt_restart argument = { .size = sizeof(argument),
							 .fd = CKPT_FD_NONE,
							 .logfd = CKPT_FD_NONE,
							 .cgroup_fd = CKPT_FD_NONE };

			SYS(prctl(PR_SET_DUMPABLE, 0));
			ioctl(fd, CKPT_IOC_RESTART, &argument);
			_exit(errno);
		}
		CHECK_ERRNO(ckpt_restart_flags(child, image, log, 0), EPERM);
		CHECK_EQ(exit_status(child), EAGAIN);
		_exit(0);
	}
	CHECK_EQ(exit_status(user), 0);
	ckpt_read_file("log", said, sizeof(said));
	CHECK(strstr(said, "no permission to attach") != NULL);
}

int main(int argc, char **argv)
{
	char old[16] = "0";

	(void)argv;
	if (argc > 1)
		waits();
	device();
	everybody_is_allowed();
	install_setuid("program");
	if (access(YAMA, F_OK) == 0) {
		ckpt_read_file(YAMA, old, sizeof(old));
		ckpt_write_file(YAMA, "0", 1);
	}
	saved("one's own", ordinary, 0);
	saved("one that may not be dumped", undumpable, EPERM);
	saved("a set-uid program", set_uid, EPERM);
	saved("one with more capabilities", capable, EPERM);
	yama();
	restored();
	if (access(YAMA, F_OK) == 0)
		ckpt_write_file(YAMA, old, 1);
	everybody_is_disallowed();
	return ckpt_pass();
}
