// SPDX-License-Identifier: GPL-2.0-only
//
// A file that its user may write to and not read stays unreadable, also when an image has it mapped:
// what is opened once more for a mapping is opened with the caller's rights (EACCES).
//
// MODES: plain
#include "forge.h"

#define SECRET "what only root may read"

/* It has the file mapped, for reading, while all users may read it. */
static void maps_secret(void)
{
	const char *memory;
	int fd;

	become(NOBODY);
	fd = SYS(open("secret", O_RDONLY));
	memory = mmap(NULL, CKPT_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(memory != MAP_FAILED);
	SYS(close(fd));
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	_exit(memcmp(memory, SECRET, sizeof(SECRET)) == 0 ? TARGET_EXIT : 1);
}

/* What becomes of a restart by an ordinary user: the error, or 0 and the status of the program. */
static int restarted(int image, int *status)
{
	int log = new_file("log"), error;
	pid_t user = SYS(fork()), pid;

	if (user == 0) {
		device();
		become(NOBODY);
		pid = restarting_child();
		error = ckpt_restart_flags(pid, image, log, 0) < 0 ? errno : 0;
		ckpt_write_file("target-go", "", 0);
		*(volatile int *)status = exit_status(pid);
		_exit(error);
	}
	error = exit_status(user);
	SYS(close(log));
	return error;
}

int main(void)
{
	static char said[4096];
	struct forged forged;
	struct forge_file *file;
	char path[PATH_MAX];
	int image, error, *status;

	everybody_is_allowed();
	SYS(umask(0));
	SYS(chmod(".", 0777));
	ckpt_write_file("secret", SECRET, sizeof(SECRET));
	SYS(chmod("secret", 0644));
	image = image_of_target("image", maps_secret);
	status = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(status != MAP_FAILED);

	/* As it is, it can be restarted. */
	CHECK_EQ(restarted(image, status), 0);
	CHECK_EQ(*status, TARGET_EXIT);
	SYS(unlink("target-go"));

	ckpt_path(path, "secret");
	forged = forge_read(image);
	file = forge_file(&forged, path);
	file->flags = (file->flags & ~O_ACCMODE) | O_WRONLY;
	forge_write(&forged, image);
	SYS(chmod("secret", 0622));
	error = restarted(image, status);
	ckpt_read_file("log", said, sizeof(said));
	if (error != EACCES)
		ckpt_fail("error %d, the program ends with %d: %s", error, *status, said);
	CHECK_EQ(*status, 1000 + SIGKILL);
	everybody_is_disallowed();
	return ckpt_pass();
}
