// SPDX-License-Identifier: GPL-2.0-only
//
// A vDSO of which a part has been unmapped is refused.
//
// EXPECT: refused EOPNOTSUPP "vDSO"
#include "../ckpt_test.h"

int main(void)
{
	unsigned long start, end = 0;
	static char line[512];
	FILE *maps = fopen("/proc/self/maps", "re");

	CHECK(maps != NULL);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[vdso]"))
			sscanf(line, "%lx-%lx", &start, &end);
	fclose(maps);
	if (end == 0)
		ckpt_skip("there is no vDSO here");
	SYS(munmap((void *)(end - CKPT_PAGE), CKPT_PAGE));
	ckpt_ready();
	return ckpt_pass();
}
