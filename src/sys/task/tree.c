// SPDX-License-Identifier: GPL-2.0-only
/*
 * Families of tasks: parents, sessions and groups, the numbers of tasks, and how a task
 * joins a session or leaves for good.
 */
#include <linux/fdtable.h>
#include <linux/idr.h>
#include <linux/kdev_t.h>
#include <linux/kthread.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/task.h>
#include <linux/task_work.h>
#include <linux/tty.h>

#include "../helpers.h"

/* Where tasks are put that a walk finds: an array of the caller's. */
struct ckpt_found_tasks {
	struct task_struct **tasks;
	unsigned int room;
	unsigned int count;
};

static bool ckpt_found_task(struct ckpt_found_tasks *found, struct task_struct *task)
{
	if (found->count == found->room)
		return false;
	found->tasks[found->count++] = get_task_struct(task);
	return true;
}

/* The threads of a process that are younger than one of them. */
static bool ckpt_found_threads(struct ckpt_found_tasks *found, struct task_struct *thread)
{
	struct list_head *threads = &thread->signal->thread_head;

	list_for_each_entry_continue(thread, threads, thread_node) {
		if (!ckpt_found_task(found, thread))
			return false;
	}
	return true;
}

/* Children behind a place in the list of them, each with its threads right behind it. */
static void ckpt_found_children(struct ckpt_found_tasks *found, struct task_struct *parent,
				struct list_head *place)
{
	struct task_struct *child;

	while ((place = place->next) != &parent->children) {
		child = list_entry(place, struct task_struct, sibling);
		if (!ckpt_found_task(found, child) || !ckpt_found_threads(found, child))
			return;
	}
}

/*
 * Some of the threads of a process that are younger than one of them, each with a
 * reference.  The tasklist lock is held for as long as that takes: room bounds it.
 *
 * Return: how many; less than room when there are no more.  -ESTALE when the thread has
 * been released: nothing follows it.
 */
int ckpt_some_threads(struct task_struct *thread, struct task_struct **tasks,
		      unsigned int room)
{
	struct ckpt_found_tasks found = { .tasks = tasks, .room = room };
	int ret = -ESTALE;

	read_lock(ckpt_data_tasklist_lock());
	if (pid_alive(thread)) {
		ckpt_found_threads(&found, thread);
		ret = found.count;
	}
	read_unlock(ckpt_data_tasklist_lock());
	return ret;
}

/*
 * Some of the children of a thread, in the order in which they were born, each with its
 * threads right behind it and with a reference: those behind last, or from the first on
 * when that is NULL.  The tasklist lock is held for as long as that takes: room bounds it.
 *
 * Return: how many; less than room when there are no more.  -ESTALE when last has been
 * released or has another parent: nothing tells where it stood.
 */
int ckpt_some_children(struct task_struct *parent, struct task_struct *last,
		       struct task_struct **tasks, unsigned int room)
{
	struct ckpt_found_tasks found = { .tasks = tasks, .room = room };
	struct list_head *place = &parent->children;
	int ret = -ESTALE;

	/* Most have none.  One that comes at this moment might as well come behind the walk. */
	if (!last && list_empty(place))
		return 0;
	read_lock(ckpt_data_tasklist_lock());
	if (last) {
		/* A task that has been released does not keep its leader. */
		if (!pid_alive(last) || last->group_leader->real_parent != parent)
			goto out;
		place = &last->group_leader->sibling;
	}
	if (!last || ckpt_found_threads(&found, last))
		ckpt_found_children(&found, parent, place);
	ret = found.count;
out:
	read_unlock(ckpt_data_tasklist_lock());
	return ret;
}

/* The address space of a process, even when its leader is dead; for comparison only. */
const void *ckpt_group_mm(struct task_struct *task)
{
	const struct task_struct *thread;
	const void *mm = NULL;

	rcu_read_lock();
	for_each_thread(task, thread) {
		mm = READ_ONCE(thread->mm);
		if (mm)
			break;
	}
	rcu_read_unlock();
	return mm;
}

/* The status that wait(2) gives. */
int ckpt_exit_code(struct task_struct *task)
{
	if (thread_group_empty(task) && task->signal->flags & SIGNAL_GROUP_EXIT)
		return task->signal->group_exit_code;
	return task->exit_code;
}

/* How deep the pid namespace is; the number that the pid has at a level of it. */
unsigned int ckpt_pid_level(struct pid *pid)
{
	return pid->level;
}

pid_t ckpt_pid_number(struct pid *pid, unsigned int level)
{
	return level <= pid->level ? pid->numbers[level].nr : 0;
}

struct pid_namespace *ckpt_pid_ns(struct pid *pid)
{
	return ns_of_pid(pid);
}

struct pid_namespace *ckpt_children_pid_ns(struct task_struct *task)
{
	struct pid_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy)
		ns = task->nsproxy->pid_ns_for_children;
	task_unlock(task);
	return ns;
}

/* Whether a process goes by this number as its own. */
bool ckpt_pid_has_process(struct pid *pid)
{
	bool has;

	rcu_read_lock();
	has = pid_task(pid, PIDTYPE_TGID);
	rcu_read_unlock();
	return has;
}

/* Whether any process is in the group of this number. */
bool ckpt_pid_has_group(struct pid *pid)
{
	bool has;

	rcu_read_lock();
	has = pid_task(pid, PIDTYPE_PGID);
	rcu_read_unlock();
	return has;
}

/* The number that was given out last in a pid namespace; NULL for that of the system. */
unsigned int ckpt_last_number(struct pid_namespace *ns)
{
	return idr_get_cursor(&(ns ?: &init_pid_ns)->idr);
}

/*
 * Some of the tasks that go by the numbers from next to end in a pid namespace, NULL for
 * that of the system; each with a reference.  next becomes the number to go on from, end
 * when there are no more.  RCU is held for no more numbers than there is room for.
 *
 * Return: how many.
 */
unsigned int ckpt_some_tasks(struct pid_namespace *ns, unsigned int *next, unsigned int end,
			     struct task_struct **tasks, unsigned int room)
{
	struct ckpt_found_tasks found = { .tasks = tasks, .room = room };
	unsigned int looks;

	ns = ns ?: &init_pid_ns;
	rcu_read_lock();
	for (looks = 0; looks < room && *next < end; looks++) {
		struct pid *pid = find_ge_pid(*next, ns);
		struct task_struct *task;

		*next = pid ? min_t(unsigned int, pid_nr_ns(pid, ns) + 1, end) : end;
		/* Only a group or session may have the number by now. */
		task = pid_task(pid, PIDTYPE_PID);
		if (task)
			ckpt_found_task(&found, task);
	}
	rcu_read_unlock();
	return found.count;
}

bool ckpt_parent_execed(struct task_struct *task)
{
	bool execed;

	read_lock(ckpt_data_tasklist_lock());
	execed = pid_alive(task) &&
		 task->parent_exec_id != READ_ONCE(task->real_parent->self_exec_id);
	read_unlock(ckpt_data_tasklist_lock());
	return execed;
}

/*
 * What do_notify_parent() compares before it sends anything but SIGCHLD. Never the
 * other way round: a parent that has executed something else may have other rights
 * than it had, and must not get any signal that its child likes.
 */
void ckpt_set_parent_execed(void)
{
	read_lock(ckpt_data_tasklist_lock());
	current->parent_exec_id = READ_ONCE(current->real_parent->self_exec_id) - 1;
	read_unlock(ckpt_data_tasklist_lock());
}

/* The controlling terminal, with a reference; NULL for none. */
struct tty_struct *ckpt_get_tty(struct task_struct *task)
{
	struct sighand_struct *sighand;
	struct tty_struct *tty = NULL;
	unsigned long flags;

	sighand = ckpt_lock_sighand(task, &flags);
	if (sighand) {
		tty = tty_kref_get(task->signal->tty);
		ckpt_unlock_sighand(sighand, flags);
	}
	return tty;
}

/* Whether any task goes by the number; one that joins a free one would keep it twice. */
static bool ckpt_pid_in_use(struct pid *pid)
{
	int type;

	for (type = 0; pid && type < PIDTYPE_MAX; type++)
		if (!hlist_empty(&pid->tasks[type]))
			return true;
	return false;
}

/*
 * The controlling terminal of a process, with a reference.  The tasklist lock is held for
 * writing until the caller has it in its session: a hangup, which takes the terminal from
 * every process of the session under the tasklist lock, comes before, and nothing is found,
 * or after, and finds the caller.
 */
static struct tty_struct *ckpt_tty_of_model(struct task_struct *model)
{
	struct tty_struct *tty = NULL;

	if (pid_alive(model)) {
		spin_lock(&model->sighand->siglock);
		tty = tty_kref_get(model->signal->tty);
		spin_unlock(&model->sighand->siglock);
	}
	return tty;
}

/*
 * Moves the calling process to a session and a process group, NULL for those of
 * model. A process that comes into model's session has its terminal, one that
 * comes into another has none.
 *
 * Return: 0, or -ESRCH when the task that held the numbers has died meanwhile.
 */
int ckpt_join(struct pid *session, struct pid *group, struct task_struct *model)
{
	struct task_struct *me = current->group_leader;
	struct pid *pids[PIDTYPE_MAX] = {};
	struct tty_struct *tty = NULL;
	bool is_models = !session;
	int ret = -ESRCH;

	write_lock_irq(ckpt_data_tasklist_lock());
	session = session ?: task_session(model);
	group = group ?: task_pgrp(model);
	if (!ckpt_pid_in_use(session) || !ckpt_pid_in_use(group))
		goto out;
	ret = 0;
	if (session != task_session(me)) {
		if (is_models)
			tty = ckpt_tty_of_model(model);
		spin_lock(&me->sighand->siglock);
		swap(me->signal->tty, tty);
		spin_unlock(&me->sighand->siglock);
		ckpt_sym_change_pid(pids, me, PIDTYPE_SID, session);
	}
	if (group != task_pgrp(me))
		ckpt_sym_change_pid(pids, me, PIDTYPE_PGID, group);
out:
	write_unlock_irq(ckpt_data_tasklist_lock());
	ckpt_sym_free_pids(pids);
	tty_kref_put(tty);
	return ret;
}

bool ckpt_leads_session(struct task_struct *task)
{
	return task->signal->leader;
}

/* The group that was in the foreground of the terminal that a session has lost. */
struct pid *ckpt_old_group(struct task_struct *task)
{
	struct sighand_struct *sighand;
	struct pid *group = NULL;
	unsigned long flags;

	sighand = ckpt_lock_sighand(task, &flags);
	if (sighand) {
		group = get_pid(task->signal->tty_old_pgrp);
		ckpt_unlock_sighand(sighand, flags);
	}
	return group;
}

/* The controlling terminal of a process. */
void ckpt_tty_of(struct task_struct *task, struct pid_namespace *ns,
		 struct ckpt_tty *out)
{
	struct pid *foreground, *old = ckpt_old_group(task);
	struct tty_struct *tty = ckpt_get_tty(task);

	*out = (struct ckpt_tty) { .old_group = pid_nr_ns(old, ns) };
	put_pid(old);
	if (!tty)
		return;
	out->device = new_encode_dev(tty_devnum(tty));
	foreground = tty_get_pgrp(tty);
	out->foreground = pid_nr_ns(foreground, ns);
	put_pid(foreground);
	tty_kref_put(tty);
}

/* The same of the caller. Takes a reference of its own. */
void ckpt_set_old_group(struct pid *group)
{
	get_pid(group);
	spin_lock_irq(&current->sighand->siglock);
	swap(current->signal->tty_old_pgrp, group);
	spin_unlock_irq(&current->sighand->siglock);
	put_pid(group);
}

struct ckpt_exit {
	struct callback_head work;
	long code;
};

static void ckpt_exit_run(struct callback_head *work)
{
	struct ckpt_exit *exit = container_of(work, struct ckpt_exit, work);
	struct callback_head *rest, *next;
	long code = exit->code;

	/* task_work_run() does not come back to what it has taken off the list. */
	for (rest = work->next; rest; rest = next) {
		next = rest->next;
		task_work_add(current, rest, TWA_NONE);
	}
	kfree(exit);
	module_put_and_kthread_exit(code);
}

/*
 * Ends the calling thread on its way to user mode, with a wait(2) status as its exit
 * code. Ending it right here would leave what the system call holds behind.
 */
int ckpt_exit_later(int code)
{
	struct ckpt_exit *exit = kmalloc(sizeof(*exit), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!exit)
		return -ENOMEM;
	exit->code = code;
	init_task_work(&exit->work, ckpt_exit_run);
	__module_get(THIS_MODULE);
	ret = task_work_add(current, &exit->work, TWA_RESUME);
	if (ret) {
		module_put(THIS_MODULE);
		kfree(exit);
	}
	return ret;
}

/*
 * Sets the signal that the parent of a process gets at its end, or when it waits for a
 * zombie. Only that parent may get it: a process whose parent has died belongs to another one,
 * which waits for SIGCHLD.
 */
void ckpt_set_exit_signal(struct task_struct *task, struct task_struct *parent, int signal)
{
	write_lock_irq(ckpt_data_tasklist_lock());
	/* A task that has been reaped does not keep its parent. */
	if (pid_alive(task) && same_thread_group(task->real_parent, parent))
		task->exit_signal = signal;
	write_unlock_irq(ckpt_data_tasklist_lock());
}

/*
 * Makes the end of the calling process go unnoticed: its parent gets no signal and,
 * without a signal, does not decide that it need not become a zombie.  When another one
 * has become the parent that one is told: a zombie without a signal would stay with it,
 * since the task that buries orphans does not wait for such.
 */
void ckpt_end_silently(struct task_struct *parent)
{
	ckpt_set_exit_signal(current, parent, 0);
	ckpt_set_autoreap(false);
}

/* Makes the calling process end without a trace: its parent is not told and need not wait for it. */
void ckpt_vanish(void)
{
	current->exit_signal = 0;
	ckpt_set_autoreap(true);
}

/* Sharing of descriptor tables and of root and working directory */
void ckpt_share_files(struct files_struct *files)
{
	struct files_struct *old = current->files;

	atomic_inc(&files->count);
	task_lock(current);
	current->files = files;
	task_unlock(current);
	ckpt_sym_put_files_struct(old);
}

struct files_struct *ckpt_hold_files(void)
{
	atomic_inc(&current->files->count);
	return current->files;
}

void ckpt_drop_files(struct files_struct *files)
{
	ckpt_sym_put_files_struct(files);
}

static void ckpt_get_fs(struct fs_struct *fs)
{
	read_seqlock_excl(&fs->seq);
	fs->users++;
	read_sequnlock_excl(&fs->seq);
}

void ckpt_drop_fs(struct fs_struct *fs)
{
	bool last;

	read_seqlock_excl(&fs->seq);
	last = !--fs->users;
	read_sequnlock_excl(&fs->seq);
	if (last)
		ckpt_sym_free_fs_struct(fs);
}

void ckpt_share_fs(struct fs_struct *fs)
{
	struct fs_struct *old = current->fs;

	ckpt_get_fs(fs);
	task_lock(current);
	current->fs = fs;
	task_unlock(current);
	ckpt_drop_fs(old);
}

struct fs_struct *ckpt_hold_fs(void)
{
	ckpt_get_fs(current->fs);
	return current->fs;
}

/* Gives the caller a descriptor table or directories of its own. */
int ckpt_unshare(bool files, bool fs)
{
	unsigned long flags = 0;

	if (files && atomic_read(&current->files->count) > 1)
		flags |= CLONE_FILES;
	if (fs && current->fs->users > 1)
		flags |= CLONE_FS;
	return flags ? ckpt_sym_ksys_unshare(flags) : 0;
}
