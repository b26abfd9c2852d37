// SPDX-License-Identifier: GPL-2.0-only
//
// A tree stands still until the open device that it was frozen through is closed, in the cgroups that it
// is in; it can be saved meanwhile, by number and pidfd. One that was frozen or stopped before stays so.
// MODES: plain
// LIBS: -lpthread
#include "freeze.h"

static void cgroup_of(pid_t pid, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	ckpt_read_file(path, text, size);
}

static int save(pid_t pid, int pidfd, unsigned int flags)
{
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .pid = pid, .pidfd = pidfd,
					    .flags = CHECKPOINT_SUBTREE | flags,
					    .fd = new_file("image"), .logfd = STDERR_FILENO };
	int ret = ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), error = errno;

	close(argument.fd);
	errno = error;
	return ret;
}

static void runs_until_closed(void)
{
	char before[PATH_MAX], after[PATH_MAX];
	pid_t pid = tree_that_runs(), other;
	int fd = own_device(), copy, pidfd, wrong;

	all_run();
	cgroup_of(pid, before, sizeof(before));
	CHECK_EQ(freeze(fd, pid), 3);
	none_runs();
	cgroup_of(pid, after, sizeof(after));
	CHECK_STR(after, before);

	/* A signal waits, and lets nothing go. */
	SYS(kill(pid, SIGCONT));
	none_runs();

	/* The shared page cannot be saved, but that is found out behind what this is about. */
	pidfd = pidfd_of(pid);
	other = SYS(fork());
	if (other == 0)
		_exit(0);
	wrong = pidfd_of(other);
	CHECK_ERRNO(save(pid, wrong, CHECKPOINT_PIDFD), ESRCH);
	SYS(waitpid(other, NULL, 0));
	CHECK_ERRNO(save(pid, wrong, CHECKPOINT_PIDFD), ESRCH);
	CHECK_ERRNO(save(pid, fd, CHECKPOINT_PIDFD), EBADF);
	CHECK_ERRNO(save(pid, pidfd, 0), EINVAL);

	/* The last descriptor counts. */
	copy = SYS(dup(fd));
	SYS(close(fd));
	none_runs();
	SYS(close(copy));
	all_run();
	end_tree(pid);
	/* Targets would have it from us. */
	SYS(munmap((void *)runs, 4096));
}

/* One that has begun to wait. */
static struct target target_that_waits(void)
{
	struct target target = target_frozen(NULL);

	target_freeze(&target, false);
	return target;
}

static void saved_while_frozen(void)
{
	struct target target = target_that_waits();
	int fd = own_device(), pidfd = pidfd_of(target.pid);

	CHECK_EQ(freeze(fd, target.pid), 1);
	CHECK(save(target.pid, pidfd, CHECKPOINT_PIDFD) > 0);
	SYS(close(fd));
	CHECK_ERRNO(save(target.pid, pidfd, CHECKPOINT_PIDFD), EBUSY);
	SYS(close(pidfd));
	target_ends_well(&target);
}

static char state_now(pid_t pid)
{
	char path[64], text[512], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	ckpt_read_file(path, text, sizeof(text));
	at = strrchr(text, ')');
	return at ? at[2] : '?';
}

/* What somebody else holds stays held, whichever of the two lets go first. */
static void others_hold_it(void)
{
	struct target target;
	int fd = own_device(), tries;

	target = target_frozen(NULL);
	CHECK_EQ(freeze(fd, target.pid), 1);
	SYS(close(fd));
	CHECK(save(target.pid, 0, 0) > 0);
	/* The cgroup's own count is right: it thaws, and freezes again. */
	target_freeze(&target, false);
	target_freeze(&target, true);
	CHECK(save(target.pid, 0, 0) > 0);
	target_ends_well(&target);

	target = target_that_waits();
	SYS(kill(target.pid, SIGSTOP));
	for (tries = 0; state_now(target.pid) != 'T'; tries++) {
		CHECK(tries < ckpt_patience(5000));
		usleep(1000);
	}
	fd = own_device();
	CHECK_EQ(freeze(fd, target.pid), 1);
	CHECK(save(target.pid, 0, 0) > 0);
	SYS(close(fd));
	CHECK_EQ(state_now(target.pid), 'T');
	SYS(kill(target.pid, SIGCONT));
	target_ends_well(&target);
}

/* A cgroup is frozen besides, and let go, with what else is in it. */
static void cgroup_besides(void)
{
	struct target target = target_start(NULL);
	char path[PATH_MAX + 32], text[256];
	int fd = own_device(), group;

	snprintf(path, sizeof(path), "%s/cgroup.freeze", target.cgroup);
	group = SYS(open(path, O_WRONLY | O_CLOEXEC));
	CHECK_EQ(freeze_with(fd, target.pid, group, CKPT_FD_NONE, 0), 1);
	SYS(close(group));
	ckpt_read_file(path, text, sizeof(text));
	CHECK_STR(text, "1\n");
	SYS(close(fd));
	ckpt_read_file(path, text, sizeof(text));
	CHECK_STR(text, "0\n");
	target_ends_well(&target);
}

int main(void)
{
	runs_until_closed();
	saved_while_frozen();
	others_hold_it();
	cgroup_besides();
	return ckpt_pass();
}
