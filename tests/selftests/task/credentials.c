// SPDX-License-Identifier: GPL-2.0-only
//
// User, group, groups, capabilities and securebits stay.
#include "../ckpt_test.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

struct all {
	uid_t uid[3];
	gid_t gid[3];
	int fsuid, fsgid, groups, securebits, bounding;
	gid_t list[64];
	struct __user_cap_data_struct caps[2];
};

static void collect(struct all *all)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	int i;

	memset(all, 0, sizeof(*all));
	SYS(getresuid(&all->uid[0], &all->uid[1], &all->uid[2]));
	SYS(getresgid(&all->gid[0], &all->gid[1], &all->gid[2]));
	all->fsuid = setfsuid(-1);
	all->fsgid = setfsgid(-1);
	all->groups = SYS(getgroups(64, all->list));
	all->securebits = SYS(prctl(PR_GET_SECUREBITS));
	for (i = 0; i < 41; i++)
		all->bounding += prctl(PR_CAPBSET_READ, i) == 1;
	SYS(syscall(SYS_capget, &header, all->caps));
}

int main(void)
{
	static struct all before, after;

	collect(&before);
	ckpt_ready();
	collect(&after);
	CHECK_EQ(memcmp(&before, &after, sizeof(before)), 0);
	return ckpt_pass();
}
