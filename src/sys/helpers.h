/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Rust calls in C: inline functions and macros of the kernel, and the
 * unexported functions of symbols.h.  No policy lives here.
 */
#ifndef CKPT_SYS_HELPERS_H
#define CKPT_SYS_HELPERS_H

#include <linux/bvec.h>
#include <linux/version.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/fsnotify_backend.h>
#include <linux/eventpoll.h>
#include <linux/lsm_hooks.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagewalk.h>
#include <linux/regset.h>
#include <linux/sched/exec_state.h>
#include <linux/sched/signal.h>
#include <linux/signal_types.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <asm/fpu/types.h>
#include <asm/ptrace.h>
#include <asm/vdso.h>
#include <uapi/linux/sched/types.h>

#include "../../include/uapi/linux/ckpt.h"

/* symbols.c: ckpt_sym_NAME() calls NAME, ckpt_data_NAME() is its address */
#define CKPT_SYM(kind, ret, name, proto, args, why, without) \
	ret ckpt_sym_##name proto;
#define CKPT_DATA(kind, type, name, why, without) \
	type *ckpt_data_##name(void);
#include "symbols.h"
#undef CKPT_SYM
#undef CKPT_DATA

/**
 * struct ckpt_symbol - one row of the table, as it was resolved
 * @name: the symbol
 * @why: what it is needed for
 * @without: what does not work when it is missing
 * @address: where it is, 0 when the kernel does not have it
 * @core: the module cannot be loaded without it
 */
struct ckpt_symbol {
	const char *name;
	const char *why;
	const char *without;
	unsigned long address;
	bool core;
};

int ckpt_resolve_symbols(void);
unsigned int ckpt_nr_symbols(void);
const struct ckpt_symbol *ckpt_symbol(unsigned int i);

/* helpers.c: tasks */
struct ckpt_run_stamp {
	u64 switches;
	u64 runtime;
	u64 freeze_seq;
	u64 frozen_nsec;
};

enum ckpt_namespace {
	CKPT_NS_NONE,
	CKPT_NS_MNT,
	CKPT_NS_UTS,
	CKPT_NS_IPC,
	CKPT_NS_NET,
	CKPT_NS_CGROUP,
	CKPT_NS_USER,
};

struct ckpt_time_namespace {
	unsigned long own;
	unsigned long children;
	s64 monotonic;
	s64 boottime;
};

struct ckpt_task_state {
	u32 state;
	u32 exit_state;
	u64 jobctl;
	u32 flags;
	u32 ptrace;
	bool frozen;
	bool on_cpu;
	bool in_group_exit;
};

void ckpt_task_state(struct task_struct *task, struct ckpt_task_state *state);
int ckpt_is_pid_ns_init(struct task_struct *task);
bool ckpt_is_tracer(struct task_struct *task);
bool ckpt_has_uprobes(struct task_struct *task);
void ckpt_run_stamp(struct task_struct *task, struct ckpt_run_stamp *stamp);
bool ckpt_is_freezing(struct task_struct *task);
bool ckpt_is_cgroup_freeze(struct file *file);
bool ckpt_cgroup_freezes(struct file *file);
bool ckpt_cgroup_holds_caller(struct file *file);
void ckpt_freeze_task(struct task_struct *task);
bool ckpt_is_to_freeze(struct task_struct *task);
void ckpt_thaw_cgroup(struct file *file);
void ckpt_thaw_task(struct task_struct *task);

/* task/signal.c */
/* A thread, and the counts of ckpt_run_stamp() that it had. */
struct ckpt_still {
	struct task_struct *task;
	u64 switches;
	u64 runtime;
};

int ckpt_check_kill(struct task_struct *task, int sig);
int ckpt_kill_still(struct task_struct *leader, const struct ckpt_still *threads,
		    unsigned int nr, int sig);

enum ckpt_namespace ckpt_foreign_namespace(struct task_struct *task);
bool ckpt_time_namespace(struct task_struct *task, struct ckpt_time_namespace *ns);
void ckpt_read_lock_tasklist(void);
void ckpt_read_unlock_tasklist(void);
struct sighand_struct *ckpt_lock_sighand(struct task_struct *task, unsigned long *flags);
void ckpt_unlock_sighand(struct sighand_struct *sighand, unsigned long flags);
void ckpt_task_lock(struct task_struct *task);
void ckpt_task_unlock(struct task_struct *task);
void ckpt_set_sigpending(void);
void ckpt_rseq_reset(void);
struct ckpt_rseq_ids {
	u32 cpu_id;
	u32 node_id;
	u32 mm_cid;
};

int ckpt_rseq_ids(struct rseq __user *area, struct ckpt_rseq_ids *ids);
void ckpt_rseq_register(struct rseq __user *area, u32 len, u32 sig, u32 version,
			const struct ckpt_rseq_ids *ids, bool interrupted);
u32 ckpt_rseq_version(struct task_struct *task);
bool ckpt_restore_sigmask(struct task_struct *task);
void ckpt_set_restore_sigmask(bool on);
bool ckpt_has_posix_timers(struct task_struct *task);
bool ckpt_keep_asleep(struct task_struct *task, unsigned long *flags);
void ckpt_let_wake(struct task_struct *task, unsigned long flags);
unsigned int ckpt_sighand_users(struct task_struct *task);
bool ckpt_has_io_bitmap(struct task_struct *task);
bool ckpt_syscall_dispatch(struct task_struct *task);
bool ckpt_subreaper(struct task_struct *task, bool *inherited);
bool ckpt_autoreap(struct task_struct *task);
void ckpt_set_autoreap(bool on);
u32 ckpt_timer_ids(struct task_struct *task, bool *chosen);
void ckpt_set_timer_ids(u32 next, bool chosen);
void ckpt_set_subreaper(bool own, bool inherited);
int ckpt_itimers(struct task_struct *task, u64 left[3], u64 interval[3]);
u64 ckpt_group_cputime(struct task_struct *task, unsigned int which);
void ckpt_set_itimer_interval(u64 interval);
bool ckpt_has_deliverable_signal(struct task_struct *task);
void ckpt_cputime(struct task_struct *task, u64 *user, u64 *system);
bool ckpt_reset_on_fork(struct task_struct *task);
unsigned int ckpt_ioprio(struct task_struct *task);
unsigned int ckpt_affinity(struct task_struct *task, void *mask, unsigned int len);
long ckpt_set_affinity(const void *mask, unsigned int len);
bool ckpt_has_keys(struct task_struct *task, bool *process);
bool ckpt_has_perf_events(struct task_struct *task);
bool ckpt_has_programs_perf_events(struct task_struct *task);
const void *ckpt_landlock_blob(struct task_struct *task);
s64 ckpt_clock_now(int clock);
unsigned int ckpt_set_process_flags(unsigned int mask, unsigned int set);
bool ckpt_unpriv_capable(void);
void ckpt_uts(char *release, char *version, char *machine, unsigned int len);
void ckpt_cond_resched(void);
u32 ckpt_crc32c(u32 crc, const void *data, size_t len);

/* tree.c: families of tasks */
struct ckpt_tty {
	u32 device;		/* as stat(2) encodes it; 0 for none */
	s32 foreground;
	s32 old_group;
};

int ckpt_some_threads(struct task_struct *thread, struct task_struct **tasks,
		      unsigned int room);
int ckpt_some_children(struct task_struct *parent, struct task_struct *last,
		       struct task_struct **tasks, unsigned int room);
const void *ckpt_group_mm(struct task_struct *task);
int ckpt_exit_code(struct task_struct *task);
unsigned int ckpt_pid_level(struct pid *pid);
pid_t ckpt_pid_number(struct pid *pid, unsigned int level);
struct pid_namespace *ckpt_pid_ns(struct pid *pid);
struct pid_namespace *ckpt_children_pid_ns(struct task_struct *task);
bool ckpt_pid_has_process(struct pid *pid);
bool ckpt_pid_has_group(struct pid *pid);
unsigned int ckpt_last_number(struct pid_namespace *ns);
unsigned int ckpt_some_tasks(struct pid_namespace *ns, unsigned int *next, unsigned int end,
			     struct task_struct **tasks, unsigned int room);
bool ckpt_parent_execed(struct task_struct *task);
void ckpt_set_parent_execed(void);
int ckpt_join(struct pid *session, struct pid *group, struct task_struct *model);
bool ckpt_leads_session(struct task_struct *task);
#ifndef __BINDGEN__
struct tty_struct *ckpt_get_tty(struct task_struct *task);
#endif
struct pid *ckpt_old_group(struct task_struct *task);
void ckpt_set_old_group(struct pid *group);
void ckpt_tty_of(struct task_struct *task, struct pid_namespace *ns,
		 struct ckpt_tty *out);
int ckpt_exit_later(int code);
void ckpt_end_silently(struct task_struct *parent);
void ckpt_vanish(void);
void ckpt_set_exit_signal(struct task_struct *task, struct task_struct *parent, int signal);
void ckpt_share_files(struct files_struct *files);
struct files_struct *ckpt_hold_files(void);
void ckpt_drop_files(struct files_struct *files);
void ckpt_share_fs(struct fs_struct *fs);
struct fs_struct *ckpt_hold_fs(void);
void ckpt_drop_fs(struct fs_struct *fs);
int ckpt_unshare(bool files, bool fs);

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
	bool fs_internal;	/* a file system that nobody can mount */
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

/* cred.c */

struct ckpt_cred_ids {		/* as the caller's user namespace has them */
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
};

bool ckpt_may_be_user(u32 uid);
bool ckpt_may_be_group(u32 gid);
bool ckpt_may_choose_groups(void);
bool ckpt_may_have_securebits(unsigned int bits);
bool ckpt_may_lower_bounds(void);
struct cred *ckpt_cred_prepare(const struct ckpt_cred_ids *ids, const u32 *gids, u32 count);
int ckpt_cred_set_caps(struct cred *new, u64 effective, u64 inheritable, u64 permitted);
void ckpt_cred_commit(struct cred *new);
const struct cred *ckpt_override_creds(const struct cred *cred);
void ckpt_revert_creds(const struct cred *before);
int ckpt_foreign_label(struct task_struct *task, char *text, unsigned int len);
bool ckpt_has_session_keyring(const struct cred *cred);

/* owner.c */

struct ckpt_owner {
	struct pid *pid;	/* NULL for nobody */
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
	bool slave_hung_up;	/* and nobody has opened it since */
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
unsigned long ckpt_lend_page(void);
void ckpt_take_page_back(unsigned long page);
long ckpt_make_signalfd(int flags);
void ckpt_signals_set(sigset_t *not_read, u64 signals);
long ckpt_set_timerfd(int fd, int flags, s64 value, s64 interval);
struct file *ckpt_try_hold_file(struct file *file);
int ckpt_epoll_add(struct file *set, struct file *file, int fd, u32 events, u64 data);
u32 ckpt_poll(struct file *file);
void ckpt_epoll_unready(spinlock_t *lock, struct list_head *link, struct wakeup_source *source);

/* timer.c */

struct k_itimer;
struct pid;

/* A POSIX timer.  Times are in nanoseconds. */
struct ckpt_timer {
	s32 id;
	s32 clock;
	/* SIGEV_*, the signal, and what goes with it. */
	s32 notify;
	s32 signo;
	u64 value;
	s64 interval;
	/* A time of CLOCK_REALTIME, if it is one of the day, or what is left: negative when it is over. */
	s64 expires;
	s64 overrun;
	s64 overrun_last;
	bool time_of_day;
	bool armed;
	/* It has expired: its signal is queued, or waits until it is not ignored any more. */
	bool queued;
	bool ignored;
	/* The thread that gets the signal, and the task whose CPU time counts; references, or NULL. */
	struct pid *target;
	struct pid *clock_of;
};

int ckpt_timers(struct task_struct *task, struct ckpt_timer *to, unsigned int room);
int ckpt_timer_of_signal(struct sigqueue *entry);
struct k_itimer *ckpt_timer_make(unsigned long page, const struct ckpt_timer *wanted, int thread);
void ckpt_timer_lock(struct k_itimer *timer);
void ckpt_timer_unlock(struct k_itimer *timer);
void ckpt_timer_new_setting(struct k_itimer *timer);
void ckpt_timer_park(struct k_itimer *timer, const struct ckpt_timer *wanted, s64 far);
void ckpt_timer_set_overrun(struct k_itimer *timer, s64 overrun, s64 last);
void ckpt_timer_ignore(struct k_itimer *timer);
bool ckpt_timer_queue(struct k_itimer *timer, bool periodic);

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

/* sysctl.c */
int ckpt_register_sysctl(void);
void ckpt_unregister_sysctl(void);
int ckpt_unpriv_allowed(void);

/* wait.c */
int ckpt_prepare_to_wait(struct wait_queue_head *head, struct wait_queue_entry *entry,
			 bool any_signal);
bool ckpt_freeze_here(void);
bool ckpt_fatal_signal(void);

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

#endif /* CKPT_SYS_HELPERS_H */
