// SPDX-License-Identifier: GPL-2.0-only
//
// Members and coordinator arrive in any order; whoever is first waits for the
// others. Promises H.1.4, H.1.6, H.1.8.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

int main(void)
{
	static const int delays[][MEMBERS] = {
		{ 0, 50, 100, 150 },
		{ 150, 100, 50, 0 },
		{ 100, 0, 0, 50 },
		{ 0, 0, 150, 0 },
	};
	int image = image_of_family("image"), early;
	struct family_entry entry = family_entry();
	size_t i;
	pid_t grandpa;

	for (i = 0; i < ARRAY_SIZE(delays); i++)
		for (early = 0; early < 2; early++) {
			memcpy(entry.delay, delays[i], sizeof(entry.delay));
			grandpa = family_born(&entry);
			if (!early)
				usleep(250000);
			CHECK_EQ(family_coordinates(grandpa, again(image), &entry, STDERR_FILENO), 0);
			family_ends_well(grandpa);
		}
	return ckpt_pass();
}
