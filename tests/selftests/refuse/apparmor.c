// SPDX-License-Identifier: GPL-2.0-only
//
// A task in an AppArmor profile is refused by the name of the profile, and stays in it.
//
// EXPECT: refused EOPNOTSUPP "security label" "ckpt-test"
#include "../api/confined.h"

int main(void)
{
	if (!has_apparmor())
		ckpt_skip("no AppArmor here");
	load_profile();
	enter_profile();
	ckpt_ready();
	check_label(PROFILE " (unconfined)\n");
	return ckpt_pass();
}
