// SPDX-License-Identifier: GPL-2.0-only
//
// A live family that is not that of the image is refused by name: a son in the
// place of an uncle, two for one, somebody whom the image does not know, a ghost
// for a task.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

int main(void)
{
	int image = image_of_family("image");
	struct family_entry entry;

	entry = family_entry();
	entry.says[SON] = UNCLE;
	entry.says[UNCLE] = SON;
	family_fails(image, &entry, EINVAL, "child of another");

	entry = family_entry();
	entry.says[GRANDPA] = FATHER;
	entry.says[FATHER] = GRANDPA;
	family_fails(image, &entry, EINVAL, "child of another");

	entry = family_entry();
	entry.says[SON] = UNCLE;
	family_fails(image, &entry, EEXIST, "two tasks");

	entry = family_entry();
	entry.flags[SON] = RESTART_GHOST;
	family_fails(image, &entry, EINVAL, "ghost");
	return ckpt_pass();
}
