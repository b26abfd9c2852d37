// SPDX-License-Identifier: GPL-2.0-only
//
// What cannot be frozen is refused, and runs on: what another open device holds, a tree with the caller in
// it, one that is traced or has gone; wrong arguments.
// MODES: plain
// LIBS: -lpthread
#include "freeze.h"
#include <sys/ptrace.h>

static int log_fd;

static int freeze_logged(int device_fd, pid_t pid, unsigned int timeout)
{
	log_fd = new_file("freeze.log");
	return freeze_with(device_fd, pid, CKPT_FD_NONE, log_fd, timeout);
}

static void said(const char *text)
{
	char log[4096];

	ckpt_read_file("freeze.log", log, sizeof(log));
	if (!strstr(log, text))
		ckpt_fail("the log does not say \"%s\": %s", text, log);
	SYS(close(log_fd));
}

static void wrong_arguments(pid_t pid)
{
	struct ckpt_freeze argument = { .size = sizeof(argument), .pidfd = pidfd_of(pid),
					.logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE };
	int fd = own_device(), right = argument.pidfd, ends[2];

	CHECK_ERRNO(ioctl(fd, CKPT_IOC_FREEZE, NULL), EFAULT);
	argument.flags = 1;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_FREEZE, &argument), EINVAL);
	argument.flags = 0;
	argument.size = 20;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_FREEZE, &argument), EINVAL);
	argument.size = sizeof(argument);
	argument.pidfd = fd;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_FREEZE, &argument), EBADF);
	argument.pidfd = -1;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_FREEZE, &argument), EBADF);
	argument.pidfd = right;
	argument.cgroup_fd = SYS(open("/dev/null", O_RDONLY | O_CLOEXEC));
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_FREEZE, &argument), EBADF);
	SYS(close(argument.cgroup_fd));
	/* Cannot be written by the kernel. */
	argument.cgroup_fd = right;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_FREEZE, &argument), EINVAL);
	/* No file of a cgroup: closing the device would write to it as well. */
	SYS(pipe(ends));
	SYS(close(ends[0]));
	argument.cgroup_fd = ends[1];
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_FREEZE, &argument), EINVAL);
	all_run();
	SYS(close(ends[1]));
	SYS(close(right));
	SYS(close(fd));
}

static void held_by_another(pid_t pid)
{
	int first = own_device(), second = own_device();

	CHECK_EQ(freeze(first, pid), 3);
	CHECK_ERRNO(freeze_logged(second, pid, 0), EBUSY);
	said("another caller has frozen the task");
	none_runs();
	CHECK_ERRNO(freeze_logged(first, pid, 0), EBUSY);
	said("holds a frozen tree already");
	none_runs();
	SYS(close(first));
	all_run();
	CHECK_EQ(freeze(second, pid), 3);
	SYS(close(second));
	all_run();
}

/* It holds for a subtree, too, from whichever side. */
static void overlapping(pid_t pid)
{
	char path[64], text[64];
	int first = own_device(), second = own_device();
	pid_t child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	ckpt_read_file(path, text, sizeof(text));
	child = atoi(text);
	CHECK_EQ(freeze(first, child), 2);
	CHECK_ERRNO(freeze(second, pid), EBUSY);
	SYS(close(first));
	all_run();
	SYS(close(second));
}

static void traced(void)
{
	struct target target = target_start(NULL);
	int fd = own_device();

	SYS(ptrace(PTRACE_SEIZE, target.pid, NULL, NULL));
	CHECK_ERRNO(freeze_logged(fd, target.pid, 0), EBUSY);
	said("is being traced");
	SYS(ptrace(PTRACE_INTERRUPT, target.pid, NULL, NULL));
	SYS(waitpid(target.pid, NULL, __WALL));
	SYS(ptrace(PTRACE_DETACH, target.pid, NULL, NULL));
	CHECK_EQ(freeze(fd, target.pid), 1);
	SYS(close(fd));
	target_ends_well(&target);
}

/* What somebody else has frozen stays so, whatever becomes of the call and the device. */
static void cgroup_frozen(void)
{
	struct target target = target_frozen(NULL);
	char path[PATH_MAX + 32], text[16];
	int fd = own_device(), cgroup;

	snprintf(path, sizeof(path), "%s/cgroup.freeze", target.cgroup);
	cgroup = SYS(open(path, O_WRONLY | O_CLOEXEC));
	log_fd = new_file("freeze.log");
	CHECK_ERRNO(freeze_with(fd, target.pid, cgroup, log_fd, 0), EBUSY);
	said("the cgroup is frozen already");
	SYS(close(cgroup));
	/* Nor is any other file of a cgroup written to. */
	snprintf(path, sizeof(path), "%s/cgroup.procs", target.cgroup);
	cgroup = SYS(open(path, O_WRONLY | O_CLOEXEC));
	CHECK_ERRNO(freeze_with(fd, target.pid, cgroup, CKPT_FD_NONE, 0), EINVAL);
	SYS(close(cgroup));
	SYS(close(fd));
	snprintf(path, sizeof(path), "%s/cgroup.freeze", target.cgroup);
	ckpt_read_file(path, text, sizeof(text));
	CHECK_EQ(atoi(text), 1);
	target_ends_well(&target);
}

static void gone(void)
{
	struct ckpt_freeze argument = { .size = sizeof(argument), .logfd = CKPT_FD_NONE,
					.cgroup_fd = CKPT_FD_NONE };
	int fd = own_device();
	pid_t pid = SYS(fork());

	if (pid == 0)
		_exit(0);
	argument.pidfd = pidfd_of(pid);
	SYS(waitid(P_PID, pid, NULL, WEXITED | WNOWAIT));
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_FREEZE, &argument), ESRCH);
	SYS(waitpid(pid, NULL, 0));
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_FREEZE, &argument), ESRCH);
	SYS(close(argument.pidfd));
	SYS(close(fd));
}

static void with_the_caller(void)
{
	int fd = own_device(), status;
	pid_t pid = getpid(), child;

	CHECK_ERRNO(freeze_logged(fd, pid, 0), EINVAL);
	said("the caller is part of the tree");
	/* Nor below it. */
	child = SYS(fork());
	if (child == 0) {
		CHECK_ERRNO(freeze(fd, pid), EINVAL);
		_exit(TARGET_EXIT);
	}
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, TARGET_EXIT);
	SYS(close(fd));
}

int main(void)
{
	pid_t pid = tree_that_runs();

	signal(SIGPIPE, SIG_IGN);
	all_run();
	wrong_arguments(pid);
	held_by_another(pid);
	overlapping(pid);
	end_tree(pid);
	traced();
	cgroup_frozen();
	gone();
	with_the_caller();
	return ckpt_pass();
}
