// SPDX-License-Identifier: GPL-2.0-only
//
// A sandbox as programs make it: the process gives up its user, all capabilities and its bounding set, opens
// what it needs, and allows itself a handful of system calls; all others kill it. Its file is still
// open, it works on, and is killed for the first call that is not on the list.
//
// MODES: -new-pid
#include "../cred/cred.h"
#include "filters.h"
#include <stddef.h>

#define ALLOW(name) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void confine(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc000003e /* AUDIT_ARCH_X86_64 */, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(read), ALLOW(write), ALLOW(pread64), ALLOW(futex), ALLOW(exit_group),
		ALLOW(getpid), ALLOW(gettid), ALLOW(getppid), ALLOW(getpgid), ALLOW(getsid),
		ALLOW(restart_syscall), ALLOW(rt_sigreturn),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	CHECK_EQ(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
			 &program), 0);
}

static void sandboxed(void *argument)
{
	int secret, capability, place;
	char byte;

	(void)argument;
	secret = SYS(open("secret", O_RDWR | O_CREAT | O_TRUNC, 0600));
	CHECK_EQ(write(secret, "s", 1), 1);
	SYS(setsid());
	for (capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
		SYS(prctl(PR_CAPBSET_DROP, capability));
	SYS(setgroups(0, NULL));
	SYS(setresgid(NOBODY, NOBODY, NOBODY));
	SYS(setresuid(NOBODY, NOBODY, NOBODY));
	filters_no_new_privs();
	confine();
	place = tree_wait();
	CHECK_EQ(pread(secret, &byte, 1, 0), 1);
	CHECK_EQ(byte, 's');
	tree_report(place);
	tree_until(&tree->word[0], 1);
	syscall(SYS_getuid);
}

int main(void)
{
	int status;

	if (getuid() != 0)
		ckpt_skip("needs root");
	tree_start();
	tree_fork(sandboxed, NULL);
	tree_go(1);
	tree_end(1);
	tree_store(&tree->word[0], 1);
	SYS(wait(&status));
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGSYS);
	return ckpt_pass();
}
