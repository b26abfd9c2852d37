// SPDX-License-Identifier: GPL-2.0-only
//
// A thousand open files come back, each with its own position.
#include "../ckpt_test.h"
#include <sys/resource.h>

#define FILES 1000

int main(void)
{
	struct rlimit limit = { .rlim_cur = 2000, .rlim_max = 2000 };
	static int fd[FILES];
	char name[32];
	int i;

	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		ckpt_skip("RLIMIT_NOFILE cannot be raised");
	SYS(mkdir("many", 0755));
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		fd[i] = SYS(open(name, O_RDWR | O_CREAT, 0644));
		CHECK_EQ(write(fd[i], &i, sizeof(i)), sizeof(i));
		SYS(lseek(fd[i], i, SEEK_SET));
	}
	ckpt_ready();
	for (i = 0; i < FILES; i++) {
		int value = -1;

		CHECK_EQ(lseek(fd[i], 0, SEEK_CUR), i);
		CHECK_EQ(pread(fd[i], &value, sizeof(value), 0), sizeof(value));
		CHECK_EQ(value, i);
	}
	return ckpt_pass();
}
