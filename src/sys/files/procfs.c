// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of /proc: the process or thread that they belong to, and its number there.  The structure
 * behind their inodes is private to fs/proc: Rust gives the offset of the number in it.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/pid.h>
#include <linux/proc_fs.h>

#include "../helpers.h"

/* The number that an entry below the root of /proc stands for; NULL for any other. */
static struct pid *ckpt_proc_pid(struct dentry *dentry, long pid_offset)
{
	struct inode *inode = d_inode(dentry);

	return inode ? *(struct pid **)((char *)inode + pid_offset) : NULL;
}

/*
 * What a file of /proc is of: the process and, for what lies below its task directory, the
 * thread; each with a reference, or NULL.  The names of open files do not move.
 */
void ckpt_proc_owner(struct file *file, long pid_offset, struct pid **process,
		     struct pid **thread)
{
	struct dentry *root = file_inode(file)->i_sb->s_root;
	/* The last three on the way up. */
	struct dentry *first = NULL, *second = NULL, *third = NULL, *at;

	*process = *thread = NULL;
	for (at = file->f_path.dentry; at != root && !IS_ROOT(at); at = at->d_parent) {
		third = second;
		second = first;
		first = at;
	}
	if (!first)
		return;
	*process = get_pid(ckpt_proc_pid(first, pid_offset));
	if (*process && third && !strcmp(second->d_name.name, "task"))
		*thread = get_pid(ckpt_proc_pid(third, pid_offset));
}

/* Whether a file is of a mount that shows all of its file system. */
bool ckpt_mounted_whole(struct file *file)
{
	return file->f_path.mnt->mnt_root == file_inode(file)->i_sb->s_root;
}

/* The root directory of the mount that a file is on; the caller gives it back. */
void ckpt_mount_root(struct file *file, struct path *out)
{
	out->mnt = file->f_path.mnt;
	out->dentry = file->f_path.mnt->mnt_root;
	path_get(out);
}

/* What a number is in the pid namespace that this /proc shows; 0 when it is not there. */
int ckpt_number_in_proc(struct file *file, struct pid *pid)
{
	struct super_block *sb = file_inode(file)->i_sb;

	return sb->s_magic == PROC_SUPER_MAGIC ? pid_nr_ns(pid, proc_pid_ns(sb)) : 0;
}
