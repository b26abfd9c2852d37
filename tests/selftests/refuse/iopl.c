// SPDX-License-Identifier: GPL-2.0-only
//
// iopl is refused.
//
// EXPECT: refused EOPNOTSUPP "port|iopl|I/O"
#include "../ckpt_test.h"
#include <sys/io.h>

int main(void)
{
	if (iopl(3) != 0)
		ckpt_skip("no iopl here");
	ckpt_ready();
	outb(0, 0x80);
	return ckpt_pass();
}
