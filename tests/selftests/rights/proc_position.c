// SPDX-License-Identifier: GPL-2.0-only
//
// A file of /proc goes on where it stood, and holds what the task that has it may see: getting there is
// reading, which is not done with the rights of the coordinator.
//
// MODES: plain
#include "pair.h"

/* Field 26 of /proc/PID/stat, from the end: where the program's code begins; 1 for whom it is hidden. */
#define START_CODE 26
/* Behind the pid and the beginning of the name. */
#define POSITION 10

#define HAS(condition)				\
	do {					\
		if (!(condition))		\
			_exit(__LINE__);	\
	} while (0)

static long start_code(int fd)
{
	char text[1024], *at;
	ssize_t length = read(fd, text, sizeof(text) - 1);
	int field;

	HAS(length > 0);
	text[length] = '\0';
	at = text + length;
	for (field = 0; field <= START_CODE; field++) {
		at = memrchr(text, ' ', at - text);
		HAS(at);
	}
	return atol(at + 1);
}

static void watches_child(void)
{
	char path[64];
	pid_t child;
	int fd, own;

	pair_begins();
	become(NOBODY);
	child = SYS(fork());
	if (child == 0) {
		/* Only a task with the capability may attach to it. */
		SYS(prctl(PR_SET_DUMPABLE, 0));
		pair_ready("child");
		target_waits();
	}
	pair_until("child");
	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	fd = SYS(open(path, O_RDONLY));
	SYS(lseek(fd, POSITION, SEEK_SET));
	own = SYS(open("/proc/self/stat", O_RDONLY));
	SYS(lseek(own, POSITION, SEEK_SET));
	pair_ready("parent");
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	HAS(lseek(fd, 0, SEEK_CUR) == POSITION);
	HAS(start_code(own) > 1);
	HAS(start_code(fd) == 1);
	_exit(TARGET_EXIT);
}

int main(void)
{
	int image;
	pid_t pid;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	everybody_is_allowed();
	SYS(umask(0));
	SYS(chmod(".", 0777));
	device();
	image = image_of_pair("image", watches_child);
	ckpt_write_file("target-go", "", 0);
	pid = SYS(fork());
	if (pid == 0) {
		become(NOBODY);
		if (SYS(fork()) == 0)
			pair_restarts("child");
		pair_restarts("parent");
	}
	pair_expect(pid, image, 0);
	everybody_is_disallowed();
	return ckpt_pass();
}
