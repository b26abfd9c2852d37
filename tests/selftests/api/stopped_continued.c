// SPDX-License-Identifier: GPL-2.0-only
//
// A process that the caller has stopped for the checkpoint only is saved with
// CHECKPOINT_CONTINUED: its copy runs. Without the flag the copy is stopped.
//
// MODES: plain
#include "api.h"

/* Makes an image of a stopped target and restarts it. */
static pid_t copy_of_stopped(const char *image, unsigned int flags)
{
	struct target target = target_start(NULL);
	int fd = new_file(image), status;
	pid_t child;

	usleep(20000);
	SYS(kill(target.pid, SIGSTOP));
	CHECK_EQ(waitpid(target.pid, &status, WUNTRACED), target.pid);
	CHECK(WIFSTOPPED(status));
	CHECK(SYS(ckpt_checkpoint_flags(target.pid, fd, -1, CHECKPOINT_SUBTREE | flags)) > 0);
	target_end(&target);
	SYS(lseek(fd, 0, SEEK_SET));
	child = restarting_child();
	CHECK_EQ(SYS(ckpt_restart_flags(child, fd, STDERR_FILENO, 0)), 0);
	SYS(close(fd));
	return child;
}

int main(void)
{
	pid_t child = copy_of_stopped("stopped", 0);
	char path[64], text[512];

	/* Its parent knew of the stop: it is not told once more. */
	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	do {
		usleep(1000);
		ckpt_read_file(path, text, sizeof(text));
	} while (!strstr(text, ") T "));
	SYS(kill(child, SIGKILL));
	CHECK_EQ(exit_status(child), 1000 + SIGKILL);

	child = copy_of_stopped("continued", CHECKPOINT_CONTINUED);
	CHECK_EQ(waitpid(child, NULL, WNOHANG | WUNTRACED | WCONTINUED), 0);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(exit_status(child), TARGET_EXIT);
	return ckpt_pass();
}
