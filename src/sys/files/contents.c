// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that no path leads to: deleted ones, memfds, shared anonymous memory.  What they are,
 * the pages they store, and how they are made again.
 */
#include <linux/backing-dev.h>
#include <linux/dax.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/security.h>
#include <linux/shmem_fs.h>

#include "../helpers.h"

/* The inode that holds the bytes: on an overlay another one than that of the file. */
static struct inode *ckpt_storage(struct file *file)
{
	return d_real_inode(file_user_path(file)->dentry);
}

unsigned long ckpt_storage_key(struct file *file)
{
	return (unsigned long)ckpt_storage(file);
}

static enum ckpt_contents_kind ckpt_internal_kind(struct file *file)
{
	/* Dentries of this file system cannot be renamed. */
	const char *name = file->f_path.dentry->d_name.name;

	if (!shmem_mapping(file_inode(file)->i_mapping))
		return CKPT_CONTENTS_NONE;
	if (!strncmp(name, CKPT_MEMFD_PREFIX, strlen(CKPT_MEMFD_PREFIX)))
		return CKPT_CONTENTS_MEMFD;
	return strcmp(name, CKPT_MEMORY_NAME) ? CKPT_CONTENTS_NONE : CKPT_CONTENTS_MEMORY;
}

static enum ckpt_contents_kind ckpt_contents_kind(struct file *file)
{
	const struct path *path = file_user_path(file);
	struct inode *inode = d_inode(path->dentry);

	if (S_ISDIR(inode->i_mode))
		return d_unlinked(path->dentry) ? CKPT_CONTENTS_DIRECTORY : CKPT_CONTENTS_NONE;
	if (!S_ISREG(inode->i_mode))
		return CKPT_CONTENTS_NONE;
	if (inode->i_sb->s_flags & SB_NOUSER)
		return ckpt_internal_kind(file);
	return d_unlinked(path->dentry) && !inode->i_nlink ? CKPT_CONTENTS_DELETED :
							     CKPT_CONTENTS_NONE;
}

void ckpt_contents(struct file *file, struct ckpt_contents *out)
{
	const struct path *path = file_user_path(file);
	struct inode *inode = d_inode(path->dentry);
	struct mnt_idmap *idmap = mnt_idmap(path->mnt);
	struct user_namespace *ns = current_user_ns();

	*out = (struct ckpt_contents) { .kind = ckpt_contents_kind(file) };
	if (out->kind == CKPT_CONTENTS_NONE)
		return;
	out->uid = from_kuid_munged(ns, vfsuid_into_kuid(i_uid_into_vfsuid(idmap, inode)));
	out->gid = from_kgid_munged(ns, vfsgid_into_kgid(i_gid_into_vfsgid(idmap, inode)));
	if (out->kind == CKPT_CONTENTS_DIRECTORY)
		return;
	out->linkable = inode_state_read_once(inode) & I_LINKABLE;
	if (shmem_mapping(inode->i_mapping)) {
		out->seals = SHMEM_I(inode)->seals;
		out->noreserve = SHMEM_I(inode)->flags & SHMEM_F_NORESERVE;
	}
}

/* "NAME" of a memfd, which lives as long as its file. */
const char *ckpt_memfd_name(struct file *file)
{
	return file->f_path.dentry->d_name.name + strlen(CKPT_MEMFD_PREFIX);
}

/* The name that a file has in its directory, or had; there is room for the longest one. */
void ckpt_last_name(struct file *file, char *name)
{
	struct name_snapshot last;

	take_dentry_name_snapshot(&last, file_user_path(file)->dentry);
	strscpy(name, last.name.name, NAME_MAX + 1);
	release_dentry_name_snapshot(&last);
}

/* Whether its pages can be had without the file system knowing the caller. */
bool ckpt_is_stored(struct file *file)
{
	struct inode *inode = ckpt_storage(file);

	if (shmem_mapping(inode->i_mapping))
		return true;
	/* A process that serves it (fuseblk) may stand still. */
	if (inode->i_sb->s_magic == FUSE_SUPER_MAGIC)
		return false;
	return inode->i_sb->s_bdev && !IS_DAX(inode) && inode->i_mapping->a_ops->read_folio;
}

/* Whether the caller may read it. */
bool ckpt_may_read(struct file *file)
{
	return file->f_mode & FMODE_READ ||
	       !inode_permission(file_mnt_idmap(file), file_inode(file), MAY_READ);
}

/*
 * How many open files there are for it, whatever names it had; 0 when that cannot be told:
 * an overlay opens files of its own.
 */
unsigned int ckpt_openings(struct file *file)
{
	struct inode *inode = d_inode(file_user_path(file)->dentry);
	unsigned int count = 0;
	struct dentry *dentry;

	if (inode != ckpt_storage(file))
		return 0;
	spin_lock(&inode->i_lock);
	for_each_alias(dentry, inode)
		count += d_count(dentry);
	spin_unlock(&inode->i_lock);
	return count;
}

/* The directory that a file is or was in. */
void ckpt_parent(struct file *file, struct path *parent)
{
	const struct path *path = file_user_path(file);

	parent->mnt = mntget(path->mnt);
	parent->dentry = dget_parent(path->dentry);
}

static struct folio *ckpt_read_folio(struct address_space *mapping, pgoff_t index)
{
	if (shmem_mapping(mapping))
		return shmem_read_folio(mapping, index);
	return read_mapping_folio(mapping, index, NULL);
}

/*
 * References to up to nr pages that a file stores, from an index on. They are brought into
 * memory if need be.
 *
 * Return: how many, at least one, or an error.
 */
long ckpt_stored_pages(struct file *file, unsigned long index, unsigned long nr,
		       struct page **pages)
{
	struct address_space *mapping = ckpt_storage(file)->i_mapping;
	unsigned long got = 0;

	if (!shmem_mapping(mapping) && !filemap_range_has_page(mapping,
			(loff_t)index << PAGE_SHIFT, (loff_t)index << PAGE_SHIFT))
		page_cache_sync_readahead(mapping, &file->f_ra, NULL, index, nr);
	while (got < nr) {
		struct folio *folio = ckpt_read_folio(mapping, index + got);

		if (IS_ERR(folio))
			return got ? got : PTR_ERR(folio);
		pages[got] = folio_file_page(folio, index + got);
		if (PageHWPoison(pages[got])) {
			folio_put(folio);
			return got ? got : -EHWPOISON;
		}
		got++;
		if (fatal_signal_pending(current))
			break;
	}
	return got;
}

long ckpt_make_memfd(const char *name, unsigned int flags)
{
	struct pt_regs regs = { .si = flags };

	return ckpt_call_lent(ckpt_sym___x64_sys_memfd_create, &regs, &regs.di, name,
			      strlen(name) + 1);
}

/* What mmap(2) makes for MAP_SHARED | MAP_ANONYMOUS. */
struct file *ckpt_make_memory(s64 size, bool noreserve)
{
	vma_flags_t flags = EMPTY_VMA_FLAGS;

	if (noreserve)
		flags = mk_vma_flags(VMA_NORESERVE_BIT);
	return shmem_kernel_file_setup(CKPT_MEMORY_NAME, size, flags);
}

/* With the checks of mkdir(2); only the caller may enter it.  The directory, open for reading. */
struct file *ckpt_make_directory(const char *name)
{
	struct path parent, made;
	struct dentry *child = start_creating_path(AT_FDCWD, name, &parent, LOOKUP_DIRECTORY);
	struct file *file;
	int ret;

	if (IS_ERR(child))
		return ERR_CAST(child);
	ret = security_path_mkdir(&parent, child, 0700);
	if (ret) {
		end_creating_path(&parent, child);
		return ERR_PTR(ret);
	}
	child = vfs_mkdir(mnt_idmap(parent.mnt), d_inode(parent.dentry), child, 0700, NULL);
	if (IS_ERR(child)) {
		end_creating_path(&parent, child);
		return ERR_CAST(child);
	}
	made.mnt = mntget(parent.mnt);
	made.dentry = dget(child);
	end_creating_path(&parent, child);
	/* Not by the name, which may be that of another one by now. */
	file = file_open_root(&made, "", O_RDONLY | O_DIRECTORY | O_LARGEFILE, 0);
	path_put(&made);
	return file;
}

static int ckpt_remove(struct mnt_idmap *idmap, const struct path *parent, struct dentry *child)
{
	struct inode *inode = d_inode(parent->dentry);
	int ret;

	if (d_is_dir(child))
		ret = ckpt_sym_security_path_rmdir(parent, child) ?:
		      vfs_rmdir(idmap, inode, child, NULL);
	else
		ret = security_path_unlink(parent, child) ?: vfs_unlink(idmap, inode, child, NULL);
	return ret;
}

/* Takes the name of a file or directory away that the caller has just made. */
int ckpt_unlink(struct file *file)
{
	struct dentry *dentry = file->f_path.dentry, *child;
	struct path parent = { .mnt = file->f_path.mnt };
	int ret = mnt_want_write(parent.mnt);

	if (ret)
		return ret;
	parent.dentry = dget_parent(dentry);
	child = start_removing_dentry(parent.dentry, dentry);
	ret = PTR_ERR_OR_ZERO(child);
	if (!ret) {
		ret = ckpt_remove(file_mnt_idmap(file), &parent, child);
		end_removing(child);
	}
	dput(parent.dentry);
	mnt_drop_write(parent.mnt);
	return ret;
}

/* With the checks of chmod(2), also by a mere place (O_PATH), when the mode is another one. */
int ckpt_set_mode(struct file *file, u32 mode)
{
	if ((file_inode(file)->i_mode & S_IALLUGO) == (mode & S_IALLUGO))
		return 0;
	return ckpt_sym_vfs_fchmod(file, mode & S_IALLUGO);
}

/* ftruncate(2), for a descriptor in a scratch table. */
int ckpt_set_size(int fd, s64 size)
{
	const struct pt_regs regs = { .di = fd, .si = size };

	return ckpt_sym___x64_sys_ftruncate(&regs);
}

/*
 * With the checks of chown(2), also by a mere place (O_PATH), as far as the owner or the group is
 * another one. Modes that go with the owner (S_ISUID, S_ISGID) are gone then.
 *
 * Return: -EPERM also for an id that the caller's user namespace does not have.
 */
int ckpt_set_owner_of(struct file *file, u32 uid, u32 gid)
{
	struct user_namespace *ns = current_user_ns();
	struct mnt_idmap *idmap = file_mnt_idmap(file);
	struct inode *inode = file_inode(file);
	kuid_t kuid = make_kuid(ns, uid);
	kgid_t kgid = make_kgid(ns, gid);

	if (!uid_valid(kuid) || !gid_valid(kgid))
		return -EPERM;
	if (vfsuid_eq_kuid(i_uid_into_vfsuid(idmap, inode), kuid))
		uid = -1;
	if (vfsgid_eq_kgid(i_gid_into_vfsgid(idmap, inode), kgid))
		gid = -1;
	if (uid == -1 && gid == -1)
		return 0;
	return ckpt_sym_vfs_fchown(file, uid, gid);
}

/* With the checks of utimensat(2). */
int ckpt_set_mtime(struct file *file, s64 mtime, u32 mtime_nsec)
{
	struct iattr attr = {
		.ia_valid	= ATTR_MTIME | ATTR_MTIME_SET,
		.ia_mtime	= { .tv_sec = mtime, .tv_nsec = mtime_nsec },
	};
	struct inode *inode = file_inode(file);
	int ret = mnt_want_write(file->f_path.mnt);

	if (ret)
		return ret;
	ret = inode_lock_killable(inode);
	if (!ret) {
		ret = notify_change(file_mnt_idmap(file), file->f_path.dentry, &attr, NULL);
		inode_unlock(inode);
	}
	mnt_drop_write(file->f_path.mnt);
	return ret;
}
