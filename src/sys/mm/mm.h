/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Rust calls in C about memory; a part of helpers.h.
 */
#ifndef CKPT_SYS_MM_H
#define CKPT_SYS_MM_H

/* walk.c: memory */
enum ckpt_page_kind {
	CKPT_PAGE_NONE,		/* nothing of its own: never touched, zero, or the file's */
	CKPT_PAGE_DATA,		/* to be saved */
	CKPT_PAGE_SHARED,	/* to be saved, and maybe another address space has it, too */
	CKPT_PAGE_GUARD,	/* guard region */
	CKPT_PAGE_POISON,	/* lost by the hardware */
};

struct ckpt_found {
	unsigned long addr;
	struct page *page;	/* NULL: has to be brought into memory */
	enum ckpt_page_kind kind;
};

struct ckpt_window {
	struct ckpt_found *found;
	unsigned int room;
	unsigned int count;
	unsigned long next;
};

int ckpt_look(struct mm_struct *mm, unsigned long start, struct ckpt_window *window);

int ckpt_mmap_read_lock(struct mm_struct *mm);
void ckpt_mmap_read_unlock(struct mm_struct *mm);
int ckpt_mmap_write_lock(struct mm_struct *mm);
void ckpt_mmap_write_unlock(struct mm_struct *mm);
void ckpt_arg_lock(struct mm_struct *mm);
void ckpt_arg_unlock(struct mm_struct *mm);
const char *ckpt_special_mapping_name(struct vm_area_struct *vma);
unsigned long ckpt_vm_flags(struct vm_area_struct *vma);
int ckpt_vm_flags_mod_range(struct mm_struct *mm, unsigned long start, unsigned long end,
			    unsigned long set, unsigned long clear);
int ckpt_vm_flags_clear_within(struct mm_struct *mm, unsigned long start, unsigned long end,
			       unsigned long clear);
void ckpt_get_page(struct page *page);
void ckpt_put_page(struct page *page);
int ckpt_copy_to_user(struct page **pages, unsigned long nr, unsigned long addr);
bool ckpt_vma_is_anonymous(struct vm_area_struct *vma);
bool ckpt_vma_has_policy(struct vm_area_struct *vma);
bool ckpt_has_policy(struct task_struct *task);
unsigned long ckpt_mm_flags(struct mm_struct *mm);
void ckpt_set_mm_flags(struct mm_struct *mm, unsigned long mask, unsigned long set);
unsigned long ckpt_mm_resident(struct mm_struct *mm);
struct page *ckpt_alloc_pages(unsigned int order, bool try_hard);
void ckpt_free_pages(struct page *page, unsigned int order);
void ckpt_put_pages(struct page **pages, unsigned long nr);
void ckpt_copy_pages(struct page *to, unsigned long index, struct page *from,
		     unsigned long nr);
void ckpt_copy_from_pages(void *to, struct page **pages, unsigned long nr);
u32 ckpt_sum_pages(u32 sum, struct page *page, unsigned long nr);
int ckpt_sum_user(u32 *sum, unsigned long addr, unsigned long nr);
struct page *ckpt_nth_page(struct page *page, unsigned long n);
bool ckpt_page_is_zero(struct page *page);
ssize_t ckpt_read_user(struct file *file, unsigned long addr, size_t len, loff_t *pos);
ssize_t ckpt_read_kernel(struct file *file, void *buf, size_t len, loff_t *pos);
ssize_t ckpt_write_kernel(struct file *file, const void *buf, size_t len, loff_t *pos);
ssize_t ckpt_write_bvec(struct file *file, const struct bio_vec *bvec,
			unsigned long nr, size_t len, loff_t *pos);

/* space.c: address spaces of the caller */
struct mm_struct *ckpt_make_mm(struct mm_struct *from);
void ckpt_drop_made_mm(struct mm_struct *mm);
int ckpt_enter_mm(struct mm_struct *mm, bool is_new);
int ckpt_share_futexes(void);
bool ckpt_has_mm_cid(void);
void ckpt_mmget(struct mm_struct *mm);

#endif /* CKPT_SYS_MM_H */
