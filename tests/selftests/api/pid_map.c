// SPDX-License-Identifier: GPL-2.0-only
//
// A pid map tells which live task stands for which saved one; an entry for a
// task that is no child is refused, also at the end of a map that is mostly about nobody.
//
// MODES: plain
#include "api.h"

/* As many as the kernel goes through in several steps. */
#define NOBODYS 20000
#define FIRST_NOBODY (1 << 23)

static struct ckpt_pid_map many[NOBODYS + 1];

/* The last entry says another process for the root than the argument. */
static void wrong_at_the_end(struct ckpt_restart argument, pid_t saved)
{
	int i;

	for (i = 0; i < NOBODYS; i++)
		many[i] = (struct ckpt_pid_map){ .image_pid = FIRST_NOBODY + i };
	many[NOBODYS] = (struct ckpt_pid_map){ .image_pid = saved, .pid = getppid() };
	argument.pids = (unsigned long)many;
	argument.nr_pids = NOBODYS + 1;
	SYS(lseek(argument.fd, 0, SEEK_SET));
	argument.pid = restarting_child();
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_RESTART, &argument), ESRCH);
	kill(argument.pid, SIGKILL);
	CHECK_EQ(exit_status(argument.pid), 1000 + SIGKILL);

	/* The right one at the same place. */
	SYS(lseek(argument.fd, 0, SEEK_SET));
	many[NOBODYS].pid = argument.pid = restarting_child();
	CHECK_EQ(SYS(ioctl(device(), CKPT_IOC_RESTART, &argument)), 0);
	CHECK_EQ(exit_status(argument.pid), TARGET_EXIT);
}

int main(void)
{
	struct target target = target_frozen(NULL);
	int fd = new_file("image");
	struct ckpt_pid_map map = { .image_pid = target.pid };
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = fd,
					 .logfd = STDERR_FILENO, .cgroup_fd = CKPT_FD_NONE,
					 .pids = (unsigned long)&map, .nr_pids = 1 };

	CHECK(SYS(ckpt_checkpoint(target.pid, fd)) > 0);
	target_end(&target);
	ckpt_write_file("target-go", "", 0);
	SYS(lseek(fd, 0, SEEK_SET));
	argument.pid = map.pid = restarting_child();
	CHECK_EQ(SYS(ioctl(device(), CKPT_IOC_RESTART, &argument)), 0);
	CHECK_EQ(exit_status(argument.pid), TARGET_EXIT);

	/* The map says another process than the argument. */
	SYS(lseek(fd, 0, SEEK_SET));
	argument.logfd = CKPT_FD_NONE;
	argument.pid = restarting_child();
	map.pid = getppid();
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_RESTART, &argument), ESRCH);
	kill(argument.pid, SIGKILL);
	CHECK_EQ(exit_status(argument.pid), 1000 + SIGKILL);
	wrong_at_the_end(argument, map.image_pid);
	return ckpt_pass();
}
