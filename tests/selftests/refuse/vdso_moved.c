// SPDX-License-Identifier: GPL-2.0-only
//
// A vDSO whose text was moved away from its data is refused.
//
// EXPECT: refused EOPNOTSUPP "vDSO"
#include "../ckpt_test.h"

int main(void)
{
	unsigned long start = 0, end = 0;
	static char line[512];
	FILE *maps = fopen("/proc/self/maps", "re");
	void *room;

	CHECK(maps != NULL);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[vdso]"))
			sscanf(line, "%lx-%lx", &start, &end);
	fclose(maps);
	if (end == 0)
		ckpt_skip("there is no vDSO here");
	/* Nothing of what follows reads a clock. */
	room = ckpt_anon(end - start);
	if (mremap((void *)start, end - start, end - start, MREMAP_MAYMOVE | MREMAP_FIXED, room) !=
	    room)
		ckpt_skip("the vDSO cannot be moved here");
	ckpt_ready();
	return ckpt_pass();
}
