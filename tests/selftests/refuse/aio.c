// SPDX-License-Identifier: GPL-2.0-only
//
// A context of asynchronous input and output is refused.
//
// EXPECT: refused EOPNOTSUPP|EBUSY "AIO|aio|asynchronous"
#include "../ckpt_test.h"
#include <linux/aio_abi.h>

int main(void)
{
	aio_context_t context = 0;

	if (syscall(SYS_io_setup, 8, &context) != 0)
		ckpt_skip("no AIO here");
	ckpt_ready();
	SYS(syscall(SYS_io_destroy, context));
	return ckpt_pass();
}
