// SPDX-License-Identifier: GPL-2.0-only
//
// MAP_NORESERVE stays with the mapping that has it, whatever lies beside it.
#include "smaps.h"
#include <sys/ptrace.h>
#include <sys/wait.h>

#define PAGES 4

/* Writes a page that this process may only read, as a debugger does. */
static void force(unsigned char *at, long word)
{
	pid_t traced = getpid(), writer = SYS(fork());
	int status;

	if (writer == 0) {
		if (ptrace(PTRACE_SEIZE, traced, NULL, NULL) != 0)
			_exit(77);
		SYS(ptrace(PTRACE_INTERRUPT, traced, NULL, NULL));
		SYS(waitpid(traced, NULL, __WALL));
		SYS(ptrace(PTRACE_POKEDATA, traced, at, word));
		SYS(ptrace(PTRACE_DETACH, traced, NULL, NULL));
		_exit(0);
	}
	SYS(waitpid(writer, &status, 0));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		ckpt_skip("a child may not trace its parent here");
	CHECK_EQ(status, 0);
}

static unsigned char *map_at(unsigned char *at, int prot, int flags)
{
	unsigned char *got = mmap(at, PAGES * CKPT_PAGE, prot,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);

	CHECK(got == at);
	return got;
}

int main(void)
{
	unsigned char *room = ckpt_map(3 * PAGES * CKPT_PAGE, PROT_NONE,
				       MAP_PRIVATE | MAP_ANONYMOUS);
	unsigned char *below = map_at(room, PROT_READ, MAP_NORESERVE);
	/* Neither reserved nor accounted, with a page of its own. */
	unsigned char *middle = map_at(below + PAGES * CKPT_PAGE, PROT_READ, 0);
	unsigned char *above = map_at(middle + PAGES * CKPT_PAGE, PROT_READ, MAP_NORESERVE);

	force(below, 1);
	force(middle, 2);
	if (!smaps_flag(below, "nr"))
		ckpt_skip("MAP_NORESERVE is not honoured here");
	CHECK(!smaps_flag(middle, "nr"));
	ckpt_ready();
	CHECK(smaps_flag(below, "nr"));
	CHECK(!smaps_flag(middle, "nr"));
	CHECK(smaps_flag(above, "nr"));
	CHECK_EQ(below[0], 1);
	CHECK_EQ(middle[0], 2);
	CHECK_EQ(above[0], 0);
	return ckpt_pass();
}
