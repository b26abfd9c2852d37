// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: what page tables say, and inline functions around address spaces.
 */
#include <linux/crc32c.h>
#include <linux/mm.h>
#include <linux/swap.h>
#include <linux/leafops.h>
#include <linux/mempolicy.h>
#include <linux/mmap_lock.h>
#include <linux/pagewalk.h>
#include <linux/security.h>

#include "../helpers.h"

/*
 * Notes a page, with a reference when it is in memory. Return: 1 when there is no room
 * for it.
 */
static int ckpt_look_add(struct ckpt_window *window, unsigned long addr,
			 enum ckpt_page_kind kind, struct page *page)
{
	if (window->count == window->room) {
		window->next = addr;
		return 1;
	}
	if (page)
		get_page(page);
	window->found[window->count++] = (struct ckpt_found) {
		.addr = addr,
		.page = page,
		.kind = kind,
	};
	return 0;
}

static enum ckpt_page_kind ckpt_leaf_kind(softleaf_t entry)
{
	if (softleaf_is_none(entry) || softleaf_is_uffd_wp_marker(entry))
		return CKPT_PAGE_NONE;
	if (softleaf_is_guard_marker(entry))
		return CKPT_PAGE_GUARD;
	if (softleaf_is_poison_marker(entry) || softleaf_is_hwpoison(entry))
		return CKPT_PAGE_POISON;
	/* Swapped, under migration, in device memory: getting the page brings it back. */
	return CKPT_PAGE_DATA;
}

/*
 * A page of a private mapping that is not anonymous is still the file's; the huge
 * zero page is not anonymous, either.
 */
static enum ckpt_page_kind ckpt_page_kind(struct page *page)
{
	if (!folio_test_anon(page_folio(page)))
		return CKPT_PAGE_NONE;
	return PageAnonExclusive(page) ? CKPT_PAGE_DATA : CKPT_PAGE_SHARED;
}

/*
 * Shared mappings belong to their files; what droppable ones hold may be lost at any time, and
 * has to be: getrandom(3) keeps keys there, which two copies of a program must not share. Of
 * both only the guard regions count.
 */
static bool ckpt_has_guards_only(const struct vm_area_struct *vma)
{
	return vma->vm_flags & (VM_MAYSHARE | VM_DROPPABLE);
}

static int ckpt_look_pte(struct ckpt_window *window, pte_t pte, unsigned long addr,
			 bool guards_only)
{
	enum ckpt_page_kind kind;
	struct page *page = NULL;

	if (guards_only && (pte_present(pte) || !softleaf_is_guard_marker(softleaf_from_pte(pte))))
		return 0;

	if (!pte_present(pte)) {
		kind = ckpt_leaf_kind(softleaf_from_pte(pte));
	} else if (pte_special(pte)) {
		return 0;	/* the zero page; device mappings are refused before */
	} else {
		page = pte_page(pte);
		kind = ckpt_page_kind(page);
	}
	if (kind == CKPT_PAGE_NONE)
		return 0;
	return ckpt_look_add(window, addr, kind, page);
}

/* Huge entries are taken whole: going down would split them. */
static int ckpt_look_huge(struct ckpt_window *window, pmd_t pmd, unsigned long addr,
			  unsigned long next)
{
	enum ckpt_page_kind kind = CKPT_PAGE_DATA;
	struct page *page = NULL;
	int ret = 0;

	if (pmd_present(pmd)) {
		/* Only the first page of a huge one knows. */
		kind = ckpt_page_kind(pmd_page(pmd));
		page = pmd_page(pmd) + ((addr & ~HPAGE_PMD_MASK) >> PAGE_SHIFT);
	}
	if (kind == CKPT_PAGE_NONE)
		return 0;
	for (; addr < next && !ret; addr += PAGE_SIZE)
		ret = ckpt_look_add(window, addr, kind, page ? page++ : NULL);
	return ret;
}

/* A whole page table at a time: most of its entries are empty. */
static int ckpt_look_pmd(pmd_t *pmdp, unsigned long addr, unsigned long next,
			 struct mm_walk *mm_walk)
{
	bool guards_only = ckpt_has_guards_only(mm_walk->vma);
	struct ckpt_window *window = mm_walk->private;
	pte_t *table, *ptep;
	spinlock_t *lock;
	int ret = 0;
	pmd_t pmd;

	if (pmd_none(pmdp_get_lockless(pmdp)))
		return 0;
	mm_walk->action = ACTION_CONTINUE;
	lock = pmd_lock(mm_walk->mm, pmdp);
	pmd = pmdp_get(pmdp);
	if (!pmd_none(pmd) && (!pmd_present(pmd) || pmd_leaf(pmd))) {
		if (!guards_only)
			ret = ckpt_look_huge(window, pmd, addr, next);
		spin_unlock(lock);
		return ret;
	}
	spin_unlock(lock);
	table = ckpt_sym_pte_offset_map_lock(mm_walk->mm, pmdp, addr, &lock);
	if (!table) {
		/* It has just become something else. */
		mm_walk->action = ACTION_AGAIN;
		return 0;
	}
	for (ptep = table; addr < next && !ret; ptep++, addr += PAGE_SIZE) {
		pte_t pte = ptep_get(ptep);

		if (!pte_none(pte))
			ret = ckpt_look_pte(window, pte, addr, guards_only);
	}
	pte_unmap_unlock(table, lock);
	return ret;
}

/* "[vdso]", "[vvar]" …, or NULL for an ordinary mapping. */
const char *ckpt_special_mapping_name(struct vm_area_struct *vma)
{
	return vma->vm_ops && vma->vm_ops->name ? vma->vm_ops->name(vma) : NULL;
}

/* The kernel's own mappings hold nothing of the process. */
static int ckpt_look_vma(unsigned long addr, unsigned long next, struct mm_walk *mm_walk)
{
	struct vm_area_struct *vma = mm_walk->vma;

	return vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP | VM_IO) ||
	       ckpt_special_mapping_name(vma) ||
	       (ckpt_has_guards_only(vma) && !(vma->vm_flags & VM_MAYBE_GUARD));
}

static const struct mm_walk_ops ckpt_look_ops = {
	.test_walk	= ckpt_look_vma,
	.pmd_entry	= ckpt_look_pmd,
	.walk_lock	= PGWALK_RDLOCK,
};

/**
 * ckpt_look() - what the pages of private mappings hold, from an address on
 *
 * The mmap lock is held for reading. What is not told of holds nothing of its own.
 *
 * Return: 0, 1 when there was no room for more: window.next is the first page that was
 * left out; or an error.
 */
int ckpt_look(struct mm_struct *mm, unsigned long start, struct ckpt_window *window)
{
	if (start >= TASK_SIZE_MAX)
		return 0;
	return ckpt_sym_walk_page_range(mm, start, TASK_SIZE_MAX, &ckpt_look_ops, window);
}

/* A task that has it may wait for a file system in user space: only SIGKILL is sure to end the wait for it. */
int ckpt_mmap_read_lock(struct mm_struct *mm)
{
	return mmap_read_lock_killable(mm);
}

void ckpt_mmap_read_unlock(struct mm_struct *mm)
{
	mmap_read_unlock(mm);
}

int ckpt_mmap_write_lock(struct mm_struct *mm)
{
	return mmap_write_lock_killable(mm);
}

void ckpt_mmap_write_unlock(struct mm_struct *mm)
{
	mmap_write_unlock(mm);
}

void ckpt_arg_lock(struct mm_struct *mm)
{
	spin_lock(&mm->arg_lock);
}

void ckpt_arg_unlock(struct mm_struct *mm)
{
	spin_unlock(&mm->arg_lock);
}

unsigned long ckpt_vm_flags(struct vm_area_struct *vma)
{
	return vma->vm_flags;
}

bool ckpt_vma_is_anonymous(struct vm_area_struct *vma)
{
	return vma_is_anonymous(vma);
}

bool ckpt_vma_has_policy(struct vm_area_struct *vma)
{
	return vma->vm_policy;
}

bool ckpt_has_policy(struct task_struct *task)
{
	return task->mempolicy;
}

unsigned long ckpt_mm_flags(struct mm_struct *mm)
{
	return __mm_flags_get_word(mm);
}

void ckpt_set_mm_flags(struct mm_struct *mm, unsigned long mask, unsigned long set)
{
	__mm_flags_set_mask_bits_word(mm, mask, set & mask);
}

unsigned long ckpt_mm_resident(struct mm_struct *mm)
{
	return get_mm_rss_sum(mm);
}

/*
 * Pages of a captured image: accounted to the task that captures, and given up
 * rather than having the system run out of memory.
 */
struct page *ckpt_alloc_pages(unsigned int order, bool try_hard)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN | (order ? __GFP_COMP : 0);

	gfp |= try_hard ? __GFP_RETRY_MAYFAIL : __GFP_NORETRY;
	return alloc_pages(gfp, order);
}

void ckpt_free_pages(struct page *page, unsigned int order)
{
	__free_pages(page, order);
}

void ckpt_put_pages(struct page **pages, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		put_page(pages[i]);
}

void ckpt_copy_pages(struct page *to, unsigned long index, struct page *from,
		     unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		copy_page(page_address(to + index + i), page_address(from + i));
}

void ckpt_copy_from_pages(void *to, struct page **pages, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		copy_page(to + i * PAGE_SIZE, page_address(pages[i]));
}

/* Pages that are summed at once: the vector registers are the kernel's meanwhile. */
#define SUM_PAGES 16

/* Continues a CRC32C over pages that follow each other in memory. */
u32 ckpt_sum_pages(u32 sum, struct page *page, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i += SUM_PAGES) {
		unsigned long now = min(nr - i, (unsigned long)SUM_PAGES);

		sum = crc32c(sum, page_address(page + i), now * PAGE_SIZE);
		cond_resched();
	}
	return sum;
}

/* How many of the pages, from the first on, follow each other in memory. */
static unsigned long contiguous(struct page **pages, unsigned long nr)
{
	unsigned long i = 1;

	while (i < nr && pages[i] == pages[0] + i)
		i++;
	return i;
}

/*
 * Continues a CRC32C over pages of the caller's memory. A task that shares that memory may
 * change it meanwhile, to no harm but to the sum.
 */
int ckpt_sum_user(u32 *sum, unsigned long addr, unsigned long nr)
{
	struct page *pages[SUM_PAGES];

	while (nr) {
		int got = get_user_pages_fast(addr, min(nr, ARRAY_SIZE(pages)), FOLL_FORCE,
					      pages);
		int i = 0;

		if (got <= 0)
			return got ? got : -EFAULT;
		while (i < got) {
			int run = contiguous(pages + i, got - i);

			*sum = ckpt_sum_pages(*sum, pages[i], run);
			i += run;
		}
		ckpt_put_pages(pages, got);
		addr += got * PAGE_SIZE;
		nr -= got;
	}
	return 0;
}

struct page *ckpt_nth_page(struct page *page, unsigned long n)
{
	return page + n;
}

bool ckpt_page_is_zero(struct page *page)
{
	return !memchr_inv(page_address(page), 0, PAGE_SIZE);
}

void ckpt_put_page(struct page *page)
{
	put_page(page);
}

void ckpt_get_page(struct page *page)
{
	get_page(page);
}

int ckpt_copy_to_user(struct page **pages, unsigned long nr, unsigned long addr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (copy_to_user((void __user *)(addr + i * PAGE_SIZE), page_address(pages[i]),
				 PAGE_SIZE))
			return -EFAULT;
	}
	return 0;
}

/* Changes the flags of all mappings in a range, each as a whole. */
int ckpt_vm_flags_mod_range(struct mm_struct *mm, unsigned long start, unsigned long end,
			    unsigned long set, unsigned long clear)
{
	VMA_ITERATOR(vmi, mm, start);
	struct vm_area_struct *vma;
	int ret = mmap_write_lock_killable(mm);

	if (ret)
		return ret;
	for_each_vma_range(vmi, vma, end)
		vm_flags_mod(vma, set, clear);
	mmap_write_unlock(mm);
	return 0;
}

/* Clears flags of all mappings in a range, and of nothing beside it. */
int ckpt_vm_flags_clear_within(struct mm_struct *mm, unsigned long start, unsigned long end,
			       unsigned long clear)
{
	VMA_ITERATOR(vmi, mm, start);
	struct vm_area_struct *vma;
	int ret = mmap_write_lock_killable(mm);

	if (ret)
		return ret;
	for_each_vma_range(vmi, vma, end) {
		if (!(vma->vm_flags & clear))
			continue;
		if (vma->vm_start < start)
			ret = ckpt_sym_split_vma(&vmi, vma, start, 1);
		if (!ret && vma->vm_end > end)
			ret = ckpt_sym_split_vma(&vmi, vma, end, 0);
		if (ret)
			break;
		vm_flags_clear(vma, clear);
	}
	mmap_write_unlock(mm);
	return ret;
}

/* Reads from the file straight into the caller's memory. May be short. */
ssize_t ckpt_read_user(struct file *file, unsigned long addr, size_t len, loff_t *pos)
{
	struct iov_iter iter;

	iov_iter_ubuf(&iter, ITER_DEST, (void __user *)addr, len);
	return vfs_iter_read(file, &iter, pos, 0);
}

/*
 * Reads and writes kernel memory. kernel_read() and kernel_write() do the same, but
 * refuse files that have both kinds of operations, such as /dev/null.
 */
ssize_t ckpt_read_kernel(struct file *file, void *buf, size_t len, loff_t *pos)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, len);
	return vfs_iter_read(file, &iter, pos, 0);
}

ssize_t ckpt_write_kernel(struct file *file, const void *buf, size_t len, loff_t *pos)
{
	struct kvec vec = { .iov_base = (void *)buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, len);
	return vfs_iter_write(file, &iter, pos, 0);
}

/* Writes pages without copying them first. May be short. */
ssize_t ckpt_write_bvec(struct file *file, const struct bio_vec *bvec,
			unsigned long nr, size_t len, loff_t *pos)
{
	struct iov_iter iter;

	iov_iter_bvec(&iter, ITER_SOURCE, bvec, nr, len);
	return vfs_iter_write(file, &iter, pos, 0);
}
