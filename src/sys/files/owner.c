// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which tasks are told of an open file by signals: its owner (F_SETOWN), the signal
 * (F_SETSIG), and whether the file reports at all (O_ASYNC).
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/uidgid.h>

#include "../helpers.h"

/* Return: false when no task has ever asked for signals. */
bool ckpt_owner(struct file *file, struct ckpt_owner *out)
{
	struct user_namespace *ns = current_user_ns();
	struct fown_struct *owner = file_f_owner(file);
	enum pid_type type;

	if (!owner)
		return false;
	read_lock_irq(&owner->lock);
	type = owner->pid_type;
	rcu_read_lock();
	/* A number that no task has any more is not reported, and gets no signals. */
	if (pid_task(owner->pid, PIDTYPE_PID) ||
	    (type == PIDTYPE_PGID && pid_task(owner->pid, type)))
		out->pid = get_pid(owner->pid);
	else
		out->pid = NULL;
	rcu_read_unlock();
	out->type = type;
	out->uid = from_kuid(ns, owner->uid);
	out->euid = from_kuid(ns, owner->euid);
	read_unlock_irq(&owner->lock);
	out->signal = READ_ONCE(owner->signum);
	return true;
}

/* Takes a reference to the pid for the file. */
int ckpt_set_owner(struct file *file, const struct ckpt_owner *wanted)
{
	struct user_namespace *ns = current_user_ns();
	kuid_t uid = make_kuid(ns, wanted->uid), euid = make_kuid(ns, wanted->euid);
	struct fown_struct *owner;
	int ret;

	if (!uid_valid(uid) || !uid_valid(euid))
		return -EINVAL;
	ret = file_f_owner_allocate(file);
	if (ret)
		return ret;
	__f_setown(file, wanted->pid, wanted->type, 1);
	owner = file_f_owner(file);
	write_lock_irq(&owner->lock);
	owner->uid = uid;
	owner->euid = euid;
	write_unlock_irq(&owner->lock);
	WRITE_ONCE(owner->signum, wanted->signal);
	return 0;
}

bool ckpt_reports(struct file *file)
{
	return file->f_op->fasync;
}

/* The number that a file reports itself under in this list; -1 when it is not there. */
static int ckpt_reported_in(struct fasync_struct **list, struct file *file)
{
	struct fasync_struct *entry;
	int fd = -1;

	rcu_read_lock();
	for (entry = rcu_dereference_raw(*list); entry;
	     entry = rcu_dereference_raw(entry->fa_next)) {
		if (READ_ONCE(entry->fa_file) == file) {
			fd = READ_ONCE(entry->fa_fd);
			break;
		}
	}
	rcu_read_unlock();
	return fd;
}

/*
 * The number that a file reports itself under.
 *
 * Return: -1 when it does not report, -EOPNOTSUPP when it is not known where such files
 * are noted.
 */
int ckpt_reported_as(struct file *file)
{
	struct fasync_struct **lists[2] = {};
	int fd = -1;

	if (!ckpt_pipe_reports(file, lists))
		lists[0] = ckpt_inotify_reports(file) ?: ckpt_pty_reports(file);
	if (!lists[0])
		return -EOPNOTSUPP;
	for (int i = 0; i < 2 && lists[i] && fd < 0; i++)
		fd = ckpt_reported_in(lists[i], file);
	return fd;
}

/* What fcntl(fd, F_SETFL) does with O_ASYNC; but a terminal without an owner gets none by that. */
int ckpt_report(struct file *file, int fd)
{
	struct fown_struct *owner = file_f_owner(file);
	bool none = !owner || !owner->pid;
	int ret;

	if (!file->f_op->fasync)
		return -EINVAL;
	ret = file->f_op->fasync(fd, file, 1);
	owner = file_f_owner(file);
	if (none && owner)
		__f_setown(file, NULL, owner->pid_type, 1);
	return min(ret, 0);
}
