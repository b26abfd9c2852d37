// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which session a pseudo-terminal controls, and which of its tasks have it.
 */
#include <linux/capability.h>
#include <linux/sched/signal.h>
#include <linux/tty.h>

#include "../helpers.h"

/* What was in control before comes in the place of what is, with the references. */
static void ckpt_swap_control(struct tty_struct *tty, struct pid **session, struct pid **group)
{
	spin_lock_irq(&tty->ctrl.lock);
	swap(tty->ctrl.session, *session);
	swap(tty->ctrl.pgrp, *group);
	spin_unlock_irq(&tty->ctrl.lock);
}

/* Whether it controls a session. Under its lock no other one takes it: TIOCSCTTY looks and sets so. */
static bool ckpt_controls(struct tty_struct *tty)
{
	bool controls;

	spin_lock_irq(&tty->ctrl.lock);
	controls = tty->ctrl.session;
	spin_unlock_irq(&tty->ctrl.lock);
	return controls;
}

/* Which session the pair controls, and the group in its foreground, with references. */
void ckpt_pty_session(struct file *file, struct pid **session, struct pid **group)
{
	struct tty_struct *tty = ckpt_pty_slave(file);

	spin_lock_irq(&tty->ctrl.lock);
	*session = get_pid(tty->ctrl.session);
	*group = get_pid(tty->ctrl.pgrp);
	spin_unlock_irq(&tty->ctrl.lock);
}

/*
 * Has the pair control a session.
 *
 * Return: -EBUSY when it controls one already; -EINTR when the caller is being killed.
 */
int ckpt_pty_set_session(struct file *file, struct pid *session, struct pid *group)
{
	struct tty_struct *tty = ckpt_pty_slave(file);
	int ret = ckpt_tty_lock(tty);

	if (ret)
		return ret;
	ret = -EBUSY;
	if (!ckpt_controls(tty)) {
		get_pid(session);
		get_pid(group);
		ckpt_swap_control(tty, &session, &group);
		put_pid(session);
		put_pid(group);
		ret = 0;
	}
	tty_unlock(tty);
	return ret;
}

/*
 * Gives a process, which has none, the terminal of its session. Its last thread that exits
 * from now on gives it back.
 *
 * Return: -EPERM when this is not the one, or it has one, or is dead.
 */
int ckpt_pty_give(struct file *file, struct task_struct *task)
{
	struct tty_struct *tty = ckpt_pty_slave(file);
	struct sighand_struct *sighand;
	unsigned long flags;
	int ret = -EPERM;

	read_lock(ckpt_data_tasklist_lock());
	sighand = ckpt_lock_sighand(task, &flags);
	if (!sighand)
		goto out;
	spin_lock(&tty->ctrl.lock);
	if (!task->signal->tty && atomic_read(&task->signal->live) &&
	    tty->ctrl.session == task_session(task)) {
		task->signal->tty = tty_kref_get(tty);
		ret = 0;
	}
	spin_unlock(&tty->ctrl.lock);
	ckpt_unlock_sighand(sighand, flags);
out:
	read_unlock(ckpt_data_tasklist_lock());
	return ret;
}

/*
 * What TIOCSCTTY does for the leader of a session, by a file that is open for reading or by
 * a caller that may do without. The group in the foreground is told, so that it looks at the size and draws what
 * is not there.
 *
 * Return: -EPERM when the file is not open for reading, or the terminal controls a session
 * already; -ESRCH when the leader dies, or has another one.
 */
int ckpt_pty_claim(struct file *file, struct pid *session, struct pid *group)
{
	struct tty_struct *tty = ckpt_pty_slave(file);
	struct pid *controls = get_pid(session), *foreground = get_pid(group);
	struct task_struct *leader;
	int ret = 0;

	if (!(file->f_mode & FMODE_READ) && !capable(CAP_SYS_ADMIN)) {
		ret = -EPERM;
		goto out;
	}
	ret = ckpt_tty_lock(tty);
	if (ret)
		goto out;
	/* Hanging up takes this lock as well. */
	if (ckpt_controls(tty) || tty_hung_up_p(file)) {
		ret = -EPERM;
		goto unlock;
	}
	ckpt_swap_control(tty, &controls, &foreground);
	rcu_read_lock();
	leader = pid_task(session, PIDTYPE_TGID);
	if (!leader || ckpt_pty_give(file, leader))
		ret = -ESRCH;
	rcu_read_unlock();
	/* No other task could let go of it. */
	if (ret)
		ckpt_swap_control(tty, &controls, &foreground);
unlock:
	tty_unlock(tty);
	if (!ret)
		kill_pgrp(group, SIGWINCH, 1);
out:
	put_pid(controls);
	put_pid(foreground);
	return ret;
}
