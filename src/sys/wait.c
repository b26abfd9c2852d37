// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sleep that a fatal signal ends, or any signal, and that system suspend may freeze.
 */
#include <linux/freezer.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "helpers.h"

/*
 * Return: 0, or -ERESTARTSYS when a fatal signal is pending, or any signal when
 * that is asked for; the entry is then on no queue. No lock may be held while
 * sleeping in this state.
 */
int ckpt_prepare_to_wait(struct wait_queue_head *head, struct wait_queue_entry *entry,
			 bool any_signal)
{
	unsigned int state = any_signal ? TASK_INTERRUPTIBLE : TASK_KILLABLE;

	return prepare_to_wait_event(head, entry, state | TASK_FREEZABLE);
}

/*
 * Where system suspend may freeze the caller. It makes system calls return as a
 * signal would; that is forgotten here.
 *
 * Return: whether nothing else wants the caller's attention.
 */
bool ckpt_freeze_here(void)
{
	try_to_freeze();
	spin_lock_irq(&current->sighand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
	return !signal_pending(current);
}

bool ckpt_fatal_signal(void)
{
	return fatal_signal_pending(current);
}
