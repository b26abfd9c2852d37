// SPDX-License-Identifier: GPL-2.0-only
//
// What is not mapped stays free: nothing of the restarting program is left, and
// new mappings go where they would have gone.
#include "../ckpt_test.h"

static size_t count_lines(void)
{
	static char line[1024];
	FILE *maps = fopen("/proc/self/maps", "re");
	size_t lines = 0;

	CHECK(maps != NULL);
	while (fgets(line, sizeof(line), maps))
		lines++;
	fclose(maps);
	return lines;
}

int main(void)
{
	unsigned char *room, *next;
	size_t before;

	count_lines();
	room = ckpt_anon(64 * CKPT_PAGE);
	before = count_lines();
	next = ckpt_anon(CKPT_PAGE * 3);
	SYS(munmap(next, CKPT_PAGE * 3));
	SYS(munmap(room + 16 * CKPT_PAGE, 16 * CKPT_PAGE));
	ckpt_ready();
	CHECK_EQ(count_lines(), before + 1);
	CHECK(ckpt_anon(CKPT_PAGE * 3) == next);
	SYS(munmap(next, CKPT_PAGE * 3));
	CHECK(mmap(room + 16 * CKPT_PAGE, 16 * CKPT_PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		   0) == room + 16 * CKPT_PAGE);
	CHECK_EQ(count_lines(), before);
	return ckpt_pass();
}
