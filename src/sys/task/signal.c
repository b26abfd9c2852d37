// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals to tasks that stand still: whether the caller may send one, and that a task which has run
 * on gets none.
 */
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>

#include "../helpers.h"

/* What kill_ok_by_cred() asks. */
static bool ckpt_credentials_allow(struct task_struct *task)
{
	const struct cred *ours = current_cred(), *theirs;
	bool allow;

	rcu_read_lock();
	theirs = __task_cred(task);
	allow = uid_eq(ours->euid, theirs->suid) || uid_eq(ours->euid, theirs->uid) ||
		uid_eq(ours->uid, theirs->suid) || uid_eq(ours->uid, theirs->uid) ||
		ns_capable(theirs->user_ns, CAP_KILL);
	rcu_read_unlock();
	return allow;
}

/*
 * Whether the kernel would drop SIGKILL and SIGSTOP of the caller's: the task is the init of a
 * pid namespace, in which the caller has a number.
 */
static bool ckpt_is_immune(struct task_struct *task)
{
	bool immune = false;

	rcu_read_lock();
	if (task->signal->flags & SIGNAL_UNKILLABLE && pid_alive(task))
		immune = task_pid_nr_ns(current, task_active_pid_ns(task));
	rcu_read_unlock();
	return immune;
}

/*
 * What check_kill_permission() asks of a caller of kill(2).
 *
 * Return: 0; -EPERM, also where the signal would do nothing; that of a security module.
 */
int ckpt_check_kill(struct task_struct *task, int sig)
{
	if (!ckpt_credentials_allow(task) || ckpt_is_immune(task))
		return -EPERM;
	return ckpt_sym_security_task_kill(task, SEND_SIG_NOINFO, sig, NULL);
}

/*
 * Whether a task has been in its trap or stop since it was off its processor with these
 * counts.  Under siglock: it has to take that before it goes on, and finds what is sent.
 */
static bool ckpt_is_still(const struct ckpt_still *still)
{
	struct task_struct *task = still->task;
	struct ckpt_run_stamp stamp;

	if (smp_load_acquire(&task->on_cpu))
		return false;
	ckpt_run_stamp(task, &stamp);
	return task->frozen && stamp.switches == still->switches &&
	       stamp.runtime == still->runtime;
}

/*
 * Sends a signal to a process, as kill(2) does, unless one of these threads of it, all that
 * live or none, has gone on.
 *
 * Return: 0; -EAGAIN when one has, or is awake; -ESRCH when the process has been reaped.
 */
int ckpt_kill_still(struct task_struct *leader, const struct ckpt_still *threads,
		    unsigned int nr, int sig)
{
	struct sighand_struct *sighand;
	unsigned long flags;
	unsigned int i;
	int ret = -EAGAIN;

	sighand = ckpt_lock_sighand(leader, &flags);
	if (!sighand)
		return -ESRCH;
	for (i = 0; i < nr; i++) {
		if (!ckpt_is_still(&threads[i]))
			goto out;
	}
	ret = ckpt_sym_send_signal_locked(sig, SEND_SIG_NOINFO, leader, PIDTYPE_TGID);
out:
	ckpt_unlock_sighand(sighand, flags);
	return ret;
}
