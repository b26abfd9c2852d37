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
 * that is asked for. No lock may be
 * held while sleeping in this state.
 */
int ckpt_prepare_to_wait(struct wait_queue_head *head, struct wait_queue_entry *entry,
			 bool any_signal)
{
	unsigned int state = any_signal ? TASK_INTERRUPTIBLE : TASK_KILLABLE;

	return prepare_to_wait_event(head, entry, state | TASK_FREEZABLE);
}

bool ckpt_fatal_signal(void)
{
	return fatal_signal_pending(current);
}
