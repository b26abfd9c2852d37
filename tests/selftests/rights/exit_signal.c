// SPDX-License-Identifier: GPL-2.0-only
//
// A parent that has executed another program since gets SIGCHLD at its child's
// end and nothing else, whatever the child has restored: the program may have
// other rights than the one that made the child.
//
// MODES: plain
#include "rights.h"

static volatile int told, harmed;

static void handler(int signal)
{
	if (signal == SIGCHLD)
		told++;
	else
		harmed++;
}

/* An image of a process whose parent is the program that made it. */
static void saves_itself(void)
{
	pid_t pid = SYS(fork());
	int image, id;

	if (pid == 0) {
		image = new_file("image");
		id = ckpt_checkpoint(0, image);
		if (id < 0)
			ckpt_fail("checkpoint of ourselves: %s", strerror(errno));
		_exit(id > 0 ? 0 : TARGET_EXIT);
	}
	CHECK_EQ(exit_status(pid), 0);
}

/* A child that does not end with SIGCHLD, but as the image says. */
static pid_t restores_later(void)
{
	pid_t pid = SYS(syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0));

	if (pid == 0) {
		int image = SYS(open("image", O_RDONLY));

		while (access("executed", F_OK) != 0)
			usleep(2000);
		ckpt_restart_flags(0, image, STDERR_FILENO, RESTART_TASKSELF);
		_exit(1);
	}
	return pid;
}

static int other_program(pid_t child)
{
	struct sigaction action = { .sa_handler = handler };
	int status;

	SYS(sigaction(SIGCHLD, &action, NULL));
	SYS(sigaction(SIGUSR1, &action, NULL));
	ckpt_write_file("executed", "", 0);
	while (waitpid(child, &status, __WALL) < 0)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, TARGET_EXIT);
	CHECK_EQ(harmed, 0);
	CHECK_EQ(told, 1);
	return ckpt_pass();
}

int main(int argc, char **argv)
{
	char child[32];

	if (argc == 2)
		return other_program(atoi(argv[1]));
	device();
	saves_itself();
	snprintf(child, sizeof(child), "%d", restores_later());
	execl("/proc/self/exe", "exit_signal", child, NULL);
	ckpt_fail("exec: %s", strerror(errno));
}
