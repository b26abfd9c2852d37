// SPDX-License-Identifier: GPL-2.0-only
/*
 * Anonymous files that stand for something of the kernel: timers, sets of signals, sets of
 * files.  Their structures are private to the kernel's files and described in Rust; here are
 * the inline functions that work on the public parts of them.
 */
#include <linux/alarmtimer.h>
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/mman.h>
#include <linux/poll.h>
#include <linux/signal.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/eventpoll.h>

#include "../helpers.h"

enum ckpt_anon ckpt_anon_kind(struct file *file)
{
	if (file->f_op == ckpt_data_timerfd_fops())
		return CKPT_ANON_TIMERFD;
	if (file->f_op == ckpt_data_signalfd_fops())
		return CKPT_ANON_SIGNALFD;
	if (file->f_op == ckpt_data_eventpoll_fops())
		return CKPT_ANON_EPOLL;
	if (file->f_op == ckpt_data_inotify_fops())
		return CKPT_ANON_INOTIFY;
	return CKPT_ANON_OTHER;
}

/* For mutexes that another task may hold while it waits for memory of any user. */
int ckpt_lock_killable(struct mutex *mutex)
{
	return mutex_lock_killable(mutex);
}

void *ckpt_private_data(struct file *file)
{
	return file->private_data;
}

void ckpt_lock_waiters(wait_queue_head_t *head)
{
	spin_lock_irq(&head->lock);
}

void ckpt_unlock_waiters(wait_queue_head_t *head)
{
	spin_unlock_irq(&head->lock);
}

/* Whether the timer runs, and how many nanoseconds are left; they may be negative. */
bool ckpt_hrtimer_left(struct hrtimer *timer, s64 *left)
{
	*left = ktime_to_ns(hrtimer_get_remaining(timer));
	return hrtimer_is_queued(timer);
}

/* The same for a timer that wakes the machine. */
bool ckpt_alarm_left(struct alarm *alarm, s64 *left)
{
	*left = ktime_to_ns(alarm_expires_remaining(alarm));
	return alarm->state & ALARMTIMER_STATE_ENQUEUED;
}

/* The signals that a signalfd reads, as signalfd(2) was told. */
u64 ckpt_signals_read(const sigset_t *not_read)
{
	return ~not_read->sig[0];
}

/*
 * Makes a system call one of whose arguments is the address of bytes.  They are put where it
 * finds them: into memory of the caller that is there no longer than the call.  What
 * lies below the entry points of system calls is static, and compilers may do away with it.
 */
long ckpt_call_lent(long (*call)(const struct pt_regs *regs), struct pt_regs *regs,
		    unsigned long *argument, const void *bytes, size_t len)
{
	unsigned long at = ckpt_lend(len);
	long ret = -EFAULT;

	if (IS_ERR_VALUE(at))
		return at;
	*argument = at;
	if (!copy_to_user((void __user *)at, bytes, len))
		ret = call(regs);
	ckpt_take_back(at, len);
	return ret;
}

/* So many bytes of memory of the caller, for one or more such calls; or an error. */
unsigned long ckpt_lend(size_t len)
{
	return vm_mmap(NULL, 0, PAGE_ALIGN(len), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
}

void ckpt_take_back(unsigned long at, size_t len)
{
	vm_munmap(at, PAGE_ALIGN(len));
}

/*
 * Whatever it is told to read: that is set afterwards.  The vDSO is memory that can be read,
 * unless it is not there.
 */
long ckpt_make_signalfd(int flags)
{
	struct pt_regs regs = { .di = -1, .dx = sizeof(sigset_t), .r10 = flags };
	const sigset_t nothing = {};
	long fd;

	regs.si = (unsigned long)current->mm->context.vdso;
	fd = ckpt_sym___x64_sys_signalfd4(&regs);
	if (fd != -EFAULT)
		return fd;
	return ckpt_call_lent(ckpt_sym___x64_sys_signalfd4, &regs, &regs.si, &nothing,
			      sizeof(nothing));
}

/* Sets the signals that a signalfd reads, which no other task has. */
void ckpt_signals_set(sigset_t *not_read, u64 signals)
{
	not_read->sig[0] = ~signals | sigmask(SIGKILL) | sigmask(SIGSTOP);
}

/* What timerfd_settime(2) does; times in nanoseconds. */
long ckpt_set_timerfd(int fd, int flags, s64 value, s64 interval)
{
	const struct __kernel_itimerspec spec = {
		.it_value.tv_sec	= value / NSEC_PER_SEC,
		.it_value.tv_nsec	= value % NSEC_PER_SEC,
		.it_interval.tv_sec	= interval / NSEC_PER_SEC,
		.it_interval.tv_nsec	= interval % NSEC_PER_SEC,
	};
	struct pt_regs regs = { .di = fd, .si = flags };

	return ckpt_call_lent(ckpt_sym___x64_sys_timerfd_settime, &regs, &regs.dx, &spec,
			      sizeof(spec));
}

/* A reference to a file that may be on its way out; NULL then. */
struct file *ckpt_try_hold_file(struct file *file)
{
	return file_ref_get(&file->f_ref) ? file : NULL;
}

/* What epoll_ctl(2) does for a descriptor of that number, which need not be open. */
int ckpt_epoll_add(struct file *set, struct file *file, int fd, u32 events, u64 data)
{
	struct epoll_event event = { .events = events, .data = data };
	struct epoll_key key = { .file = file, .fd = fd };

	/* Not an error, but without effect, for tasks that may not keep the machine awake. */
	if (!capable(CAP_BLOCK_SUSPEND))
		event.events &= ~EPOLLWAKEUP;
	return ckpt_sym_do_epoll_ctl_file(set, EPOLL_CTL_ADD, &key, &event, false);
}

/* What poll(2) says, without waiting. */
u32 ckpt_poll(struct file *file)
{
	return (__force u32)vfs_poll(file, NULL);
}

/*
 * Takes an item off the list of those that are ready, and lets the machine sleep for all of it
 * (EPOLLWAKEUP), as when it has been told.
 */
void ckpt_epoll_unready(spinlock_t *lock, struct list_head *link, struct wakeup_source *source)
{
	spin_lock_irq(lock);
	list_del_init(link);
	spin_unlock_irq(lock);
	__pm_relax(source);
}
