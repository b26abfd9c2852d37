// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that is measured: MIB of anonymous memory, and a beat in FILE.
 *
 * usage: load MIB 4k|thp FILE
 *
 * Every page of the memory is non-zero and unique.  FILE has to be there and
 * hold a page.
 *
 * BUILD: static
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beat.h"
#include "memory.h"

int main(int argc, char **argv)
{
	uint64_t *memory = NULL;
	size_t bytes;

	if (argc != 4) {
		fprintf(stderr, "usage: load MIB 4k|thp FILE\n");
		return 2;
	}
	bytes = strtoul(argv[1], NULL, 10) << 20;
	if (bytes) {
		memory = map_memory(bytes, !strcmp(argv[2], "thp"));
		fill_memory(memory, bytes);
	}
	beat_on(map_beat(argv[3]), 1, memory, bytes);
}
