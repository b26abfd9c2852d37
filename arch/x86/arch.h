/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Rust calls in C about the processor; a part of helpers.h.
 */
#ifndef CKPT_ARCH_H
#define CKPT_ARCH_H

/* arch/x86/helpers.c */
struct pt_regs *ckpt_task_pt_regs(struct task_struct *task);
bool ckpt_is_compat(struct task_struct *task);
bool ckpt_has_cpuid_fault(struct task_struct *task);
bool ckpt_has_tsc_fault(struct task_struct *task);
bool ckpt_has_l1d_flush(struct task_struct *task);
int ckpt_get_regset(struct task_struct *task, unsigned int note, void *data,
		    unsigned int size);

struct ckpt_segments {
	u16 ds;
	u16 es;
	u16 fs;
	u16 gs;
	u64 tls[3];
};
int ckpt_set_segments(const struct ckpt_segments *segments, u64 fsbase, u64 gsbase);
void ckpt_get_tls(struct task_struct *task, u64 *tls);
int ckpt_set_fpu(const void *area, u32 pkru);
u32 ckpt_mark_absent(struct task_struct *task);
bool ckpt_is_absent(struct task_struct *task, u32 mark);
u32 ckpt_get_pkru(struct task_struct *task);
void ckpt_set_pkru(u32 pkru);
bool ckpt_has_pkeys(void);
u64 ckpt_xfeatures(void);
bool ckpt_is_zero(const void *data, size_t len);
u32 ckpt_xsave_size(void);
void ckpt_find_xstate_places(void);
void ckpt_xstate_component(unsigned int id, u32 *offset, u32 *size);
u32 ckpt_mxcsr_mask(void);
bool ckpt_has_shadow_stack(struct task_struct *task);
bool ckpt_has_ldt(struct mm_struct *mm);
void ckpt_copy_mm_context(struct mm_struct *mm, const struct mm_struct *from);
bool ckpt_has_lam(struct mm_struct *mm);
unsigned long ckpt_get_vdso(struct mm_struct *mm);
void ckpt_clear_vdso(struct mm_struct *mm);
void ckpt_set_vdso(struct mm_struct *mm, unsigned long text);
u32 ckpt_get_pkeys(struct mm_struct *mm, int *execute_only);
void ckpt_set_pkeys(struct mm_struct *mm, u32 allocated, int execute_only);
const void *ckpt_vdso_text(u32 *len, u32 *vvar_len);
bool ckpt_xstate_permission_needed(struct task_struct *task);

#endif /* CKPT_ARCH_H */
