/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images that are changed by hand, as an ordinary user could change them: a record is looked for, its
 * fields are set, and the checksum is made to agree.
 */
#ifndef FORGE_H
#define FORGE_H

#include "rights.h"

/* Kinds of records (Documentation/image-format.md). */
enum {
	FORGE_STRING = 5,
	FORGE_FILE_NODE = 303,
	FORGE_FILE = 304,
	FORGE_PAGES = 403,
	FORGE_INDEX = 9000,
	FORGE_TAIL = 9001,
};

struct forge_record {
	uint32_t kind;
	uint32_t length;
	unsigned char body[];
};

struct forge_file {
	uint32_t objref;
	uint16_t kind;
	uint16_t marks;
	uint32_t flags;
	uint32_t object;
};

struct forge_pages {
	uint32_t nr_runs, nr_pages, runs_offset, data_offset;
};

struct forge_tail {
	uint64_t magic, bytes, records, pages, index;
	uint32_t checksum;
};

struct forged {
	unsigned char *bytes;
	size_t length;
};

static inline struct forged forge_read(int fd)
{
	struct forged image = { .length = SYS(lseek(fd, 0, SEEK_END)) };

	image.bytes = malloc(image.length);
	CHECK(image.bytes);
	CHECK_EQ(pread(fd, image.bytes, image.length, 0), (ssize_t)image.length);
	return image;
}

/* The record behind another one, the first one behind NULL; NULL behind the last one. */
static inline struct forge_record *forge_next(const struct forged *image,
					      struct forge_record *record)
{
	size_t at = record ? (unsigned char *)record + record->length - image->bytes : 0;

	if (at + sizeof(*record) > image->length)
		return NULL;
	record = (struct forge_record *)(image->bytes + at);
	CHECK(record->length >= sizeof(*record) && record->length <= image->length - at);
	return record;
}

/* The first record of this kind behind another one. */
static inline struct forge_record *forge_find(const struct forged *image,
					      struct forge_record *record, uint32_t kind)
{
	do
		record = forge_next(image, record);
	while (record && record->kind != kind);
	if (!record)
		ckpt_fail("the image has no record of kind %u", kind);
	return record;
}

/* Whether a record is this STRING. */
static inline bool forge_is_text(const struct forge_record *record, const char *text)
{
	uint64_t length;

	if (record->kind != FORGE_STRING)
		return false;
	memcpy(&length, record->body, sizeof(length));
	return length == strlen(text) && memcmp(record->body + sizeof(length), text, length) == 0;
}

/* The first file with this path. */
static inline struct forge_file *forge_file(const struct forged *image, const char *path)
{
	struct forge_record *record = NULL, *node;

	for (;;) {
		record = forge_find(image, record, FORGE_FILE);
		node = forge_next(image, record);
		if (node->kind == FORGE_FILE_NODE &&
		    forge_is_text(forge_next(image, node), path))
			return (struct forge_file *)record->body;
	}
}

/* CRC32C, without the inversion. */
static inline uint32_t forge_checksum(uint32_t sum, const unsigned char *bytes, size_t length)
{
	int bit;

	while (length--) {
		sum ^= *bytes++;
		for (bit = 0; bit < 8; bit++)
			sum = sum & 1 ? sum >> 1 ^ 0x82f63b78 : sum >> 1;
	}
	return sum;
}

/* What an entry of the index says of so many bytes of the image. */
struct forge_entry {
	uint32_t kind, id;
	uint64_t offset, length;
	uint32_t checksum, reserved;
};

/* The checksum of all between two places but page contents, which have another one behind them. */
static inline uint32_t forge_stretch(const struct forged *image, size_t at, size_t end)
{
	struct forge_record *record;
	struct forge_pages pages;
	uint32_t sum = ~0u;
	size_t skipped;

	for (; at < end; at += record->length) {
		record = (struct forge_record *)(image->bytes + at);
		skipped = 0;
		if (record->kind == FORGE_PAGES) {
			memcpy(&pages, record->body, sizeof(pages));
			sum = forge_checksum(sum, (unsigned char *)record, pages.data_offset);
			skipped = pages.data_offset + pages.nr_pages * CKPT_PAGE;
		}
		sum = forge_checksum(sum, (unsigned char *)record + skipped,
				     record->length - skipped);
	}
	return ~sum;
}

/* Makes the checksums agree, and writes it back; the position is at the beginning. */
static inline void forge_write(const struct forged *image, int fd)
{
	struct forge_record *tail = forge_find(image, NULL, FORGE_TAIL), *record = NULL;
	struct forge_tail *totals = (struct forge_tail *)tail->body;
	struct forge_entry *entry;
	uint32_t i, count;

	while ((record = forge_next(image, record)) != tail) {
		if (record->kind != FORGE_INDEX)
			continue;
		memcpy(&count, record->body, sizeof(count));
		/* In the BUFFER behind it, behind its length. */
		record = forge_next(image, record);
		entry = (struct forge_entry *)(record->body + sizeof(uint64_t));
		for (i = 0; i < count; i++)
			entry[i].checksum = forge_stretch(image, entry[i].offset,
							  entry[i].offset + entry[i].length);
	}
	totals->checksum = forge_stretch(image, totals->index, (unsigned char *)tail - image->bytes);
	CHECK_EQ(pwrite(fd, image->bytes, image->length, 0), (ssize_t)image->length);
	SYS(lseek(fd, 0, SEEK_SET));
}

/* Restarts onto a child, which comes back stopped, and lets it end well; gives the error. */
static inline int forge_restart(int image, int log)
{
	int error;
	pid_t pid;

	SYS(lseek(image, 0, SEEK_SET));
	pid = restarting_child();
	error = ckpt_restart_flags(pid, image, log, 0) < 0 ? errno : 0;
	if (error == 0) {
		while (state_of(pid) != 'T')
			usleep(1000);
		SYS(kill(pid, SIGCONT));
	}
	CHECK_EQ(exit_status(pid), error ? 1000 + SIGKILL : TARGET_EXIT);
	SYS(close(log));
	return error;
}

#endif /* FORGE_H */
