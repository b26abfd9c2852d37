// SPDX-License-Identifier: GPL-2.0-only
//
// A session keyring that holds a key is refused; the key stays.
//
// EXPECT: refused EOPNOTSUPP "session keyring"
#include "../api/confined.h"

int main(void)
{
	char text[8] = "";
	long key;

	if (!join_keyring())
		ckpt_skip("no keyrings here");
	key = add_session_key();
	ckpt_ready();
	CHECK_EQ(syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof(text)), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
