// SPDX-License-Identifier: GPL-2.0-only
//
// A memfd of 48 MiB with thousands of holes, sealed, mapped shared by one process and privately by
// another, is the same to the byte and takes no more memory; and so is a second one of a TiB in which
// there is data at both ends.
//
// MODES: run-on kill-restart pipe again no-capture
#include "../tree/tree.h"
#include "stretches.h"

#define PAGES (48ul << 20 >> 12)
#define FAR (1ul << 40)
/* So much of each stretch of data is the child's own; that page is in the middle of one. */
#define OWN (CKPT_PAGE - 512)
#define INSIDE 1500

static struct stretches stretches;
static unsigned char *private;
static int fd, wide;

static void check(void)
{
	struct stat stat;
	char text[8] = "";

	stretches_check(&stretches, fd);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW);
	CHECK_EQ(lseek(wide, CKPT_PAGE, SEEK_DATA), FAR - CKPT_PAGE);
	CHECK_EQ(pread(wide, text, 5, 0), 5);
	CHECK_STR(text, "start");
	CHECK_EQ(pread(wide, text, 5, FAR - 3), 3);
	CHECK_STR(text, "endrt");
	SYS(fstat(wide, &stat));
	CHECK_EQ(stat.st_blocks * 512, 2 * CKPT_PAGE);
}

static void child(void *argument)
{
	int place;

	(void)argument;
	private = mmap(NULL, stretches.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(private != MAP_FAILED);
	/* Of what is data, since to write to a hole privately makes a page of the memfd, too. */
	stretches_for_each(&stretches, first, end)
		ckpt_fill_pattern(private + first * CKPT_PAGE, OWN, first);
	place = tree_wait();
	stretches_for_each(&stretches, first, end)
		ckpt_check_pattern(private + first * CKPT_PAGE, OWN, first);
	check();
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[0], 2);
	/* What it has not written to is the memfd's. */
	CHECK_EQ(private[INSIDE * CKPT_PAGE], 'm');
	tree_report(place);
}

int main(void)
{
	unsigned char *shared;

	tree_start();
	fd = SYS(memfd_create("large", MFD_ALLOW_SEALING));
	stretches = stretches_of(6, PAGES);
	stretches_write(&stretches, fd);
	SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
	wide = SYS(memfd_create("wide", 0));
	SYS(ftruncate(wide, FAR));
	CHECK_EQ(pwrite(wide, "start", 5, 0), 5);
	CHECK_EQ(pwrite(wide, "end", 3, FAR - 3), 3);
	tree_fork(child, NULL);
	shared = mmap(NULL, stretches.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(shared != MAP_FAILED);
	tree_go(1);
	check();
	stretches_check_mapped(&stretches, shared);
	tree_until(&tree->word[0], 1);
	shared[INSIDE * CKPT_PAGE] = 'm';
	tree_store(&tree->word[0], 2);
	tree_end(1);
	tree_reap_all(1);
	return ckpt_pass();
}
