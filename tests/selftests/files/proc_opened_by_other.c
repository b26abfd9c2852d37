// SPDX-License-Identifier: GPL-2.0-only
//
// A file of /proc or /sys goes by the credentials that it was opened with: what was opened by
// another user, or without a capability that the task has, shows no more than before, what was
// opened with it no less.
#include "../ckpt_test.h"
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define SECTION "/sys/module/ckpt/sections/.text"
#define SYSLOG (1u << (CAP_SYSLOG - 32))

/* Whether the address of a section is shown: that takes CAP_SYSLOG of whoever has opened it. */
static bool shows(int fd)
{
	char text[32] = "";

	CHECK(SYS(pread(fd, text, sizeof(text) - 1, 0)) > 2);
	return strtoull(text, NULL, 16) != 0;
}

static void set_syslog(bool has)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	SYS(syscall(SYS_capget, &head, caps));
	caps[1].effective = has ? caps[1].effective | SYSLOG : caps[1].effective & ~SYSLOG;
	SYS(syscall(SYS_capset, &head, caps));
}

int main(void)
{
	char text[64];
	int with, without, other, again, twin;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	with = SYS(open(SECTION, O_RDONLY));
	set_syslog(false);
	without = SYS(open(SECTION, O_RDONLY));
	again = SYS(open(SECTION, O_RDONLY | O_CLOEXEC));
	set_syslog(true);
	SYS(setresgid(-1, 65534, -1));
	SYS(setresuid(-1, 65534, -1));
	other = SYS(open("/proc/version", O_RDONLY));
	SYS(lseek(other, 6, SEEK_SET));
	SYS(setresuid(-1, 0, -1));
	SYS(setresgid(-1, 0, -1));
	/* It is not any more for who has changed its user. */
	SYS(prctl(PR_SET_DUMPABLE, 1));
	CHECK(shows(with) && !shows(without) && !shows(again));
	twin = SYS(dup(without));

	ckpt_ready();
	CHECK(shows(with));
	CHECK(!shows(without));
	CHECK(!shows(again));
	CHECK(!shows(twin));
	CHECK_EQ(SYS(read(other, text, 7)), 7);
	CHECK(memcmp(text, "version", 7) == 0);
	/* What the task opens now, it opens with its own. */
	CHECK(shows(SYS(open(SECTION, O_RDONLY))));
	CHECK_EQ(geteuid(), 0);
	CHECK_EQ(getegid(), 0);
	return ckpt_pass();
}
