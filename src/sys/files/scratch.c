// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor table that nothing but the caller can reach, for the system calls that hand a
 * file out, or take it, by a number.  The caller's own table may be shared with a process that
 * has nothing to do with a restart, and that puts another file in the place of a new one.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "../helpers.h"

struct ckpt_scratch {
	struct files_struct files;
	struct files_struct *own;
};

static void ckpt_use_files(struct files_struct *files)
{
	task_lock(current);
	current->files = files;
	task_unlock(current);
}

/*
 * The caller has an empty table until ckpt_leave_scratch(), with room for BITS_PER_LONG files:
 * one that grows would have to be freed by the kernel.  Its own one stays referenced.
 *
 * Return: NULL without memory.
 */
struct ckpt_scratch *ckpt_enter_scratch(void)
{
	struct ckpt_scratch *scratch = kzalloc(sizeof(*scratch), GFP_KERNEL_ACCOUNT);
	struct files_struct *files;

	if (!scratch)
		return NULL;
	/* As init_files of the kernel is. */
	files = &scratch->files;
	atomic_set(&files->count, 1);
	spin_lock_init(&files->file_lock);
	init_waitqueue_head(&files->resize_wait);
	files->fdtab.max_fds = NR_OPEN_DEFAULT;
	files->fdtab.close_on_exec = files->close_on_exec_init;
	files->fdtab.open_fds = files->open_fds_init;
	files->fdtab.full_fds_bits = files->full_fds_bits_init;
	RCU_INIT_POINTER(files->fdtab.fd, &files->fd_array[0]);
	RCU_INIT_POINTER(files->fdt, &files->fdtab);
	scratch->own = current->files;
	ckpt_use_files(files);
	return scratch;
}

/* Closes what is still open.  Others look at the table of a task under its task_lock() only. */
void ckpt_leave_scratch(struct ckpt_scratch *scratch)
{
	unsigned int fd;

	for_each_set_bit(fd, scratch->files.open_fds_init, NR_OPEN_DEFAULT)
		close_fd(fd);
	ckpt_use_files(scratch->own);
	kfree(scratch);
}

/* Gives an open file a number in the caller's table, which is a scratch table. */
long ckpt_number_file(struct file *file)
{
	int fd = get_unused_fd_flags(0);

	if (fd >= 0)
		fd_install(fd, get_file(file));
	return fd;
}
