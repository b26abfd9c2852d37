// SPDX-License-Identifier: GPL-2.0-only
//
// The coordinator is killed: while somebody is still missing, and in the middle of
// the image. All members die. Promises H.1.14, H.2.13.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"
#include "stuck.h"

int main(void)
{
	int image = image_of_family("image"), end[2], in_the_middle, i;
	static char half[1 << 20];
	ssize_t length = SYS(read(image, half, sizeof(half))) / 2;
	pid_t coordinator;

	CHECK(length > 0);
	for (in_the_middle = 0; in_the_middle < 2; in_the_middle++) {
		struct family_entry entry = family_entry();

		SYS(pipe(end));
		SYS(fcntl(end[1], F_SETPIPE_SZ, sizeof(half)));
		entry.delay[UNCLE] = in_the_middle ? 0 : -1;
		tree->ready = 0;
		coordinator = SYS(fork());
		if (coordinator == 0) {
			pid_t grandpa = family_born(&entry);

			family_coordinates(grandpa, in_the_middle ? end[0] : again(image), &entry, -1);
			_exit(0);
		}
		if (in_the_middle)
			CHECK_EQ(write(end[1], half, length), length);
		/* Whoever comes later does not know that there was a coordinator. */
		tree_wait_count(&tree->ready, MEMBERS, "have been born");
		for (i = 0; i < MEMBERS; i++)
			if (in_the_middle || i != UNCLE)
				wait_until_stuck(tree->task[LIVE(i)].pid);
		wait_until_stuck(coordinator);
		SYS(kill(coordinator, SIGKILL));
		CHECK_EQ(exit_status(coordinator), 1000 + SIGKILL);
		if (!in_the_middle)
			SYS(kill(tree->task[LIVE(UNCLE)].pid, SIGKILL));
		family_gone(LIVE(0));
		SYS(close(entry.device));
		SYS(close(end[0]));
		SYS(close(end[1]));
	}
	return ckpt_pass();
}
