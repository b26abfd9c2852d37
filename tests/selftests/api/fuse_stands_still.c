// SPDX-License-Identifier: GPL-2.0-only
//
// A process that serves a file system stands still while a tree is saved that has files there, or when it
// belongs to the tree itself: nothing of it is asked. What can be saved is, what cannot is refused.
//
// MODES: plain
#include "faulty.h"
#include "../rights/rights.h"
#include <sys/inotify.h>

#define LIMIT 20000

static char cwd[PATH_MAX];

/* Files, a working directory and a watch there. */
static void has_files(void)
{
	char path[PATH_MAX + 16];

	SYS(open("faulty/image", O_RDWR));
	SYS(open("faulty/image", O_PATH));
	SYS(inotify_add_watch(SYS(inotify_init1(0)), "faulty/image", IN_MODIFY));
	SYS(chdir("faulty"));
	/* Nothing is asked of the server from here on: it may be frozen first. */
	snprintf(path, sizeof(path), "%s/has-files", cwd);
	ckpt_write_file(path, "", 0);
	snprintf(path, sizeof(path), "%s/target-go", cwd);
	while (access(path, F_OK) != 0)
		usleep(5000);
	_exit(TARGET_EXIT);
}

/* The same with the server as a child. */
static void serves(void)
{
	char text[PATH_MAX];

	do {
		usleep(1000);
		ckpt_read_file("/proc/self/cgroup", text, sizeof(text));
	} while (!strstr(text, "/target-"));
	faulty_start();
	has_files();
}

static struct target frozen(void (*run)(void))
{
	struct target target;

	unlink("has-files");
	target = target_start(run);
	while (access("has-files", F_OK) != 0)
		usleep(1000);
	target_freeze(&target, true);
	return target;
}

/* Saves it; the error. Who waits for the server would wait for ever. */
static int saved(pid_t pid, int image, int log, pid_t server)
{
	pid_t saver = SYS(fork());
	int64_t start = ckpt_now_ms();
	int status;

	if (saver == 0)
		_exit(ckpt_checkpoint_flags(pid, image, log, CHECKPOINT_SUBTREE) > 0 ? 0 : errno);
	while (SYS(waitpid(saver, &status, WNOHANG)) == 0) {
		if (ckpt_now_ms() - start > LIMIT) {
			kill(saver, SIGKILL);
			kill(server, SIGKILL);
			umount2("faulty", MNT_DETACH);
			ckpt_fail("the checkpoint waits for a process that stands still");
		}
		usleep(5000);
	}
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void beside(void)
{
	int image = new_file("image"), log = new_file("log"), error;
	static char said[4096];
	struct target target;
	pid_t pid;

	faulty_start();
	target = frozen(has_files);
	SYS(kill(faulty_server, SIGSTOP));
	error = saved(target.pid, image, log, faulty_server);
	SYS(kill(faulty_server, SIGCONT));
	ckpt_read_file("log", said, sizeof(said));
	if (error)
		ckpt_fail("checkpoint: %s: %s", strerror(error), said);
	target_end(&target);
	SYS(lseek(image, 0, SEEK_SET));
	pid = restarting_child();
	if (ckpt_restart_flags(pid, image, log, 0) < 0)
		ckpt_fail("restart: %s", strerror(errno));
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(exit_status(pid), TARGET_EXIT);
	SYS(unlink("target-go"));
	faulty_end();
	SYS(rmdir("faulty"));
}

/* Something is mounted where the file is: its path does not lead to it, which is found out all the same. */
static void below_another(void)
{
	int image = new_file("image"), log = new_file("log");
	static char said[4096];
	struct target target;

	faulty_start();
	target = frozen(has_files);
	SYS(mount("above", "faulty", "tmpfs", 0, NULL));
	SYS(kill(faulty_server, SIGSTOP));
	CHECK_EQ(saved(target.pid, image, log, faulty_server), EOPNOTSUPP);
	SYS(kill(faulty_server, SIGCONT));
	ckpt_read_file("log", said, sizeof(said));
	if (!strstr(said, "path does not lead to"))
		ckpt_fail("it is refused with another reason: %s", said);
	target_end(&target);
	SYS(umount("faulty"));
	faulty_end();
	SYS(rmdir("faulty"));
}

static void inside(void)
{
	int image = new_file("image"), log = new_file("log");
	static char said[4096];
	struct target target = frozen(serves);

	CHECK_EQ(saved(target.pid, image, log, target.pid), EOPNOTSUPP);
	ckpt_read_file("log", said, sizeof(said));
	if (!strstr(said, "/dev/fuse"))
		ckpt_fail("it is refused with another reason: %s", said);
	CHECK_EQ(lseek(image, 0, SEEK_END), 0);
	target_end(&target);
	SYS(umount2("faulty", MNT_DETACH));
}

int main(void)
{
	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	CHECK(getcwd(cwd, sizeof(cwd)));
	beside();
	below_another();
	inside();
	return ckpt_pass();
}
