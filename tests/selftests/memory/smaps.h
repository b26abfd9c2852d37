/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc/self/smaps says about the mapping at an address. */
#ifndef SMAPS_H
#define SMAPS_H

#include "../ckpt_test.h"

/* The rest of the line "KEY: ..." of that mapping; the result is static. */
static inline const char *smaps_line(const void *address, const char *key)
{
	static char line[512];
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long start, end;
	bool here = false;

	if (!smaps)
		ckpt_fail("/proc/self/smaps: %s", strerror(errno));
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start <= (unsigned long)address && (unsigned long)address < end;
		else if (here && strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':')
			break;
	}
	if (feof(smaps))
		ckpt_fail("no %s for %p in /proc/self/smaps", key, address);
	fclose(smaps);
	line[strcspn(line, "\n")] = '\0';
	return line + strlen(key) + 1;
}

/* Whether VmFlags names this flag (two letters). */
static inline bool smaps_flag(const void *address, const char *flag)
{
	const char *flags = smaps_line(address, "VmFlags");
	char wanted[8];

	snprintf(wanted, sizeof(wanted), " %s", flag);
	return strstr(flags, wanted) != NULL;
}

static inline long smaps_kib(const void *address, const char *key)
{
	return atol(smaps_line(address, key));
}

#endif /* SMAPS_H */
