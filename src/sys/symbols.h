/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table of kernel functions and data that are in use though the kernel
 * does not export them.  The shorter it is, the better the module.
 *
 * No include guard: a file that includes this one first says what a row means.
 *
 * CKPT_SYM(core|optional, return type, name, (parameters), (arguments),
 *	    "why it is needed", "what does not work without it")
 * CKPT_DATA(core|optional, type, name, "why", "what does not work")
 *
 * A missing core symbol keeps the module from being loaded; a missing optional
 * one turns its feature off, which CKPT_IOC_INFO tells.  All are called through
 * static calls: a plain function pointer would trip indirect branch tracking.
 * tools/lab/check-symbols compares the prototypes with the kernel's BTF.
 */

/* Tasks */
CKPT_SYM(core, bool, ptrace_may_access,
	 (struct task_struct *task, unsigned int mode), (task, mode),
	 "may the caller attach to the task", "checkpoint")
CKPT_SYM(core, unsigned long, wait_task_inactive,
	 (struct task_struct *task, unsigned int match_state), (task, match_state),
	 "is the task off its processor", "checkpoint")
CKPT_SYM(core, void, put_task_stack,
	 (struct task_struct *task), (task),
	 "registers of a task that may be killed meanwhile", "checkpoint")
CKPT_DATA(core, rwlock_t, tasklist_lock,
	  "children and threads stand still while they are counted", "checkpoint")
CKPT_SYM(core, void, __set_task_comm,
	 (struct task_struct *task, const char *name, bool exec), (task, name, exec),
	 "name of the task", "restart")
CKPT_SYM(core, void, task_exec_state_set_dumpable,
	 (enum task_dumpable value), (value),
	 "dumpable flag of the task", "restart")
CKPT_SYM(core, enum task_dumpable, task_exec_state_get_dumpable,
	 (struct task_struct *task), (task),
	 "dumpable flag of the task", "checkpoint")
CKPT_SYM(core, int, do_prlimit,
	 (struct task_struct *task, unsigned int resource, struct rlimit *new_rlim,
	  struct rlimit *old_rlim),
	 (task, resource, new_rlim, old_rlim),
	 "resource limits, with the checks of setrlimit(2)", "restart")
CKPT_SYM(core, int, sched_setattr,
	 (struct task_struct *task, const struct sched_attr *attr), (task, attr),
	 "scheduling policy, with the checks of sched_setattr(2)", "restart")
CKPT_SYM(core, long, sched_setaffinity,
	 (pid_t pid, const struct cpumask *mask), (pid, mask),
	 "processor affinity", "restart")
CKPT_SYM(core, struct user_struct *, alloc_uid,
	 (kuid_t uid), (uid),
	 "whose limits count for a task of another user", "restart")
CKPT_SYM(core, int, set_cred_ucounts,
	 (struct cred *cred), (cred),
	 "the same, for each user namespace", "restart")
CKPT_SYM(core, int, security_task_fix_setuid,
	 (struct cred *new, const struct cred *old, int flags), (new, old, flags),
	 "users of a task, with the checks of setresuid(2)", "restart")
CKPT_SYM(core, int, security_task_fix_setgid,
	 (struct cred *new, const struct cred *old, int flags), (new, old, flags),
	 "groups of a task, with the checks of setresgid(2)", "restart")
CKPT_SYM(core, int, security_task_fix_setgroups,
	 (struct cred *new, const struct cred *old), (new, old),
	 "the same, with those of setgroups(2)", "restart")
CKPT_SYM(core, int, security_capset,
	 (struct cred *new, const struct cred *old, const kernel_cap_t *effective,
	  const kernel_cap_t *inheritable, const kernel_cap_t *permitted),
	 (new, old, effective, inheritable, permitted),
	 "capabilities of a task, with the checks of capset(2)", "restart")
CKPT_SYM(core, long, __x64_sys_prctl,
	 (const struct pt_regs *regs), (regs),
	 "what prctl(2) sets, with its checks; memory that is merged (PR_SET_MEMORY_MERGE)", "restart")
CKPT_SYM(core, long, __x64_sys_seccomp,
	 (const struct pt_regs *regs), (regs),
	 "filters of system calls, with the checks of seccomp(2)", "restart")
CKPT_SYM(core, void, __put_seccomp_filter,
	 (struct seccomp_filter *orig), (orig),
	 "give back a reference to a filter", "checkpoint and restart")
CKPT_DATA(optional, struct list_head, ptracer_relations,
	  "which process may trace another (PR_SET_PTRACER)", "PR_SET_PTRACER is not saved")
CKPT_SYM(core, long, __x64_sys_membarrier,
	 (const struct pt_regs *regs), (regs),
	 "membarrier registrations", "restart")

CKPT_SYM(core, void, change_pid,
	 (struct pid **pids, struct task_struct *task, enum pid_type type,
	  struct pid *pid),
	 (pids, task, type, pid),
	 "sessions and process groups", "restart")
CKPT_SYM(core, void, free_pids,
	 (struct pid **pids), (pids),
	 "numbers that no task uses after sessions and groups were changed", "restart")
CKPT_SYM(core, int, ksys_unshare,
	 (unsigned long unshare_flags), (unshare_flags),
	 "threads with descriptors or directories of their own", "restart")
CKPT_SYM(core, void, put_files_struct,
	 (struct files_struct *files), (files),
	 "descriptor tables that several processes share", "restart")
CKPT_SYM(core, void, free_fs_struct,
	 (struct fs_struct *fs), (fs),
	 "directories that several processes share", "restart")
CKPT_DATA(core, struct lsm_blob_sizes, landlock_blob_sizes,
	  "is the task confined by Landlock", "checkpoint")

/* Memory */
CKPT_SYM(core, int, walk_page_range,
	 (struct mm_struct *mm, unsigned long start, unsigned long end,
	  const struct mm_walk_ops *ops, void *private),
	 (mm, start, end, ops, private),
	 "which pages hold data", "checkpoint")
CKPT_SYM(core, pte_t *, pte_offset_map_lock,
	 (struct mm_struct *mm, pmd_t *pmd, unsigned long addr, spinlock_t **ptlp),
	 (mm, pmd, addr, ptlp),
	 "which pages hold data, a page table at a time", "checkpoint")
CKPT_SYM(core, struct file *, get_task_exe_file,
	 (struct task_struct *task), (task),
	 "/proc/PID/exe", "checkpoint")
CKPT_SYM(core, int, replace_mm_exe_file,
	 (struct mm_struct *mm, struct file *file), (mm, file),
	 "/proc/PID/exe", "restart")
CKPT_SYM(core, struct mm_struct *, mm_alloc, (void), (),
	 "an address space for a restored program", "restart")
CKPT_SYM(core, void, exec_mm_release,
	 (struct task_struct *task, struct mm_struct *mm), (task, mm),
	 "leaving the address space that a task was made with", "restart")
CKPT_SYM(core, void, futex_exec_done,
	 (struct task_struct *task), (task),
	 "the same", "restart")
CKPT_SYM(core, void, mm_update_next_owner,
	 (struct mm_struct *mm), (mm),
	 "the same", "restart")
CKPT_SYM(core, void, sched_mm_cid_before_execve,
	 (struct task_struct *task), (task),
	 "the same", "restart")
CKPT_SYM(core, void, sched_mm_cid_after_execve,
	 (struct task_struct *task), (task),
	 "entering the address space of a restored program", "restart")
#ifdef CONFIG_SCHED_CACHE
CKPT_SYM(core, void, sched_cache_exec_mmap,
	 (struct task_struct *task, struct mm_struct *mm), (task, mm),
	 "the same", "restart")
#endif
CKPT_SYM(core, void, membarrier_update_current_mm,
	 (struct mm_struct *mm), (mm),
	 "the same", "restart")
CKPT_SYM(core, void, switch_mm_irqs_off,
	 (struct mm_struct *unused, struct mm_struct *next, struct task_struct *task),
	 (unused, next, task),
	 "the same", "restart")
#ifdef CONFIG_FUTEX_PRIVATE_HASH
CKPT_SYM(core, int, futex_hash_allocate_default, (void), (),
	 "futexes of tasks that share an address space", "restart")
#endif
CKPT_SYM(core, void, lru_gen_add_mm,
	 (struct mm_struct *mm), (mm),
	 "the same", "restart")
#ifdef CONFIG_MEMCG
CKPT_SYM(core, void, lru_gen_migrate_mm,
	 (struct mm_struct *mm), (mm),
	 "the same", "restart")
#endif
CKPT_SYM(core, int, dup_mmap,
	 (struct mm_struct *mm, struct mm_struct *oldmm), (mm, oldmm),
	 "memory that forked processes share", "restart")
CKPT_SYM(core, void, uprobe_start_dup_mmap, (void), (),
	 "memory that forked processes share", "restart")
CKPT_SYM(core, void, uprobe_end_dup_mmap, (void), (),
	 "memory that forked processes share", "restart")
CKPT_SYM(core, int, split_vma,
	 (struct vma_iterator *vmi, struct vm_area_struct *vma, unsigned long addr,
	  int new_below),
	 (vmi, vma, addr, new_below),
	 "flags of a mapping that has become one with its neighbour", "restart")
CKPT_SYM(core, int, do_mprotect_pkey,
	 (unsigned long start, size_t len, unsigned long prot, int pkey),
	 (start, len, prot, pkey),
	 "protections and protection keys of mappings", "restart")
CKPT_SYM(core, int, do_madvise,
	 (struct mm_struct *mm, unsigned long start, size_t len, int behavior),
	 (mm, start, len, behavior),
	 "advice on mappings, guard regions", "restart")
CKPT_SYM(core, long, __x64_sys_mlock2,
	 (const struct pt_regs *regs), (regs),
	 "locked mappings", "restart")
CKPT_SYM(optional, int, do_mseal,
	 (unsigned long start, size_t len, unsigned long flags), (start, len, flags),
	 "sealed mappings", "sealed mappings are refused")

/* Files */
CKPT_SYM(core, int, replace_fd,
	 (unsigned int fd, struct file *file, unsigned int flags), (fd, file, flags),
	 "descriptors at their old numbers", "restart")
CKPT_SYM(core, void, set_fs_root,
	 (struct fs_struct *fs, const struct path *path), (fs, path),
	 "root directory", "restart")
CKPT_SYM(core, void, set_fs_pwd,
	 (struct fs_struct *fs, const struct path *path), (fs, path),
	 "working directory", "restart")

CKPT_SYM(core, int, security_path_chroot,
	 (const struct path *path), (path),
	 "root directory, with the checks of chroot(2)", "restart")
CKPT_SYM(core, int, security_path_rmdir,
	 (const struct path *dir, struct dentry *dentry), (dir, dentry),
	 "deleted directories, with the checks of rmdir(2)", "restart")
CKPT_SYM(core, int, security_file_lock,
	 (struct file *file, unsigned int cmd), (file, cmd),
	 "locks on files, with the checks of fcntl(2) and flock(2)", "restart")
CKPT_SYM(core, int, vfs_fchmod,
	 (struct file *file, umode_t mode), (file, mode),
	 "permissions of files without a name and of terminals", "restart")
CKPT_SYM(core, int, vfs_fchown,
	 (struct file *file, uid_t user, gid_t group), (file, user, group),
	 "owners of files without a name and of terminals", "restart")
CKPT_SYM(core, long, __x64_sys_ftruncate,
	 (const struct pt_regs *regs), (regs),
	 "sizes of files without a name", "restart")
CKPT_SYM(core, int, fcntl_setlease,
	 (unsigned int fd, struct file *filp, int arg), (fd, filp, arg),
	 "leases on files", "restart")
CKPT_SYM(core, int, create_pipe_files,
	 (struct file **res, int flags), (res, flags),
	 "pipes", "restart")
CKPT_SYM(core, long, pipe_fcntl,
	 (struct file *file, unsigned int cmd, unsigned int arg), (file, cmd, arg),
	 "how much fits into a pipe", "restart")
CKPT_SYM(core, long, __x64_sys_eventfd2,
	 (const struct pt_regs *regs), (regs),
	 "eventfd descriptors", "restart")
CKPT_SYM(core, long, __x64_sys_memfd_create,
	 (const struct pt_regs *regs), (regs),
	 "memfds", "restart")
CKPT_SYM(core, long, memfd_fcntl,
	 (struct file *file, unsigned int cmd, unsigned int arg), (file, cmd, arg),
	 "seals of memfds", "restart")
CKPT_SYM(core, struct pid *, pidfd_pid,
	 (const struct file *file), (file),
	 "recognise a pidfd", "checkpoint")
CKPT_SYM(core, int, pidfd_prepare,
	 (struct pid *pid, unsigned int flags, struct file **ret_file),
	 (pid, flags, ret_file),
	 "pidfds", "restart")
CKPT_DATA(core, const struct file_operations, timerfd_fops,
	  "recognise a timerfd", "checkpoint")
CKPT_SYM(core, long, __x64_sys_timerfd_create,
	 (const struct pt_regs *regs), (regs),
	 "timerfd descriptors", "restart")
CKPT_SYM(core, long, __x64_sys_timerfd_settime,
	 (const struct pt_regs *regs), (regs),
	 "timerfd descriptors", "restart")
CKPT_DATA(core, const struct file_operations, signalfd_fops,
	  "recognise a signalfd", "checkpoint")
CKPT_SYM(core, long, __x64_sys_signalfd4,
	 (const struct pt_regs *regs), (regs),
	 "signalfd descriptors", "restart")
CKPT_DATA(core, const struct file_operations, eventpoll_fops,
	  "recognise an epoll set", "checkpoint")
CKPT_SYM(core, long, __x64_sys_epoll_create1,
	 (const struct pt_regs *regs), (regs),
	 "epoll sets", "restart")
CKPT_SYM(core, int, do_epoll_ctl_file,
	 (struct file *f, int op, struct epoll_key *tf, struct epoll_event *epds,
	  bool nonblock),
	 (f, op, tf, epds, nonblock),
	 "what is in epoll sets", "restart")

CKPT_DATA(core, struct fsnotify_group *, dnotify_group,
	  "is a directory watched (F_NOTIFY)", "checkpoint")
CKPT_DATA(core, const struct file_operations, inotify_fops,
	  "recognise an inotify instance", "checkpoint")
CKPT_SYM(core, long, __x64_sys_inotify_init1,
	 (const struct pt_regs *regs), (regs),
	 "inotify instances", "restart")
CKPT_SYM(core, long, __x64_sys_inotify_add_watch,
	 (const struct pt_regs *regs), (regs),
	 "what inotify instances watch", "restart")
CKPT_SYM(core, int, fsnotify_insert_event,
	 (struct fsnotify_group *group, struct fsnotify_event *event,
	  int (*merge)(struct fsnotify_group *, struct fsnotify_event *),
	  void (*insert)(struct fsnotify_group *, struct fsnotify_event *)),
	 (group, event, merge, insert),
	 "inotify events that have not been read", "restart")
CKPT_SYM(core, const struct path *, collect_paths,
	 (const struct path *path, struct path *prealloc, unsigned int count),
	 (path, prealloc, count),
	 "the path of what inotify watches", "checkpoint")
CKPT_SYM(core, void, drop_collected_paths,
	 (const struct path *paths, const struct path *prealloc), (paths, prealloc),
	 "the path of what inotify watches", "checkpoint")

/* Signals and timers */
CKPT_SYM(core, int, do_sigaction,
	 (int sig, struct k_sigaction *act, struct k_sigaction *oact),
	 (sig, act, oact),
	 "signal handlers", "restart")
CKPT_SYM(core, void, set_current_blocked,
	 (sigset_t *newset), (newset),
	 "blocked signals", "restart")
CKPT_SYM(core, int, send_signal_locked,
	 (int sig, struct kernel_siginfo *info, struct task_struct *task,
	  enum pid_type type),
	 (sig, info, task, type),
	 "pending signals", "restart")
CKPT_SYM(core, int, security_task_kill,
	 (struct task_struct *task, struct kernel_siginfo *info, int sig,
	  const struct cred *cred),
	 (task, info, sig, cred),
	 "may the caller send the task a signal", "ending what was saved")
CKPT_SYM(core, void, flush_sigqueue,
	 (struct sigpending *queue), (queue),
	 "signals that the restart itself caused", "restart")
CKPT_SYM(core, int, do_setitimer,
	 (int which, struct itimerspec64 *value, struct itimerspec64 *ovalue),
	 (which, value, ovalue),
	 "interval timers", "restart")

CKPT_SYM(core, long, __x64_sys_timer_create,
	 (const struct pt_regs *regs), (regs),
	 "POSIX timers", "restart")

/* What an interrupted system call goes on with: compared and set, never called */
CKPT_DATA(core, char, do_no_restart_syscall,
	  "recognise a restart block", "checkpoint and restart")
CKPT_DATA(core, char, hrtimer_nanosleep_restart,
	  "recognise a restart block", "checkpoint and restart")
CKPT_DATA(core, char, posix_cpu_nsleep_restart,
	  "recognise a restart block", "checkpoint and restart")
CKPT_DATA(core, char, alarm_timer_nsleep_restart,
	  "recognise a restart block", "checkpoint and restart")
CKPT_DATA(core, char, futex_wait_restart,
	  "recognise a restart block", "checkpoint and restart")
CKPT_DATA(core, char, do_restart_poll,
	  "recognise a restart block", "checkpoint and restart")

/* x86 */
CKPT_SYM(core, long, do_arch_prctl_64,
	 (struct task_struct *task, int option, unsigned long arg2),
	 (task, option, arg2),
	 "segment bases, mapping the vDSO", "restart")
CKPT_SYM(core, void, fpu_sync_fpstate,
	 (struct fpu *fpu), (fpu),
	 "FPU registers of the caller", "checkpoint and restart")
CKPT_SYM(core, int, copy_uabi_from_kernel_to_xstate,
	 (struct fpstate *fpstate, const void *kbuf, u32 *pkru),
	 (fpstate, kbuf, pkru),
	 "FPU registers, with the checks of the kernel", "restart")
CKPT_DATA(core, struct fpu_state_config, fpu_user_cfg,
	  "which FPU state this processor has", "checkpoint and restart")
CKPT_DATA(core, unsigned int, mxcsr_feature_mask,
	  "which bits of MXCSR may be set", "restart")
CKPT_DATA(core, struct vdso_image, vdso64_image,
	  "is the vDSO the one of the image", "checkpoint and restart")

/* The kernel itself */
CKPT_DATA(core, unsigned char, vmlinux_build_id,
	  "is this the kernel that the module was built for", "loading")
