/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Rust calls in C about files; a part of helpers.h.
 */
#ifndef CKPT_SYS_FILES_H
#define CKPT_SYS_FILES_H

/* scratch.c */
struct ckpt_scratch;

struct ckpt_scratch *ckpt_enter_scratch(void);
void ckpt_leave_scratch(struct ckpt_scratch *scratch);
long ckpt_number_file(struct file *file);

/* files.c: files */
struct ckpt_stat {
	u64 ino;
	s64 size;
	s64 mtime;
	u32 mtime_nsec;
	u32 mode;
	u32 rdev_major;
	u32 rdev_minor;
	u32 nlink;
	u64 fs_magic;
	bool unlinked;
	bool is_device;		/* the module's own */
	bool fs_internal;	/* a file system that cannot be mounted */
};

struct ckpt_lock {
	u32 kind;		/* 0 none, 1 POSIX, 2 OFD, 3 flock, 4 lease, 5 one that is
				 * being broken, 6 delegation */
	u32 exclusive;
	u32 fd;			/* of a lease */
	s64 start;
	s64 end;
};

extern const struct file_operations *ckpt_device_fops;
bool ckpt_find_descriptor(struct task_struct *task, u32 *fd,
			  bool (*wanted)(struct file *file, void *arg), void *arg);

void ckpt_stat(struct file *file, struct ckpt_stat *stat);
bool ckpt_cloexec(struct task_struct *task, unsigned int fd);
unsigned int ckpt_files_users(struct task_struct *task);
unsigned int ckpt_fs_users(struct task_struct *task);
unsigned int ckpt_locks(struct file *file, struct task_struct *task,
			struct ckpt_lock *out, unsigned int max);
int ckpt_lock(struct file *file, const struct ckpt_lock *lock);
bool ckpt_fs_paths(struct task_struct *task, struct path *root, struct path *pwd,
		   int *umask);
bool ckpt_same_root(const struct path *path);
bool ckpt_path_unlinked(const struct path *path);
bool ckpt_path_reachable(const struct path *path);
int ckpt_dir_allows(const struct path *path, bool making);
int ckpt_file_allows(const struct file *file);
const struct path *ckpt_file_path(struct file *file);
int ckpt_leads_to(const char *name, const struct path *to);
int ckpt_lookup_dir(const char *name, struct path *path);
int ckpt_set_fs(const struct path *root, const struct path *pwd, int umask);
bool ckpt_may_execute(struct file *file);
int ckpt_set_file_flags(struct file *file, unsigned int mask, unsigned int flags);

void *ckpt_eventfd(struct file *file);
void ckpt_flush_closed(void);
unsigned long ckpt_file_count(struct file *file);
struct file *ckpt_open_place(const struct path *path);
struct file *ckpt_open_again(struct file *file, unsigned int flags);

/* owner.c */

struct ckpt_owner {
	struct pid *pid;	/* NULL for none */
	u32 type;		/* enum pid_type */
	u32 uid;		/* as the caller's user namespace has it */
	u32 euid;
	s32 signal;		/* 0: the usual one */
};

bool ckpt_owner(struct file *file, struct ckpt_owner *out);
int ckpt_set_owner(struct file *file, const struct ckpt_owner *wanted);
bool ckpt_reports(struct file *file);
int ckpt_reported_as(struct file *file);
int ckpt_report(struct file *file, int fd);

/* pipe.c */

struct ckpt_pipe {
	u32 readers;		/* open files */
	u32 writers;
	u32 slots;		/* that may be used */
	u32 used;
	u32 mode;		/* as in st_mode */
};

#define CKPT_PIPE_NAMED		1	/* a FIFO */
#define CKPT_PIPE_NOTIFIES	2	/* of keys and the like, to a reader */
#define CKPT_PIPE_QUIET		4	/* this end has had no writer since it was opened */

bool ckpt_pipe_state(struct file *file, struct ckpt_pipe *state);
u32 ckpt_pipe_traits(struct file *file);
bool ckpt_pipe_reports(struct file *file, struct fasync_struct **lists[2]);
int ckpt_pipe_quieten(struct file *file);
int ckpt_pipe_end_slot(struct file *file);
unsigned long ckpt_pipe_key(struct file *file);
int ckpt_pipe_peek(struct file *file, unsigned int nth, void *page, bool *packet);

/* pty.c */

struct ida;

struct ckpt_pty {
	u32 index;		/* N in /dev/pts/N */
	bool is_master;		/* what the file is open on */
	bool is_tty;		/* opened as /dev/tty */
	bool hung_up;		/* so that the file is of no use any more */
	bool slave_hung_up;	/* and it has not been opened since */
};

struct ckpt_termios {		/* as struct ktermios */
	u32 modes[4];
	u8 line;
	u8 control[19];
	u32 speeds[2];
};

struct ckpt_pty_end {
	struct ckpt_termios termios;
	struct ckpt_termios locked;
	u16 size[4];
	u32 flags;		/* CKPT_PTY_* */
	u32 packet_status;
};

enum ckpt_pty_flag {		/* as tty_flag of the image */
	CKPT_PTY_EXCLUSIVE	= 1 << 0,
	CKPT_PTY_LOCKED		= 1 << 1,
	CKPT_PTY_OTHER_CLOSED	= 1 << 2,
	CKPT_PTY_PACKETS	= 1 << 3,
	CKPT_PTY_STOPPED	= 1 << 4,
	CKPT_PTY_STOPPED_BY_CALL = 1 << 5,
	CKPT_PTY_FAILS		= 1 << 9,
};

void ckpt_pty_opens(struct file *file, u32 *masters, u32 *slaves);
bool ckpt_pty_state(struct file *file, struct ckpt_pty *state);
struct tty_struct *ckpt_pty_slave(struct file *file);
int ckpt_tty_lock(struct tty_struct *tty);
unsigned long ckpt_pty_key(struct file *file);
struct file *ckpt_pty_master(struct file *file);
int ckpt_pty_settle(struct file *file);
int ckpt_pty_get(struct file *file, bool master, struct ckpt_pty_end *end);
void ckpt_pty_set_termios(struct file *file, bool master, const struct ckpt_pty_end *end);
void ckpt_pty_set(struct file *file, bool master, const struct ckpt_pty_end *end);
void ckpt_pty_set_lock(struct file *file, const struct ckpt_pty_end *end);
void ckpt_pty_owner(struct file *file, u32 *mode, u32 *uid, u32 *gid);
long ckpt_pty_open_node(struct file *master);
bool ckpt_pty_is_node(struct file *master, struct file *file);
void *ckpt_pty_lock(struct file *file, bool master, void **ldisc);
void ckpt_pty_unlock(struct file *file, bool master, void *ldisc);
ssize_t ckpt_pty_waiting(struct file *file, bool master, u8 *out, size_t room,
			 u32 *looked_ahead);
bool ckpt_pty_wait(struct file *file, bool master, const u8 *bytes, size_t len,
		   u32 looked_ahead);
void *ckpt_pty_instance(struct file *master);
struct file *ckpt_pty_open_master(struct ida *numbers, struct file *other, int flags,
				  unsigned int index);
long ckpt_pty_open_slave(struct file *master, int flags);
struct file *ckpt_pty_open_tty(struct file *end, struct file *node, int flags);
struct file *ckpt_pty_controlling(struct task_struct *task);
int ckpt_pty_adopt(struct file *file, const struct ckpt_termios *wanted);

/* pty_session.c */

void ckpt_pty_session(struct file *file, struct pid **session, struct pid **group);
int ckpt_pty_set_session(struct file *file, struct pid *session, struct pid *group);
int ckpt_pty_claim(struct file *file, struct pid *session, struct pid *group);
int ckpt_pty_give(struct file *file, struct task_struct *task);

/* anon.c */

enum ckpt_anon {
	CKPT_ANON_OTHER,
	CKPT_ANON_TIMERFD,
	CKPT_ANON_SIGNALFD,
	CKPT_ANON_EPOLL,
	CKPT_ANON_INOTIFY,
};

struct alarm;
struct hrtimer;
enum ckpt_anon ckpt_anon_kind(struct file *file);
int ckpt_lock_killable(struct mutex *mutex);
void *ckpt_private_data(struct file *file);
void ckpt_lock_waiters(wait_queue_head_t *head);
void ckpt_unlock_waiters(wait_queue_head_t *head);
bool ckpt_hrtimer_left(struct hrtimer *timer, s64 *left);
bool ckpt_alarm_left(struct alarm *alarm, s64 *left);
u64 ckpt_signals_read(const sigset_t *not_read);
long ckpt_call_lent(long (*call)(const struct pt_regs *regs), struct pt_regs *regs,
		    unsigned long *argument, const void *bytes, size_t len);
unsigned long ckpt_lend(size_t len);
void ckpt_take_back(unsigned long at, size_t len);
long ckpt_make_signalfd(int flags);
void ckpt_signals_set(sigset_t *not_read, u64 signals);
long ckpt_set_timerfd(int fd, int flags, s64 value, s64 interval);
struct file *ckpt_try_hold_file(struct file *file);
int ckpt_epoll_add(struct file *set, struct file *file, int fd, u32 events, u64 data);
u32 ckpt_poll(struct file *file);
void ckpt_epoll_unready(spinlock_t *lock, struct list_head *link, struct wakeup_source *source);

/* contents.c */

/* Names of files that the kernel makes in memory (mm/memfd.c, mm/shmem.c). */
#define CKPT_MEMFD_PREFIX "memfd:"
#define CKPT_MEMORY_NAME "dev/zero"

enum ckpt_contents_kind {
	CKPT_CONTENTS_NONE,
	CKPT_CONTENTS_DELETED,
	CKPT_CONTENTS_MEMFD,
	CKPT_CONTENTS_MEMORY,	/* shared and anonymous */
	CKPT_CONTENTS_DIRECTORY,
};

struct ckpt_contents {
	enum ckpt_contents_kind kind;
	u32 uid;
	u32 gid;
	u32 seals;
	bool linkable;
	bool noreserve;
};

void ckpt_contents(struct file *file, struct ckpt_contents *out);
unsigned long ckpt_storage_key(struct file *file);
const char *ckpt_memfd_name(struct file *file);
void ckpt_last_name(struct file *file, char *name);
bool ckpt_is_stored(struct file *file);
bool ckpt_may_read(struct file *file);
unsigned int ckpt_openings(struct file *file);
void ckpt_parent(struct file *file, struct path *parent);
long ckpt_stored_pages(struct file *file, unsigned long index, unsigned long nr,
		       struct page **pages);
long ckpt_make_memfd(const char *name, unsigned int flags);
struct file *ckpt_make_memory(s64 size, bool noreserve);
struct file *ckpt_make_directory(const char *name);
int ckpt_unlink(struct file *file);
int ckpt_set_mode(struct file *file, u32 mode);
int ckpt_set_size(int fd, s64 size);
int ckpt_set_owner_of(struct file *file, u32 uid, u32 gid);
int ckpt_set_mtime(struct file *file, s64 mtime, u32 mtime_nsec);
/* inotify.c */

struct ckpt_watch {
	struct inode *inode;	/* with a reference */
	u32 mask;
	s32 wd;
};

struct ckpt_event {
	u32 mask;
	s32 wd;
	u32 cookie;
	u32 len;		/* of the name that follows */
};

/* Where in an event of the kernel the fields are. */
struct ckpt_event_layout {
	u32 size;
	u32 mask;
	u32 wd;
	u32 cookie;
	u32 name_len;
	u32 name;
};

int ckpt_watches(struct file *file, size_t wd_offset, struct ckpt_watch *out, unsigned int room);
void ckpt_put_inode(struct inode *inode);
u32 ckpt_next_watch(struct file *file);
const struct path *ckpt_mounts(void);
void ckpt_put_mounts(const struct path *mounts);
struct dentry *ckpt_alias(struct inode *inode);
void ckpt_put_dentry(struct dentry *dentry);
unsigned int ckpt_above(struct dentry *dentry, const void **out, unsigned int room);
char *ckpt_path_through(const struct path *mount, struct dentry *dentry, char *buffer);
bool ckpt_mount_is_hidden(const struct path *mount, char *buffer);
size_t ckpt_events(struct file *file, const struct ckpt_event_layout *at, void *buffer,
		   size_t room);
void ckpt_forget_events(struct file *file);
int ckpt_add_event(struct file *file, const struct ckpt_event_layout *at,
		   const struct ckpt_event *wanted, const char *name);
void ckpt_watch_once(struct file *file, int wd);
bool ckpt_is_notified(struct file *file, size_t list_offset);
struct fasync_struct **ckpt_pty_reports(struct file *file);
struct fasync_struct **ckpt_inotify_reports(struct file *file);
long ckpt_set_next_watch(struct file *file, int wd);
long ckpt_add_watch(int fd, const char *path, u32 mask);

/* procfs.c */
void ckpt_proc_owner(struct file *file, long pid_offset, struct pid **process,
		     struct pid **thread);
bool ckpt_mounted_whole(struct file *file);
void ckpt_mount_root(struct file *file, struct path *out);
int ckpt_number_in_proc(struct file *file, struct pid *pid);

#endif /* CKPT_SYS_FILES_H */
