// SPDX-License-Identifier: GPL-2.0-only
//
// One restart at a time through one open device: a second coordinator is EBUSY,
// and the first one does not mind.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"
#include "stuck.h"

static void comes_last(enum member me)
{
	if (me == SON)
		tree_until(&tree->word[2], 1);
}

int main(void)
{
	int image = image_of_family("image"), second = SYS(open("image", O_RDONLY));
	struct family_entry entry = family_entry();
	pid_t grandpa, other;

	entry.before = comes_last;
	grandpa = family_born(&entry);
	other = SYS(fork());
	if (other == 0) {
		/* A child of its own, which nobody asks for. */
		pid_t child = SYS(fork());

		if (child == 0)
			for (;;)
				pause();
		wait_until_stuck(getppid());
		CHECK_EQ(family_coordinates(child, second, &entry, -1), EBUSY);
		tree_store(&tree->word[2], 1);
		SYS(kill(child, SIGKILL));
		tree_status(child);
		_exit(0);
	}
	CHECK_EQ(family_coordinates(grandpa, image, &entry, STDERR_FILENO), 0);
	tree_reap(other);
	family_ends_well(grandpa);
	return ckpt_pass();
}
