// SPDX-License-Identifier: GPL-2.0-only
//
// Five thousand mappings come back, each with its rights and its contents.
#include "../ckpt_test.h"

#define PAGES 10000

int main(void)
{
	unsigned char *at = ckpt_anon(PAGES * CKPT_PAGE);
	static char line[512];
	FILE *maps;
	int i, lines = 0;

	for (i = 0; i < PAGES; i += 2) {
		memcpy(at + i * CKPT_PAGE, &i, sizeof(i));
		SYS(mprotect(at + i * CKPT_PAGE, CKPT_PAGE, PROT_READ));
	}
	ckpt_ready();
	for (i = 0; i < PAGES; i++) {
		int value;

		memcpy(&value, at + i * CKPT_PAGE, sizeof(value));
		CHECK_EQ(value, i % 2 ? 0 : i);
	}
	maps = fopen("/proc/self/maps", "re");
	CHECK(maps != NULL);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 ||
		    start < (unsigned long)at || end > (unsigned long)(at + PAGES * CKPT_PAGE))
			continue;
		i = (start - (unsigned long)at) / CKPT_PAGE;
		CHECK_EQ(end - start, CKPT_PAGE);
		CHECK_STR(rights, i % 2 ? "rw-p" : "r--p");
		lines++;
	}
	CHECK(lines >= PAGES - 1);
	return ckpt_pass();
}
