// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces: making one that no other task can see yet, and giving it to the caller.
 */
#include <linux/binfmts.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <asm/mmu_context.h>

#include "../helpers.h"

/* Fields of the layout that exec sets and no record has. */
static void ckpt_copy_layout(struct mm_struct *mm, const struct mm_struct *from)
{
	mm->task_size = from->task_size;
	mm->mmap_base = from->mmap_base;
	mm->mmap_legacy_base = from->mmap_legacy_base;
#ifdef CONFIG_HAVE_ARCH_COMPAT_MMAP_BASES
	mm->mmap_compat_base = from->mmap_compat_base;
	mm->mmap_compat_legacy_base = from->mmap_compat_legacy_base;
#endif
	ckpt_copy_mm_context(mm, from);
}

static int ckpt_fork_mm(struct mm_struct *mm, struct mm_struct *from)
{
	int ret;

	ckpt_sym_uprobe_start_dup_mmap();
	ret = ckpt_sym_dup_mmap(mm, from);
	ckpt_sym_uprobe_end_dup_mmap();
#ifdef CONFIG_FUTEX_ROBUST_UNLOCK
	/* It has the vDSO at the same place. */
	mm->futex.unlock = from->futex.unlock;
#endif
	return ret;
}

/**
 * ckpt_make_mm() - make an address space for the caller
 * @from: an address space whose owner stands still, or NULL
 *
 * It is empty, or what fork(2) would make of @from. Its layout is that of the caller's own;
 * none of the flags that a program can set for its address space are.
 *
 * Return: the address space, with the one reference of the task that comes to use it, or an error.
 */
struct mm_struct *ckpt_make_mm(struct mm_struct *from)
{
	struct mm_struct *mm = ckpt_sym_mm_alloc();
	int ret;

	if (!mm)
		return ERR_PTR(-ENOMEM);
	ckpt_copy_layout(mm, current->mm);
	mm->def_flags = 0;
	ckpt_set_mm_flags(mm, ~0ul, 0);
	ret = from ? ckpt_fork_mm(mm, from) : 0;
	if (!ret)
		return mm;
	ckpt_drop_made_mm(mm);
	return ERR_PTR(ret);
}

/* One that no task uses. */
void ckpt_drop_made_mm(struct mm_struct *mm)
{
#ifdef CONFIG_MEMCG
	WRITE_ONCE(mm->owner, NULL);
#endif
	mmput(mm);
}

/* What exec_mmap() does between its locks (fs/exec.c). */
static void ckpt_switch_mm(struct mm_struct *mm, bool is_new)
{
	struct task_struct *task = current;
	struct mm_struct *before;

	task_lock(task);
	local_irq_disable();
	before = task->active_mm;
	task->active_mm = mm;
	task->mm = mm;
#ifdef CONFIG_SCHED_CACHE
	ckpt_sym_sched_cache_exec_mmap(task, mm);
#endif
	ckpt_sym_membarrier_update_current_mm(mm);
	paravirt_enter_mmap(mm);
	ckpt_sym_switch_mm_irqs_off(before, mm, NULL);
	local_irq_enable();
	if (is_new)
		ckpt_sym_lru_gen_add_mm(mm);
	task_unlock(task);
	lru_gen_use_mm(mm);
}

/*
 * The processors on which users of an address space may run are those of all of them: what
 * exec_mmap() does for the one user of a new address space (mm_init_cid()), and what a change of the
 * affinity does (mm_update_cpus_allowed()).  The caller is not a user yet; when it becomes one, the
 * kernel looks how many ids there have to be.
 */
static void ckpt_add_cpus_allowed(struct mm_struct *mm)
{
#ifdef CONFIG_SCHED_MM_CID
	guard(raw_spinlock_irq)(&mm->mm_cid.lock);
	cpumask_or(mm_cpus_allowed(mm), mm_cpus_allowed(mm), &current->cpus_mask);
	WRITE_ONCE(mm->mm_cid.nr_cpus_allowed, cpumask_weight(mm_cpus_allowed(mm)));
#endif
}

/* What the program had at most counts for the process (ru_maxrss), as exec has it. */
static void ckpt_account_maxrss(struct mm_struct *mm)
{
	struct signal_struct *group = current->signal;

	spin_lock_irq(&current->sighand->siglock);
	setmax_mm_hiwater_rss(&group->maxrss, mm);
	spin_unlock_irq(&current->sighand->siglock);
}

/* Another thread of the caller's process that uses an address space still, with a reference. */
static struct task_struct *ckpt_other_user(struct mm_struct *mm)
{
	struct task_struct *thread, *user = NULL;

	/* Those behind the caller come after it, too: the next one is it nearly always. */
	rcu_read_lock();
	for_other_threads(current, thread) {
		if (READ_ONCE(thread->mm) == mm) {
			user = get_task_struct(thread);
			break;
		}
	}
	rcu_read_unlock();
	return user;
}

/*
 * What is taken in an address space is charged to the control group of its owner, and to that of the
 * system when it has none.  mm_update_next_owner() takes all threads of a process for users of one
 * address space, as they are when execve(2) calls it.
 */
static void ckpt_disown(struct mm_struct *old)
{
#ifdef CONFIG_MEMCG
	while (READ_ONCE(old->owner) == current) {
		struct task_struct *user = ckpt_other_user(old);

		if (!user)
			break;
		task_lock(user);
		/* It cannot leave it meanwhile, and finds that it is the owner when it does. */
		if (user->mm == old) {
			WRITE_ONCE(old->owner, user);
			ckpt_sym_lru_gen_migrate_mm(old);
		}
		task_unlock(user);
		put_task_struct(user);
	}
#endif
	ckpt_sym_mm_update_next_owner(old);
}

/**
 * ckpt_enter_mm() - give the caller another address space in place of its own
 * @mm: the address space, whose reference becomes the caller's
 * @is_new: no task has used it before
 *
 * The caller has nothing left that refers to its user memory. After a failure it has its own
 * address space still, and is being killed; the reference to @mm is not taken.
 *
 * These are the steps of exec_mmap(). Of what begin_new_exec() does besides,
 *
 * - threads are not ended: each of them comes here, all before any of them runs;
 * - POSIX timers, io_uring, ports, user dispatch, events with remove_on_exec are not taken away: a
 *   task that has any is refused (Task::left_over());
 * - the descriptor table and handlers are made private, set and closed by their own parts, and so are
 *   name, personality, alternate stack, dumpable, registers (flush_thread()), signal at the parent's
 *   death;
 * - the state that says which tasks may look at the process (task_exec_state) stays: the user namespace is the
 *   same, and dumpable becomes what prctl(2) could set it to (identity.rs);
 * - exec_update_lock is not held until the credentials are set: they stay what they are, so that what
 *   may attach to the task now may attach to it afterwards;
 * - self_exec_id stays: no set-user-ID program is begun, and the record tells whether the parent has
 *   executed another program;
 * - no event of perf, audit or the connector says that a program has been executed: none has.
 *
 * Return: 0 or -EINTR.
 */
int ckpt_enter_mm(struct mm_struct *mm, bool is_new)
{
	struct task_struct *task = current;
	struct mm_struct *old = task->mm;
	int ret;

	ckpt_sym_sched_mm_cid_before_execve(task);
	/* Futexes that belong to the old one, and tasks that wait for its release. */
	ckpt_sym_exec_mm_release(task, old);
	ret = down_write_killable(&task->signal->exec_update_lock);
	if (ret)
		goto out;
	ret = mmap_read_lock_killable(old);
	if (!ret) {
		ckpt_switch_mm(mm, is_new);
		mmap_read_unlock(old);
		if (is_new)
			set_binfmt(old->binfmt);
	}
	up_write(&task->signal->exec_update_lock);
	if (!ret)
		ckpt_add_cpus_allowed(mm);
out:
	ckpt_sym_futex_exec_done(task);
	ckpt_sym_sched_mm_cid_after_execve(task);
	if (ret)
		return ret;
	ckpt_account_maxrss(old);
	ckpt_disown(old);
	mmput(old);
	/* A process that shares memory, not a thread: oom_score_adj is set for all of them. */
	if (!is_new && thread_group_leader(task))
		mm_flags_set(MMF_MULTIPROCESS, mm);
	return 0;
}

/*
 * What clone(2) does before a task shares memory: waiters that are there when an address space gets
 * its own table of futexes later are not moved to it.
 */
int ckpt_share_futexes(void)
{
#ifdef CONFIG_FUTEX_PRIVATE_HASH
	return ckpt_sym_futex_hash_allocate_default();
#else
	return 0;
#endif
}

/*
 * Whether the caller has an id among the users of its address space. One that came to an
 * address space with more users than processors gets it when it is scheduled next.
 */
bool ckpt_has_mm_cid(void)
{
	return !(READ_ONCE(current->mm_cid.cid) & MM_CID_UNSET);
}

void ckpt_mmget(struct mm_struct *mm)
{
	mmget(mm);
}
