// SPDX-License-Identifier: GPL-2.0-only
//
// Two restarts of the same image at the same time, through two open devices, do
// not get each other's tasks. Promise H.1.25.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

/* One restart after the other, through a device of its own. */
static void restarts(void *argument)
{
	struct tree *own = ckpt_map(sizeof(*own), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	struct family_entry entry = family_entry();
	int image = SYS(open("image", O_RDONLY)), i;
	pid_t grandpa;

	/* Who was saved is the same for both, who is restored is not. */
	memcpy(own->task, tree->task, sizeof(own->task));
	tree = own;
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (i = 0; i < 6; i++) {
		entry.delay[(long)argument + i % 2] = 10 * i;
		grandpa = family_born(&entry);
		CHECK_EQ(family_coordinates(grandpa, again(image), &entry, STDERR_FILENO), 0);
		CHECK_EQ(exit_status(grandpa), TARGET_EXIT);
		family_gone(LIVE(0));
	}
}

int main(void)
{
	SYS(close(image_of_family("image")));
	ckpt_write_file("target-go", "", 0);
	tree_fork(restarts, NULL);
	tree_fork(restarts, (void *)1);
	tree_reap_all(2);
	return ckpt_pass();
}
