/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of many megabytes with holes: stretches of data and of nothing by turns, some of a single page,
 * some of megabytes.  Where they are comes of a seed, and what is in them of the page that it is in.
 */
#ifndef CKPT_STRETCHES_H
#define CKPT_STRETCHES_H

#include "../ckpt_test.h"

struct stretches {
	uint64_t seed;
	/* The last page is a part of one. */
	uint64_t pages;
	uint64_t size;
};

static inline struct stretches stretches_of(uint64_t seed, uint64_t pages)
{
	return (struct stretches){ seed, pages, pages * CKPT_PAGE - 100 };
}

/* Where the stretch of data ends that begins at this page, or the hole, of which the odd ones are. */
static inline uint64_t stretches_end(const struct stretches *of, uint64_t number, uint64_t first)
{
	uint64_t chance = ckpt_mix(of->seed, number), length;

	/* The last quarter is a sieve. */
	if (first >= of->pages / 4 * 3)
		length = 1;
	else if (chance % 4 == 0)
		length = 1 + chance / 4 % 3;
	else
		length = 1 + chance / 4 % (number % 2 ? 300 : 1000);
	/* Nothing ends in front of the last page, which is data by itself or with what is before it. */
	return first + length + 1 < of->pages ? first + length : of->pages;
}

/* Goes through all stretches of data. */
#define stretches_for_each(of, first, end)                                                     \
	for (uint64_t number_ = 0, first = 0, end = stretches_end(of, 0, 0); first < (of)->pages; \
	     first = stretches_next(of, &number_, end), end = stretches_end(of, number_, first))

static inline uint64_t stretches_next(const struct stretches *of, uint64_t *number, uint64_t end)
{
	uint64_t first = stretches_end(of, *number + 1, end);

	*number += 2;
	return first == of->pages && end < of->pages ? of->pages - 1 : first;
}

/* How many bytes of the file are in this page. */
static inline size_t stretches_length(const struct stretches *of, uint64_t page)
{
	uint64_t left = of->size - page * CKPT_PAGE;

	return left < CKPT_PAGE ? left : CKPT_PAGE;
}

static inline void stretches_write(const struct stretches *of, int fd)
{
	unsigned char page[CKPT_PAGE];

	SYS(ftruncate(fd, of->size));
	stretches_for_each(of, first, end) {
		for (uint64_t at = first; at < end; at++) {
			size_t length = stretches_length(of, at);

			ckpt_fill_pattern(page, sizeof(page), of->seed + at);
			CHECK_EQ(pwrite(fd, page, length, at * CKPT_PAGE), length);
		}
	}
}

/* All data by read(2), and that there are holes between, no more and no less. */
static inline void stretches_check(const struct stretches *of, int fd)
{
	unsigned char page[CKPT_PAGE];
	off_t hole = 0, position = lseek(fd, 0, SEEK_CUR);
	uint64_t bytes = 0;
	struct stat stat;

	stretches_for_each(of, first, end) {
		CHECK_EQ(lseek(fd, hole, SEEK_DATA), first * CKPT_PAGE);
		hole = lseek(fd, first * CKPT_PAGE, SEEK_HOLE);
		CHECK_EQ(hole, end == of->pages ? of->size : end * CKPT_PAGE);
		bytes += (end - first) * CKPT_PAGE;
		for (uint64_t at = first; at < end; at++) {
			size_t length = stretches_length(of, at);

			CHECK_EQ(pread(fd, page, sizeof(page), at * CKPT_PAGE), length);
			ckpt_check_pattern(page, length, of->seed + at);
		}
	}
	SYS(fstat(fd, &stat));
	CHECK_EQ(stat.st_size, of->size);
	/* What says where the data is takes room, too. */
	CHECK((uint64_t)stat.st_blocks * 512 >= bytes);
	CHECK((uint64_t)stat.st_blocks * 512 <= bytes + bytes / 8);
	SYS(lseek(fd, position, SEEK_SET));
}

/* The same data through a mapping; a hole of memory that is touched there is none any more. */
static inline void stretches_check_mapped(const struct stretches *of, const unsigned char *at)
{
	stretches_for_each(of, first, end) {
		for (uint64_t page = first; page < end; page++)
			ckpt_check_pattern(at + page * CKPT_PAGE, stretches_length(of, page),
					   of->seed + page);
	}
}

#endif
