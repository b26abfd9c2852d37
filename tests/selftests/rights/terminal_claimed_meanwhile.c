// SPDX-License-Identifier: GPL-2.0-only
//
// A terminal that two restarts are given becomes the controlling one of one of them; one
// that another session takes, or that is hung up, between the look of a restart and its end
// is not taken any more. One that is part of the image stays locked until it controls its
// session: the owner of its node has no chance to take it before.
//
// MODES: plain
#include "forge.h"
#include "../tty/tty.h"

/* Bytes of the image that are held back until the terminals have been looked at. */
#define HELD_BACK 16

#define FORGE_TTY 330
#define FORGE_TTY_END 331

static char path[32];
static int image;

static void leads_session(void)
{
	pid_t session;

	SYS(setsid());
	SYS(open(path, O_RDWR));
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	_exit(ioctl(3, TIOCGSID, &session) == 0 && session == getpid() ? TARGET_EXIT : 1);
}

/* Has both ends of the terminal that its session is on; the node of that is another user's. */
static void leads_own(void)
{
	pid_t session;
	int master, slave;

	tty_pair(&master, &slave);
	SYS(fchown(slave, NOBODY, NOBODY));
	SYS(fchmod(slave, 0600));
	SYS(setsid());
	SYS(ioctl(slave, TIOCSCTTY, 0));
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	_exit(ioctl(slave, TIOCGSID, &session) == 0 && session == getpid() ? TARGET_EXIT : 1);
}

struct attempt {
	pid_t coordinator;
	/* What the coordinator reads the image from, and how far it has come. */
	int pipe;
	off_t fed;
};

static off_t size(void)
{
	return SYS(lseek(image, 0, SEEK_END));
}

/* The only child of a process. */
static pid_t child_of(pid_t parent)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	ckpt_read_file(path, text, sizeof(text));
	CHECK(atoi(text) > 0);
	return atoi(text);
}

/* Whether a task waits killable only, as one does that has read its part of the image, for the others. */
static bool waits_for_others(pid_t pid)
{
	return state_of(pid) == 'D';
}

/*
 * A restart that has a part of the image, and has done all that this part says. It exits with
 * the error, or 0.
 */
static struct attempt begins(int terminal, off_t part, bool whole_task)
{
	struct ckpt_inherit table = { .image_fd = CKPT_INHERIT_TERMINAL, .fd = terminal };
	struct ckpt_restart restart = { .size = sizeof(restart), .cgroup_fd = CKPT_FD_NONE,
					.nr_inherit = terminal >= 0,
					.inherit = (unsigned long)&table };
	struct attempt attempt = { .fed = part };
	int ends[2], status;

	SYS(pipe2(ends, O_CLOEXEC));
	attempt.coordinator = SYS(fork());
	if (attempt.coordinator == 0) {
		/* A device of its own: two restarts at one do not wait for each other. */
		int fd = SYS(open(CKPT_DEVICE, O_RDWR | O_CLOEXEC));

		close(ends[1]);
		restart.fd = ends[0];
		restart.logfd = new_file("log");
		restart.pid = SYS(fork());
		if (restart.pid == 0) {
			struct ckpt_restart argument = { .size = sizeof(argument),
							 .fd = CKPT_FD_NONE,
							 .logfd = CKPT_FD_NONE,
							 .cgroup_fd = CKPT_FD_NONE };

			prctl(PR_SET_PDEATHSIG, SIGKILL);
			SYS(setsid());
			ioctl(fd, CKPT_IOC_RESTART, &argument);
			_exit(200);
		}
		if (ioctl(fd, CKPT_IOC_RESTART, &restart) < 0) {
			int error = errno;

			CHECK_EQ(exit_status(restart.pid), 1000 + SIGKILL);
			_exit(error);
		}
		status = exit_status(restart.pid);
		_exit(status == TARGET_EXIT ? 0 : 200);
	}
	SYS(close(ends[0]));
	attempt.pipe = ends[1];
	feed_part(image, attempt.pipe, 0, part);
	wait_until_drained(attempt.pipe, attempt.coordinator);
	if (whole_task)
		wait_until_lasting(child_of(attempt.coordinator), waits_for_others,
				   "wait for the others");
	return attempt;
}

static void gets_the_rest(struct attempt attempt)
{
	feed_part(image, attempt.pipe, attempt.fed, size());
	SYS(close(attempt.pipe));
}

/* The program of the first that gets it keeps it until the other has failed. */
static void two_restarts(void)
{
	struct attempt one, other;
	int master, slave, status;
	pid_t failed;

	unlink("target-go");
	tty_pair(&master, &slave);
	one = begins(slave, size() - HELD_BACK, true);
	other = begins(slave, size() - HELD_BACK, true);
	gets_the_rest(one);
	gets_the_rest(other);
	failed = SYS(waitpid(-1, &status, 0));
	CHECK(failed == one.coordinator || failed == other.coordinator);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EPERM);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(exit_status(failed == one.coordinator ? other.coordinator : one.coordinator), 0);
	SYS(close(slave));
	SYS(close(master));
}

static void another_session(void)
{
	int master, slave, ends[2];
	struct attempt attempt;
	pid_t pid;

	tty_pair(&master, &slave);
	attempt = begins(slave, size() - HELD_BACK, true);
	SYS(pipe(ends));
	pid = SYS(fork());
	if (pid == 0) {
		close(attempt.pipe);
		SYS(setsid());
		SYS(ioctl(slave, TIOCSCTTY, 0));
		close(ends[1]);
		while (pause() != 0)
			;
		_exit(0);
	}
	SYS(close(ends[1]));
	CHECK_EQ(read(ends[0], &(char){ 0 }, 1), 0);
	SYS(close(ends[0]));
	gets_the_rest(attempt);
	CHECK_EQ(exit_status(attempt.coordinator), EPERM);
	SYS(kill(pid, SIGKILL));
	SYS(waitpid(pid, NULL, 0));
	SYS(close(slave));
	SYS(close(master));
}

static void hung_up(void)
{
	struct attempt attempt;
	int master, slave;

	tty_pair(&master, &slave);
	attempt = begins(slave, size() - HELD_BACK, true);
	SYS(ioctl(slave, TIOCVHANGUP));
	gets_the_rest(attempt);
	CHECK_EQ(exit_status(attempt.coordinator), EPERM);
	SYS(close(slave));
	SYS(close(master));
}

/* The end of the master has been read, with whether it is locked; that of the slave has not. */
static void owner_of_the_node(void)
{
	struct forge_record *tty, *end;
	struct forged forged;
	struct attempt attempt;
	uint32_t number;
	pid_t pid;

	unlink("target-go");
	image = image_of_target("own", leads_own);
	ckpt_write_file("target-go", "", 0);
	forged = forge_read(image);
	tty = forge_find(&forged, NULL, FORGE_TTY);
	memcpy(&number, tty->body + sizeof(uint32_t), sizeof(number));
	snprintf(path, sizeof(path), "/dev/pts/%u", number);
	end = forge_find(&forged, forge_find(&forged, tty, FORGE_TTY_END), FORGE_TTY_END);
	attempt = begins(-1, (unsigned char *)end + sizeof(*end) - forged.bytes,
			 false);
	pid = SYS(fork());
	if (pid == 0) {
		int slave;

		close(attempt.pipe);
		become(NOBODY);
		SYS(setsid());
		slave = open(path, O_RDWR | O_NOCTTY);
		if (slave < 0)
			_exit(errno);
		_exit(ioctl(slave, TIOCSCTTY, 0) == 0 ? 200 : 201);
	}
	CHECK_EQ(exit_status(pid), EIO);
	gets_the_rest(attempt);
	CHECK_EQ(exit_status(attempt.coordinator), 0);
	free(forged.bytes);
	SYS(close(image));
}

int main(void)
{
	int master, slave;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	tty_pair(&master, &slave);
	tty_path(path, master);
	image = image_of_target("image", leads_session);
	SYS(close(slave));
	SYS(close(master));
	two_restarts();
	another_session();
	hung_up();
	SYS(close(image));
	owner_of_the_node();
	return ckpt_pass();
}
