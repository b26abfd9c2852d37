// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pseudo-terminals: both ends, and what is on its way between them.
 */
#include <linux/delay.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/sched/signal.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/workqueue.h>

#include "../helpers.h"
#include "pty.h"

#define CKPT_PTMX	MKDEV(TTYAUX_MAJOR, 2)

/* An end of a pseudo-terminal as devpts has them. */
static bool ckpt_is_pty(struct tty_struct *tty)
{
	return tty->driver->type == TTY_DRIVER_TYPE_PTY && tty->link &&
	       (tty->driver->major == UNIX98_PTY_MASTER_MAJOR ||
		tty->driver->major == UNIX98_PTY_SLAVE_MAJOR);
}

/* The end that a file is open on; NULL for any other file, and for one open with O_PATH. */
struct tty_struct *ckpt_pty_of(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct tty_struct *tty;

	if (!S_ISCHR(inode->i_mode) || file->f_mode & FMODE_PATH)
		return NULL;
	if (MAJOR(inode->i_rdev) != UNIX98_PTY_SLAVE_MAJOR &&
	    inode->i_rdev != CKPT_TTY && inode->i_rdev != CKPT_PTMX)
		return NULL;
	/* All of these belong to the tty layer. */
	tty = ((struct tty_file_private *)file->private_data)->tty;
	return ckpt_is_pty(tty) ? tty : NULL;
}

/* The list of those of its files that report by signals; NULL for a file that is none. */
struct fasync_struct **ckpt_pty_reports(struct file *file)
{
	struct tty_struct *tty = ckpt_pty_of(file);

	return tty ? &tty->fasync : NULL;
}

bool ckpt_is_master(struct tty_struct *tty)
{
	return tty->driver->subtype == PTY_TYPE_MASTER;
}

/* One end, whichever the file is open on; for files that are known to be open on one. */
struct tty_struct *ckpt_pty_end_of(struct file *file, bool master)
{
	struct tty_struct *tty = ckpt_pty_of(file);

	return ckpt_is_master(tty) == master ? tty : tty->link;
}

struct tty_struct *ckpt_pty_slave(struct file *file)
{
	return ckpt_pty_end_of(file, false);
}

static u32 ckpt_tty_opens(struct tty_struct *tty)
{
	u32 count;

	spin_lock(&tty->files_lock);
	count = list_count_nodes(&tty->tty_files);
	spin_unlock(&tty->files_lock);
	return count;
}

/* How many open files each end has. */
void ckpt_pty_opens(struct file *file, u32 *masters, u32 *slaves)
{
	*masters = ckpt_tty_opens(ckpt_pty_end_of(file, true));
	*slaves = ckpt_tty_opens(ckpt_pty_end_of(file, false));
}

bool ckpt_pty_state(struct file *file, struct ckpt_pty *state)
{
	struct tty_struct *tty = ckpt_pty_of(file);

	if (!tty)
		return false;
	*state = (struct ckpt_pty) {
		.index		= tty->index,
		.is_master	= ckpt_is_master(tty),
		.is_tty		= file_inode(file)->i_rdev == CKPT_TTY,
		.hung_up	= tty_hung_up_p(file),
		.slave_hung_up	= test_bit(TTY_HUPPED, &ckpt_pty_end_of(file, false)->flags),
	};
	return true;
}

/* Stands for the pair as long as one of its ends is held. */
unsigned long ckpt_pty_key(struct file *file)
{
	return ckpt_pty_of(file) ? (unsigned long)ckpt_pty_end_of(file, false) : 0;
}

static struct file *ckpt_first_file(struct tty_struct *tty)
{
	struct tty_file_private *opened;
	struct file *master = NULL;

	spin_lock(&tty->files_lock);
	opened = list_first_entry_or_null(&tty->tty_files, struct tty_file_private, list);
	if (opened)
		master = ckpt_try_hold_file(opened->file);
	spin_unlock(&tty->files_lock);
	return master;
}

/* A reference to the open file of the master; NULL when it has been closed. */
struct file *ckpt_pty_master(struct file *file)
{
	return ckpt_first_file(ckpt_pty_end_of(file, true));
}

/*
 * tty_lock() that SIGKILL ends: TIOCSETD has it for seconds, time and again.
 *
 * Return: -EINTR when the caller is being killed.
 */
int ckpt_tty_lock(struct tty_struct *tty)
{
	int ret;

	tty_kref_get(tty);
	ret = mutex_lock_killable(&tty->legacy_mutex);
	if (ret)
		tty_kref_put(tty);
	return ret;
}

/*
 * The same for a task's controlling terminal; NULL also when that is no pseudo-terminal, -EINTR when the
 * caller is being killed.
 *
 * A reference to the slave does not keep the master, which goes with the last open file of
 * the pair. All of these count as openings of the slave, until they are let go of under
 * its lock.
 */
struct file *ckpt_pty_controlling(struct task_struct *task)
{
	struct tty_struct *tty = ckpt_get_tty(task);
	struct file *master = NULL;

	if (!tty)
		return NULL;
	if (ckpt_is_pty(tty) && !ckpt_is_master(tty)) {
		int ret = ckpt_tty_lock(tty);

		if (ret) {
			tty_kref_put(tty);
			return ERR_PTR(ret);
		}
		if (tty->count)
			master = ckpt_first_file(tty->link);
		tty_unlock(tty);
	}
	tty_kref_put(tty);
	return master;
}

/* Return: -EINTR when the caller is being killed. */
static int ckpt_pty_pause(void)
{
	fsleep(500);
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/*
 * Waits until nothing moves any more. What the slave receives may be echoed to the
 * master, and nothing is echoed back. The work takes locks that a reader outside may keep for as long as a file
 * system in user space likes, so it is not flushed.
 *
 * Return: -EINTR when the caller is being killed.
 */
int ckpt_pty_settle(struct file *file)
{
	bool master = false;
	int ret = 0;

	do {
		struct tty_bufhead *buf = &ckpt_pty_end_of(file, master)->port->buf;

		while (!ret && work_busy(&buf->work))
			ret = ckpt_pty_pause();
		master = !master;
	} while (!ret && master);
	return ret;
}

static_assert(sizeof(struct ckpt_termios) == sizeof(struct ktermios));
static_assert(offsetof(struct ckpt_termios, control) == offsetof(struct ktermios, c_cc));
static_assert(offsetof(struct ckpt_termios, speeds) == offsetof(struct ktermios, c_ispeed));
static_assert(sizeof_field(struct ckpt_pty_end, size) == sizeof(struct winsize));

/* Return: -EINTR when the caller is being killed. */
int ckpt_pty_get(struct file *file, bool master, struct ckpt_pty_end *end)
{
	struct tty_struct *tty = ckpt_pty_end_of(file, master);
	int ret;

	*end = (struct ckpt_pty_end) {};
	ret = down_read_killable(&tty->termios_rwsem);
	if (ret)
		return ret;
	memcpy(&end->termios, &tty->termios, sizeof(end->termios));
	memcpy(&end->locked, &tty->termios_locked, sizeof(end->locked));
	up_read(&tty->termios_rwsem);
	/* TIOCGWINSZ writes to user memory with it. */
	ret = mutex_lock_killable(&tty->winsize_mutex);
	if (ret)
		return ret;
	memcpy(end->size, &tty->winsize, sizeof(end->size));
	mutex_unlock(&tty->winsize_mutex);
	if (test_bit(TTY_EXCLUSIVE, &tty->flags))
		end->flags |= CKPT_PTY_EXCLUSIVE;
	if (test_bit(TTY_IO_ERROR, &tty->flags))
		end->flags |= CKPT_PTY_FAILS;
	if (master && test_bit(TTY_PTY_LOCK, &tty->flags))
		end->flags |= CKPT_PTY_LOCKED;
	if (master && test_bit(TTY_OTHER_CLOSED, &tty->flags))
		end->flags |= CKPT_PTY_OTHER_CLOSED;
	spin_lock_irq(&tty->ctrl.lock);
	if (tty->ctrl.packet)
		end->flags |= CKPT_PTY_PACKETS;
	end->packet_status = tty->ctrl.pktstatus;
	spin_unlock_irq(&tty->ctrl.lock);
	spin_lock_irq(&tty->flow.lock);
	if (tty->flow.stopped)
		end->flags |= CKPT_PTY_STOPPED;
	if (tty->flow.tco_stopped)
		end->flags |= CKPT_PTY_STOPPED_BY_CALL;
	spin_unlock_irq(&tty->flow.lock);
	return 0;
}

/* Modes, and what the line discipline derives from them. Nothing is received yet. */
void ckpt_pty_set_termios(struct file *file, bool master, const struct ckpt_pty_end *end)
{
	struct tty_struct *tty = ckpt_pty_end_of(file, master);
	struct ktermios termios;

	memcpy(&termios, &end->termios, sizeof(termios));
	tty_set_termios(tty, &termios);
	down_write(&tty->termios_rwsem);
	memcpy(&tty->termios_locked, &end->locked, sizeof(tty->termios_locked));
	up_write(&tty->termios_rwsem);
}

/* What is left but the lock, without a signal. The pair is locked, and not in use yet. */
void ckpt_pty_set(struct file *file, bool master, const struct ckpt_pty_end *end)
{
	struct tty_struct *tty = ckpt_pty_end_of(file, master);

	mutex_lock(&tty->winsize_mutex);
	memcpy(&tty->winsize, end->size, sizeof(tty->winsize));
	mutex_unlock(&tty->winsize_mutex);
	assign_bit(TTY_EXCLUSIVE, &tty->flags, end->flags & CKPT_PTY_EXCLUSIVE);
	assign_bit(TTY_IO_ERROR, &tty->flags, end->flags & CKPT_PTY_FAILS);
	if (master)
		assign_bit(TTY_OTHER_CLOSED, &tty->flags, end->flags & CKPT_PTY_OTHER_CLOSED);
	spin_lock_irq(&tty->ctrl.lock);
	tty->ctrl.packet = end->flags & CKPT_PTY_PACKETS;
	tty->ctrl.pktstatus = end->packet_status;
	spin_unlock_irq(&tty->ctrl.lock);
	spin_lock_irq(&tty->flow.lock);
	tty->flow.stopped = end->flags & CKPT_PTY_STOPPED;
	tty->flow.tco_stopped = end->flags & CKPT_PTY_STOPPED_BY_CALL;
	spin_unlock_irq(&tty->flow.lock);
}

/* Whether the slave is locked, as a new one is: what the master's end says. */
void ckpt_pty_set_lock(struct file *file, const struct ckpt_pty_end *end)
{
	struct tty_struct *tty = ckpt_pty_end_of(file, true);

	assign_bit(TTY_PTY_LOCK, &tty->flags, end->flags & CKPT_PTY_LOCKED);
}

/* The node of the slave, which the master keeps. */
struct dentry *ckpt_pty_node(struct file *master)
{
	return ckpt_pty_end_of(master, false)->driver_data;
}

void ckpt_pty_owner(struct file *master, u32 *mode, u32 *uid, u32 *gid)
{
	struct inode *inode = d_inode(ckpt_pty_node(master));

	*mode = inode->i_mode;
	*uid = from_kuid_munged(current_user_ns(), inode->i_uid);
	*gid = from_kgid_munged(current_user_ns(), inode->i_gid);
}

/*
 * Keeps the line discipline of an end from receiving and being read.
 *
 * Return: its data; NULL when it is not N_TTY, or there is none; -EINTR when the caller is being killed.
 */
void *ckpt_pty_lock(struct file *file, bool master, void **ldisc)
{
	struct tty_struct *tty = ckpt_pty_end_of(file, master);
	struct tty_ldisc *ld;
	int ret = 0;

	/* A task that sets another one keeps it from all others, for seconds. */
	while (!(ld = tty_ldisc_ref(tty)) && READ_ONCE(tty->ldisc) && !ret)
		ret = ckpt_pty_pause();
	if (!ld)
		return ERR_PTR(ret);
	if (ld->ops->num != N_TTY) {
		tty_ldisc_deref(ld);
		return NULL;
	}
	ret = down_write_killable(&tty->termios_rwsem);
	if (ret) {
		tty_ldisc_deref(ld);
		return ERR_PTR(ret);
	}
	*ldisc = ld;
	return tty->disc_data;
}

void ckpt_pty_unlock(struct file *file, bool master, void *ldisc)
{
	up_write(&ckpt_pty_end_of(file, master)->termios_rwsem);
	tty_ldisc_deref(ldisc);
}

/* tty_buffer_lock_exclusive() that SIGKILL ends: the work that has it may wait for others. */
static int ckpt_pty_lock_buffers(struct tty_port *port)
{
	int ret;

	atomic_inc(&port->buf.priority);
	ret = mutex_lock_killable(&port->buf.lock);
	if (ret)
		atomic_dec(&port->buf.priority);
	return ret;
}

/*
 * Copies what waits for the line discipline, without taking it out.
 *
 * Return: how many bytes; -EFBIG when they do not fit; -EINTR when the caller is being killed; -EIO for bytes
 * that came with an error of the line, which those of pseudo-terminals never do.
 */
ssize_t ckpt_pty_waiting(struct file *file, bool master, u8 *out, size_t room,
			 u32 *looked_ahead)
{
	struct tty_port *port = ckpt_pty_end_of(file, master)->port;
	struct tty_buffer *buffer;
	ssize_t ret;

	*looked_ahead = 0;
	ret = ckpt_pty_lock_buffers(port);
	if (ret)
		return ret;
	for (buffer = port->buf.head; buffer; buffer = smp_load_acquire(&buffer->next)) {
		unsigned int end = smp_load_acquire(&buffer->commit);
		unsigned int len = end - buffer->read;

		if (buffer->flags && memchr_inv(flag_buf_ptr(buffer, buffer->read),
						TTY_NORMAL, len)) {
			ret = -EIO;
			break;
		}
		if (len > room - ret) {
			ret = -EFBIG;
			break;
		}
		memcpy(out + ret, char_buf_ptr(buffer, buffer->read), len);
		ret += len;
		if (buffer->lookahead > buffer->read)
			*looked_ahead += min(buffer->lookahead, end) - buffer->read;
	}
	tty_buffer_unlock_exclusive(port);
	return ret;
}

/* What a port of a pseudo-terminal lets wait; see pty_common_install(). */
#define CKPT_PTY_WAIT	8192

/* Lets bytes wait for the line discipline. Return: whether they fit. */
bool ckpt_pty_wait(struct file *file, bool master, const u8 *bytes, size_t len,
		   u32 looked_ahead)
{
	struct tty_port *port = ckpt_pty_end_of(file, master)->port;
	struct tty_buffer *buffer;
	size_t put;

	tty_buffer_lock_exclusive(port);
	/* They may have had more room in buffers of other sizes. */
	tty_buffer_set_limit(port, 4 * CKPT_PTY_WAIT);
	put = tty_insert_flip_string(port, bytes, len);
	tty_buffer_set_limit(port, CKPT_PTY_WAIT);
	for (buffer = port->buf.head; buffer; buffer = buffer->next) {
		u32 here = min(looked_ahead, buffer->used - buffer->read);

		buffer->lookahead = buffer->read + here;
		looked_ahead -= here;
	}
	tty_flip_buffer_push(port);
	tty_buffer_unlock_exclusive(port);
	return put == len;
}

/*
 * Modes as far as they are not locked, as with TCSETS2; size and speed are those of the terminal.
 *
 * Return: -EINTR when the caller is being killed.
 */
int ckpt_pty_adopt(struct file *file, const struct ckpt_termios *wanted)
{
	struct tty_struct *tty = ckpt_pty_end_of(file, false);
	struct ktermios new, locked, now;
	int i, ret;

	memcpy(&new, wanted, sizeof(new));
	ret = down_read_killable(&tty->termios_rwsem);
	if (ret)
		return ret;
	now = tty->termios;
	locked = tty->termios_locked;
	up_read(&tty->termios_rwsem);
#define CKPT_KEEP(field) (((new.field) & ~(locked.field)) | ((now.field) & (locked.field)))
	new.c_iflag = CKPT_KEEP(c_iflag);
	new.c_oflag = CKPT_KEEP(c_oflag);
	new.c_cflag = CKPT_KEEP(c_cflag);
	new.c_lflag = CKPT_KEEP(c_lflag);
#undef CKPT_KEEP
	for (i = 0; i < NCCS; i++)
		if (locked.c_cc[i])
			new.c_cc[i] = now.c_cc[i];
	/* It is the terminal's, and set by an ioctl of its own (TIOCSETD). */
	new.c_line = now.c_line;
	new.c_ispeed = now.c_ispeed;
	new.c_ospeed = now.c_ospeed;
	tty_set_termios(tty, &new);
	return 0;
}
