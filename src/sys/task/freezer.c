// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freezing a task by the trap that the cgroup v2 freezer uses (kernel/cgroup/freezer.c),
 * whatever cgroup the task is in.  The task itself does the rest: do_freezer_trap() counts
 * it as a frozen one of its cgroup, get_signal() takes that back.
 */
#include <linux/cgroup.h>
#include <linux/fs.h>
#include <linux/kernfs.h>
#include <linux/magic.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/uio.h>
#include <linux/wait.h>

#include "../helpers.h"

/* Whether it is the file cgroup.freeze of a cgroup (v2). */
bool ckpt_is_cgroup_freeze(struct file *file)
{
	return file_inode(file)->i_sb->s_magic == CGROUP2_SUPER_MAGIC &&
	       !strcmp(file->f_path.dentry->d_name.name, "cgroup.freeze");
}

/* The cgroup of such a file, under RCU; NULL for another file, and once it has been removed. */
static struct cgroup *ckpt_cgroup_of(struct file *file)
{
	struct kernfs_open_file *of;
	struct kernfs_node *dir;
	struct seq_file *seq;

	if (!ckpt_is_cgroup_freeze(file))
		return NULL;
	/* kernfs_fop_open() makes one for writers, too. */
	seq = file->private_data;
	of = seq->private;
	dir = rcu_dereference(of->kn->__parent);
	return rcu_dereference(*(void __rcu __force **)&dir->priv);
}

/* Whether 1 has been written to such a file, and no 0 since. */
bool ckpt_cgroup_freezes(struct file *file)
{
	struct cgroup *cgrp;
	bool freezes;

	rcu_read_lock();
	cgrp = ckpt_cgroup_of(file);
	freezes = cgrp && READ_ONCE(cgrp->freezer.freeze);
	rcu_read_unlock();
	return freezes;
}

/* Whether the caller is in the cgroup of such a file, or below: it would be frozen with it. */
bool ckpt_cgroup_holds_caller(struct file *file)
{
	struct cgroup *cgrp;
	bool holds;

	rcu_read_lock();
	cgrp = ckpt_cgroup_of(file);
	holds = cgrp && cgroup_is_descendant(task_dfl_cgroup(current), cgrp);
	rcu_read_unlock();
	return holds;
}

/*
 * Lets a cgroup go.  What vfs_write() asks a security module is left out: permission was asked when the
 * cgroup was frozen through the same open file, and this undoes it, at the end of a task at the latest.
 * Such a task has no root directory any more, without which AppArmor cannot say what it denies.
 */
void ckpt_thaw_cgroup(struct file *file)
{
	struct kvec text = { .iov_base = "0", .iov_len = 1 };
	struct iov_iter from;
	struct kiocb kiocb;

	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = 0;
	iov_iter_kvec(&from, ITER_SOURCE, &text, 1, text.iov_len);
	file_start_write(file);
	/* It may have been removed, with nothing in it. */
	file->f_op->write_iter(&kiocb, &from);
	file_end_write(file);
}

/* What wake_up_state(task, TASK_INTERRUPTIBLE) does, which is not exported. */
static bool ckpt_wake_interruptible(struct task_struct *task)
{
	struct wait_queue_entry waker = { .private = task };

	return default_wake_function(&waker, TASK_INTERRUPTIBLE, 0, NULL);
}

/*
 * Has a task enter the trap when it next leaves the kernel, as cgroup_freeze_task() does.
 * Nothing happens to one that has been reaped.
 */
void ckpt_freeze_task(struct task_struct *task)
{
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = ckpt_lock_sighand(task, &flags);
	if (!sighand)
		return;
	task->jobctl |= JOBCTL_TRAP_FREEZE;
	/* signal_wake_up() */
	set_tsk_thread_flag(task, TIF_SIGPENDING);
	if (!ckpt_wake_interruptible(task))
		kick_process(task);
	ckpt_unlock_sighand(sighand, flags);
}

/* Whether it has been told so, by whomever, and not been let go since. */
bool ckpt_is_to_freeze(struct task_struct *task)
{
	return READ_ONCE(task->jobctl) & JOBCTL_TRAP_FREEZE;
}

/*
 * Lets it go, unless its cgroup is to be frozen: cgroup_do_freeze() and a migration set or
 * clear the bit under the same lock after they have changed what is looked at here.
 */
void ckpt_thaw_task(struct task_struct *task)
{
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = ckpt_lock_sighand(task, &flags);
	if (!sighand)
		return;
	rcu_read_lock();
	if (!test_bit(CGRP_FREEZE, &task_dfl_cgroup(task)->flags)) {
		task->jobctl &= ~JOBCTL_TRAP_FREEZE;
		ckpt_wake_interruptible(task);
	}
	rcu_read_unlock();
	ckpt_unlock_sighand(sighand, flags);
}
