// SPDX-License-Identifier: GPL-2.0-only
//
// Restoring a family onto tasks that have a local descriptor table and merge their
// memory leaks neither tables nor address spaces.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"
#include <asm/ldt.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

#define RESTARTS 12

/* Tables of the size of all entries that there are in the system. */
static int tables(void)
{
	FILE *file = fopen("/proc/vmallocinfo", "r");
	char line[512];
	int count = 0;

	if (!file)
		ckpt_skip("no /proc/vmallocinfo here");
	while (fgets(line, sizeof(line), file))
		count += strstr(line, "ldt_struct") != NULL;
	fclose(file);
	return count;
}

/* Address spaces that there are. */
static int spaces(void)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[512];
	int count = -1;

	if (!file)
		ckpt_skip("no /proc/slabinfo here");
	while (fgets(line, sizeof(line), file))
		sscanf(line, "mm_struct %d", &count);
	fclose(file);
	if (count < 0)
		ckpt_skip("address spaces are not counted here");
	return count;
}

static void restart(int image)
{
	struct family_entry entry = family_entry();
	pid_t grandpa = family_born(&entry);

	CHECK_EQ(family_coordinates(grandpa, again(image), &entry, STDERR_FILENO), 0);
	SYS(kill(tree->task[LIVE(SON)].pid, SIGKILL));
	SYS(kill(tree->task[LIVE(FATHER)].pid, SIGKILL));
	SYS(kill(tree->task[LIVE(UNCLE)].pid, SIGKILL));
	SYS(kill(grandpa, SIGKILL));
	family_gone(LIVE(0));
	SYS(close(entry.device));
}

int main(void)
{
	struct user_desc desc = { .entry_number = LDT_ENTRIES - 1, .limit = 0xfffff,
				  .seg_32bit = 1, .limit_in_pages = 1, .useable = 1 };
	int image, had_tables, had_spaces, i, tries;

	image = image_of_family("image");
	/* All who are forked from now on have both. */
	SYS(syscall(SYS_modify_ldt, 1, &desc, sizeof(desc)));
	if (prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0) != 0)
		ckpt_skip("no PR_SET_MEMORY_MERGE here");
	restart(image);
	had_tables = tables();
	had_spaces = spaces();
	for (i = 0; i < RESTARTS; i++)
		restart(image);
	/* Both are freed a little after their last user is gone. */
	for (tries = 0; tables() > had_tables + 1 || spaces() > had_spaces + RESTARTS; tries++) {
		if (tries == ckpt_patience(300))
			ckpt_fail("%d tables became %d, %d address spaces %d", had_tables,
				  tables(), had_spaces, spaces());
		usleep(10000);
	}
	return ckpt_pass();
}
