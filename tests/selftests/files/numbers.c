// SPDX-License-Identifier: GPL-2.0-only
//
// Descriptors have the numbers that they had, high ones too; closed numbers
// between them are closed, and the lowest of them is given out next.
#include "../ckpt_test.h"
#include <sys/resource.h>

int main(void)
{
	const int numbers[] = { 3, 5, 9, 63, 64, 255, 256, 1000, 4095, 15000 };
	struct rlimit limit = { .rlim_cur = 18000, .rlim_max = 18000 };
	bool open_now[15001] = { true, true, true };
	int fd, i;
	char text[32];

	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		ckpt_skip("RLIMIT_NOFILE cannot be raised");
	fd = SYS(open("file", O_RDWR | O_CREAT, 0644));
	CHECK_EQ(fd, 3);
	for (i = 1; i < (int)ARRAY_SIZE(numbers); i++) {
		char name[32];
		int one;

		snprintf(name, sizeof(name), "file-%d", numbers[i]);
		one = SYS(open(name, O_RDWR | O_CREAT, 0644));
		CHECK_EQ(dprintf(one, "%d", numbers[i]) > 0, 1);
		SYS(dup2(one, 16000));
		SYS(close(one));
		SYS(dup2(16000, numbers[i]));
		SYS(close(16000));
	}
	for (i = 0; i < (int)ARRAY_SIZE(numbers); i++)
		open_now[numbers[i]] = true;
	ckpt_ready();
	for (i = 0; i <= 15000; i++)
		CHECK_EQ(fcntl(i, F_GETFD) >= 0, open_now[i]);
	CHECK_EQ(fcntl(16000, F_GETFD), -1);
	for (i = 1; i < (int)ARRAY_SIZE(numbers); i++) {
		memset(text, 0, sizeof(text));
		CHECK(pread(numbers[i], text, sizeof(text) - 1, 0) > 0);
		CHECK_EQ(atoi(text), numbers[i]);
	}
	CHECK_EQ(dup(0), 4);
	CHECK_EQ(dup(0), 6);
	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	CHECK_EQ(limit.rlim_cur, 18000);
	return ckpt_pass();
}
