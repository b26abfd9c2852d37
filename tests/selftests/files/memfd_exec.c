// SPDX-License-Identifier: GPL-2.0-only
//
// A program in a memfd can be executed through the descriptor that memfd_create(2) gave, which does not
// count as a writer; through another one that was opened for writing it cannot.
#include "../ckpt_test.h"
#include <sys/mman.h>

static int run(int fd)
{
	char *argv[] = { "memfd", "run", NULL };
	pid_t child = SYS(fork());
	int status;

	if (child == 0) {
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
		_exit(errno);
	}
	SYS(waitpid(child, &status, 0));
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	static char bytes[65536];
	int fd, program, again;
	char path[64];
	ssize_t length;

	if (argc > 1 && strcmp(argv[1], "run") == 0)
		return 142;
	fd = SYS(memfd_create("program", MFD_CLOEXEC | 0x10 /* MFD_EXEC */));
	program = SYS(open("/proc/self/exe", O_RDONLY));
	while ((length = SYS(read(program, bytes, sizeof(bytes)))) > 0)
		CHECK_EQ(write(fd, bytes, length), length);
	SYS(close(program));
	ckpt_ready();
	CHECK_EQ(run(fd), 142);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR);
	/* It can still be written to, and by that one only. */
	CHECK_EQ(pwrite(fd, bytes, 1, 1 << 20), 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = SYS(open(path, O_RDWR | O_CLOEXEC));
	CHECK_EQ(run(fd), ETXTBSY);
	SYS(close(again));
	CHECK_EQ(run(fd), 142);
	return ckpt_pass();
}
