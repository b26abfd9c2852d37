// SPDX-License-Identifier: GPL-2.0-only
/*
 * seccomp filters: what they were made of, making them, sharing them.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/uaccess.h>

#include "../helpers.h"

/* Whether seccomp(2) would let the caller have a filter. */
bool ckpt_may_have_filters(void)
{
	return task_no_new_privs(current) ||
	       ns_capable_noaudit(current_user_ns(), CAP_SYS_ADMIN);
}

/*
 * The instructions that a filter was made of, before the kernel converted them.  They live as
 * long as the filter and never change.
 */
const void *ckpt_filter_program(const struct bpf_prog *prog, u32 *len)
{
	const struct sock_fprog_kern *original = prog->orig_prog;

	*len = original ? original->len : 0;
	return original ? original->filter : NULL;
}

/*
 * What seccomp(2) does.  The program stands in memory of the caller for as long as the call
 * takes.  SECCOMP_FILTER_FLAG_SPEC_ALLOW is no state of a filter: what protection from
 * speculation the task has is its own.
 */
long ckpt_install_filter(const void *program, u32 len, bool log)
{
	const size_t size = len * sizeof(struct sock_filter);
	struct sock_fprog head = { .len = len };
	unsigned long at = ckpt_lend(sizeof(head) + size);
	struct pt_regs regs = {
		.di = SECCOMP_SET_MODE_FILTER,
		.si = SECCOMP_FILTER_FLAG_SPEC_ALLOW | (log ? SECCOMP_FILTER_FLAG_LOG : 0),
		.dx = at,
	};
	long ret = -EFAULT;

	if (IS_ERR_VALUE(at))
		return at;
	head.filter = (struct sock_filter __user *)(at + sizeof(head));
	if (!copy_to_user((void __user *)at, &head, sizeof(head)) &&
	    !copy_to_user(head.filter, program, size))
		ret = ckpt_sym___x64_sys_seccomp(&regs);
	ckpt_take_back(at, sizeof(head) + size);
	return ret;
}

/*
 * Gives the caller, which has none, a filter that another task has, and with it those below, as
 * fork(2) does: @count of them.  The caller of this holds a reference.
 *
 * Return: 0; -EBUSY when seccomp confines the caller; -ESRCH when no task has the filter any more.
 */
int ckpt_share_filter(struct seccomp_filter *filter, refcount_t *refs, refcount_t *users,
		      u32 count)
{
	int err = -EBUSY;

	spin_lock_irq(&current->sighand->siglock);
	if (current->seccomp.mode != SECCOMP_MODE_DISABLED)
		goto out;
	err = -ESRCH;
	/* No task may come to a filter that all others have left. */
	if (!refcount_inc_not_zero(users))
		goto out;
	refcount_inc(refs);
	current->seccomp.filter = filter;
	atomic_set(&current->seccomp.filter_count, count);
	current->seccomp.mode = SECCOMP_MODE_FILTER;
	/* As seccomp_assign_mode(): a task that sees the flag sees mode and filter. */
	smp_mb__before_atomic();
	set_task_syscall_work(current, SECCOMP);
	err = 0;
out:
	spin_unlock_irq(&current->sighand->siglock);
	return err;
}
