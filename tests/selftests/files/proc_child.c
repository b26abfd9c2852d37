// SPDX-License-Identifier: GPL-2.0-only
//
// Files of /proc of a child, alive or a zombie, of a thread, and of the parent follow these.
//
// LIBS: -lpthread
#include "../ckpt_test.h"
#include <pthread.h>

static volatile int tid;

static void *sleeps(void *argument)
{
	tid = gettid();
	for (;;)
		pause();
	return argument;
}

static int open_of(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return SYS(open(path, O_RDONLY));
}

/* A number that stands behind this word in a file. */
static int number(int fd, const char *word)
{
	static char text[65536];
	const char *line;
	int found = -1;

	text[SYS(pread(fd, text, sizeof(text) - 1, 0))] = '\0';
	line = strstr(text, word);
	CHECK(line);
	CHECK_EQ(sscanf(line + strlen(word), "%d", &found), 1);
	return found;
}

int main(void)
{
	int of_child, of_zombie, of_thread, status, go[2];
	pid_t child, zombie;
	pthread_t thread;
	siginfo_t info;
	char path[64];

	SYS(pipe(go));
	child = SYS(fork());
	if (child == 0) {
		int of_parent = open_of(getppid(), "status");
		char byte;

		SYS(close(go[1]));
		while (read(go[0], &byte, 1) < 0)
			CHECK_EQ(errno, EINTR);
		CHECK_EQ(number(of_parent, "\nPid:"), getppid());
		_exit(13);
	}
	SYS(close(go[0]));
	zombie = SYS(fork());
	if (zombie == 0)
		_exit(0);
	SYS(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
	CHECK_EQ(pthread_create(&thread, NULL, sleeps, NULL), 0);
	while (tid == 0)
		usleep(1000);
	of_child = open_of(child, "status");
	of_zombie = open_of(zombie, "status");
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	of_thread = SYS(open(path, O_RDONLY));
	ckpt_ready();
	CHECK_EQ(number(of_child, "\nPPid:"), getpid());
	CHECK_EQ(number(of_thread, "\nTgid:"), getpid());
	CHECK(number(of_thread, "\nPid:") != getpid());
	CHECK_EQ(number(of_zombie, "\nPPid:"), getpid());
	memset(&info, 0, sizeof(info));
	SYS(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT));
	CHECK_EQ(number(of_zombie, "\nPid:"), info.si_pid);
	zombie = info.si_pid;
	SYS(waitpid(zombie, NULL, 0));
	CHECK_EQ(write(go[1], "!", 1), 1);
	SYS(wait(&status));
	CHECK_EQ(status, 13 << 8);
	CHECK_ERRNO(pread(of_child, path, 1, 0), ESRCH);
	return ckpt_pass();
}
