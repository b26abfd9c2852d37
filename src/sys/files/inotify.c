// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify: what an instance watches, and events that have not been read.  The structures of
 * watches and events are private to fs/notify/inotify: Rust gives the offsets of their fields.
 */
#include <linux/dcache.h>
#include <linux/dnotify.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/idr.h>
#include <linux/inotify.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/slab.h>

#include "../helpers.h"

static u32 ckpt_watch_mask(const struct fsnotify_mark *mark)
{
	u32 mask = mark->mask & IN_ALL_EVENTS;

	if (mark->flags & FSNOTIFY_MARK_FLAG_EXCL_UNLINK)
		mask |= IN_EXCL_UNLINK;
	if (mark->flags & FSNOTIFY_MARK_FLAG_IN_ONESHOT)
		mask |= IN_ONESHOT;
	return mask;
}

/*
 * What a mark is on, with a reference to it and to its file system: that can be unmounted as soon
 * as the mark may go, and must not find inodes that are held.  NULL when it is about to go.
 */
static struct inode *ckpt_watched_inode(struct fsnotify_mark *mark)
{
	struct inode *inode = igrab(mark->connector->obj);

	if (inode && !atomic_inc_not_zero(&inode->i_sb->s_active)) {
		/* The mark has another reference. */
		iput(inode);
		inode = NULL;
	}
	return inode;
}

/*
 * What an instance watches; each inode comes with a reference, or is NULL when it is about
 * to go.
 *
 * Return: how many there are, of which no more than room were stored; -EINTR for a caller
 * that has been killed.
 */
int ckpt_watches(struct file *file, size_t wd_offset, struct ckpt_watch *out, unsigned int room)
{
	struct fsnotify_group *group = file->private_data;
	struct fsnotify_mark *mark;
	unsigned int found = 0;

	if (mutex_lock_killable(&group->mark_mutex))
		return -EINTR;
	list_for_each_entry(mark, &group->marks_list, g_list) {
		if (found < room) {
			out[found].wd = *(int *)((char *)mark + wd_offset);
			spin_lock(&mark->lock);
			out[found].mask = ckpt_watch_mask(mark);
			spin_unlock(&mark->lock);
			out[found].inode = ckpt_watched_inode(mark);
		}
		found++;
	}
	mutex_unlock(&group->mark_mutex);
	return found;
}

void ckpt_put_inode(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;

	iput(inode);
	deactivate_super(sb);
}

/* The watch that is given out next, less one step of the count if there was none yet. */
u32 ckpt_next_watch(struct file *file)
{
	struct fsnotify_group *group = file->private_data;
	u32 next;

	spin_lock(&group->inotify_data.idr_lock);
	next = idr_get_cursor(&group->inotify_data.idr);
	spin_unlock(&group->inotify_data.idr_lock);
	return next;
}

/*
 * All mounts that the caller can see below its root, each with a reference; behind the last
 * is one that is NULL.
 *
 * Return: an error pointer for no memory.
 */
const struct path *ckpt_mounts(void)
{
	const struct path *mounts;
	struct path root;

	get_fs_root(current->fs, &root);
	mounts = ckpt_sym_collect_paths(&root, NULL, 0);
	path_put(&root);
	return mounts;
}

void ckpt_put_mounts(const struct path *mounts)
{
	ckpt_sym_drop_collected_paths(mounts, NULL);
}

/* A name of an inode, with a reference; NULL when none is known. */
struct dentry *ckpt_alias(struct inode *inode)
{
	return d_find_alias(inode);
}

void ckpt_put_dentry(struct dentry *dentry)
{
	dput(dentry);
}

/*
 * The directories that a name is in, itself first: addresses to compare with.
 *
 * Return: how many; no more than room, which is as much as a path can have.
 */
unsigned int ckpt_above(struct dentry *dentry, const void **out, unsigned int room)
{
	unsigned int found = 0;

	rcu_read_lock();
	while (found < room) {
		out[found++] = dentry;
		if (IS_ROOT(dentry))
			break;
		dentry = READ_ONCE(dentry->d_parent);
	}
	rcu_read_unlock();
	return found;
}

/*
 * The path by which a mount leads the caller to an inode that has a name, in a buffer of
 * PATH_MAX bytes; NULL when it does not.
 */
char *ckpt_path_through(const struct path *mount, struct dentry *dentry, char *buffer)
{
	struct path path = { .mnt = mount->mnt, .dentry = dentry };
	char *name;

	if (mount->mnt->mnt_sb != dentry->d_sb ||
	    !is_subdir(dentry, mount->mnt->mnt_root) || d_unlinked(dentry))
		return NULL;
	name = d_path(&path, buffer, PATH_MAX);
	return !IS_ERR(name) && ckpt_leads_to(name, &path) == 1 ? name : NULL;
}

/* Whether the path of a mount leads the caller to something else, or to nothing. */
bool ckpt_mount_is_hidden(const struct path *mount, char *buffer)
{
	struct path path = { .mnt = mount->mnt, .dentry = mount->mnt->mnt_root };
	char *name = d_path(&path, buffer, PATH_MAX);

	return IS_ERR(name) || ckpt_leads_to(name, &path) != 1;
}

/*
 * Copies the events that have not been read: for each its mask, watch, cookie and length of
 * name, and the name.
 *
 * Return: how many bytes that takes, of which no more than room were stored.
 */
size_t ckpt_events(struct file *file, const struct ckpt_event_layout *at, void *buffer, size_t room)
{
	struct fsnotify_group *group = file->private_data;
	struct fsnotify_event *event;
	size_t taken = 0;

	spin_lock(&group->notification_lock);
	list_for_each_entry(event, &group->notification_list, list) {
		const char *raw = (const char *)event;
		struct ckpt_event copy = {
			.mask	= *(u32 *)(raw + at->mask),
			.wd	= *(int *)(raw + at->wd),
			.cookie	= *(u32 *)(raw + at->cookie),
			.len	= *(int *)(raw + at->name_len),
		};

		if (taken + sizeof(copy) + copy.len <= room) {
			memcpy(buffer + taken, &copy, sizeof(copy));
			memcpy(buffer + taken + sizeof(copy), raw + at->name, copy.len);
		}
		taken += sizeof(copy) + copy.len;
	}
	spin_unlock(&group->notification_lock);
	return taken;
}

/* Forgets what has not been read. */
void ckpt_forget_events(struct file *file)
{
	struct fsnotify_group *group = file->private_data;
	struct fsnotify_event *event, *next;

	spin_lock(&group->notification_lock);
	list_for_each_entry_safe(event, next, &group->notification_list, list) {
		list_del_init(&event->list);
		group->q_len--;
		if (event != group->overflow_event)
			group->ops->free_event(group, event);
	}
	spin_unlock(&group->notification_lock);
}

/* An event is to be read behind those that are there; at is NULL for the loss of events. */
int ckpt_add_event(struct file *file, const struct ckpt_event_layout *at,
		   const struct ckpt_event *wanted, const char *name)
{
	struct fsnotify_group *group = file->private_data;
	struct fsnotify_event *event = group->overflow_event;
	char *raw;

	if (at) {
		raw = kzalloc(max_t(size_t, at->size, at->name + wanted->len + 1),
			      GFP_KERNEL_ACCOUNT);
		if (!raw)
			return -ENOMEM;
		*(u32 *)(raw + at->mask) = wanted->mask;
		*(int *)(raw + at->wd) = wanted->wd;
		*(u32 *)(raw + at->cookie) = wanted->cookie;
		*(int *)(raw + at->name_len) = wanted->len;
		memcpy(raw + at->name, name, wanted->len);
		event = (struct fsnotify_event *)raw;
		INIT_LIST_HEAD(&event->list);
	}
	if (ckpt_sym_fsnotify_insert_event(group, event, NULL, NULL) && at)
		group->ops->free_event(group, event);
	return 0;
}

/* A watch goes with its first event (IN_ONESHOT). */
void ckpt_watch_once(struct file *file, int wd)
{
	struct fsnotify_group *group = file->private_data;
	struct fsnotify_mark *mark;

	spin_lock(&group->inotify_data.idr_lock);
	/* The mark is the first that a watch has; as long as it has its number it is there. */
	mark = idr_find(&group->inotify_data.idr, wd);
	if (mark)
		refcount_inc(&mark->refcnt);
	spin_unlock(&group->inotify_data.idr_lock);
	if (!mark)
		return;
	spin_lock(&mark->lock);
	mark->flags |= FSNOTIFY_MARK_FLAG_IN_ONESHOT;
	spin_unlock(&mark->lock);
	fsnotify_put_mark(mark);
}

/* Whether a directory is watched through this very file (fcntl(2) F_NOTIFY). */
bool ckpt_is_notified(struct file *file, size_t list_offset)
{
	struct fsnotify_mark *mark;
	struct dnotify_struct *at;
	bool found = false;

	mark = fsnotify_find_inode_mark(file_inode(file), *ckpt_data_dnotify_group());
	if (!mark)
		return false;
	spin_lock(&mark->lock);
	for (at = *(struct dnotify_struct **)((char *)mark + list_offset); at; at = at->dn_next)
		found |= at->dn_filp == file;
	spin_unlock(&mark->lock);
	fsnotify_put_mark(mark);
	return found;
}

/* The list of those that report by signals; NULL for a file that is no instance. */
struct fasync_struct **ckpt_inotify_reports(struct file *file)
{
	struct fsnotify_group *group = file->private_data;

	return ckpt_anon_kind(file) == CKPT_ANON_INOTIFY ? &group->fsn_fa : NULL;
}

/* The next watch that is added gets this number. */
long ckpt_set_next_watch(struct file *file, int wd)
{
	return file->f_op->unlocked_ioctl(file, INOTIFY_IOC_SETNEXTWD, wd);
}

/* What inotify_add_watch(2) does. */
long ckpt_add_watch(int fd, const char *path, u32 mask)
{
	struct pt_regs regs = { .di = fd, .dx = mask };

	return ckpt_call_lent(ckpt_sym___x64_sys_inotify_add_watch, &regs, &regs.si, path,
			      strlen(path) + 1);
}
