// SPDX-License-Identifier: GPL-2.0-only
//
// A process that was saved in a control group that was frozen before it came is moved out of that, runs, and
// is moved into another such group. It has the same registers, its group the same age, and a signal waits:
// all the same it has run.
//
// MODES: plain
#include "keep.h"

static void has_run(int signal)
{
	(void)signal;
	close(open("ran", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

/* Always with the same registers. */
static void sleeps(void)
{
	signal(SIGUSR1, has_run);
	signal(SIGUSR2, has_run);
	__asm__ volatile("1: mov %0, %%eax\n"
			 "syscall\n"
			 "jmp 1b"
			 :
			 : "i"(SYS_pause)
			 : "rax", "rcx", "r11", "memory");
	__builtin_unreachable();
}

/* A group that is frozen, and one below it. */
static void frozen_group(struct target *above, struct target *below, const char *name)
{
	char inner[64];

	snprintf(inner, sizeof(inner), "%s/below", name);
	make_cgroup(above->cgroup, name);
	write_text(above->cgroup, "cgroup.freeze", "1");
	make_cgroup(below->cgroup, inner);
}

static void wait_frozen(const struct target *group)
{
	char path[PATH_MAX + 32], text[256];
	int tries;

	snprintf(path, sizeof(path), "%s/cgroup.events", group->cgroup);
	for (tries = 0; tries < ckpt_patience(5000); tries++) {
		ckpt_read_file(path, text, sizeof(text));
		if (strstr(text, "frozen 1"))
			return;
		usleep(1000);
	}
	ckpt_fail("%s is not frozen", group->cgroup);
}

int main(void)
{
	struct target target = target_start(sleeps), first, first_below, other, second, second_below;
	int fd = own_device(), id;

	wait_until_lasting(target.pid, sleeps_somewhere, "sleep");
	frozen_group(&first, &first_below, "first");
	make_cgroup(other.cgroup, "other");
	frozen_group(&second, &second_below, "second");
	enter_cgroup(&first_below, target.pid);
	wait_frozen(&first_below);
	id = save_kept(fd, target.pid, CHECKPOINT_KEEP);
	CHECK(id > 0);

	enter_cgroup(&other, target.pid);
	SYS(kill(target.pid, SIGUSR2));
	while (access("ran", F_OK) != 0)
		usleep(1000);
	wait_until_lasting(target.pid, sleeps_somewhere, "sleep");
	enter_cgroup(&second_below, target.pid);
	wait_frozen(&second_below);
	SYS(kill(target.pid, SIGUSR1));
	usleep(10000);
	CHECK_ERRNO(send_kept(fd, id, SIGKILL, 0), EBUSY);
	CHECK_EQ(why.reason, CKPT_REASON_RAN);

	/* Without any of that a signal is no matter. */
	id = save_kept(fd, target.pid, CHECKPOINT_KEEP);
	CHECK(id > 0);
	SYS(kill(target.pid, SIGUSR2));
	usleep(10000);
	CHECK_EQ(send_kept(fd, id, SIGKILL, 0), 0);
	CHECK_EQ(exit_status(target.pid), 1000 + SIGKILL);
	SYS(close(fd));
	remove_cgroup(&first_below);
	remove_cgroup(&first);
	remove_cgroup(&other);
	remove_cgroup(&second_below);
	remove_cgroup(&second);
	remove_cgroup(&target);
	return ckpt_pass();
}
