// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inline functions and macros of the kernel that concern tasks, one each.
 */
#include <linux/cgroup.h>
#include <linux/crc32c.h>
#include <linux/fdtable.h>
#include <linux/ioprio.h>
#include <linux/ipc_namespace.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/perf_event.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/rseq.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "helpers.h"

/* One look at what tells whether the task stands still, and why. */
void ckpt_task_state(struct task_struct *task, struct ckpt_task_state *state)
{
	*state = (struct ckpt_task_state) {
		.state		= READ_ONCE(task->__state),
		.exit_state	= READ_ONCE(task->exit_state),
		.jobctl		= READ_ONCE(task->jobctl),
		.flags		= READ_ONCE(task->flags),
		.ptrace		= READ_ONCE(task->ptrace),
		.frozen		= task->frozen,
		.on_cpu		= task_is_running(task) || READ_ONCE(task->on_cpu),
		.in_group_exit	= task->signal->flags & SIGNAL_GROUP_EXIT ||
				  task->signal->core_state,
	};
}

/* Under the tasklist lock. */
bool ckpt_is_tracer(struct task_struct *task)
{
	return !list_empty(&task->ptraced);
}

bool ckpt_has_uprobes(struct task_struct *task)
{
	return task->utask;
}

/*
 * Whether the task is the init of its pid namespace.
 *
 * Return: 1 or 0; -ESRCH for a task that has been reaped, which has no number any more.
 */
int ckpt_is_pid_ns_init(struct task_struct *task)
{
	struct pid *pid = get_task_pid(task, PIDTYPE_TGID);
	int init;

	if (!pid)
		return -ESRCH;
	init = is_child_reaper(pid);
	put_pid(pid);
	return init;
}

/* Everything that moves when the task runs, even if it was frozen again after. */
void ckpt_run_stamp(struct task_struct *task, struct ckpt_run_stamp *stamp)
{
	struct cgroup *cgrp;

	stamp->switches = READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw);
	stamp->runtime = READ_ONCE(task->se.sum_exec_runtime);
	rcu_read_lock();
	cgrp = task_dfl_cgroup(task);
	stamp->freeze_seq = READ_ONCE(cgrp->freezer.freeze_seq.seqcount.sequence);
	stamp->frozen_nsec = READ_ONCE(cgrp->freezer.frozen_nsec);
	rcu_read_unlock();
}

bool ckpt_is_freezing(struct task_struct *task)
{
	bool freezing;

	rcu_read_lock();
	freezing = READ_ONCE(task->jobctl) & JOBCTL_TRAP_FREEZE ||
		   test_bit(CGRP_FREEZE, &task_dfl_cgroup(task)->flags);
	rcu_read_unlock();
	return freezing;
}

/* The first namespace, but for pids and clocks, that the task does not share with the caller. */
enum ckpt_namespace ckpt_foreign_namespace(struct task_struct *task)
{
	enum ckpt_namespace foreign = CKPT_NS_NONE;
	struct nsproxy *ours = current->nsproxy;
	struct nsproxy *its;

	task_lock(task);
	its = task->nsproxy;
	/* A task that was killed meanwhile has none; that it has no memory either is told later. */
	if (!its)
		foreign = CKPT_NS_NONE;
	else if (its->mnt_ns != ours->mnt_ns)
		foreign = CKPT_NS_MNT;
	else if (its->uts_ns != ours->uts_ns)
		foreign = CKPT_NS_UTS;
	else if (its->ipc_ns != ours->ipc_ns)
		foreign = CKPT_NS_IPC;
	else if (its->net_ns != ours->net_ns)
		foreign = CKPT_NS_NET;
	else if (its->cgroup_ns != ours->cgroup_ns)
		foreign = CKPT_NS_CGROUP;
	task_unlock(task);
	if (foreign)
		return foreign;

	rcu_read_lock();
	if (__task_cred(task)->user_ns != current_user_ns())
		foreign = CKPT_NS_USER;
	rcu_read_unlock();
	return foreign;
}

/*
 * The time namespaces of a task, as keys that are good for a comparison only, and
 * how far the clocks of its own are from those of the machine.
 *
 * Return: false for a task that is exiting and has no namespaces any more.
 */
bool ckpt_time_namespace(struct task_struct *task, struct ckpt_time_namespace *ns)
{
	struct nsproxy *its;

	task_lock(task);
	its = task->nsproxy;
	if (its) {
		ns->own = (unsigned long)its->time_ns;
		ns->children = (unsigned long)its->time_ns_for_children;
		ns->monotonic = timespec64_to_ns(&its->time_ns->offsets.monotonic);
		ns->boottime = timespec64_to_ns(&its->time_ns->offsets.boottime);
	}
	task_unlock(task);
	return its;
}

void ckpt_read_lock_tasklist(void)
{
	read_lock(ckpt_data_tasklist_lock());
}

void ckpt_read_unlock_tasklist(void)
{
	read_unlock(ckpt_data_tasklist_lock());
}

/*
 * What the unexported lock_task_sighand() does: NULL, and no lock, for a task that has
 * been reaped. A reference to the task does not keep its handlers.
 */
struct sighand_struct *ckpt_lock_sighand(struct task_struct *task, unsigned long *flags)
{
	struct sighand_struct *sighand;

	rcu_read_lock();
	for (;;) {
		sighand = rcu_dereference(task->sighand);
		if (!sighand)
			break;
		spin_lock_irqsave(&sighand->siglock, *flags);
		if (sighand == rcu_access_pointer(task->sighand))
			break;
		spin_unlock_irqrestore(&sighand->siglock, *flags);
	}
	rcu_read_unlock();
	return sighand;
}

void ckpt_unlock_sighand(struct sighand_struct *sighand, unsigned long flags)
{
	spin_unlock_irqrestore(&sighand->siglock, flags);
}

void ckpt_task_lock(struct task_struct *task)
{
	task_lock(task);
}

void ckpt_task_unlock(struct task_struct *task)
{
	task_unlock(task);
}

void ckpt_set_sigpending(void)
{
	set_thread_flag(TIF_SIGPENDING);
}

void ckpt_rseq_reset(void)
{
	rseq_reset(current);
}

/*
 * sys_rseq() would zero the rseq_cs pointer in user memory and with it forget
 * an interrupted critical section, so the registration is written directly.
 * user_irq makes the exit to user mode abort such a section.
 *
 * For version 2 the kernel kills the task that has changed the ids in the area, which
 * it knows by a copy of its own: what stands in the restored area is that copy.
 */
int ckpt_rseq_ids(struct rseq __user *area, struct ckpt_rseq_ids *ids)
{
	if (get_user(ids->cpu_id, &area->cpu_id_start) ||
	    get_user(ids->node_id, &area->node_id) ||
	    get_user(ids->mm_cid, &area->mm_cid))
		return -EFAULT;
	return 0;
}

void ckpt_rseq_register(struct rseq __user *area, u32 len, u32 sig, u32 version,
			const struct ckpt_rseq_ids *ids, bool interrupted)
{
	guard(irqsave)();
	current->rseq.ids = (struct rseq_ids) {
		.cpu_id		= ids->cpu_id,
		.node_id	= ids->node_id,
		.mm_cid		= ids->mm_cid,
	};
	current->rseq.usrptr = area;
	current->rseq.len = len;
	current->rseq.sig = sig;
	current->rseq.event.has_rseq = version;
	current->rseq.event.ids_changed = true;
	current->rseq.event.sched_switch = true;
	current->rseq.event.user_irq = interrupted;
	rseq_raise_notify_resume(current);
}

u32 ckpt_rseq_version(struct task_struct *task)
{
	return READ_ONCE(task->rseq.event.has_rseq);
}

bool ckpt_restore_sigmask(struct task_struct *task)
{
	return test_tsk_restore_sigmask(task);
}

void ckpt_set_restore_sigmask(bool on)
{
	if (on)
		current->restore_sigmask = true;
	else
		clear_restore_sigmask();
}

bool ckpt_has_posix_timers(struct task_struct *task)
{
	return !hlist_empty(&task->signal->posix_timers) ||
	       !hlist_empty(&task->signal->ignored_posix_timers);
}

/*
 * A task that is off the run queue wakes up under this lock only, and keeps what it
 * would free when it exits. One that is on it may go on at any time, whatever its state
 * says: it was preempted on its way to sleep.
 *
 * Return: false, and no lock, for a task that is not off it now.
 */
bool ckpt_keep_asleep(struct task_struct *task, unsigned long *flags)
{
	unsigned int state;

	raw_spin_lock_irqsave(&task->pi_lock, *flags);
	state = READ_ONCE(task->__state);
	if (task == current ||
	    (state != TASK_RUNNING && state != TASK_WAKING && !task_is_runnable(task) &&
	     !READ_ONCE(task->on_cpu)))
		return true;
	raw_spin_unlock_irqrestore(&task->pi_lock, *flags);
	return false;
}

void ckpt_let_wake(struct task_struct *task, unsigned long flags)
{
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
}

/* How many tasks use its signal handlers; none do when it was reaped meanwhile. */
unsigned int ckpt_sighand_users(struct task_struct *task)
{
	struct sighand_struct *sighand;
	unsigned long flags;
	unsigned int users;

	sighand = ckpt_lock_sighand(task, &flags);
	if (!sighand)
		return 0;
	users = refcount_read(&sighand->count);
	ckpt_unlock_sighand(sighand, flags);
	return users;
}

bool ckpt_has_io_bitmap(struct task_struct *task)
{
	return task->thread.io_bitmap || task->thread.iopl_emul;
}

bool ckpt_syscall_dispatch(struct task_struct *task)
{
	return test_task_syscall_work(task, SYSCALL_USER_DISPATCH);
}

bool ckpt_subreaper(struct task_struct *task, bool *inherited)
{
	*inherited = task->signal->has_child_subreaper;
	return task->signal->is_child_subreaper;
}

bool ckpt_autoreap(struct task_struct *task)
{
	return task->signal->autoreap;
}

void ckpt_set_autoreap(bool on)
{
	spin_lock_irq(&current->sighand->siglock);
	current->signal->autoreap = on;
	spin_unlock_irq(&current->sighand->siglock);
}

/* The number of the next POSIX timer, and whether the process chooses the numbers. */
u32 ckpt_timer_ids(struct task_struct *task, bool *chosen)
{
	*chosen = task->signal->timer_create_restore_ids;
	return atomic_read(&task->signal->next_posix_timer_id);
}

void ckpt_set_timer_ids(u32 next, bool chosen)
{
	current->signal->timer_create_restore_ids = chosen;
	atomic_set(&current->signal->next_posix_timer_id, next);
}

/* An ancestor may have become one only after it made its children. */
void ckpt_set_subreaper(bool own, bool inherited)
{
	current->signal->is_child_subreaper = own;
	if (inherited)
		current->signal->has_child_subreaper = true;
}

/*
 * An interval timer whose signal is pending is not armed: taking the signal arms
 * it again, with this interval.
 */
void ckpt_set_itimer_interval(u64 interval)
{
	spin_lock_irq(&current->sighand->siglock);
	current->signal->it_real_incr = ns_to_ktime(interval);
	spin_unlock_irq(&current->sighand->siglock);
}

/*
 * CPU time of the thread group on one of its clocks: CPUCLOCK_PROF, VIRT, SCHED. The
 * structure of the group lives as long as that of the task, its threads under RCU.
 */
u64 ckpt_group_cputime(struct task_struct *task, unsigned int which)
{
	struct signal_struct *signal = task->signal;
	u64 user = signal->utime, system = signal->stime;
	u64 runtime = signal->sum_sched_runtime;
	struct task_struct *thread;

	rcu_read_lock();
	__for_each_thread(signal, thread) {
		user += READ_ONCE(thread->utime);
		system += READ_ONCE(thread->stime);
		runtime += READ_ONCE(thread->se.sum_exec_runtime);
	}
	rcu_read_unlock();
	switch (which) {
	case CPUCLOCK_PROF:
		return user + system;
	case CPUCLOCK_VIRT:
		return user;
	default:
		return runtime;
	}
}

static u64 ckpt_itimer_real(struct signal_struct *signal, u64 *interval)
{
	struct hrtimer *timer = &signal->real_timer;
	ktime_t left = __hrtimer_get_remaining(timer, true);

	*interval = ktime_to_ns(signal->it_real_incr);
	if (!hrtimer_active(timer))
		return 0;
	return left > 0 ? ktime_to_ns(left) : 1;
}

/* The same for a timer that runs with CPU time. */
static u64 ckpt_itimer_cpu(struct task_struct *task, unsigned int which, u64 *interval)
{
	u64 expires = task->signal->it[which].expires, now = ckpt_group_cputime(task, which);

	*interval = task->signal->it[which].incr;
	if (!expires)
		return 0;
	return expires > now ? expires - now : 1;
}

/*
 * The interval timers of a process as setitimer(2) numbers them: nanoseconds left, 0 for
 * one that is not armed, 1 for one that is due; and the intervals.
 *
 * Return: -ESRCH for a task that has been reaped.
 */
int ckpt_itimers(struct task_struct *task, u64 left[3], u64 interval[3])
{
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = ckpt_lock_sighand(task, &flags);
	if (!sighand)
		return -ESRCH;
	left[ITIMER_REAL] = ckpt_itimer_real(task->signal, &interval[ITIMER_REAL]);
	left[ITIMER_VIRTUAL] = ckpt_itimer_cpu(task, CPUCLOCK_VIRT, &interval[ITIMER_VIRTUAL]);
	left[ITIMER_PROF] = ckpt_itimer_cpu(task, CPUCLOCK_PROF, &interval[ITIMER_PROF]);
	ckpt_unlock_sighand(sighand, flags);
	return 0;
}

/*
 * Whether a signal waits that the task does not block. All of these are words of
 * structures that live as long as the task's.
 */
bool ckpt_has_deliverable_signal(struct task_struct *task)
{
	sigset_t pending;

	sigorsets(&pending, &task->pending.signal, &task->signal->shared_pending.signal);
	sigandnsets(&pending, &pending, &task->blocked);
	return !sigisemptyset(&pending);
}

void ckpt_cputime(struct task_struct *task, u64 *user, u64 *system)
{
	*user = READ_ONCE(task->utime);
	*system = READ_ONCE(task->stime);
}

bool ckpt_reset_on_fork(struct task_struct *task)
{
	return task->sched_reset_on_fork;
}

unsigned int ckpt_ioprio(struct task_struct *task)
{
	unsigned int ioprio = 0;

	task_lock(task);
	if (task->io_context)
		ioprio = task->io_context->ioprio;
	task_unlock(task);
	return ioprio;
}

/*
 * Copies the mask that the task asked for and returns its length in bytes, or
 * 0 when it asked for none. Fills no more than len bytes.
 */
unsigned int ckpt_affinity(struct task_struct *task, void *mask, unsigned int len)
{
	unsigned int size = min_t(unsigned int, cpumask_size(), len);
	unsigned long flags;
	bool asked;

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	asked = task->user_cpus_ptr;
	if (asked)
		memcpy(mask, cpumask_bits(task->user_cpus_ptr), size);
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
	return asked ? size : 0;
}

long ckpt_set_affinity(const void *mask, unsigned int len)
{
	cpumask_var_t wanted;
	long ret;

	if (!zalloc_cpumask_var(&wanted, GFP_KERNEL_ACCOUNT))
		return -ENOMEM;
	memcpy(cpumask_bits(wanted), mask, min_t(unsigned int, cpumask_size(), len));
	ret = ckpt_sym_sched_setaffinity(0, wanted);
	free_cpumask_var(wanted);
	return ret;
}

bool ckpt_has_keys(struct task_struct *task, bool *process)
{
	const struct cred *cred;
	bool thread;

	rcu_read_lock();
	cred = __task_cred(task);
	thread = cred->thread_keyring;
	*process = cred->process_keyring;
	rcu_read_unlock();
	return thread || *process;
}

bool ckpt_has_perf_events(struct task_struct *task)
{
	return READ_ONCE(task->perf_event_ctxp);
}

/*
 * Whether a task has events that execve(2) would take away: those with remove_on_exec, as all
 * that send signals (sigtrap) are, with a number that the program before had chosen.  What
 * perf_lock_task_context() does, which keeps the list as it is.
 */
bool ckpt_has_programs_perf_events(struct task_struct *task)
{
	struct perf_event_context *ctx;
	struct perf_event *event;

	guard(irqsave)();
	guard(rcu)();
	ctx = READ_ONCE(task->perf_event_ctxp);
	if (!ctx)
		return false;
	guard(raw_spinlock)(&ctx->lock);
	list_for_each_entry(event, &ctx->event_list, event_entry)
		if (event->attr.remove_on_exec)
			return true;
	return false;
}

/* The caller is in a read side of RCU for as long as it looks at it. */
const void *ckpt_landlock_blob(struct task_struct *task)
{
	return __task_cred(task)->security + ckpt_data_landlock_blob_sizes()->lbs_cred;
}

s64 ckpt_clock_now(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ktime_to_ns(ktime_get_real());
	case CLOCK_BOOTTIME:
		return ktime_to_ns(ktime_get_boottime());
	case CLOCK_TAI:
		return ktime_to_ns(ktime_get_clocktai());
	default:
		return ktime_to_ns(ktime_get());
	}
}

/* Changes PF_* flags of the caller, which no other task may do. */
unsigned int ckpt_set_process_flags(unsigned int mask, unsigned int set)
{
	current->flags = (current->flags & ~mask) | (set & mask);
	return current->flags;
}

bool ckpt_unpriv_capable(void)
{
	return capable(CAP_SYS_ADMIN);
}

void ckpt_uts(char *release, char *version, char *machine, unsigned int len)
{
	struct new_utsname *uts = utsname();

	strscpy(release, uts->release, len);
	strscpy(version, uts->version, len);
	strscpy(machine, uts->machine, len);
}

u32 ckpt_crc32c(u32 crc, const void *data, size_t len)
{
	return crc32c(crc, data, len);
}

void ckpt_cond_resched(void)
{
	cond_resched();
}
