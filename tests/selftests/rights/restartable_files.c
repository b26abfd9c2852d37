// SPDX-License-Identifier: GPL-2.0-only
//
// With CHECKPOINT_RESTARTABLE an ordinary user's process is refused when the user could not open one of its
// files as it is, enter its working directory, or make its deleted file again. Without the flag it is saved,
// and restarted when another descriptor takes the place of the file.
//
// MODES: plain
#include "rights.h"

static void opens(const char *path, int flags, mode_t mode)
{
	int fd = SYS(open(path, flags | O_CREAT, mode));

	SYS(dup2(fd, 9));
	SYS(close(fd));
}

/* What a child of root has before it becomes an ordinary user. */
static void has_secret_file(void)
{
	opens("secret", O_WRONLY, 0600);
}

static void is_in_secret_directory(void)
{
	SYS(mkdir("closed", 0700));
	SYS(chdir("closed"));
}

static void has_deleted_file(void)
{
	SYS(mkdir("unwritable", 0755));
	opens("unwritable/gone", O_RDWR, 0666);
	SYS(unlink("unwritable/gone"));
}

static void has_nothing(void)
{
}

static void (*before)(void);

/* Its own files can be reached by it. */
static void runs(void)
{
	char path[PATH_MAX];

	ckpt_path(path, "target-go");
	before();
	become(NOBODY);
	while (access(path, F_OK) != 0)
		usleep(5000);
	_exit(TARGET_EXIT);
}

/* Saves, as the user; gives the error. */
static int saves(const struct target *target, unsigned int flags, char *said, size_t size)
{
	int log = new_file("log"), image = new_file("image");
	pid_t pid = SYS(fork());
	int error;

	if (pid == 0) {
		ckpt_at_fail = NULL;
		become(NOBODY);
		error = ckpt_checkpoint_flags(target->pid, image, log, CHECKPOINT_SUBTREE | flags) < 0 ?
			errno : 0;
		_exit(error);
	}
	error = exit_status(pid);
	CHECK_EQ(lseek(image, 0, SEEK_END) == 0, error != 0);
	ckpt_read_file("log", said, size);
	SYS(close(image));
	SYS(close(log));
	return error;
}

static void refused(void (*first)(void), const char *words)
{
	static char said[4096];
	struct target target;

	before = first;
	target = target_frozen(runs);
	CHECK_EQ(saves(&target, CHECKPOINT_RESTARTABLE, said, sizeof(said)), words ? EPERM : 0);
	if (words && !strstr(said, words))
		ckpt_fail("'%s' is not in: %s", words, said);
	CHECK_EQ(saves(&target, 0, said, sizeof(said)), 0);
	target_end(&target);
}

/* Restarts, as the user, with or without a file that takes the place; gives the error. */
static int restarts(bool gives, char *said, size_t size)
{
	int log = new_file("log"), image = SYS(open("image", O_RDONLY));
	struct ckpt_inherit instead = { .image_fd = 9, .fd = SYS(open("instead", O_RDWR | O_CREAT, 0666)) };
	pid_t user = SYS(fork());
	int error;

	if (user == 0) {
		struct ckpt_restart argument = { .size = sizeof(argument), .fd = image, .logfd = log,
						 .cgroup_fd = CKPT_FD_NONE };

		ckpt_at_fail = NULL;
		become(NOBODY);
		if (gives) {
			argument.inherit = (unsigned long)&instead;
			argument.nr_inherit = 1;
		}
		argument.pid = restarting_child();
		error = ioctl(device(), CKPT_IOC_RESTART, &argument) < 0 ? errno : 0;
		CHECK_EQ(exit_status(argument.pid), error ? 1000 + SIGKILL : TARGET_EXIT);
		_exit(error);
	}
	error = exit_status(user);
	ckpt_read_file("log", said, size);
	SYS(close(instead.fd));
	SYS(close(image));
	SYS(close(log));
	return error;
}

int main(void)
{
	static char said[4096];

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	SYS(chmod(".", 0755));
	everybody_is_allowed();
	refused(has_nothing, NULL);
	refused(is_in_secret_directory, "the working directory may not be entered");
	refused(has_deleted_file, "nothing may be made in");
	refused(has_secret_file, "fd 9: ");
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(restarts(false, said, sizeof(said)), EACCES);
	if (!strstr(said, "fd 9: ") || !strstr(said, "/secret cannot be opened"))
		ckpt_fail("the file that cannot be opened: %s", said);
	CHECK_EQ(restarts(true, said, sizeof(said)), 0);
	everybody_is_disallowed();
	return ckpt_pass();
}
