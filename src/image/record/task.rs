// SPDX-License-Identifier: GPL-2.0-only

//! One task: identity, credentials, scheduling, interrupted system call, and the objects it uses.

use super::{
    entries,
    records, //
};
use crate::flags::{
    enumeration,
    flag_set, //
};

records! {
    /// Start of a task's section. A STRING with its name follows. Of a dead task only its credentials
    /// follow; here, only state, exit code, exit signal, death signal and name are meaningful.
    Task: TASK, 152 {
        /// Whose section it is.
        ///
        /// as in its TREE entry; not compared by RESTART_TASKSELF
        pid: i32,
        /// Zero.
        reserved: u32 = zero,
        /// `task_state`.
        ///
        /// DEAD in TREE: ZOMBIE; else RUNNING or STOPPED
        state: u32 = one_of(task_state),
        /// Bits of `task_flag`.
        flags: u32 = flags(task_flag),
        /// Status for wait(2) of a dead task.
        ///
        /// dead: a status of exit(2) or of a signal, with or without a core; else 0
        exit_code: i32 = mask,
        /// Signal that the parent gets at exit.
        ///
        /// 0 to 64; a thread that is no leader: −1
        exit_signal: i32 = signal,
        /// Signal at the death of the parent, 0: none.
        ///
        /// 0 to 64
        pdeath_signal: i32 = signal,
        /// As personality(2) gives it.
        personality: u32 = mask,
        /// Address of set_tid_address(2).
        ///
        /// any: a user address when it is used
        clear_child_tid: u64 = address,
        /// Address that clone(2) wrote the tid to.
        ///
        /// any, as above
        set_child_tid: u64 = address,
        /// Alternate signal stack: lowest address.
        ///
        /// ≤ ADDRESS
        sas_ss_sp: u64 = address,
        /// Its size, bytes.
        ///
        /// ≤ ADDRESS
        sas_ss_size: u64 = bytes,
        /// Its SS_* flags.
        ///
        /// SS_ONSTACK, SS_DISABLE, SS_AUTODISARM
        sas_ss_flags: u32 = mask,
        /// As PR_GET_DUMPABLE gives it.
        ///
        /// 0 to 2; 2 needs CAP_SYS_ADMIN (EPERM)
        dumpable: u32,
        /// Head of the list of robust futexes.
        ///
        /// any, as above
        robust_list: u64 = address,
        /// Address of the restartable sequence area, 0: none.
        ///
        /// multiple of 32; all of the area below ADDRESS
        rseq: u64 = address,
        /// Its registered length, bytes.
        ///
        /// version 1: 32; version 2: 33 to 4096
        rseq_len: u32 = bytes,
        /// Its signature.
        rseq_sig: u32 = mask,
        /// Version of its interface in the kernel.
        ///
        /// 1 or 2 when `rseq` is not 0
        rseq_version: u32,
        /// Adjustment of the out-of-memory score.
        ///
        /// −1000 to 1000; below `oom_score_adj_min` of the restarting task needs
        /// CAP_SYS_RESOURCE (EACCES)
        oom_score_adj: i32,
        /// Timer slack, ns.
        timer_slack: u64 = nanoseconds,
        /// What PR_SET_TIMERSLACK 0 goes back to, ns.
        default_timer_slack: u64 = nanoseconds,
        /// CPU time in user mode, ns; for information.
        utime: u64 = nanoseconds,
        /// CPU time in the kernel, ns; for information.
        stime: u64 = nanoseconds,
        /// Start, CLOCK_BOOTTIME, ns; for information.
        start_time: u64 = nanoseconds,
        /// The least that `oom_score_adj` may be set to without CAP_SYS_RESOURCE.
        ///
        /// as `oom_score_adj`
        oom_score_adj_min: i32,
        /// Zero.
        reserved2: u32 = zero,
    } => [text("name"; COMM)]

    /// Which credentials the task uses.
    TaskCreds: TASK_CREDS, 8 {
        /// Objective credentials: those that count when others act on the task.
        real: u32 = object(CRED),
        /// Subjective credentials: what it acts with.
        ///
        /// the same id
        effective: u32 = object(CRED),
    }

    /// Shared object: credentials. A BUFFER of group ids (u32) follows. All ids are those of the
    /// user namespace of the task that made the checkpoint.
    Cred: CRED, 88 {
        /// Id of the object.
        objref: u32 = id,
        /// SECBIT_* flags.
        ///
        /// what prctl(2) would set (EPERM)
        securebits: u32 = mask,
        /// Real user id.
        ///
        /// what setresuid(2) would set (EPERM)
        uid: u32,
        /// Real group id.
        ///
        /// what setresgid(2) would set (EPERM)
        gid: u32,
        /// Saved user id.
        ///
        /// as uid
        suid: u32,
        /// Saved group id.
        ///
        /// as gid
        sgid: u32,
        /// Effective user id.
        ///
        /// as uid
        euid: u32,
        /// Effective group id.
        ///
        /// as gid
        egid: u32,
        /// User id for file system access.
        ///
        /// as uid
        fsuid: u32,
        /// Group id for file system access.
        ///
        /// as gid
        fsgid: u32,
        /// Capabilities kept across exec.
        ///
        /// what capset(2) would set (EPERM)
        cap_inheritable: u64 = mask,
        /// Capabilities that may be used.
        ///
        /// the same
        cap_permitted: u64 = mask,
        /// Capabilities in use.
        ///
        /// the same
        cap_effective: u64 = mask,
        /// Bounding set.
        ///
        /// no more than before; less needs CAP_SETPCAP (EPERM)
        cap_bset: u64 = mask,
        /// Ambient set.
        ///
        /// permitted and inheritable (EPERM)
        cap_ambient: u64 = mask,
        /// Number of group ids.
        ///
        /// ≤ GROUPS; other ids than before as setgroups(2) (EPERM)
        nr_groups: u32 = count(GROUPS),
        /// The user namespace that these credentials and their ids are of; 0: that of the restarter.
        ///
        /// 0, else EOPNOTSUPP
        userns: u32 = restarters,
    } => [buffer("groups": u32: nr_groups)]

    /// Shared object: a filter of seccomp(2), as the task installed it. It stands in the section of the
    /// first task that has it, behind the one that it was installed on.
    SeccompFilter: SECCOMP_FILTER, 16 {
        /// Id of the object.
        objref: u32 = id,
        /// The filter that the task had before it, 0: none.
        ///
        /// the one before it in the section; the first: 0, or one of an earlier task
        prev: u32 = maybe(SECCOMP_FILTER),
        /// Bits of `seccomp_filter_flag`.
        flags: u32 = flags(seccomp_filter_flag),
        /// Number of instructions.
        ///
        /// 1 to SECCOMP
        len: u32 = count(SECCOMP),
    } => [buffer("program": SeccompInsn: len)]

    /// How seccomp confines the task; not there when it does not.
    TaskSeccomp: TASK_SECCOMP, 8 {
        /// `seccomp_mode`.
        mode: u32 = one_of(seccomp_mode),
        /// Its newest filter.
        ///
        /// FILTER: the last one that stands before it in the section, or one of an earlier task; STRICT: 0
        filter: u32 = maybe(SECCOMP_FILTER),
    }

    /// Scheduling. A BUFFER with the mask of processors (bit n of byte n / 8) follows when
    /// `affinity_len` is not zero.
    Sched: SCHED, 64 {
        /// SCHED_* policy.
        ///
        /// 0, 1, 2, 3, 5 (OTHER, FIFO, RR, BATCH, IDLE)
        policy: u32,
        /// Nice value.
        ///
        /// −20 to 19
        nice: i32,
        /// Real-time priority.
        ///
        /// 0 to 99
        rt_priority: u32,
        /// Bits of `sched_flag`.
        flags: u32 = flags(sched_flag),
        /// Slice that was asked for, ns, 0: default.
        ///
        /// as sched_setattr(2)
        slice: u64 = nanoseconds,
        /// SCHED_DEADLINE, ns; zero.
        ///
        /// not looked at
        dl_runtime: u64 = nanoseconds,
        /// The same.
        ///
        /// not looked at
        dl_deadline: u64 = nanoseconds,
        /// The same.
        ///
        /// not looked at
        dl_period: u64 = nanoseconds,
        /// As ioprio_get(2) gives it, 0: none set.
        ///
        /// 0, or class 1 to 3; class 1 (real-time) needs CAP_SYS_NICE (EPERM)
        ioprio: u32 = mask,
        /// Bytes of processor mask that follow, 0: none asked for.
        affinity_len: u32 = bytes(CPUMASK),
        /// Least utilization that was asked for, of 1024; counts with UTIL_MIN.
        ///
        /// ≤ 1024, ≤ `util_max`
        util_min: u32,
        /// Greatest utilization, the same with UTIL_MAX.
        ///
        /// ≤ 1024
        util_max: u32,
    } => [buffer("affinity": u8: affinity_len) if affinity_len]

    /// What an interrupted system call still has to do. Times are what was left of them.
    RestartBlock: RESTART_BLOCK, 64 {
        /// `restart`.
        kind: u32 = one_of(restart),
        /// Sleeps: clock number.
        ///
        /// NANOSLEEP: 0, 1, 7, 11; CPU_NANOSLEEP: −8, −7, −6; ALARM_NANOSLEEP: 8, 9
        clock: i32,
        /// Bits of `restart_flag`.
        flags: u32 = flags(restart_flag),
        /// Futex: value waited on; poll: number of descriptors.
        ///
        /// any: checked by the system call
        value: u32,
        /// Time left, ns, when TIMEOUT is set; below zero: it has run out.
        ///
        /// any; sums with times saturate
        remaining: i64 = nanoseconds,
        /// Futex: address; poll: the pollfd array.
        ///
        /// ≤ ADDRESS
        address: u64 = address,
        /// Futex: second address; sleeps: where the time left is written when a signal comes.
        ///
        /// ≤ ADDRESS
        address2: u64 = address,
        /// Futex: bit set; sleeps: 0, or 1 when the time left is to be written.
        ///
        /// sleeps: 0 or 1
        extra: u32,
        /// Zero.
        reserved: u32 = zero,
        /// Zero.
        reserved2: u64 = zero,
        /// Zero.
        reserved3: u64 = zero,
    }

    /// Which shared objects the task uses. Each stands before this record.
    TaskObjs: TASK_OBJS, 32 {
        /// Descriptor table.
        ///
        /// id of a FILE_TABLE: the task takes it if it is not its own
        files: u32 = object(FILE_TABLE),
        /// Address space.
        ///
        /// id of the MM that was restored onto the one that it has
        mm: u32 = object(MM),
        /// Root and working directory.
        ///
        /// id of an FS: as with `files`
        fs: u32 = object(FS),
        /// Signal handlers.
        ///
        /// id of the SIGHAND that was restored onto those that it has
        sighand: u32 = object(SIGHAND),
        /// What the thread group shares.
        ///
        /// id of the SIGNAL that was restored onto its group
        signal: u32 = object(SIGNAL),
        /// Zero.
        reserved: u32 = zero,
        /// Zero.
        reserved2: u64 = zero,
    }
}

entries! {
    /// One resource limit; `u64::MAX` is RLIM_INFINITY.
    Rlimit: 16 {
        /// Soft limit; 2⁶⁴ − 1 is RLIM_INFINITY.
        ///
        /// ≤ max
        cur: u64,
        /// Hard limit.
        ///
        /// as setrlimit(2): raising needs CAP_SYS_RESOURCE
        max: u64,
    }
}

entries! {
    /// One instruction of classic BPF, as `struct sock_filter` has it.
    SeccompInsn: 8 {
        /// What it does.
        ///
        /// the program is checked by seccomp(2)
        code: u16 = mask,
        /// Instructions to skip when its condition holds.
        ///
        /// the same
        jt: u8,
        /// Instructions to skip when it does not.
        ///
        /// the same
        jf: u8,
        /// Its operand.
        ///
        /// the same
        k: u32 = mask,
    }
}

enumeration! {
    /// Values of [`TaskSeccomp::mode`].
    seccomp_mode: u32 {
        /// Nothing but read(2), write(2), exit(2) and sigreturn(2).
        STRICT = 1,
        /// What the filters allow.
        FILTER = 2,
    }
}

flag_set! {
    /// Bits of [`SeccompFilter::flags`].
    seccomp_filter_flag: u32 {
        /// What it decides is logged (SECCOMP_FILTER_FLAG_LOG).
        LOG = 0,
    }
}

enumeration! {
    /// Values of [`Task::state`].
    task_state: u32 {
        /// Will run.
        RUNNING = 0,
        /// Stopped by a job-control signal.
        STOPPED = 1,
        /// Dead, and not yet waited for.
        ZOMBIE = 2,
    }
}

flag_set! {
    /// Bits of [`Task::flags`].
    task_flag: u32 {
        /// Has not called exec since it was forked.
        FORKNOEXEC = 0,
        /// Has used privileges of the superuser.
        SUPERPRIV = 1,
        /// PR_SET_NO_NEW_PRIVS.
        NO_NEW_PRIVS = 2,
        /// Pages are spread over the nodes of the cpuset.
        SPREAD_PAGE = 3,
        /// Slab is spread over the nodes of the cpuset.
        SPREAD_SLAB = 4,
        /// Speculative store bypass disabled.
        SPEC_SSB_DISABLE = 5,
        /// The same for good.
        SPEC_SSB_FORCE_DISABLE = 6,
        /// Indirect branch speculation disabled.
        SPEC_IB_DISABLE = 7,
        /// The same for good.
        SPEC_IB_FORCE_DISABLE = 8,
        /// Speculative store bypass disabled until the next exec.
        SPEC_SSB_NOEXEC = 9,
        /// Its parent has called exec since it made it: at its end SIGCHLD is sent, whatever
        /// `exit_signal` says.
        PARENT_EXECED = 10,
        /// Reading the time-stamp counter is SIGSEGV (PR_SET_TSC).
        NO_TSC = 11,
        /// It has chosen when it is killed for memory that the hardware has lost (PR_MCE_KILL).
        MCE_PROCESS = 12,
        /// The choice: as soon as that is found.
        MCE_EARLY = 13,
        /// PR_SET_IO_FLUSHER; to change it needs CAP_SYS_RESOURCE (EPERM).
        IO_FLUSHER = 14,
        /// The data cache is flushed when the task leaves the processor (PR_SPEC_L1D_FLUSH).
        L1D_FLUSH = 15,
    }
}

flag_set! {
    /// Bits of [`Sched::flags`].
    sched_flag: u32 {
        /// Children go back to the default policy.
        RESET_ON_FORK = 0,
        /// `util_min` was asked for.
        UTIL_MIN = 1,
        /// `util_max` was asked for.
        UTIL_MAX = 2,
    }
}

enumeration! {
    /// Values of [`RestartBlock::kind`], numbered as in Linux-CR where the kind was known there.
    restart: u32 {
        /// Nothing to restart.
        NONE = 1,
        /// Nanosleep(2), clock_nanosleep(2) on an ordinary clock.
        NANOSLEEP = 2,
        /// Clock_nanosleep(2) on a CPU-time clock of the process; the time left is CPU time.
        CPU_NANOSLEEP = 3,
        /// Poll(2).
        POLL = 6,
        /// Futex(2) wait.
        FUTEX = 7,
        /// Clock_nanosleep(2) on an alarm clock; needs CAP_WAKE_ALARM at restart.
        ALARM_NANOSLEEP = 8,
    }
}

flag_set! {
    /// Bits of [`RestartBlock::flags`].
    restart_flag: u32 {
        /// `remaining` counts.
        TIMEOUT = 0,
        /// The futex is shared between processes.
        SHARED = 1,
        /// The time-out of the futex is on CLOCK_REALTIME.
        CLOCK_REALTIME = 2,
    }
}
