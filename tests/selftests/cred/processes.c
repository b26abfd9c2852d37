// SPDX-License-Identifier: GPL-2.0-only
//
// Processes with users, groups, capabilities, securebits of their own, each as it was.
//
// MODES: -new-pid
#include "cred.h"

#define CAP(number) (1ull << (number))

static void users(void)
{
	SYS(setresgid(11, 12, 13));
	setfsgid(14);
	SYS(setresuid(21, 0, 23));
	setfsuid(24);
	SYS(setresuid(-1, 22, -1));
}

static void groups(void)
{
	gid_t list[300];
	int i;

	for (i = 0; i < 300; i++)
		list[i] = 100000 - i * 7;
	SYS(setgroups(300, list));
}

static void nobody(void)
{
	SYS(setgroups(0, NULL));
	SYS(setresgid(NOBODY, NOBODY, NOBODY));
	SYS(setresuid(NOBODY, NOBODY, NOBODY));
}

/* As setpriv(1) and daemons do: another user that keeps one right. */
static void keeps_right(void)
{
	SYS(prctl(PR_SET_KEEPCAPS, 1));
	nobody();
	cred_set_caps(CAP(CAP_NET_BIND_SERVICE), CAP(CAP_NET_BIND_SERVICE) | CAP(CAP_CHOWN), 0);
}

static void ambient(void)
{
	SYS(prctl(PR_SET_KEEPCAPS, 1));
	nobody();
	cred_set_caps(CAP(CAP_SYS_NICE), CAP(CAP_SYS_NICE) | CAP(CAP_KILL), CAP(CAP_SYS_NICE) | CAP(CAP_KILL));
	SYS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_NICE, 0, 0));
}

static void bounded(void)
{
	SYS(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME));
	SYS(prctl(PR_CAPBSET_DROP, CAP_CHECKPOINT_RESTORE));
}

/* Root in name only, and for good. */
static void no_root(void)
{
	SYS(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
					     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
					     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED));
	cred_set_caps(0, 0, 0);
}

static void no_new_privs(void)
{
	nobody();
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/* What a set-user-ID program looks like to its user: not to be looked into. */
static void set_user_id(void)
{
	SYS(setresuid(NOBODY, 0, 0));
}

static void looked_into(void)
{
	nobody();
	SYS(prctl(PR_SET_DUMPABLE, 1));
	SYS(prctl(PR_SET_PDEATHSIG, SIGUSR1));
}

static void none(void)
{
	SYS(prctl(PR_SET_PDEATHSIG, SIGUSR2));
}

static void (*const kinds[])(void) = {
	users, groups, nobody, keeps_right, ambient, bounded, no_root, no_new_privs, set_user_id,
	looked_into, none,
};

static void process(void *argument)
{
	struct cred_seen seen;
	int place;

	kinds[(intptr_t)argument]();
	cred_look(&seen);
	place = tree_wait();
	cred_compare(&seen);
	/* What it could not do before it cannot do now. */
	if (kinds[(intptr_t)argument] == nobody)
		CHECK_ERRNO(setresuid(0, 0, 0), EPERM);
	tree_report(place);
}

int main(void)
{
	size_t i;

	if (getuid() != 0)
		ckpt_skip("needs root");
	tree_start();
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		tree_fork(process, (void *)(intptr_t)i);
	tree_go(ARRAY_SIZE(kinds));
	tree_end(ARRAY_SIZE(kinds));
	tree_reap_all(ARRAY_SIZE(kinds));
	return ckpt_pass();
}
