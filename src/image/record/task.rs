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
    /// Start of a task's section. A STRING with its name follows. The section of a dead task ends
    /// here: only state, exit code, exit signal and name are meaningful.
    Task: TASK, 152 {
        /// Whose section it is: the pid in TREE.
        pid: i32,
        /// Zero.
        reserved: u32 = zero,
        /// One of [`task_state`].
        state: u32 = one_of(task_state),
        /// Bits of [`task_flag`].
        flags: u32 = flags(task_flag),
        /// Status for wait(2); 0 for a live task.
        exit_code: i32 = mask,
        /// Signal that the parent gets at exit; -1 for a thread that is no leader.
        exit_signal: i32 = signal,
        /// Signal that the task gets when its parent dies; 0 for none.
        pdeath_signal: i32 = signal,
        /// Execution domain and its flags, as personality(2) gives them.
        personality: u32 = mask,
        /// Address that set_tid_address(2) names.
        clear_child_tid: u64 = address,
        /// Address that clone(2) was told to write the tid to.
        set_child_tid: u64 = address,
        /// Alternate signal stack: lowest address.
        sas_ss_sp: u64 = address,
        /// Alternate signal stack: size in bytes.
        sas_ss_size: u64 = bytes,
        /// Alternate signal stack: SS_* flags.
        sas_ss_flags: u32 = mask,
        /// Whether a core may be dumped and who may attach (PR_GET_DUMPABLE).
        dumpable: u32,
        /// Head of the list of robust futexes.
        robust_list: u64 = address,
        /// Address of the restartable sequence area; 0 for none.
        rseq: u64 = address,
        /// Its registered length in bytes.
        rseq_len: u32 = bytes,
        /// Its signature.
        rseq_sig: u32 = mask,
        /// Version of its interface in the kernel: 1 or 2.
        rseq_version: u32,
        /// Adjustment of the out-of-memory score.
        oom_score_adj: i32,
        /// Timer slack in nanoseconds.
        timer_slack: u64 = nanoseconds,
        /// Timer slack that PR_SET_TIMERSLACK 0 goes back to, in nanoseconds.
        default_timer_slack: u64 = nanoseconds,
        /// CPU time used in user mode, in nanoseconds. For information.
        utime: u64 = nanoseconds,
        /// CPU time used in the kernel, in nanoseconds. For information.
        stime: u64 = nanoseconds,
        /// Time of the start, CLOCK_BOOTTIME, in nanoseconds. For information.
        start_time: u64 = nanoseconds,
        /// Lowest adjustment of the out-of-memory score that the task may go back to by itself.
        oom_score_adj_min: i32,
        /// Zero.
        reserved2: u32 = zero,
    } => [text("name of the task")]

    /// Which credentials the task uses.
    TaskCreds: TASK_CREDS, 8 {
        /// Objective credentials: who the task is when others act on it.
        real: u32 = object(CRED),
        /// Subjective credentials: what it acts with.
        effective: u32 = object(CRED),
    }

    /// Shared object: credentials. A BUFFER of group ids (u32) follows. All ids are those of the
    /// user namespace of whoever made the checkpoint.
    Cred: CRED, 88 {
        /// The object's id.
        objref: u32 = id,
        /// SECBIT_* flags.
        securebits: u32 = mask,
        /// Real user id.
        uid: u32,
        /// Real group id.
        gid: u32,
        /// Saved user id.
        suid: u32,
        /// Saved group id.
        sgid: u32,
        /// Effective user id.
        euid: u32,
        /// Effective group id.
        egid: u32,
        /// User id for file system access.
        fsuid: u32,
        /// Group id for file system access.
        fsgid: u32,
        /// Capabilities kept across exec.
        cap_inheritable: u64 = mask,
        /// Capabilities that may be used.
        cap_permitted: u64 = mask,
        /// Capabilities in use.
        cap_effective: u64 = mask,
        /// Bounding set.
        cap_bset: u64 = mask,
        /// Ambient set.
        cap_ambient: u64 = mask,
        /// Number of group ids.
        nr_groups: u32 = count,
        /// Zero.
        reserved: u32 = zero,
    } => [buffer(u32: nr_groups)]

    /// Scheduling. A BUFFER with the mask of processors (bit n of byte n / 8) follows when
    /// `affinity_len` is not zero.
    Sched: SCHED, 64 {
        /// SCHED_* policy.
        policy: u32,
        /// Nice value, -20 to 19.
        nice: i32,
        /// Real-time priority, 0 to 99.
        rt_priority: u32,
        /// Bits of [`sched_flag`].
        flags: u32 = flags(sched_flag),
        /// Slice in nanoseconds that was asked for; 0 for the default.
        slice: u64 = nanoseconds,
        /// SCHED_DEADLINE: runtime in nanoseconds.
        dl_runtime: u64 = nanoseconds,
        /// SCHED_DEADLINE: deadline in nanoseconds.
        dl_deadline: u64 = nanoseconds,
        /// SCHED_DEADLINE: period in nanoseconds.
        dl_period: u64 = nanoseconds,
        /// I/O priority as ioprio_get(2) gives it; 0 for none set.
        ioprio: u32 = mask,
        /// Bytes of mask that follow; 0 when no affinity was asked for.
        affinity_len: u32 = bytes,
        /// Least utilization that was asked for, of 1024; counts with UTIL_MIN.
        util_min: u32,
        /// Greatest utilization that was asked for, of 1024; counts with UTIL_MAX.
        util_max: u32,
    } => [buffer(u8: affinity_len) if affinity_len]

    /// What an interrupted system call still has to do. Times are what was left of them.
    RestartBlock: RESTART_BLOCK, 64 {
        /// One of [`restart`].
        kind: u32 = one_of(restart),
        /// Clock number (sleeps).
        clock: i32,
        /// Bits of [`restart_flag`].
        flags: u32 = flags(restart_flag),
        /// futex: the value waited on; poll: number of descriptors.
        value: u32,
        /// Time left in nanoseconds, when TIMEOUT is set. Below zero: it has run out.
        remaining: i64 = nanoseconds,
        /// futex: address; poll: address of the pollfd array.
        address: u64 = address,
        /// futex: second address; sleeps: where the time left is written when a signal interrupts.
        address2: u64 = address,
        /// futex: bit set; sleeps: how the time left is written (0 not, 1 native, 2 compat).
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
        files: u32 = object(FILE_TABLE),
        /// Address space.
        mm: u32 = object(MM),
        /// Root and working directory.
        fs: u32 = object(FS),
        /// Signal handlers.
        sighand: u32 = object(SIGHAND),
        /// What the thread group shares.
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
        /// Soft limit.
        cur: u64,
        /// Hard limit.
        max: u64,
    }
}

enumeration! {
    /// Values of [`Task::state`].
    task_state: u32 {
        /// Will run.
        RUNNING = 0,
        /// Stopped by a job-control signal.
        STOPPED = 1,
        /// Dead, not yet waited for.
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
        /// Pages are spread over the memory nodes of the cpuset.
        SPREAD_PAGE = 3,
        /// Slab is spread over the memory nodes of the cpuset.
        SPREAD_SLAB = 4,
        /// Speculative store bypass disabled.
        SPEC_SSB_DISABLE = 5,
        /// Speculative store bypass disabled for good.
        SPEC_SSB_FORCE_DISABLE = 6,
        /// Indirect branch speculation disabled.
        SPEC_IB_DISABLE = 7,
        /// Indirect branch speculation disabled for good.
        SPEC_IB_FORCE_DISABLE = 8,
        /// Speculative store bypass disabled until the next exec.
        SPEC_SSB_NOEXEC = 9,
        /// Its parent has called exec since it made it: whatever its exit signal, SIGCHLD is sent.
        PARENT_EXECED = 10,
        /// Reading the time-stamp counter is SIGSEGV (PR_SET_TSC).
        NO_TSC = 11,
        /// It has chosen when it is killed for memory that the hardware has lost (PR_MCE_KILL).
        MCE_PROCESS = 12,
        /// The choice: as soon as that is found, not when it is used.
        MCE_EARLY = 13,
        /// Others wait for its writes when there is little memory (PR_SET_IO_FLUSHER).
        IO_FLUSHER = 14,
        /// The first-level data cache is flushed when it leaves the processor (PR_SPEC_L1D_FLUSH).
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
        /// nanosleep(2), and clock_nanosleep(2) on a clock that is no CPU-time or alarm clock.
        NANOSLEEP = 2,
        /// clock_nanosleep(2) on a CPU-time clock of the process: the time left is CPU time.
        CPU_NANOSLEEP = 3,
        /// poll(2).
        POLL = 6,
        /// futex(2) wait.
        FUTEX = 7,
        /// clock_nanosleep(2) on an alarm clock.
        ALARM_NANOSLEEP = 8,
    }
}

flag_set! {
    /// Bits of [`RestartBlock::flags`].
    restart_flag: u32 {
        /// There is a time-out: `remaining` counts.
        TIMEOUT = 0,
        /// The futex is shared between processes.
        SHARED = 1,
        /// The time-out is measured on CLOCK_REALTIME.
        CLOCK_REALTIME = 2,
    }
}
