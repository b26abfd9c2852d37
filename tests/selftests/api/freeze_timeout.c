// SPDX-License-Identifier: GPL-2.0-only
//
// A task that waits in the kernel for a file system in user space cannot be frozen: that ends when the time
// is over, or by a signal, and all of the tree runs on.
// MODES: plain
#include "faulty.h"
#include "freeze.h"
#include <poll.h>
#include <sys/time.h>

static void nothing(int number)
{
	(void)number;
}

/* A process that counts, with a child that waits for the server. */
static pid_t tree_that_waits(void)
{
	pid_t pid;

	runs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(runs != MAP_FAILED);
	pid = SYS(fork());
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (fork() == 0) {
			char byte;

			prctl(PR_SET_PDEATHSIG, SIGKILL);
			runs[1] = getpid();
			_exit(pread(open("faulty/image", O_RDONLY), &byte, 1, 0) < 0);
		}
		count_runs(0);
	}
	return pid;
}

static void runs_on(void)
{
	unsigned long before = runs[0];
	int tries;

	for (tries = 0; runs[0] == before; tries++) {
		CHECK(tries < ckpt_patience(5000));
		usleep(1000);
	}
}

static bool is_in_read(void)
{
	char path[64], text[256];

	if (!runs[1])
		return false;
	snprintf(path, sizeof(path), "/proc/%ld/wchan", (long)runs[1]);
	ckpt_read_file(path, text, sizeof(text));
	return strstr(text, "request_wait_answer") || strstr(text, "fuse");
}

int main(void)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval soon = { .it_value = { .tv_usec = 300000 } };
	struct pollfd child = { .events = POLLIN };
	static char said[4096];
	int fd, log = new_file("log"), tries;
	pid_t pid;

	device();
	SYS(sigaction(SIGALRM, &action, NULL));
	faulty_start();
	SYS(kill(faulty_server, SIGSTOP));
	pid = tree_that_waits();
	for (tries = 0; !is_in_read(); tries++) {
		CHECK(tries < ckpt_patience(5000));
		usleep(1000);
	}
	child.fd = pidfd_of(runs[1]);
	fd = own_device();
	CHECK_ERRNO(freeze_with(fd, pid, CKPT_FD_NONE, log, 200), ETIMEDOUT);
	ckpt_read_file("log", said, sizeof(said));
	if (!strstr(said, "does not freeze"))
		ckpt_fail("the log says: %s", said);
	runs_on();
	SYS(setitimer(ITIMER_REAL, &soon, NULL));
	CHECK_ERRNO(freeze(fd, pid), EINTR);
	runs_on();
	SYS(kill(faulty_server, SIGCONT));
	CHECK_EQ(freeze(fd, pid), 2);
	SYS(close(fd));
	runs_on();
	end_tree(pid);
	/* Its child dies with it, and lets go of the file. */
	CHECK_EQ(poll(&child, 1, ckpt_patience(5000)), 1);
	SYS(close(child.fd));
	faulty_end();
	SYS(rmdir("faulty"));
	return ckpt_pass();
}
