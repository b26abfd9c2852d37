// SPDX-License-Identifier: GPL-2.0-only
//
// What others have put into a FIFO that the caller may only write is not saved by it: EACCES, with the
// reason, before the first byte. Root saves it.
//
// MODES: plain
#include "rights.h"

#define SECRET "what another user wrote"

int main(void)
{
	int image = new_file("image"), reader, writer, status, ends[2], log;
	static char all[1 << 20];
	char said[4096];
	ssize_t length;
	pid_t holder, saver;

	device();
	SYS(umask(0));
	SYS(chmod(".", 0777));
	SYS(fchmod(STDERR_FILENO, 0666));
	log = new_file("log");
	SYS(mkfifo("fifo", 0622));
	reader = SYS(open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	SYS(pipe2(ends, O_CLOEXEC));
	holder = SYS(fork());
	if (holder == 0) {
		int fifo;

		become(NOBODY);
		ckpt_at_fail = NULL;
		CHECK_ERRNO(open("fifo", O_RDONLY | O_NONBLOCK), EACCES);
		fifo = SYS(open("fifo", O_WRONLY));
		CHECK_EQ(write(ends[1], "", 1), 1);
		dup2(fifo, 3);
		close_range(4, ~0u, 0);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ends[0], said, 1), 1);
	usleep(500000);
	/* Root, or anybody else who may write. */
	writer = SYS(open("fifo", O_WRONLY | O_CLOEXEC));
	CHECK_EQ(write(writer, SECRET, sizeof(SECRET)), sizeof(SECRET));
	SYS(close(writer));
	/* The service that reads is started anew. */
	SYS(close(reader));
	SYS(kill(holder, SIGSTOP));
	CHECK_EQ(waitpid(holder, &status, WUNTRACED), holder);
	saver = SYS(fork());
	if (saver == 0) {
		become(NOBODY);
		ckpt_at_fail = NULL;
		CHECK_ERRNO(ckpt_checkpoint_flags(holder, image, log, CHECKPOINT_SUBTREE), EACCES);
		_exit(0);
	}
	CHECK_EQ(exit_status(saver), 0);
	CHECK_EQ(lseek(image, 0, SEEK_END), 0);
	ckpt_read_file("log", said, sizeof(said));
	CHECK(strstr(said, "what is in it may not be read"));
	CHECK(ckpt_checkpoint_flags(holder, image, log, CHECKPOINT_SUBTREE) > 0);
	length = pread(image, all, sizeof(all), 0);
	CHECK(length > 0 && memmem(all, length, SECRET, sizeof(SECRET)));
	SYS(kill(holder, SIGKILL));
	return ckpt_pass();
}
