// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86-64: inline functions and macros around registers, FPU, segments and vDSO.
 */
#include <linux/elf.h>
#include <linux/random.h>
#include <linux/sched/task_stack.h>
#include <asm/cpuid/api.h>
#include <asm/desc.h>
#include <asm/fpu/api.h>
#include <asm/fpu/sched.h>
#include <asm/fpu/xcr.h>
#include <asm/fpu/xstate.h>
#include <asm/mmu_context.h>
#include <asm/pkru.h>
#include <asm/prctl.h>
#include <asm/segment.h>
#include <asm/shstk.h>
#include <asm/special_insns.h>
#include <asm/vdso/vsyscall.h>

#include "../../src/sys/helpers.h"

struct pt_regs *ckpt_task_pt_regs(struct task_struct *task)
{
	return task_pt_regs(task);
}

/*
 * Without FSGSBASE the kernel looks for the base of a selector of the LDT in the memory of
 * the task, which goes when the task is killed.
 */
static bool ckpt_base_is_in_ldt(struct task_struct *task)
{
	return task != current && !boot_cpu_has(X86_FEATURE_FSGSBASE) &&
	       (task->thread.fsindex | task->thread.gsindex) & SEGMENT_TI_MASK;
}

/* General registers without what comes from an LDT: a task that has one is refused for that. */
static int ckpt_get_regs_without_bases(struct task_struct *task,
				       const struct user_regset *regset, void *data,
				       unsigned int size)
{
	int ret;

	memset(data, 0, size);
	ret = regset_get(task, regset,
			 min_t(unsigned int, size, offsetof(struct user_regs_struct, fs_base)), data);
	return ret < 0 ? ret : size;
}

/*
 * A register set as ptrace(2) shows it. The task is the caller or off its
 * processor.
 *
 * Return: bytes stored, -EOPNOTSUPP for a set that the task does not have, or
 * -ESRCH for a task that was killed meanwhile and has no stack any more.
 */
int ckpt_get_regset(struct task_struct *task, unsigned int note, void *data,
		    unsigned int size)
{
	const struct user_regset_view *view;
	int ret = -EOPNOTSUPP;
	unsigned int i;

	if (!try_get_task_stack(task))
		return -ESRCH;
	/* Whether it is a program of 64 bits shows in the registers, on the stack. */
	view = task_user_regset_view(task);
	for (i = 0; i < view->n; i++) {
		const struct user_regset *regset = &view->regsets[i];

		if (regset->core_note_type != note)
			continue;
		if (note == NT_PRSTATUS && ckpt_base_is_in_ldt(task))
			ret = ckpt_get_regs_without_bases(task, regset, data, size);
		else
			ret = regset_get(task, regset, size, data);
		break;
	}
	ckpt_sym_put_task_stack(task);
	return ret;
}

/*
 * Whether the task is a 32-bit program, or a 64-bit one in the middle of 32-bit code.
 * One that was killed meanwhile is neither any more.
 */
bool ckpt_is_compat(struct task_struct *task)
{
	bool compat;

	if (!try_get_task_stack(task))
		return false;
	compat = test_tsk_thread_flag(task, TIF_ADDR32) ||
		 !user_64bit_mode(task_pt_regs(task));
	ckpt_sym_put_task_stack(task);
	return compat;
}

/* The function of this name is not exported; the FPU follows the task. */
static struct fpu *ckpt_fpu(struct task_struct *task)
{
	return (struct fpu *)((char *)task + sizeof(struct task_struct));
}

/*
 * Marks a task that sleeps, until it returns to user mode: the number of the processor whose registers
 * are its own becomes one that no processor has.  A task that sleeps in the kernel keeps it however often
 * it is woken; before user mode its registers are loaded, since they are not there, and with them the
 * number.  What else forgets them (ptrace) writes -1.  So only the caller can make the mark, and
 * only a load of registers removes it.  With the lock held nothing wakes the task.
 *
 * Return: the mark, or 0 for a task that may run.
 */
u32 ckpt_mark_absent(struct task_struct *task)
{
	unsigned long flags;
	u32 mark;

	do
		mark = get_random_u32() | 1u << 31;
	while (mark == (u32)-1);
	raw_spin_lock_irqsave(&task->pi_lock, flags);
	if (!READ_ONCE(task->on_cpu) && (!task->on_rq || task->se.sched_delayed) &&
	    test_tsk_thread_flag(task, TIF_NEED_FPU_LOAD)) {
		u32 last = READ_ONCE(ckpt_fpu(task)->last_cpu);

		/* One that an earlier look has made says as much. */
		if (last & 1u << 31 && last != (u32)-1)
			mark = last;
		WRITE_ONCE(ckpt_fpu(task)->last_cpu, mark);
	} else {
		mark = 0;
	}
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
	return mark;
}

/* Whether a task has not been in user mode since it was marked. */
bool ckpt_is_absent(struct task_struct *task, u32 mark)
{
	return mark && READ_ONCE(ckpt_fpu(task)->last_cpu) == mark &&
	       test_tsk_thread_flag(task, TIF_NEED_FPU_LOAD);
}

void ckpt_get_tls(struct task_struct *task, u64 *tls)
{
	BUILD_BUG_ON(sizeof(task->thread.tls_array) != 3 * sizeof(u64));
	memcpy(tls, task->thread.tls_array, sizeof(task->thread.tls_array));
}

/*
 * Loads selectors, TLS descriptors and bases of the caller. The values have
 * been validated; a selector that names no descriptor loads as zero.
 */
int ckpt_set_segments(const struct ckpt_segments *segments, u64 fsbase, u64 gsbase)
{
	long ret;

	preempt_disable();
	memcpy(current->thread.tls_array, segments->tls, sizeof(current->thread.tls_array));
	load_TLS(&current->thread, smp_processor_id());
	loadsegment(ds, segments->ds);
	loadsegment(es, segments->es);
	preempt_enable();

	/* These zero the selector, so the selector comes after them. */
	ret = ckpt_sym_do_arch_prctl_64(current, ARCH_SET_FS, fsbase);
	if (!ret)
		ret = ckpt_sym_do_arch_prctl_64(current, ARCH_SET_GS, gsbase);
	if (ret)
		return ret;
	if (segments->fs || segments->gs) {
		preempt_disable();
		if (segments->fs)
			loadsegment(fs, segments->fs);
		if (segments->gs)
			load_gs_index(segments->gs);
		preempt_enable();
	}
	return 0;
}

/*
 * Replaces the FPU state of the caller. area is in the standard format and
 * fpu_user_cfg.max_size bytes long.
 *
 * The regset interface warns when it is used on the running task
 * (CONFIG_X86_DEBUG_FPU): the registers are given up first and loaded again on
 * the way to user mode.
 */
int ckpt_set_fpu(const void *area, u32 pkru)
{
	struct fpu *fpu = ckpt_fpu(current);
	u32 from_area = pkru;

	ckpt_sym_fpu_sync_fpstate(fpu);
	fpregs_lock();
	set_thread_flag(TIF_NEED_FPU_LOAD);
	fpu->last_cpu = -1;
	fpregs_unlock();
	return ckpt_sym_copy_uabi_from_kernel_to_xstate(fpu->fpstate, area, &from_area);
}

u32 ckpt_get_pkru(struct task_struct *task)
{
	return task == current ? read_pkru() : task->thread.pkru;
}

/* The processor's register is what the scheduler saves, so both are written. */
void ckpt_set_pkru(u32 pkru)
{
	preempt_disable();
	current->thread.pkru = pkru;
	write_pkru(pkru);
	preempt_enable();
}

bool ckpt_has_pkeys(void)
{
	return cpu_feature_enabled(X86_FEATURE_OSPKE);
}

u64 ckpt_xfeatures(void)
{
	return ckpt_data_fpu_user_cfg()->max_features;
}

u32 ckpt_xsave_size(void)
{
	return ckpt_data_fpu_user_cfg()->max_size;
}

/* Where each component stands in the standard format. */
static struct ckpt_xstate_place {
	u32 offset, size;
} ckpt_xstate_places[64] __ro_after_init;

/* Asks the processor, which in a virtual machine takes an exit each time: once, at load. */
void ckpt_find_xstate_places(void)
{
	u32 ecx, edx;

	for (unsigned int id = 2; id < ARRAY_SIZE(ckpt_xstate_places); id++) {
		struct ckpt_xstate_place *place = &ckpt_xstate_places[id];

		if (ckpt_xfeatures() & BIT_ULL(id))
			cpuid_count(0xd, id, &place->size, &place->offset, &ecx, &edx);
	}
}

void ckpt_xstate_component(unsigned int id, u32 *offset, u32 *size)
{
	struct ckpt_xstate_place *place = &ckpt_xstate_places[id % ARRAY_SIZE(ckpt_xstate_places)];

	*offset = place->offset;
	*size = place->size;
}

u32 ckpt_mxcsr_mask(void)
{
	return *ckpt_data_mxcsr_feature_mask();
}

bool ckpt_has_shadow_stack(struct task_struct *task)
{
#ifdef CONFIG_X86_USER_SHADOW_STACK
	return task->thread.features & ARCH_SHSTK_SHSTK;
#else
	return false;
#endif
}

/*
 * A permission for a state component that grows the FPU area (AMX), in use or not yet.  The leader of a
 * thread group keeps it for all.
 */
bool ckpt_xstate_permission_needed(struct task_struct *task)
{
	struct fpu *fpu;
	bool needed;

	if (ckpt_fpu(task)->fpstate->is_valloc)
		return true;
	rcu_read_lock();
	fpu = ckpt_fpu(rcu_dereference(task->group_leader));
	needed = (READ_ONCE(fpu->perm.__state_perm) | READ_ONCE(fpu->guest_perm.__state_perm)) &
		 XFEATURE_MASK_USER_DYNAMIC;
	rcu_read_unlock();
	return needed;
}

/* CPUID is a fault (ARCH_SET_CPUID). */
bool ckpt_has_cpuid_fault(struct task_struct *task)
{
	return test_tsk_thread_flag(task, TIF_NOCPUID);
}

bool ckpt_has_tsc_fault(struct task_struct *task)
{
	return test_tsk_thread_flag(task, TIF_NOTSC);
}

bool ckpt_has_l1d_flush(struct task_struct *task)
{
	return test_tsk_thread_flag(task, TIF_SPEC_L1D_FLUSH);
}

bool ckpt_has_ldt(struct mm_struct *mm)
{
#ifdef CONFIG_MODIFY_LDT_SYSCALL
	return mm->context.ldt;
#else
	return false;
#endif
}

/* What exec sets for a kind of program: whether it has a vsyscall page. */
void ckpt_copy_mm_context(struct mm_struct *mm, const struct mm_struct *from)
{
	if (test_bit(MM_CONTEXT_HAS_VSYSCALL, &from->context.flags))
		set_bit(MM_CONTEXT_HAS_VSYSCALL, &mm->context.flags);
}

bool ckpt_has_lam(struct mm_struct *mm)
{
#ifdef CONFIG_ADDRESS_MASKING
	return mm->context.lam_cr3_mask;
#else
	return false;
#endif
}

unsigned long ckpt_get_vdso(struct mm_struct *mm)
{
	return (unsigned long)mm->context.vdso;
}

bool ckpt_is_zero(const void *data, size_t len)
{
	return !memchr_inv(data, 0, len);
}

/* That of a mapping which came with a copy of another address space. */
void ckpt_set_vdso(struct mm_struct *mm, unsigned long text)
{
	mm->context.vdso = (void __user *)text;
	mm->context.vdso_image = ckpt_data_vdso64_image();
}

void ckpt_clear_vdso(struct mm_struct *mm)
{
	mm->context.vdso = NULL;
	mm->context.vdso_image = NULL;
}

u32 ckpt_get_pkeys(struct mm_struct *mm, int *execute_only)
{
	*execute_only = mm->context.execute_only_pkey;
	return mm->context.pkey_allocation_map;
}

/* The mmap lock is held for writing. */
void ckpt_set_pkeys(struct mm_struct *mm, u32 allocated, int execute_only)
{
	mm->context.pkey_allocation_map = allocated;
	mm->context.execute_only_pkey = execute_only;
}

const void *ckpt_vdso_text(u32 *len, u32 *vvar_len)
{
	const struct vdso_image *image = ckpt_data_vdso64_image();

	*len = image->size;
	*vvar_len = __VDSO_PAGES * PAGE_SIZE;
	return image->data;
}
