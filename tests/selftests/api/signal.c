// SPDX-License-Identifier: GPL-2.0-only
//
// What was saved is ended, or stopped, by reference: all of it, though its root has died meanwhile, and
// nothing of it when a task has run since. Others than the caller may not do it.
// MODES: plain
// LIBS: -lpthread
#include "keep.h"

#define NOBODY 65534

static bool is_dead(pid_t pid)
{
	char state = state_of(pid);

	return !state || state == 'Z' || state == 'X';
}

static void all_dead(const pid_t *pids)
{
	int number;

	for (number = 0; number < 3; number++) {
		if (!is_dead(pids[number]))
			ckpt_fail("process %d of the tree lives: state %c", number, state_of(pids[number]));
	}
}

static void reap_all(struct target *target)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
	remove_cgroup(target);
}

/* Those that are alive go on, and then end. */
static void end_family(struct target *target)
{
	write_text(target->cgroup, "cgroup.kill", "1");
	reap_all(target);
}

static void kills_all(bool frozen, int signal)
{
	pid_t pids[4];
	struct target target = family_start(pids);
	int fd = own_device(), number, tries, id;

	if (frozen) {
		CHECK_EQ(freeze(fd, target.pid), 3);
	} else {
		for (number = 2; number >= 0; number--)
			SYS(kill(pids[number], SIGSTOP));
		for (number = 0; number < 3; number++)
			for (tries = 0; state_of(pids[number]) != 'T'; tries++) {
				CHECK(tries < ckpt_patience(5000));
				usleep(1000);
			}
	}
	id = save_kept(fd, target.pid, CHECKPOINT_KEEP);
	CHECK(id > 0);
	/* A signal wakes it, and lets nothing go. */
	if (frozen)
		SYS(kill(pids[1], SIGCONT));
	CHECK_EQ(send_kept(fd, id, signal, 0), 0);
	if (signal == SIGKILL) {
		all_dead(pids);
		SYS(close(fd));
		reap_all(&target);
		return;
	}
	SYS(close(fd));
	for (number = 0; number < 3; number++)
		for (tries = 0; state_of(pids[number]) != 'T'; tries++) {
			if (tries == ckpt_patience(5000))
				ckpt_fail("%d: state %c", number, state_of(pids[number]));
			usleep(1000);
		}
	end_family(&target);
}

/*
 * Its owner ends the root: what is below the root no more is ended all the same. The root is told of once
 * it has been reaped; until then it shows that it has not run.
 */
static void root_dies(bool is_reaped)
{
	siginfo_t info;

	pid_t pids[4];
	struct target target = family_start(pids);
	int fd = own_device(), id;

	CHECK_EQ(freeze(fd, target.pid), 3);
	id = save_kept(fd, target.pid, CHECKPOINT_KEEP);
	CHECK(id > 0);
	SYS(kill(target.pid, SIGKILL));
	SYS(waitid(P_PID, target.pid, &info, WEXITED | (is_reaped ? 0 : WNOWAIT)));
	CHECK(!is_dead(pids[1]) && !is_dead(pids[2]));
	if (is_reaped) {
		CHECK_ERRNO(send_kept(fd, id, SIGKILL, 0), ESRCH);
		CHECK_EQ(why.reason, CKPT_REASON_RAN);
	} else {
		CHECK_EQ(send_kept(fd, id, SIGKILL, 0), 0);
	}
	all_dead(pids);
	SYS(close(fd));
	reap_all(&target);
}

/* Its owner moves a process to another control group, which lets it go. */
static void let_go(void)
{
	pid_t pids[4];
	struct target target = family_start(pids), other = target;
	int fd = own_device(), id, number;
	char text[32];

	CHECK_EQ(freeze(fd, target.pid), 3);
	id = save_kept(fd, target.pid, CHECKPOINT_KEEP);
	CHECK(id > 0);
	make_cgroup(other.cgroup, "other");
	snprintf(text, sizeof(text), "%d", pids[1]);
	write_text(other.cgroup, "cgroup.procs", text);
	for (number = 0; number < 2; number++) {
		CHECK_ERRNO(send_kept(fd, id, number ? SIGSTOP : SIGKILL, 0), EBUSY);
		CHECK_EQ(why.reason, CKPT_REASON_RAN);
		CHECK(why.objects & CKPT_OBJECT_TASK);
		CHECK_EQ(why.pid, pids[1]);
	}
	SYS(close(fd));
	for (number = 0; number < 3; number++)
		CHECK(!is_dead(pids[number]) && state_of(pids[number]) != 'T');
	SYS(kill(pids[1], SIGKILL));
	end_family(&target);
	remove_cgroup(&other);
}

/* One that was let go and held again has run all the same. */
static void held_again(void)
{
	pid_t pids[4];
	struct target target = family_start(pids);
	int fd = own_device(), other = own_device(), id;

	CHECK_EQ(freeze(fd, target.pid), 3);
	id = save_kept(other, target.pid, CHECKPOINT_KEEP);
	CHECK(id > 0);
	SYS(close(fd));
	usleep(50000);
	fd = own_device();
	CHECK_EQ(freeze(fd, target.pid), 3);
	CHECK_ERRNO(send_kept(other, id, SIGKILL, 0), EBUSY);
	SYS(close(fd));
	SYS(close(other));
	end_family(&target);
}

static void of_others(void)
{
	pid_t pids[4], child;
	struct target target = family_start(pids);
	int fd = own_device(), id;

	CHECK_EQ(freeze(fd, target.pid), 3);
	id = save_kept(fd, target.pid, CHECKPOINT_KEEP);
	CHECK(id > 0);
	child = SYS(fork());
	if (child == 0) {
		ckpt_at_fail = NULL;
		SYS(setresuid(NOBODY, NOBODY, NOBODY));
		CHECK_ERRNO(send_kept(fd, id, SIGKILL, 0), EPERM);
		_exit(0);
	}
	CHECK_EQ(exit_status(child), 0);
	CHECK(!is_dead(pids[0]) && !is_dead(pids[1]) && !is_dead(pids[2]));
	CHECK_EQ(send_kept(fd, id, SIGKILL, 0), 0);
	all_dead(pids);
	SYS(close(fd));
	reap_all(&target);
}

static void wrong_arguments(void)
{
	struct ckpt_signal argument = { .size = sizeof(argument), .signal = SIGKILL,
					.logfd = CKPT_FD_NONE };
	struct ckpt_checkpoint capture = { .size = sizeof(capture), .fd = CKPT_FD_NONE,
					   .logfd = CKPT_FD_NONE,
					   .flags = CHECKPOINT_SUBTREE | CHECKPOINT_KEEP };
	pid_t pids[4];
	struct target target = family_start(pids);
	int fd = own_device(), other = own_device();

	CHECK_EQ(freeze(fd, target.pid), 3);
	argument.id = save_kept(fd, target.pid, 0);
	CHECK(argument.id > 0);
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_SIGNAL, &argument), ENOENT);
	argument.id = save_kept(fd, target.pid, CHECKPOINT_KEEP);
	CHECK(argument.id > 0);
	CHECK_ERRNO(ioctl(other, CKPT_IOC_SIGNAL, &argument), ENOENT);
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_SIGNAL, NULL), EFAULT);
	argument.flags = 1;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_SIGNAL, &argument), EINVAL);
	argument.flags = 0;
	argument.reserved = 1;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_SIGNAL, &argument), EINVAL);
	argument.reserved = 0;
	argument.signal = SIGTERM;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_SIGNAL, &argument), EINVAL);
	argument.signal = -1;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_SIGNAL, &argument), EINVAL);
	argument.signal = SIGKILL;
	argument.size = 32;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_SIGNAL, &argument), EINVAL);
	argument.size = sizeof(argument);
	argument.logfd = -2;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_SIGNAL, &argument), EBADF);
	argument.logfd = CKPT_FD_NONE;
	capture.pid = target.pid;
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_CAPTURE, &capture), EINVAL);
	/* The caller would end itself. */
	CHECK_ERRNO(save_kept(fd, 0, CHECKPOINT_KEEP), EINVAL);
	CHECK_EQ(ioctl(fd, CKPT_IOC_SIGNAL, &argument), 0);
	all_dead(pids);
	/* Once. */
	CHECK_ERRNO(ioctl(fd, CKPT_IOC_SIGNAL, &argument), ENOENT);
	SYS(close(fd));
	SYS(close(other));
	reap_all(&target);
}

int main(void)
{
	device();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	kills_all(true, SIGKILL);
	kills_all(true, SIGSTOP);
	kills_all(false, SIGKILL);
	root_dies(true);
	root_dies(false);
	let_go();
	held_again();
	of_others();
	wrong_arguments();
	return ckpt_pass();
}
