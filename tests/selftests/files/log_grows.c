// SPDX-License-Identifier: GPL-2.0-only
//
// A program that writes on in a log and counts in a shared mapping of a file. Tests of the tools
// change both before they bring it back.
#include "../ckpt_test.h"

int main(void)
{
	uint32_t *shared;
	char text[256];
	int log, fd;

	log = SYS(open("log", O_WRONLY | O_CREAT | O_APPEND, 0644));
	CHECK_EQ(log, 3);
	CHECK_EQ(write(log, "before ", 7), 7);
	fd = SYS(open("shared", O_RDWR | O_CREAT, 0644));
	SYS(ftruncate(fd, CKPT_PAGE));
	shared = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(shared != MAP_FAILED);
	SYS(close(fd));
	shared[0] = 1;
	ckpt_ready();
	CHECK_EQ(write(log, "after", 5), 5);
	shared[0]++;
	ckpt_read_file("log", text, sizeof(text));
	CHECK(strlen(text) >= 12);
	CHECK_STR(text + strlen(text) - 5, "after");
	CHECK(memcmp(text, "before ", 7) == 0);
	CHECK_EQ(shared[0], 2);
	return ckpt_pass();
}
