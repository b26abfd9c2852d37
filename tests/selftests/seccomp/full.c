// SPDX-License-Identifier: GPL-2.0-only
//
// As many instructions as the kernel allows, in the longest programs that it takes: every one of them is
// there again, and there is room for no more.
#include "filters.h"

#define LONGEST 4096

/* Long, and does what the short one does. */
static long add(unsigned int len)
{
	static struct sock_filter filter[LONGEST];
	struct sock_fprog program = { .len = len, .filter = filter };
	unsigned int i;

	for (i = 0; i < len; i++)
		filter[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	filter[len - 3] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1);
	filter[len - 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM);
	filter[len - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int main(void)
{
	unsigned int len;
	int count = 0;

	filters_no_new_privs();
	for (len = LONGEST; len > 4; len /= 2)
		while (add(len) == 0)
			count++;
	CHECK_ERRNO(add(8), ENOMEM);
	CHECK(count > 7);
	ckpt_ready();
	filters_are(SECCOMP_MODE_FILTER, count);
	CHECK_ERRNO(add(8), ENOMEM);
	CHECK_ERRNO(syscall(SYS_getpgid, 0), EDOM);
	return ckpt_pass();
}
