// SPDX-License-Identifier: GPL-2.0-only
//
// A process that somebody probes (uprobes) is refused.
//
// EXPECT: refused EOPNOTSUPP "uprobe|special mapping"
#include "../ckpt_test.h"

#define TRACING "/sys/kernel/tracing/"

__attribute__((noinline)) static int probed(int value)
{
	asm volatile("nop" : "+r"(value));
	return value * 3;
}

static bool tell(const char *file, const char *text, int flags)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC | flags);
	bool told = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return told;
}

/* Where a function is in the file of the program. */
static unsigned long file_offset(const void *address)
{
	unsigned long start, end, offset, at = (unsigned long)address, result = 0;
	static char line[1024];
	FILE *maps = fopen("/proc/self/maps", "re");

	CHECK(maps != NULL);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 && start <= at &&
		    at < end)
			result = at - start + offset;
	fclose(maps);
	return result;
}

int main(void)
{
	char exe[PATH_MAX] = "", text[PATH_MAX + 64];

	SYS(readlink("/proc/self/exe", exe, sizeof(exe) - 1));
	snprintf(text, sizeof(text), "p:ckpt_test/probed %s:0x%lx\n", exe, file_offset(probed));
	if (!tell(TRACING "uprobe_events", text, O_APPEND) ||
	    !tell(TRACING "events/ckpt_test/probed/enable", "1", 0))
		ckpt_skip("no uprobes here");
	CHECK_EQ(probed(7), 21);
	ckpt_ready();
	CHECK_EQ(probed(8), 24);
	tell(TRACING "events/ckpt_test/probed/enable", "0", 0);
	tell(TRACING "uprobe_events", "-:ckpt_test/probed\n", O_APPEND);
	return ckpt_pass();
}
