// SPDX-License-Identifier: GPL-2.0-only
//
// A coordinator and a family of four, which user space has made: every one enters
// the call itself and goes on as who was saved. Promises H.1.1 to H.1.3, H.1.19.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

int main(void)
{
	int image = image_of_family("image");
	struct family_entry entry = family_entry();
	pid_t grandpa = family_born(&entry);

	CHECK_EQ(family_coordinates(grandpa, image, &entry, STDERR_FILENO), 0);
	family_ends_well(grandpa);
	return ckpt_pass();
}
