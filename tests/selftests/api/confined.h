/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Security labels and session keyrings of one's own.
 */
#ifndef CONFINED_H
#define CONFINED_H

#include "../ckpt_test.h"
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/mount.h>

#define PROFILE "ckpt-test"

/*
 * An AppArmor profile in the form in which the kernel takes it (security/apparmor/policy_unpack.c): its
 * name and nothing else. This mode lets everything pass (flags=(unconfined)), so no message is logged.
 */
static const unsigned char unconfined_profile[] = {
	4, 8, 0, 'v', 'e', 'r', 's', 'i', 'o', 'n', 0, 2, 7, 0, 0, 0,
	4, 8, 0, 'p', 'r', 'o', 'f', 'i', 'l', 'e', 0, 7,
	5, sizeof(PROFILE), 0, 'c', 'k', 'p', 't', '-', 't', 'e', 's', 't', 0,
	4, 6, 0, 'f', 'l', 'a', 'g', 's', 0, 7, 2, 0, 0, 0, 0, 2, 3, 0, 0, 0, 2, 0, 0, 0, 0, 8,
	2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0,
	8,
};

/* Modes of a profile: it denies what it has no rule for, or allows that and logs it, or is none. */
#define MODE_ENFORCE	0
#define MODE_COMPLAIN	1
#define MODE_UNCONFINED	3

/*
 * Loads one of this name, as long as PROFILE, and mode, with securityfs at a place that is seen by nothing
 * else.
 */
static inline void load_profile_as(const char *name, unsigned char mode)
{
	static const unsigned char unconfined[] = { 2, MODE_UNCONFINED, 0, 0, 0 };
	unsigned char profile[sizeof(unconfined_profile)];
	pid_t pid = SYS(fork());
	int status, fd;

	if (pid == 0) {
		memcpy(profile, unconfined_profile, sizeof(profile));
		memcpy(memmem(profile, sizeof(profile), PROFILE, sizeof(PROFILE)), name, sizeof(PROFILE));
		((unsigned char *)memmem(profile, sizeof(profile), unconfined, sizeof(unconfined)))[1] = mode;
		SYS(unshare(CLONE_NEWNS));
		SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		SYS(mount("securityfs", "/mnt", "securityfs", 0, NULL));
		fd = SYS(open("/mnt/apparmor/.replace", O_WRONLY));
		CHECK_EQ(write(fd, profile, sizeof(profile)), sizeof(profile));
		_exit(0);
	}
	SYS(waitpid(pid, &status, 0));
	CHECK_EQ(status, 0);
}

static inline void load_profile(void)
{
	load_profile_as(PROFILE, MODE_UNCONFINED);
}

static inline bool has_apparmor(void)
{
	char text[8] = "";

	if (access("/sys/module/apparmor/parameters/enabled", R_OK) != 0)
		return false;
	ckpt_read_file("/sys/module/apparmor/parameters/enabled", text, sizeof(text));
	return text[0] == 'Y';
}

/* The caller is in the profile from now on. */
static inline void enter_profile_of(const char *name)
{
	int fd = SYS(open("/proc/thread-self/attr/apparmor/current", O_WRONLY | O_CLOEXEC));

	CHECK(dprintf(fd, "changeprofile %s", name) > 0);
	SYS(close(fd));
}

static inline void enter_profile(void)
{
	enter_profile_of(PROFILE);
}

static inline void check_label(const char *wanted)
{
	char text[64];

	ckpt_read_file("/proc/self/attr/apparmor/current", text, sizeof(text));
	CHECK_STR(text, wanted);
}

/* A new session keyring; false where there are none. */
static inline bool join_keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0;
}

static inline long add_session_key(void)
{
	return SYS(syscall(SYS_add_key, "user", "ckpt-test", "data", 4ul, KEY_SPEC_SESSION_KEYRING));
}

#endif /* CONFINED_H */
