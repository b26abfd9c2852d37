/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Rust calls in C about tasks; a part of helpers.h.
 */
#ifndef CKPT_SYS_TASK_H
#define CKPT_SYS_TASK_H

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

/* seccomp.c */

struct bpf_prog;
struct seccomp_filter;

bool ckpt_may_have_filters(void);
const void *ckpt_filter_program(const struct bpf_prog *prog, u32 *len);
long ckpt_install_filter(const void *program, u32 len, bool log);
int ckpt_share_filter(struct seccomp_filter *filter, refcount_t *refs, refcount_t *users,
		      u32 count);

#endif /* CKPT_SYS_TASK_H */
