// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making a pseudo-terminal, and opening its ends.
 */
#include <linux/bitmap.h>
#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/tty.h>

#include "../helpers.h"
#include "pty.h"

/*
 * Opens the node as a mere place, on the mount that its master belongs to. Nothing of the terminal is
 * opened, so that this does not depend on whether it is locked.
 *
 * Return: a descriptor.
 */
long ckpt_pty_open_node(struct file *master)
{
	return master->f_op->unlocked_ioctl(master, TIOCGPTPEER, O_PATH);
}

bool ckpt_pty_is_node(struct file *master, struct file *file)
{
	return file->f_path.dentry == ckpt_pty_node(master);
}

/* The instance of devpts that a pair belongs to. */
void *ckpt_pty_instance(struct file *master)
{
	return ckpt_pty_end_of(master, true)->driver_data;
}

static DEFINE_MUTEX(ckpt_pty_numbers);

/*
 * Takes the numbers below a limit that are free, and only these: each step finds the next one. There
 * may be tens of thousands.
 */
static int ckpt_pty_take_lower(struct ida *numbers, unsigned int limit, unsigned long *taken)
{
	unsigned int next = 0;

	while (next < limit) {
		int number = ida_alloc_range(numbers, next, limit - 1, GFP_KERNEL_ACCOUNT);

		if (number == -ENOSPC)
			return 0;
		if (number < 0)
			return number;
		__set_bit(number, taken);
		next = number + 1;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static void ckpt_pty_give_back(struct ida *numbers, unsigned int limit, unsigned long *taken)
{
	unsigned int number;

	for_each_set_bit(number, taken, limit) {
		ida_free(numbers, number);
		cond_resched();
	}
}

/*
 * Opens a master with a number that no terminal has. The lowest one that is free is what opening
 * gives: those below are taken meanwhile, and not for longer, since another restart may want one of
 * them. It is opened as another master of the instance was, with the same checks but without a
 * look-up, which might wait for a process under the mutex.
 *
 * Return: -EBUSY when another task has the number; -EINTR when the caller is being killed.
 */
struct file *ckpt_pty_open_master(struct ida *numbers, struct file *other, int flags,
				  unsigned int index)
{
	unsigned long *taken = bitmap_zalloc(index, GFP_KERNEL_ACCOUNT);
	struct file *file = ERR_PTR(-EBUSY);
	int ret;

	if (index && !taken)
		return ERR_PTR(-ENOMEM);
	if (mutex_lock_killable(&ckpt_pty_numbers)) {
		file = ERR_PTR(-EINTR);
		goto out;
	}
	if (ida_exists(numbers, index))
		goto unlock;
	ret = ckpt_pty_take_lower(numbers, index, taken);
	file = ret ? ERR_PTR(ret) : file_open_root(&other->f_path, "", flags, 0);
	ckpt_pty_give_back(numbers, index, taken);
	if (!IS_ERR(file) && (!ckpt_pty_of(file) || ckpt_pty_of(file)->index != index)) {
		__fput_sync(file);
		file = ERR_PTR(-EBUSY);
	}
unlock:
	mutex_unlock(&ckpt_pty_numbers);
out:
	bitmap_free(taken);
	return file;
}

/* What keeps others from opening a slave, and what opening it changes. */
struct ckpt_bars {
	bool locked;
	bool exclusive;
	bool fails;
};

static struct ckpt_bars ckpt_pty_unbar(struct file *master)
{
	struct tty_struct *tty = ckpt_pty_end_of(master, true);

	return (struct ckpt_bars) {
		.locked		= test_and_clear_bit(TTY_PTY_LOCK, &tty->flags),
		.exclusive	= test_and_clear_bit(TTY_EXCLUSIVE, &tty->link->flags),
		.fails		= test_bit(TTY_IO_ERROR, &tty->link->flags),
	};
}

static void ckpt_pty_bar(struct file *master, struct ckpt_bars bars)
{
	struct tty_struct *tty = ckpt_pty_end_of(master, true);

	assign_bit(TTY_PTY_LOCK, &tty->flags, bars.locked);
	assign_bit(TTY_EXCLUSIVE, &tty->link->flags, bars.exclusive);
	assign_bit(TTY_IO_ERROR, &tty->link->flags, bars.fails);
}

/*
 * Opens the slave through its master, also when no task may open it.
 *
 * Return: a descriptor.
 */
long ckpt_pty_open_slave(struct file *master, int flags)
{
	struct ckpt_bars bars = ckpt_pty_unbar(master);
	long fd = master->f_op->unlocked_ioctl(master, TIOCGPTPEER, flags);

	ckpt_pty_bar(master, bars);
	return fd;
}

/* Puts a terminal in the place of the caller's own, and gives that. */
static struct tty_struct *ckpt_swap_tty(struct tty_struct *tty)
{
	spin_lock_irq(&current->sighand->siglock);
	swap(current->signal->tty, tty);
	spin_unlock_irq(&current->sighand->siglock);
	return tty;
}

/*
 * Opens the slave as /dev/tty, a node of which has been looked up: while that is done the caller
 * has this terminal. Its other threads wait to be restored. Bars are only for a caller that has
 * no master: a terminal from outside, of which this is the slave, keeps them, and the caller has
 * been allowed to open it.
 *
 * Return: -ESTALE for another node.
 */
struct file *ckpt_pty_open_tty(struct file *end, struct file *node, int flags)
{
	bool is_ours = ckpt_is_master(ckpt_pty_of(end));
	struct tty_struct *own, *lent = ckpt_pty_end_of(end, false);
	struct inode *inode = file_inode(node);
	struct ckpt_bars bars = {};
	struct file *file;

	if (!S_ISCHR(inode->i_mode) || inode->i_rdev != CKPT_TTY)
		return ERR_PTR(-ESTALE);
	if (is_ours)
		bars = ckpt_pty_unbar(end);
	own = ckpt_swap_tty(tty_kref_get(lent));
	file = file_open_root(&node->f_path, "", flags, 0);
	/* It may have been taken away meanwhile: a task that hangs a terminal up does so for all. */
	lent = ckpt_swap_tty(own);
	tty_kref_put(lent);
	if (is_ours)
		ckpt_pty_bar(end, bars);
	return file;
}
