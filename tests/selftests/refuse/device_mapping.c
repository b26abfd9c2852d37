// SPDX-License-Identifier: GPL-2.0-only
//
// A mapping of device memory is refused.
//
// EXPECT: refused EOPNOTSUPP "device|/dev/mem|driver|mapping"
#include "../ckpt_test.h"

int main(void)
{
	int fd = open("/dev/mem", O_RDONLY);
	volatile unsigned char *at;

	if (fd < 0)
		ckpt_skip("no /dev/mem here");
	/* The video memory of old: nobody minds. */
	at = mmap(NULL, CKPT_PAGE, PROT_READ, MAP_SHARED, fd, 0xb8000);
	if (at == MAP_FAILED)
		ckpt_skip("/dev/mem cannot be mapped here");
	SYS(close(fd));
	ckpt_ready();
	(void)at[0];
	return ckpt_pass();
}
