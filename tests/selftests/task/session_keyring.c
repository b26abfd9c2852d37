// SPDX-License-Identifier: GPL-2.0-only
//
// A session keyring as a login makes it, with the user's keyring and nothing else in it, is in the way of
// nothing: the user's keys are within reach afterwards.
#include "../api/confined.h"

int main(void)
{
	char text[8] = "";
	long key;

	if (!join_keyring())
		ckpt_skip("no keyrings here");
	SYS(syscall(SYS_keyctl, KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_SESSION_KEYRING));
	key = SYS(syscall(SYS_add_key, "user", "ckpt-user", "data", 4ul, KEY_SPEC_USER_KEYRING));
	ckpt_ready();
	CHECK_EQ(syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof(text)), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
