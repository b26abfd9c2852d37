// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipes and FIFOs: what is in them, without taking it out.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pipe_fs_i.h>

#include "../helpers.h"

/* The pipe of an open file; NULL for any other file, and for one open with O_PATH. */
static struct pipe_inode_info *ckpt_pipe_of(struct file *file)
{
	if (!S_ISFIFO(file_inode(file)->i_mode) || file->f_mode & FMODE_PATH)
		return NULL;
	return file->private_data;
}

/*
 * The mutex is held by writers while they read memory that may belong to a file system in
 * user space: a task that waits for it can be killed.
 *
 * Return: false also for a caller that has been killed.
 */
bool ckpt_pipe_state(struct file *file, struct ckpt_pipe *state)
{
	struct pipe_inode_info *pipe = ckpt_pipe_of(file);

	if (!pipe || mutex_lock_killable(&pipe->mutex))
		return false;
	*state = (struct ckpt_pipe) {
		.readers	= pipe->readers,
		.writers	= pipe->writers,
		.slots		= pipe->max_usage,
		.used		= pipe_occupancy(pipe->head, pipe->tail),
		.mode		= file_inode(file)->i_mode,
	};
	mutex_unlock(&pipe->mutex);
	return true;
}

/*
 * What does not change while the tasks that have the pipe stand still.
 *
 * Return: CKPT_PIPE_*; 0 also for any other file.
 */
u32 ckpt_pipe_traits(struct file *file)
{
	struct pipe_inode_info *pipe = ckpt_pipe_of(file);
	u32 traits = 0;

	if (!pipe)
		return 0;
	if (file_inode(file)->i_sb->s_magic != PIPEFS_MAGIC)
		traits |= CKPT_PIPE_NAMED;
	if (pipe_has_watch_queue(pipe))
		traits |= CKPT_PIPE_NOTIFIES;
	if (file->f_mode & FMODE_READ && file->f_pipe == READ_ONCE(pipe->w_counter))
		traits |= CKPT_PIPE_QUIET;
	return traits;
}

/* The lists of those of its open files that report by signals. */
bool ckpt_pipe_reports(struct file *file, struct fasync_struct **lists[2])
{
	struct pipe_inode_info *pipe = ckpt_pipe_of(file);

	if (!pipe)
		return false;
	lists[0] = &pipe->fasync_readers;
	lists[1] = &pipe->fasync_writers;
	return true;
}

/* Tasks that have opened it for writing until now are forgotten: see pipe_poll(). */
int ckpt_pipe_quieten(struct file *file)
{
	struct pipe_inode_info *pipe = ckpt_pipe_of(file);

	if (!pipe)
		return -EINVAL;
	if (mutex_lock_killable(&pipe->mutex))
		return -EINTR;
	file->f_pipe = pipe->w_counter;
	mutex_unlock(&pipe->mutex);
	return 0;
}

/*
 * What is written next gets a slot of its own. The kernel adds also packets to a page that
 * has room left, if what is in it is none.
 */
int ckpt_pipe_end_slot(struct file *file)
{
	struct pipe_inode_info *pipe = ckpt_pipe_of(file);

	if (!pipe)
		return -EINVAL;
	if (mutex_lock_killable(&pipe->mutex))
		return -EINTR;
	if (!pipe_empty(pipe->head, pipe->tail))
		pipe_buf(pipe, pipe->head - 1)->flags &= ~PIPE_BUF_FLAG_CAN_MERGE;
	mutex_unlock(&pipe->mutex);
	return 0;
}

/* Stands for the pipe as long as one of its ends is held. */
unsigned long ckpt_pipe_key(struct file *file)
{
	return (unsigned long)ckpt_pipe_of(file);
}

/*
 * Copies what the n-th used slot holds, counted from the one that is read first.
 *
 * Return: how many bytes; 0 when there are not so many slots; -EFBIG for more than a
 * page; what reading it would give when it cannot be read.
 */
int ckpt_pipe_peek(struct file *file, unsigned int nth, void *page, bool *packet)
{
	struct pipe_inode_info *pipe = ckpt_pipe_of(file);
	struct pipe_buffer *buf;
	int ret = mutex_lock_killable(&pipe->mutex);

	if (ret)
		return ret;
	if (nth >= pipe_occupancy(pipe->head, pipe->tail))
		goto out;
	buf = pipe_buf(pipe, pipe->tail + nth);
	*packet = buf->flags & PIPE_BUF_FLAG_PACKET;
	ret = pipe_buf_confirm(pipe, buf);
	if (ret)
		goto out;
	ret = -EFBIG;
	if (buf->len > PAGE_SIZE)
		goto out;
	memcpy(page, page_address(buf->page) + buf->offset, buf->len);
	ret = buf->len;
out:
	mutex_unlock(&pipe->mutex);
	return ret;
}
