// SPDX-License-Identifier: GPL-2.0-only
//
// The personality stays.
#include "../ckpt_test.h"
#include <sys/personality.h>

int main(void)
{
	SYS(personality(ADDR_NO_RANDOMIZE | SHORT_INODE | READ_IMPLIES_EXEC | UNAME26));
	ckpt_ready();
	CHECK_EQ(personality(0xffffffff),
		 ADDR_NO_RANDOMIZE | SHORT_INODE | READ_IMPLIES_EXEC | UNAME26);
	return ckpt_pass();
}
