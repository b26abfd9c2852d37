// SPDX-License-Identifier: GPL-2.0-only
//
// Mappings of a deleted file, shared and private, in two processes and without a descriptor, stay
// mappings of one file.
//
// MODES: -new-pid
#include "../tree/tree.h"

#define LENGTH (5 * CKPT_PAGE)

static unsigned char *shared, *private;

static void check(unsigned char mine, unsigned char theirs)
{
	ckpt_check_pattern(shared + CKPT_PAGE, 3 * CKPT_PAGE, 7);
	ckpt_check_pattern(private + CKPT_PAGE, 3 * CKPT_PAGE, 7);
	CHECK_EQ(private[0], mine);
	CHECK_EQ(shared[0], theirs);
}

static void child(void *argument)
{
	int place;

	(void)argument;
	private[0] = 'c';
	place = tree_wait();
	check('c', 's');
	shared[1] = 'C';
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[0], 2);
	CHECK_EQ(shared[2], 'P');
	/* A private page that was never written is the file's. */
	CHECK_EQ(private[4 * CKPT_PAGE], 'Q');
	tree_report(place);
}

int main(void)
{
	int fd;

	tree_start();
	fd = SYS(open("doomed", O_RDWR | O_CREAT | O_EXCL, 0600));
	SYS(ftruncate(fd, LENGTH));
	shared = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(shared != MAP_FAILED && private != MAP_FAILED);
	SYS(unlink("doomed"));
	SYS(close(fd));
	ckpt_fill_pattern(shared + CKPT_PAGE, 3 * CKPT_PAGE, 7);
	private[0] = 'p';
	shared[0] = 's';
	tree_fork(child, NULL);
	tree_go(1);
	check('p', 's');
	tree_until(&tree->word[0], 1);
	CHECK_EQ(shared[1], 'C');
	shared[2] = 'P';
	shared[4 * CKPT_PAGE] = 'Q';
	tree_store(&tree->word[0], 2);
	tree_end(1);
	tree_reap_all(1);
	return ckpt_pass();
}
