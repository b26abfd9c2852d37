// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: inline functions and lists of the kernel around open files.
 */
#include <linux/dcache.h>
#include <linux/eventfd.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>

#include "../helpers.h"

/* Set when the device is registered. */
const struct file_operations *ckpt_device_fops;

/*
 * Looks for a descriptor from *fd on whose file is wanted, without a reference to any: a file of another
 * process would otherwise be closed by the caller, and late, when its owner closes it meanwhile.  With the
 * table's lock held the table keeps the files; the callback must not sleep.
 *
 * Return: whether there is one, at *fd; else *fd is where to go on, or the end of the table (~0).
 */
bool ckpt_find_descriptor(struct task_struct *task, u32 *fd,
			  bool (*wanted)(struct file *file, void *arg), void *arg)
{
	/* Numbers that are looked at in one go. */
	u32 left = 1024;
	struct files_struct *files;
	bool found = false;

	task_lock(task);
	files = task->files;
	if (!files) {
		*fd = ~0u;
		goto out;
	}
	spin_lock(&files->file_lock);
	for (; left && !found; left--) {
		struct file *file;

		if (*fd >= files_fdtable(files)->max_fds) {
			*fd = ~0u;
			break;
		}
		file = files_lookup_fd_locked(files, *fd);
		found = file && wanted(file, arg);
		if (!found)
			++*fd;
	}
	spin_unlock(&files->file_lock);
out:
	task_unlock(task);
	return found;
}

void ckpt_stat(struct file *file, struct ckpt_stat *stat)
{
	const struct path *path = file_user_path(file);
	struct inode *inode = d_inode(path->dentry);
	struct timespec64 mtime = inode_get_mtime(inode);

	*stat = (struct ckpt_stat) {
		.ino		= inode->i_ino,
		.size		= i_size_read(inode),
		.mtime		= mtime.tv_sec,
		.mtime_nsec	= mtime.tv_nsec,
		.mode		= inode->i_mode,
		.rdev_major	= imajor(inode),
		.rdev_minor	= iminor(inode),
		.nlink		= inode->i_nlink,
		.unlinked	= d_unlinked(path->dentry),
		.is_device	= file->f_op == ckpt_device_fops,
		.fs_magic	= inode->i_sb->s_magic,
		.fs_internal	= inode->i_sb->s_flags & SB_NOUSER,
	};
}

bool ckpt_cloexec(struct task_struct *task, unsigned int fd)
{
	struct fdtable *fdt;
	bool set = false;

	task_lock(task);
	rcu_read_lock();
	if (task->files) {
		fdt = files_fdtable(task->files);
		set = fd < fdt->max_fds && test_bit(fd, fdt->close_on_exec);
	}
	rcu_read_unlock();
	task_unlock(task);
	return set;
}

unsigned int ckpt_files_users(struct task_struct *task)
{
	unsigned int users = 0;

	task_lock(task);
	if (task->files)
		users = atomic_read(&task->files->count);
	task_unlock(task);
	return users;
}

unsigned int ckpt_fs_users(struct task_struct *task)
{
	unsigned int users = 0;

	task_lock(task);
	if (task->fs)
		users = READ_ONCE(task->fs->users);
	task_unlock(task);
	return users;
}

static struct ckpt_lock ckpt_lease_state(const struct file_lock_core *core,
					 struct file *file)
{
	const struct file_lease *lease = container_of(core, struct file_lease, c);
	struct ckpt_lock lock = { .exclusive = core->flc_type == F_WRLCK };

	if (core->flc_file != file)
		return lock;
	if (core->flc_flags & FL_DELEG)
		lock.kind = 6;
	else if (core->flc_flags & (FL_UNLOCK_PENDING | FL_DOWNGRADE_PENDING))
		lock.kind = 5;
	else
		lock.kind = 4;
	if (lease->fl_fasync)
		lock.fd = lease->fl_fasync->fa_fd;
	return lock;
}

static struct ckpt_lock ckpt_lock_state(const struct file_lock_core *core,
					struct file *file, fl_owner_t files)
{
	struct ckpt_lock lock = { .exclusive = core->flc_type == F_WRLCK };

	if (core->flc_flags & (FL_LEASE | FL_DELEG))
		lock = ckpt_lease_state(core, file);
	else if (core->flc_flags & FL_FLOCK)
		lock.kind = core->flc_file == file ? 3 : 0;
	else if (core->flc_flags & FL_OFDLCK)
		lock.kind = core->flc_file == file ? 2 : 0;
	else if (core->flc_flags & FL_POSIX)
		lock.kind = core->flc_owner == files && core->flc_file == file ? 1 : 0;
	lock.end = OFFSET_MAX;
	return lock;
}

static unsigned int ckpt_locks_of_list(struct list_head *list, struct file *file,
				       fl_owner_t files, struct ckpt_lock *out,
				       unsigned int found, unsigned int max)
{
	struct file_lock_core *core;

	list_for_each_entry(core, list, flc_list) {
		struct ckpt_lock lock = ckpt_lock_state(core, file, files);

		if (!lock.kind)
			continue;
		if (lock.kind == 1 || lock.kind == 2) {
			struct file_lock *fl = container_of(core, struct file_lock, c);

			lock.start = fl->fl_start;
			lock.end = fl->fl_end;
		}
		if (found < max)
			out[found] = lock;
		found++;
	}
	return found;
}

/*
 * The locks that the task's descriptor table holds through this file, and those
 * that the file itself holds.
 *
 * Return: how many there are, of which no more than max were stored.
 */
unsigned int ckpt_locks(struct file *file, struct task_struct *task,
			struct ckpt_lock *out, unsigned int max)
{
	struct file_lock_context *ctx = locks_inode_context(file_inode(file));
	fl_owner_t files = READ_ONCE(task->files);
	unsigned int found = 0;

	if (!ctx)
		return 0;
	spin_lock(&ctx->flc_lock);
	found = ckpt_locks_of_list(&ctx->flc_posix, file, files, out, found, max);
	found = ckpt_locks_of_list(&ctx->flc_flock, file, files, out, found, max);
	found = ckpt_locks_of_list(&ctx->flc_lease, file, files, out, found, max);
	spin_unlock(&ctx->flc_lock);
	return found;
}

/* What flock(2) does: some file systems have the locks elsewhere. */
static int ckpt_flock(struct file *file, struct file_lock *fl)
{
	if (file->f_op->flock)
		return file->f_op->flock(file, F_SETLK, fl);
	return locks_lock_file_wait(file, fl);
}

/*
 * Takes a lock for the caller without waiting, as fcntl(2) and flock(2) do: -EAGAIN when another
 * task has it.
 */
int ckpt_lock(struct file *file, const struct ckpt_lock *lock)
{
	struct file_lock *fl;
	int ret;

	if (lock->kind == 4)
		return ckpt_sym_fcntl_setlease(lock->fd, file,
					       lock->exclusive ? F_WRLCK : F_RDLCK);
	fl = locks_alloc_lock();
	if (!fl)
		return -ENOMEM;
	fl->c.flc_file = file;
	fl->c.flc_pid = current->tgid;
	fl->c.flc_type = lock->exclusive ? F_WRLCK : F_RDLCK;
	fl->fl_start = lock->start;
	fl->fl_end = lock->end;
	switch (lock->kind) {
	case 1:
		fl->c.flc_owner = current->files;
		fl->c.flc_flags = FL_POSIX;
		break;
	case 2:
		fl->c.flc_owner = file;
		fl->c.flc_flags = FL_POSIX | FL_OFDLCK;
		break;
	default:
		fl->c.flc_owner = file;
		fl->c.flc_flags = FL_FLOCK;
		fl->fl_start = 0;
		fl->fl_end = OFFSET_MAX;
		break;
	}
	ret = ckpt_sym_security_file_lock(file, fl->c.flc_type);
	if (!ret)
		ret = lock->kind == 3 ? ckpt_flock(file, fl) : vfs_lock_file(file, F_SETLK, fl, NULL);
	locks_free_lock(fl);
	return ret;
}

/* Return: false for a task that was killed meanwhile. */
bool ckpt_fs_paths(struct task_struct *task, struct path *root, struct path *pwd,
		   int *umask)
{
	struct fs_struct *fs;

	task_lock(task);
	fs = task->fs;
	if (fs) {
		get_fs_root(fs, root);
		get_fs_pwd(fs, pwd);
		*umask = fs->umask;
	}
	task_unlock(task);
	return fs;
}

bool ckpt_same_root(const struct path *path)
{
	struct path root;
	bool same;

	get_fs_root(current->fs, &root);
	same = path_equal(&root, path);
	path_put(&root);
	return same;
}

bool ckpt_path_unlinked(const struct path *path)
{
	return d_unlinked(path->dentry);
}

/* Whether the path lies below the caller's root directory. */
bool ckpt_path_reachable(const struct path *path)
{
	struct path root;
	bool below;

	get_fs_root(current->fs, &root);
	below = path_is_under(path, &root);
	path_put(&root);
	return below;
}

/*
 * Whether the caller has the permissions for what the path leads to. A file system that has to be waited for is
 * not asked: a task that stands still may serve it.
 *
 * Return: 0 also when that is not known, else -EACCES, -EPERM, -EROFS.
 */
static int may(const struct path *path, int mask)
{
	struct mnt_idmap *idmap = mnt_idmap(path->mnt);
	struct inode *inode = d_backing_inode(path->dentry);
	int ret;

	rcu_read_lock();
	ret = inode_permission(idmap, inode, mask | MAY_NOT_BLOCK);
	rcu_read_unlock();
	if (ret != -ECHILD)
		return ret;
	return inode->i_op->permission ? 0 : inode_permission(idmap, inode, mask);
}

/* As chdir(2) asks, or what makes a file in the directory. */
int ckpt_dir_allows(const struct path *path, bool making)
{
	return may(path, making ? MAY_WRITE | MAY_EXEC : MAY_EXEC | MAY_CHDIR);
}

/* As open(2) asks when the file is opened again as it is. */
int ckpt_file_allows(const struct file *file)
{
	int mask = ACC_MODE(file->f_flags) | MAY_OPEN;

	if (file->f_flags & O_APPEND)
		mask |= MAY_APPEND;
	return file->f_mode & FMODE_PATH ? 0 : may(&file->f_path, mask);
}

/* With the checks of chdir(2). */
int ckpt_lookup_dir(const char *name, struct path *path)
{
	int ret = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, path);

	if (ret)
		return ret;
	ret = path_permission(path, MAY_EXEC | MAY_CHDIR);
	if (ret)
		path_put(path);
	return ret;
}

/* The caller has looked both up, and has the capability that chroot(2) asks for if there is a root. */
int ckpt_set_fs(const struct path *root, const struct path *pwd, int umask)
{
	int ret = root ? ckpt_sym_security_path_chroot(root) : 0;

	if (ret)
		return ret;
	if (root)
		ckpt_sym_set_fs_root(current->fs, root);
	ckpt_sym_set_fs_pwd(current->fs, pwd);
	current->fs->umask = umask & 0777;
	return 0;
}

/* What execve(2) and prctl(PR_SET_MM_EXE_FILE) ask of a file. */
bool ckpt_may_execute(struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISREG(inode->i_mode) && !(file->f_path.mnt->mnt_flags & MNT_NOEXEC) &&
	       !(inode->i_sb->s_iflags & SB_I_NOEXEC) && !(file->f_mode & FMODE_PATH) &&
	       !inode_permission(file_mnt_idmap(file), inode, MAY_EXEC | MAY_OPEN);
}

/* The context of an eventfd, which the file keeps; NULL for any other file. */
void *ckpt_eventfd(struct file *file)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fileget(file);

	if (IS_ERR(ctx))
		return NULL;
	eventfd_ctx_put(ctx);
	return ctx;
}

void ckpt_flush_closed(void)
{
	flush_delayed_fput();
}

unsigned long ckpt_file_count(struct file *file)
{
	return file_count(file);
}

/* A file for a place, with O_PATH: nothing can be done with it that needs a permission. */
struct file *ckpt_open_place(const struct path *path)
{
	return dentry_open(path, O_PATH, current_cred());
}

/* Whether the flags ask for no more than what can be done with the open file already. */
static bool ckpt_is_covered(struct file *file, unsigned int flags)
{
	fmode_t wanted = OPEN_FMODE(flags) & (FMODE_READ | FMODE_WRITE);
	struct inode *inode = file_inode(file);

	if (flags & O_PATH)
		return true;
	if ((flags & O_ACCMODE) == O_ACCMODE)
		wanted = FMODE_READ | FMODE_WRITE;
	if ((file->f_mode & wanted) != wanted)
		return false;
	if (wanted & FMODE_WRITE && IS_APPEND(inode) && !(flags & O_APPEND))
		return false;
	return !(flags & O_NOATIME) || inode_owner_or_capable(file_mnt_idmap(file), inode);
}

/* Whether no name leads to it, and the caller could give itself any permission by fchmod(2). */
static bool ckpt_is_own(struct file *file)
{
	struct inode *inode = file_inode(file);

	return (!inode->i_nlink || inode->i_sb->s_flags & SB_NOUSER) &&
	       !IS_APPEND(inode) && !IS_IMMUTABLE(inode) &&
	       inode_owner_or_capable(file_mnt_idmap(file), inode);
}

/*
 * Another open file for what a file is open on.  Nothing is gained by one that allows no more than
 * the first; for any other, permission is asked as open(2) asks for it.
 */
struct file *ckpt_open_again(struct file *file, unsigned int flags)
{
	if (ckpt_is_covered(file, flags) || ckpt_is_own(file))
		return dentry_open(&file->f_path, flags, current_cred());
	return file_open_root(&file->f_path, "", flags, 0);
}

/*
 * Sets flags that fcntl(2) can change, with its checks.  Whether the file reports by signals is
 * told to it elsewhere.
 */
int ckpt_set_file_flags(struct file *file, unsigned int mask, unsigned int flags)
{
	unsigned int changed = (file->f_flags ^ flags) & mask, added = changed & flags;
	struct inode *inode = file_inode(file);

	if (changed & O_APPEND && IS_APPEND(inode))
		return -EPERM;
	if (added & O_NOATIME && !inode_owner_or_capable(file_mnt_idmap(file), inode))
		return -EPERM;
	if (added & O_DIRECT && !S_ISFIFO(inode->i_mode) && !(file->f_mode & FMODE_CAN_ODIRECT))
		return -EINVAL;
	if (changed && file->f_op->check_flags) {
		int ret = file->f_op->check_flags((file->f_flags & ~mask) | (flags & mask));

		if (ret)
			return ret;
	}
	spin_lock(&file->f_lock);
	file->f_flags = (file->f_flags & ~mask) | (flags & mask);
	file->f_iocb_flags = iocb_flags(file);
	spin_unlock(&file->f_lock);
	return 0;
}

/* What was opened: a mapping of a file on an overlay has the file below it. */
const struct path *ckpt_file_path(struct file *file)
{
	return file_user_path(file);
}

/*
 * Whether looking up or entering this may need an answer of a process: one that serves the file
 * system, or one below it.
 */
static bool ckpt_is_served(const struct dentry *dentry)
{
	const unsigned int asks = DCACHE_OP_REVALIDATE | DCACHE_OP_WEAK_REVALIDATE;
	const struct super_block *sb = dentry->d_sb;

	return sb->s_magic == FUSE_SUPER_MAGIC || (sb->s_stack_depth && dentry->d_flags & asks);
}

/* Whether something is mounted on the very place. */
static bool ckpt_is_covered_by_mount(const struct path *path)
{
	struct path over = *path;
	bool covered;

	if (!d_mountpoint(path->dentry))
		return false;
	path_get(&over);
	covered = follow_down_one(&over);
	path_put(&over);
	return covered;
}

/* One name up, out of mounts; false at the end.  What is mounted where the mount is, is that mount. */
static bool ckpt_go_up(struct path *path)
{
	struct dentry *parent;

	while (path->dentry == path->mnt->mnt_root)
		if (!follow_up(path))
			return false;
	if (IS_ROOT(path->dentry))
		return false;
	parent = dget_parent(path->dentry);
	dput(path->dentry);
	path->dentry = parent;
	return true;
}

struct ckpt_view {
	bool served;	/* asking for the name might never be answered */
	bool open;	/* by what the kernel knows, the name leads to it */
};

/* What there is between a place and the caller's root directory. */
static struct ckpt_view ckpt_view_of(const struct path *to)
{
	struct ckpt_view view = { .open = !d_unlinked(to->dentry) };
	struct path root, at = *to;

	get_fs_root(current->fs, &root);
	path_get(&at);
	for (;;) {
		view.served |= ckpt_is_served(at.dentry);
		if (ckpt_is_covered_by_mount(&at))
			view.open = false;
		if (path_equal(&at, &root))
			break;
		if (!ckpt_go_up(&at)) {
			view.open = false;
			break;
		}
	}
	path_put(&at);
	path_put(&root);
	return view;
}

/*
 * Whether the name, which is that of the path, leads the caller to the very file or directory: 1 or
 * 0; -ENOMEM when that could not be found out.  A process that serves a file system may stand
 * still, and for long: it is not asked.
 */
int ckpt_leads_to(const char *name, const struct path *to)
{
	struct path path;
	/* Never waits, and is enough as a rule: the names of what is open are in the cache. */
	int same = kern_path(name, LOOKUP_CACHED, &path);

	if (same == -EAGAIN) {
		struct ckpt_view view = ckpt_view_of(to);

		if (view.served)
			return view.open;
		same = kern_path(name, 0, &path);
	}
	if (same)
		return same == -ENOMEM ? same : 0;
	same = d_inode(path.dentry) == d_inode(to->dentry);
	path_put(&path);
	return same;
}
