// SPDX-License-Identifier: GPL-2.0-only
//
// A directory that is being read goes on where it was: every name comes exactly
// once. Paths relative to it work.
#include "../ckpt_test.h"
#include <dirent.h>

#define FILES 600

int main(void)
{
	static int seen[FILES];
	struct dirent *entry;
	char name[32];
	DIR *dir;
	int i, number, count = 0;

	SYS(mkdir("dir", 0755));
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "dir/entry-%d", i);
		SYS(close(SYS(open(name, O_WRONLY | O_CREAT, 0644))));
	}
	dir = opendir("dir");
	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL) {
		if (sscanf(entry->d_name, "entry-%d", &number) != 1)
			continue;
		seen[number]++;
		if (++count == FILES / 3)
			ckpt_ready();
	}
	for (i = 0; i < FILES; i++)
		if (seen[i] != 1)
			ckpt_fail("entry-%d was seen %d times", i, seen[i]);
	SYS(close(SYS(openat(dirfd(dir), "entry-7", O_RDONLY))));
	CHECK(fcntl(dirfd(dir), F_GETFD) == FD_CLOEXEC);
	return ckpt_pass();
}
