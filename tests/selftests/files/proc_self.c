// SPDX-License-Identifier: GPL-2.0-only
//
// Files of /proc that tell of the process follow it, whatever its pid is, with their position;
// so do its directories, and a directory of one of its threads.
#include "../ckpt_test.h"
#include <dirent.h>

/* What a file of /proc gives from where it stands. */
static size_t rest(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t step;

	while ((step = SYS(read(fd, text + length, size - 1 - length))) > 0)
		length += step;
	text[length] = '\0';
	return length;
}

int main(void)
{
	int comm, status, maps, directory, thread, memory, pid = -1;
	static char text[65536], all[65536];
	volatile uint64_t word = 0x1234567;
	uint64_t copy = 0;
	const char *line;
	size_t length;

	comm = SYS(open("/proc/self/comm", O_RDWR));
	status = SYS(open("/proc/self/status", O_RDONLY));
	maps = SYS(open("/proc/self/maps", O_RDONLY));
	directory = SYS(open("/proc/self", O_RDONLY | O_DIRECTORY));
	thread = SYS(open("/proc/thread-self/comm", O_RDONLY));
	memory = SYS(open("/proc/self/mem", O_RDONLY));
	CHECK_EQ(SYS(read(comm, text, 4)), 4);
	/* Some lines of the mappings. */
	CHECK_EQ(SYS(read(maps, text, 100)), 100);
	ckpt_ready();
	text[SYS(read(comm, text, sizeof(text) - 1))] = '\0';
	CHECK_STR(text, "_self\n");
	CHECK_EQ(SYS(lseek(comm, 0, SEEK_CUR)), 10);
	text[SYS(read(thread, text, sizeof(text) - 1))] = '\0';
	CHECK_STR(text, "proc_self\n");
	rest(status, text, sizeof(text));
	line = strstr(text, "\nPid:");
	CHECK(line && sscanf(line, "\nPid: %d", &pid) == 1);
	CHECK_EQ(pid, getpid());
	CHECK_EQ(SYS(lseek(maps, 0, SEEK_CUR)), 100);
	length = rest(maps, text, sizeof(text));
	CHECK(length > 200);
	ckpt_read_file("/proc/self/maps", all, sizeof(all));
	CHECK_STR(text, all + 100);
	CHECK_EQ(SYS(pread(memory, &copy, sizeof(copy), (off_t)(uintptr_t)&word)),
		 (ssize_t)sizeof(copy));
	CHECK_EQ(copy, 0x1234567);
	CHECK_EQ(SYS(openat(directory, "comm", O_RDONLY)) > 0, 1);
	CHECK_EQ(SYS(write(comm, "renamed", 7)), 7);
	ckpt_read_file("/proc/self/comm", text, sizeof(text));
	CHECK_STR(text, "renamed\n");
	return ckpt_pass();
}
