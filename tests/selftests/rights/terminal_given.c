// SPDX-License-Identifier: GPL-2.0-only
//
// A restart gets no more of a terminal than what is given: one that is open for writing only does not
// come back readable, be it by its own name or as /dev/tty, and one that controls another session, or
// none, does not become /dev/tty of a program that is to have its caller's. One that may be read stays
// so, also when its node belongs to another user.
//
// MODES: plain
#include "forge.h"
#include "../tty/tty.h"

static char path[32];

/* What it finds afterwards; the number of the line that is wrong is what it exits with. */
#define HAS(condition)				\
	do {					\
		if (!(condition))		\
			_exit(__LINE__);	\
	} while (0)

static void ends(void)
{
	char bytes[8];

	while (access("target-go", F_OK) != 0)
		usleep(5000);
	HAS(fcntl(3, F_SETFL, O_NONBLOCK) == 0);
	HAS(read(3, bytes, 7) == 7 && memcmp(bytes, "secret\n", 7) == 0);
	_exit(TARGET_EXIT);
}

/* 3: the terminal, which controls its session. */
static void leads_session(void)
{
	become(NOBODY);
	SYS(setsid());
	SYS(open(path, O_RDWR));
	ends();
}

/* 3: the same terminal by its name, in a session that its parent leads. */
static void has_terminal(void)
{
	become(NOBODY);
	SYS(open(path, O_RDWR | O_NOCTTY));
	ends();
}

/* 4: and as /dev/tty. */
static void has_both(void)
{
	become(NOBODY);
	SYS(open(path, O_RDWR | O_NOCTTY));
	SYS(open("/dev/tty", O_RDWR));
	ends();
}

/* A process whose session the terminal controls runs something. */
static pid_t leader(int (*run)(void *), void *argument)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		SYS(setsid());
		SYS(close(SYS(open(path, O_RDWR))));
		_exit(run(argument));
	}
	return pid;
}

static int saves(void *target)
{
	image_of_target("image", target);
	return 0;
}

static int idles(void *unused)
{
	(void)unused;
	ckpt_write_file("idles", "", 0);
	while (pause() != 0)
		;
	return 0;
}

struct attempt {
	int image;
	int terminal;
	bool leads;
};

/* An ordinary user restarts; gives the error. */
static int restarts(void *argument)
{
	const struct attempt *attempt = argument;
	struct ckpt_inherit table = { .image_fd = CKPT_INHERIT_TERMINAL,
				      .fd = attempt->terminal };
	struct ckpt_restart restart = { .size = sizeof(restart), .fd = attempt->image,
					.cgroup_fd = CKPT_FD_NONE, .nr_inherit = 1,
					.inherit = (unsigned long)&table };
	int error, status;

	SYS(lseek(attempt->image, 0, SEEK_SET));
	restart.logfd = new_file("log");
	device();
	become(NOBODY);
	restart.pid = SYS(fork());
	if (restart.pid == 0) {
		if (attempt->leads)
			SYS(setsid());
		child_restarts();
	}
	error = ioctl(device(), CKPT_IOC_RESTART, &restart) < 0 ? errno : 0;
	status = exit_status(restart.pid);
	if (error)
		return error;
	return status == TARGET_EXIT ? 0 : 200;
}

static void expect(const char *what, int error, int wanted, const char *text)
{
	static char said[4096];

	ckpt_read_file("log", said, sizeof(said));
	if (error != wanted || !strstr(said, text))
		ckpt_fail("%s: error %d, wanted %d: %s", what, error, wanted, said);
}

static int outcome(struct attempt attempt)
{
	pid_t pid = SYS(fork());

	if (pid == 0)
		_exit(restarts(&attempt));
	return exit_status(pid);
}

/* A new terminal whose node is root's, with a line to be read. */
static void new_terminal(int *master, int *slave)
{
	tty_pair(master, slave);
	tty_path(path, *master);
	SYS(chmod(path, 0620));
	tty_quiet(*slave);
	tty_write(*master, "secret\n");
}

static int image_with(void (*run)(void), bool leads)
{
	int master, slave;

	unlink("target-go");
	tty_pair(&master, &slave);
	tty_path(path, master);
	SYS(chmod(path, 0666));
	if (leads)
		image_of_target("image", run);
	else
		CHECK_EQ(exit_status(leader(saves, run)), 0);
	SYS(close(slave));
	SYS(close(master));
	ckpt_write_file("target-go", "", 0);
	return SYS(open("image", O_RDWR | O_CLOEXEC));
}

static void of_a_leader(void)
{
	int image = image_with(leads_session, true), master, slave, writes;

	new_terminal(&master, &slave);
	writes = SYS(open(path, O_WRONLY | O_NOCTTY));
	expect("for writing only", outcome((struct attempt){ image, writes, true }), EPERM,
	       "not open for reading");
	expect("for both", outcome((struct attempt){ image, slave, true }), 0, "");
	SYS(close(writes));
	SYS(close(slave));
	SYS(close(master));
	SYS(close(image));
}

/* /dev/tty is the caller's own; now it is to be the terminal that is given. */
static void forge(int image, const char *terminal)
{
	struct forged forged = forge_read(image);

	forge_file(&forged, "/dev/tty")->object = forge_file(&forged, terminal)->object;
	forge_write(&forged, image);
	free(forged.bytes);
}

static void of_a_member(void (*run)(void), bool as_tty)
{
	int image = image_with(run, false), master, slave, writes;
	struct attempt attempt = { .image = image };
	pid_t other;

	if (as_tty)
		forge(image, path);
	new_terminal(&master, &slave);
	writes = SYS(open(path, O_WRONLY | O_NOCTTY));
	attempt.terminal = writes;
	expect("for writing only", outcome(attempt), EACCES, "a terminal cannot be opened");
	attempt.terminal = slave;
	if (as_tty)
		expect("not the controlling one", outcome(attempt), ENXIO, "controlling terminal");
	other = leader(idles, NULL);
	while (access("idles", F_OK) != 0)
		usleep(1000);
	SYS(unlink("idles"));
	expect("of another session", outcome(attempt), EPERM, "controls another session");
	SYS(kill(other, SIGKILL));
	SYS(waitpid(other, NULL, 0));
	SYS(close(writes));
	SYS(close(slave));
	SYS(close(master));

	/* Its own terminal is what the program may have. */
	new_terminal(&master, &slave);
	attempt.terminal = slave;
	expect("of its own session", exit_status(leader(restarts, &attempt)), 0, "");
	SYS(close(slave));
	SYS(close(master));
	new_terminal(&master, &slave);
	attempt.terminal = writes = SYS(open(path, O_WRONLY | O_NOCTTY));
	expect("of its own session, for writing only", exit_status(leader(restarts, &attempt)),
	       EACCES, "opened");
	SYS(close(writes));
	SYS(close(slave));
	SYS(close(master));
	SYS(close(image));
}

int main(void)
{
	if (geteuid() != 0)
		ckpt_skip("needs root");
	everybody_is_allowed();
	SYS(umask(0));
	SYS(chmod(".", 0777));
	of_a_leader();
	of_a_member(has_terminal, false);
	of_a_member(has_both, true);
	everybody_is_disallowed();
	return ckpt_pass();
}
