// SPDX-License-Identifier: GPL-2.0-only
//
// PR_SET_MEMORY_MERGE stays: memory that is mapped afterwards is merged. What was
// advised against it is left out, what was not is merged still.
#include "smaps.h"
#include <sys/prctl.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

#define PAGES 64
#define RUN "/sys/kernel/mm/ksm/run"

static void stop(void)
{
	ckpt_write_file(RUN, "0", 1);
}

/* So many of our pages are one with others. */
static long merging(void)
{
	static char text[4096];
	const char *at;

	ckpt_read_file("/proc/self/ksm_stat", text, sizeof(text));
	at = strstr(text, "ksm_merging_pages ");
	return at ? atol(at + strlen("ksm_merging_pages ")) : 0;
}

/* All that is mapped is advised against. The C library would map more to read the list. */
static void advise_against(void)
{
	static char text[65536];
	unsigned long start, end;
	char *line = text, *next;

	ckpt_read_file("/proc/self/maps", text, sizeof(text));
	for (; (next = strchr(line, '\n')) != NULL; line = next + 1)
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			madvise((void *)start, end - start, MADV_UNMERGEABLE);
}

int main(void)
{
	unsigned char *at = ckpt_anon(8 * CKPT_PAGE), *merged, *later;
	int i;

	ckpt_fill_pattern(at, 8 * CKPT_PAGE, 37);
	/* What this needs is there before. */
	if (smaps_flag(at, "mg"))
		ckpt_skip("memory is merged already");
	if (prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0) != 0)
		ckpt_skip("no PR_SET_MEMORY_MERGE here");
	CHECK(smaps_flag(at, "mg"));
	advise_against();
	CHECK(!smaps_flag(at, "mg"));
	/* Not beside the other: it has another protection. */
	merged = ckpt_map(8 * CKPT_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
	CHECK(smaps_flag(merged, "mg"));
	ckpt_ready();
	CHECK_EQ(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0), 1);
	ckpt_check_pattern(at, 8 * CKPT_PAGE, 37);
	CHECK(!smaps_flag(at, "mg"));
	CHECK(smaps_flag(merged, "mg"));
	later = ckpt_anon(PAGES * CKPT_PAGE);
	CHECK(smaps_flag(later, "mg"));
	memset(later, 7, PAGES * CKPT_PAGE);
	if (access(RUN, W_OK) != 0)
		return ckpt_pass();
	ckpt_at_fail = stop;
	ckpt_write_file(RUN, "1", 1);
	for (i = 0; merging() == 0; i++) {
		if (i == ckpt_patience(2000))
			ckpt_fail("nothing is merged");
		usleep(10000);
	}
	stop();
	return ckpt_pass();
}
