// SPDX-License-Identifier: GPL-2.0-only
//
// A process keyring is refused.
//
// EXPECT: refused EOPNOTSUPP "key"
#include "../ckpt_test.h"

int main(void)
{
	long key = syscall(SYS_add_key, "user", "ckpt-test", "data", 4ul, -2 /* process keyring */);
	char text[8] = "";

	if (key < 0)
		ckpt_skip("no keyrings here");
	ckpt_ready();
	CHECK_EQ(syscall(SYS_keyctl, 11 /* read */, key, text, sizeof(text)), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
