// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sleep that a fatal signal ends and that system suspend may freeze.
 */
#include <linux/freezer.h>
#include <linux/wait.h>

#include "helpers.h"

/*
 * Return: 0, or -ERESTARTSYS when a fatal signal is pending. No lock may be
 * held while sleeping in this state.
 */
int ckpt_prepare_to_wait(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
	return prepare_to_wait_event(head, entry, TASK_KILLABLE | TASK_FREEZABLE);
}
