// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX timers (kernel/time/posix-timers.c): reading them, and setting states that no system call
 * sets.
 *
 * A timer has a lock; siglock is taken inside of it. siglock protects the queues of signals, and
 * the queue entry of a timer is part of the timer.
 */
#include <linux/alarmtimer.h>
#include <linux/hrtimer.h>
#include <linux/pid.h>
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>
#include <linux/signalfd.h>
#include <linux/uaccess.h>

#include "../helpers.h"

/* What it_status holds (kernel/time/posix-timers.h). */
enum { DISARMED, ARMED, REQUEUE_PENDING };

static bool is_alarm(const struct k_itimer *timer)
{
	return timer->it_clock == CLOCK_REALTIME_ALARM || timer->it_clock == CLOCK_BOOTTIME_ALARM;
}

static bool runs_with_cpu_time(const struct k_itimer *timer)
{
	return timer->it_clock < 0;
}

/* The CPU time that a timer runs with, in nanoseconds; 0 when the task is gone. */
static u64 cpu_time(const struct k_itimer *timer)
{
	unsigned int which = CPUCLOCK_WHICH(timer->it_clock);
	struct pid *pid = timer->it.cpu.pid;
	struct task_struct *task;

	guard(rcu)();
	if (!CPUCLOCK_PERTHREAD(timer->it_clock)) {
		task = pid_task(pid, PIDTYPE_TGID);
		return task ? ckpt_group_cputime(task, which) : 0;
	}
	task = pid_task(pid, PIDTYPE_PID);
	if (!task)
		return 0;
	switch (which) {
	case CPUCLOCK_PROF:
		return READ_ONCE(task->utime) + READ_ONCE(task->stime);
	case CPUCLOCK_VIRT:
		return READ_ONCE(task->utime);
	default:
		return READ_ONCE(task->se.sum_exec_runtime);
	}
}

/*
 * A timer of CLOCK_REALTIME that was set to a span runs by CLOCK_MONOTONIC: the clock that it is
 * set up for tells.  An alarm does not: one is always a time of its clock.
 */
static bool is_time_of_day(const struct k_itimer *timer)
{
	if (timer->it_clock == CLOCK_REALTIME)
		return timer->it.real.timer.base->clockid == CLOCK_REALTIME;
	return timer->it_clock == CLOCK_REALTIME_ALARM;
}

/* When it expires, as struct ckpt_timer has it.  Returns whether it was ever set. */
static bool read_expiry(struct k_itimer *timer, struct ckpt_timer *to)
{
	to->time_of_day = is_time_of_day(timer);
	if (runs_with_cpu_time(timer)) {
		u64 expires = timer->it.cpu.node.expires;

		to->expires = expires - cpu_time(timer);
		return expires != 0;
	}
	if (is_alarm(timer)) {
		struct alarm *alarm = &timer->it.alarm.alarmtimer;

		to->expires = ktime_to_ns(to->time_of_day ? alarm->node.expires :
					  alarm_expires_remaining(alarm));
		return alarm->node.expires != 0;
	}
	to->expires = ktime_to_ns(to->time_of_day ? hrtimer_get_expires(&timer->it.real.timer) :
				  hrtimer_get_remaining(&timer->it.real.timer));
	return hrtimer_get_expires(&timer->it.real.timer) != 0;
}

static void read_timer(struct k_itimer *timer, struct ckpt_timer *to)
{
	bool is_set;

	*to = (struct ckpt_timer) {
		.id		= timer->it_id,
		.clock		= timer->it_clock,
		.notify		= timer->it_sigev_notify,
		.signo		= timer->sigq.info.si_signo,
		.value		= (unsigned long)timer->sigq.info.si_value.sival_ptr,
		.interval	= ktime_to_ns(timer->it_interval),
		.overrun	= timer->it_overrun,
		.overrun_last	= timer->it_overrun_last,
		.armed		= timer->it_status == ARMED,
		.queued		= !list_empty(&timer->sigq.list) &&
				  timer->it_sigqueue_seq == timer->it_signal_seq,
		.ignored	= !hlist_unhashed(&timer->ignored_list),
	};
	is_set = read_expiry(timer, to);
	/* Nothing happens when such a timer expires, and nothing waits for it. */
	if (timer->it_sigev_notify == SIGEV_NONE)
		to->armed = is_set;
	if (timer->it_sigev_notify & SIGEV_THREAD_ID)
		to->target = get_pid(timer->it_pid);
	if (runs_with_cpu_time(timer))
		to->clock_of = get_pid(timer->it.cpu.pid);
}

/*
 * Reads the timers of a task's process, up to @room of them, the latest first.  Another task may
 * end the process meanwhile; nothing else takes timers away.
 *
 * Return: how many there are, -ESRCH for a task that has been reaped.
 */
int ckpt_timers(struct task_struct *task, struct ckpt_timer *to, unsigned int room)
{
	struct sighand_struct *sighand;
	struct k_itimer *timer;
	unsigned long flags, inner;
	unsigned int count = 0;

	guard(rcu)();
	hlist_for_each_entry_rcu(timer, &task->signal->posix_timers, list) {
		spin_lock_irqsave(&timer->it_lock, flags);
		if (posixtimer_valid(timer) && count < room) {
			sighand = ckpt_lock_sighand(task, &inner);
			if (!sighand) {
				spin_unlock_irqrestore(&timer->it_lock, flags);
				return count ?: -ESRCH;
			}
			read_timer(timer, &to[count]);
			ckpt_unlock_sighand(sighand, inner);
		}
		count += posixtimer_valid(timer);
		spin_unlock_irqrestore(&timer->it_lock, flags);
	}
	return count;
}

/*
 * The id of the timer that an entry of a queue is part of.  The lock of the handlers is held.
 *
 * Return: -ENOENT for an entry of its own, -ESTALE for one that the kernel drops when it is taken: the timer
 * has been deleted, or set anew.
 */
int ckpt_timer_of_signal(struct sigqueue *entry)
{
	struct k_itimer *timer = container_of(entry, struct k_itimer, sigq);

	if (!(entry->flags & SIGQUEUE_PREALLOC) || entry->info.si_code != SI_TIMER)
		return -ENOENT;
	if (!posixtimer_valid(timer) ||
	    READ_ONCE(timer->it_sigqueue_seq) != READ_ONCE(timer->it_signal_seq))
		return -ESTALE;
	return timer->it_id;
}

/*
 * Makes a timer of the caller's process by timer_create(2), whose arguments are put into a page of the
 * caller's memory.  It is as new; @wanted tells its id, clock and signal, @thread the thread that gets that.
 *
 * The caller's other threads, if any, are held: no other task makes timers, or takes them away.
 */
struct k_itimer *ckpt_timer_make(unsigned long page, const struct ckpt_timer *wanted, int thread)
{
	struct {
		struct sigevent event;
		int id;
	} arguments = {
		.event = {
			.sigev_notify	= wanted->notify,
			.sigev_signo	= wanted->signo,
			.sigev_value.sival_ptr = (void __user *)(unsigned long)wanted->value,
			.sigev_notify_thread_id = thread,
		},
		.id = wanted->id,
	};
	struct pt_regs regs = {
		.di = wanted->clock,
		.si = page + ((void *)&arguments.event - (void *)&arguments),
		.dx = page + ((void *)&arguments.id - (void *)&arguments),
	};
	struct signal_struct *signal = current->signal;
	struct k_itimer *timer;
	bool chosen;
	long ret;

	if (copy_to_user((void __user *)page, &arguments, sizeof(arguments)))
		return ERR_PTR(-EFAULT);
	chosen = signal->timer_create_restore_ids;
	signal->timer_create_restore_ids = true;
	ret = ckpt_sym___x64_sys_timer_create(&regs);
	signal->timer_create_restore_ids = chosen;
	if (ret)
		return ERR_PTR(ret);
	spin_lock_irq(&current->sighand->siglock);
	timer = hlist_entry_safe(signal->posix_timers.first, struct k_itimer, list);
	if (timer && timer->it_id != wanted->id)
		timer = NULL;
	spin_unlock_irq(&current->sighand->siglock);
	return timer ?: ERR_PTR(-EIO);
}

void ckpt_timer_lock(struct k_itimer *timer)
{
	spin_lock_irq(&timer->it_lock);
}

void ckpt_timer_unlock(struct k_itimer *timer)
{
	spin_unlock_irq(&timer->it_lock);
}

/* What timer_settime(2) does before it sets one: a signal that is queued does not count any more. */
void ckpt_timer_new_setting(struct k_itimer *timer)
{
	timer->it_signal_seq++;
}

/*
 * Puts a periodic timer into the state of one that has expired and whose signal has not been taken
 * yet: it does not run; @wanted tells when it expires next.  One that does not run with CPU time has
 * been set to expire @far nanoseconds, or the time of day @far, from now: the clock that it is set up
 * for is right then.  Its lock is held.
 */
void ckpt_timer_park(struct k_itimer *timer, const struct ckpt_timer *wanted, s64 far)
{
	ktime_t expires = ns_to_ktime(wanted->expires);

	if (runs_with_cpu_time(timer)) {
		timer->it_interval = ns_to_ktime(wanted->interval);
		timer->it.cpu.node.expires = cpu_time(timer) + wanted->expires;
	} else if (is_alarm(timer)) {
		struct alarm *alarm = &timer->it.alarm.alarmtimer;

		alarm_try_to_cancel(alarm);
		if (!wanted->time_of_day)
			expires = ktime_add_safe(ktime_sub_ns(alarm->node.expires, far), expires);
		alarm->node.expires = expires;
	} else {
		struct hrtimer *hrtimer = &timer->it.real.timer;

		hrtimer_try_to_cancel(hrtimer);
		if (!wanted->time_of_day)
			expires = ktime_add_safe(ktime_sub_ns(hrtimer_get_expires(hrtimer), far),
						 expires);
		hrtimer_set_expires(hrtimer, expires);
	}
	timer->it_status = REQUEUE_PENDING;
}

void ckpt_timer_set_overrun(struct k_itimer *timer, s64 overrun, s64 last)
{
	timer->it_overrun = overrun;
	timer->it_overrun_last = last;
}

/* The entry of the queue that is part of the timer stands for its last setting, and has a reference. */
static void take_entry(struct k_itimer *timer, bool periodic)
{
	timer->it_sig_periodic = periodic;
	timer->it_sigqueue_seq = timer->it_signal_seq;
	posixtimer_sigqueue_getref(&timer->sigq);
}

/*
 * Lets a timer of the caller's process that has expired wait until its signal is not ignored any more,
 * unless that is queued.  Its lock is held.
 */
void ckpt_timer_ignore(struct k_itimer *timer)
{
	spin_lock(&current->sighand->siglock);
	if (list_empty(&timer->sigq.list) && hlist_unhashed(&timer->ignored_list)) {
		take_entry(timer, true);
		hlist_add_head(&timer->ignored_list, &current->signal->ignored_posix_timers);
	}
	spin_unlock(&current->sighand->siglock);
}

/*
 * Queues the signal of a timer of the caller's process that has expired, as the last, whether or not it
 * is ignored: for the caller, if it is for one thread, or for the process.
 *
 * Return: false when it is for another thread, or queued already.
 */
bool ckpt_timer_queue(struct k_itimer *timer, bool periodic)
{
	bool one_thread = timer->it_pid_type == PIDTYPE_PID, takes;
	struct sigpending *pending = one_thread ? &current->pending :
						  &current->signal->shared_pending;
	int signo = timer->sigq.info.si_signo;

	spin_lock_irq(&timer->it_lock);
	spin_lock(&current->sighand->siglock);
	takes = list_empty(&timer->sigq.list) && hlist_unhashed(&timer->ignored_list) &&
		(!one_thread || timer->it_pid == task_pid(current));
	if (takes) {
		timer->it_status = periodic ? REQUEUE_PENDING : DISARMED;
		take_entry(timer, periodic);
		signalfd_notify(current, signo);
		list_add_tail(&timer->sigq.list, &pending->list);
		sigaddset(&pending->signal, signo);
	}
	spin_unlock(&current->sighand->siglock);
	spin_unlock_irq(&timer->it_lock);
	return takes;
}
