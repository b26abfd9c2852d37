// SPDX-License-Identifier: GPL-2.0-only
//
// Access to input and output ports is refused.
//
// EXPECT: refused EOPNOTSUPP "port|ioperm|I/O"
#include "../ckpt_test.h"
#include <sys/io.h>

int main(void)
{
	if (ioperm(0x80, 1, 1) != 0)
		ckpt_skip("no access to ports here");
	ckpt_ready();
	outb(0, 0x80);
	return ckpt_pass();
}
