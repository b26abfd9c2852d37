// SPDX-License-Identifier: GPL-2.0-only
//
// A stopped process is continued, or killed and reaped, in the middle of its checkpoint. The checkpoint fails
// either way. The one that was continued does not notice that anything of it was held: a descriptor table that
// it alone uses stays its own when it asks for one of its own, with the locks of the process, its handlers do
// not keep it from having an address space of its own, and set-user-ID works. The locks of the one that was
// killed are gone at once, and what others make where its structures were is not taken for its own.
//
// MODES: plain
#include "api.h"
#include "../rights/rights.h"
#include <sched.h>

#define ROUNDS 4
#define OTHERS 16

/* The test has both ends, too: whether that lasts is looked at for a quarter of a second, behind all else. */
static int ends[2];

/* Owner of the program. */
#define OTHER_USER 65534

static void put_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

	SYS(fcntl(fd, F_SETLK, &lock));
}

/* The type of a lock of another process. */
static int lock_of_other(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	int fd = SYS(open("locked", O_RDWR));

	SYS(fcntl(fd, F_GETLK, &lock));
	SYS(close(fd));
	return lock.l_type;
}

/* Stops, and does what shows whether anything else uses what it has. */
static void is_let_go(void)
{
	int locked = SYS(open("locked", O_RDWR | O_CREAT, 0600));

	put_lock(locked);
	raise(SIGSTOP);
	if (unshare(CLONE_FILES) != 0 || unshare(CLONE_VM | CLONE_SIGHAND) != 0)
		_exit(2);
	execl("./as-user", "as-user", "user", NULL);
	_exit(3);
}

/* The program that it becomes. */
static int as_user(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (geteuid() != OTHER_USER)
		return 4;
	SYS(seteuid(0));
	ckpt_write_file("let-go", "", 0);
	target_waits();
	return 5;
}

static pid_t starts(void)
{
	pid_t pid = SYS(fork());
	int status;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		SYS(close(device()));
		is_let_go();
	}
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	return pid;
}

/* Saves it in a process of its own. */
static pid_t saves(pid_t target)
{
	pid_t pid = SYS(fork());

	if (pid == 0)
		_exit(ckpt_checkpoint_flags(target, new_file("image"), new_file("log"),
					    CHECKPOINT_SUBTREE) > 0 ? 0 : errno);
	return pid;
}

static void is_refused(pid_t saver)
{
	static char said[4096];
	int status = exit_status(saver);

	ckpt_read_file("log", said, sizeof(said));
	if (status != EBUSY && status != ESRCH)
		ckpt_fail("%s: %s", status ? strerror(status) : "saved", said);
}

/* Processes with tables, directories, handlers and memory of their own. */
static void others_come(pid_t *others)
{
	int i;

	for (i = 0; i < OTHERS; i++) {
		others[i] = SYS(fork());
		if (others[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
}

static void others_go(const pid_t *others)
{
	int i;

	for (i = 0; i < OTHERS; i++) {
		SYS(kill(others[i], SIGKILL));
		SYS(waitpid(others[i], NULL, 0));
	}
}

/* Tells whether the checkpoint was still going on when it had done all that. */
static bool continued(void)
{
	pid_t target = starts(), saver = saves(target);
	siginfo_t info = { .si_pid = 0 };
	int status;

	usleep(60000);
	SYS(kill(target, SIGCONT));
	while (access("let-go", F_OK) != 0) {
		if (waitpid(target, &status, WNOHANG) == target)
			ckpt_fail("the target has ended: %#x", status);
		usleep(1000);
	}
	SYS(waitid(P_PID, saver, &info, WEXITED | WNOHANG | WNOWAIT));
	is_refused(saver);
	CHECK_EQ(lock_of_other(), F_WRLCK);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(exit_status(target), TARGET_EXIT);
	SYS(unlink("let-go"));
	SYS(unlink("target-go"));
	return info.si_pid == 0;
}

static bool killed(void)
{
	pid_t target = starts(), saver = saves(target), others[OTHERS];
	siginfo_t info = { .si_pid = 0 };

	usleep(60000);
	CHECK_EQ(lock_of_other(), F_WRLCK);
	SYS(kill(target, SIGKILL));
	CHECK_EQ(exit_status(target), 1000 + SIGKILL);
	CHECK_EQ(lock_of_other(), F_UNLCK);
	others_come(others);
	SYS(waitid(P_PID, saver, &info, WEXITED | WNOHANG | WNOWAIT));
	is_refused(saver);
	others_go(others);
	return info.si_pid == 0;
}

int main(int argc, char **argv)
{
	int round, continuations = 0, deaths = 0;

	if (argc > 1 && strcmp(argv[1], "user") == 0)
		return as_user();
	device();
	install_setuid("as-user");
	SYS(chown("as-user", OTHER_USER, OTHER_USER));
	SYS(chmod("as-user", 04755));
	SYS(pipe(ends));
	for (round = 0; round < ROUNDS; round++) {
		continuations += continued();
		deaths += killed();
	}
	CHECK(continuations > 0);
	CHECK(deaths > 0);
	return ckpt_pass();
}
