// SPDX-License-Identifier: GPL-2.0-only
//
// A wait on a futex in a shared file mapping, with bits and a point in time,
// goes on and ends not before that point.
//
// BLOCK: futex
// MODES: run-on kill-restart again
#include "../ckpt_test.h"
#include <linux/futex.h>

int main(void)
{
	const int seconds = ckpt_patience(2);
	int fd = SYS(open("word", O_RDWR | O_CREAT, 0644));
	struct timespec until, now;
	uint32_t *word;

	SYS(ftruncate(fd, CKPT_PAGE));
	word = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(word != MAP_FAILED);
	*word = 9;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	ckpt_announce();
	CHECK_ERRNO(syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 9, &until,
			    NULL, 0x10),
		    ETIMEDOUT);
	/* It is a time of day, which passes while the program is not there. */
	clock_gettime(CLOCK_REALTIME, &now);
	CHECK(now.tv_sec > until.tv_sec ||
	      (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
	return ckpt_pass();
}
