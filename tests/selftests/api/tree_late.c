// SPDX-License-Identifier: GPL-2.0-only
//
// Whoever arrives after the coordinator has given up gets EAGAIN, and does not
// wait for ever. Promise H.1.7.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

int main(void)
{
	int image = image_of_family("image"), i;
	struct family_entry entry = family_entry();
	pid_t grandpa;

	/* An image that is none. */
	SYS(lseek(image, 40, SEEK_SET));
	for (i = 0; i < MEMBERS; i++)
		entry.delay[i] = 300;
	grandpa = family_born(&entry);
	CHECK_EQ(family_coordinates(grandpa, image, &entry, -1), EBADMSG);
	CHECK_EQ(exit_status(grandpa), 200);
	tree_wait_count(&tree->reported, MEMBERS, "came back");
	for (i = 0; i < MEMBERS; i++)
		CHECK_EQ(tree->task[LIVE(i)].value, EAGAIN);
	family_gone(LIVE(0));
	return ckpt_pass();
}
