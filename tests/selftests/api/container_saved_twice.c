// SPDX-License-Identifier: GPL-2.0-only
//
// A process of a container is being saved to a pipe that nothing reads: until that is over its memory has a user
// that is no task, and the whole container is refused, by the name of the part. Afterwards it is saved.
//
// MODES: plain
#include "container.h"
#include <sys/ioctl.h>

static int saves_container(const struct target *target, char *said, size_t size)
{
	int fd = new_file("image"), result = container_checkpoint(target->pid, fd, said, size);
	struct stat image;

	SYS(fstat(fd, &image));
	CHECK_EQ(image.st_size == 0, result != 0);
	SYS(close(fd));
	return result;
}

int main(void)
{
	static char said[4096];
	char path[64], text[64];
	struct target target;
	pid_t child, saver;
	int out[2], used;

	target = container_start();
	target_freeze(&target, true);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", target.pid, target.pid);
	ckpt_read_file(path, text, sizeof(text));
	child = atoi(text);
	CHECK(child > 0);

	SYS(pipe2(out, O_CLOEXEC));
	SYS(fcntl(out[1], F_SETPIPE_SZ, CKPT_PAGE));
	saver = SYS(fork());
	if (saver == 0)
		_exit(ckpt_checkpoint(child, out[1]) > 0 ? 0 : errno);
	do {
		usleep(1000);
		SYS(ioctl(out[0], FIONREAD, &used));
	} while (used == 0);
	CHECK_EQ(saves_container(&target, said, sizeof(said)), EBUSY);
	if (!strstr(said, "a process that reads the memory or saves it") ||
	    !strstr(said, "address space (CLONE_VM)"))
		ckpt_fail("said: %s", said);

	SYS(kill(saver, SIGKILL));
	CHECK_EQ(exit_status(saver), 1000 + SIGKILL);
	if (saves_container(&target, said, sizeof(said)) != 0)
		ckpt_fail("not saved: %s", said);
	target_ends_well(&target);
	return ckpt_pass();
}
