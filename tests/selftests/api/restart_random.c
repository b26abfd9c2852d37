// SPDX-License-Identifier: GPL-2.0-only
//
// What the C library keeps for getrandom(3) is not in an image: programs that were
// restarted from the same one get different random bytes.
//
// MODES: plain
#include "api.h"
#include <sys/random.h>

#define RESTARTS 3
#define BYTES 16

static void target(void)
{
	unsigned char bytes[BYTES];
	int fd;

	/* The keys are there. */
	CHECK_EQ(getrandom(bytes, BYTES, 0), BYTES);
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	CHECK_EQ(getrandom(bytes, BYTES, 0), BYTES);
	fd = SYS(open("bytes", O_WRONLY | O_CREAT | O_APPEND, 0644));
	CHECK_EQ(write(fd, bytes, BYTES), BYTES);
	_exit(TARGET_EXIT);
}

int main(void)
{
	unsigned char bytes[RESTARTS][BYTES];
	int image = image_of_target("image", target), fd, i, j;
	pid_t child;

	ckpt_write_file("target-go", "", 0);
	for (i = 0; i < RESTARTS; i++) {
		child = restarting_child();
		SYS(lseek(image, 0, SEEK_SET));
		SYS(ckpt_restart_flags(child, image, STDERR_FILENO, 0));
		CHECK_EQ(exit_status(child), TARGET_EXIT);
	}
	fd = SYS(open("bytes", O_RDONLY));
	CHECK_EQ(read(fd, bytes, sizeof(bytes)), (int)sizeof(bytes));
	for (i = 0; i < RESTARTS; i++)
		for (j = 0; j < i; j++)
			CHECK(memcmp(bytes[i], bytes[j], BYTES) != 0);
	return ckpt_pass();
}
