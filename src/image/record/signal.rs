// SPDX-License-Identifier: GPL-2.0-only

//! Signals: handlers, masks, queues, and what a thread group shares.

use super::{
    entries,
    records, //
};
use crate::flags::{
    enumeration,
    flag_set, //
};

records! {
    /// Shared object: signal handlers. A BUFFER of [`SigAction`] follows: those that differ from the
    /// default.
    Sighand: SIGHAND, 16 {
        /// Id of the object.
        objref: u32 = id,
        /// Number of entries.
        ///
        /// ≤ 64
        nr_actions: u32 = count(SIGNALS),
        /// Zero.
        reserved: u64 = zero,
    } => [buffer("actions": SigAction: nr_actions)]

    /// Shared object: what a thread group shares beside its handlers. A BUFFER of
    /// [`super::Rlimit`], one for each resource, one of [`Timer`] in the order in which they were made,
    /// unless there are none, and a SIGPENDING with the group's queue follow.
    Signal: SIGNAL, 96 {
        /// Id of the object.
        objref: u32 = id,
        /// Bits of `signal_flag`.
        flags: u32 = flags(signal_flag),
        /// ITIMER_REAL, VIRTUAL, PROF: time left, ns, 0: not armed.
        ///
        /// < 2⁶³
        timer_remaining: [u64; 3] = nanoseconds,
        /// The same timers: interval, ns, 0: one-shot.
        ///
        /// < 2⁶³
        timer_interval: [u64; 3] = nanoseconds,
        /// Signal that stopped the group; 0: not stopped, or the parent knows already.
        ///
        /// 0 to 64
        stop_signal: u32 = signal,
        /// Number of resource limits.
        ///
        /// 16
        nr_rlimits: u32 = count(RLIMITS),
        /// Controlling terminal, as stat(2) encodes a device number, 0: none; for information.
        tty: u32 = mask,
        /// Its foreground process group, in the pid namespace of the root, 0: cannot be told;
        /// for information.
        tty_foreground: i32,
        /// Foreground process group of the terminal that the session has lost, 0: none; for
        /// information.
        tty_old_group: i32,
        /// The controlling terminal, if it is part of the image; else 0.
        ///
        /// id of a TTY that controls the session of the process
        tty_object: u32 = maybe(TTY),
        /// When `tty_old_group` is not 0: place of the task or ghost by whose number that group
        /// goes; OUTSIDE: it has no members any more.
        ///
        /// OUTSIDE, or a group with members in the session
        tty_old_place: u32 = place,
        /// Number that the next POSIX timer gets.
        ///
        /// < 2³¹
        next_timer: u32,
        /// With TRACER: place of the task that may trace the process.
        ///
        /// that of a task
        tracer: u32 = place,
        /// Number of POSIX timers.
        nr_timers: u32 = count(TIMERS),
    } => [
        buffer("rlimits": super::Rlimit: nr_rlimits),
        buffer("timers": Timer: nr_timers) if nr_timers,
        record(SIGPENDING)
    ]

    /// Signal state of one task. A SIGPENDING with its own queue follows.
    SignalTask: SIGNAL_TASK, 24 {
        /// Blocked signals, signal 1 in bit 0.
        ///
        /// neither SIGKILL nor SIGSTOP
        blocked: u64 = signals,
        /// Mask to go back to when a call such as sigsuspend(2) ends.
        ///
        /// neither SIGKILL nor SIGSTOP
        saved: u64 = signals,
        /// Bits of `signal_task_flag`.
        flags: u32 = flags(signal_task_flag),
        /// Signal of the job-control stop that the task is in, 0: none.
        ///
        /// 0, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU
        stop_signal: u32 = signal,
    } => [record(SIGPENDING)]

    /// A queue of pending signals. A BUFFER of [`SigInfo`] follows, in the order of arrival.
    SigPending: SIGPENDING, 16 {
        /// Pending signals, signal 1 in bit 0; one may be pending without an entry.
        ///
        /// not SIGKILL
        pending: u64 = signals,
        /// Number of entries.
        nr_entries: u32 = count(PENDING),
        /// Zero.
        reserved: u32 = zero,
    } => [buffer("entries": SigInfo: nr_entries)]
}

entries! {
    /// One handler that is not the default.
    SigAction: 40 {
        /// Address of the handler, 1: SIG_IGN.
        ///
        /// any: never called by the kernel
        handler: u64 = address,
        /// SA_* flags.
        ///
        /// as rt_sigaction(2)
        flags: u64 = mask,
        /// Address of the return trampoline.
        restorer: u64 = address,
        /// Signals blocked meanwhile.
        mask: u64 = signals,
        /// Signal number.
        ///
        /// 1 to 64, not SIGKILL, SIGSTOP
        signal: u32 = signal,
        /// Zero.
        reserved: u32 = zero,
    }

    /// One queued signal: the `siginfo_t` of the ABI without its unused end, and where it comes from.
    SigInfo: 56 {
        /// Signal number.
        ///
        /// 1 to 64, not SIGKILL, pending
        signo: i32 = signal,
        /// Error number, where it has one.
        errno: i32,
        /// SI_* code.
        ///
        /// any; SI_TIMER with TIMER
        code: i32,
        /// Padding of the ABI.
        padding: u32,
        /// The part that depends on the code.
        fields: [u64; 4] = mask,
        /// Bits of [`sig_info_flag`].
        flags: u32 = flags(sig_info_flag),
        /// Zero.
        reserved: u32 = zero,
    }

    /// One POSIX timer.
    Timer: 72 {
        /// Id that timer_create(2) gave.
        ///
        /// < 2³¹, no other has it
        id: u32,
        /// CLOCK_*; a negative one shows CPU time, as the kernel encodes it: of the process or
        /// thread that made the timer, or of the task with a number, in the place of which the
        /// number of the task at `clock_of` is put.
        ///
        /// one that timer_create(2) takes; a negative one has not both low bits set
        clock: i32,
        /// One of `timer_notify`: SIGEV_*.
        ///
        /// one of them
        notify: u32 = one_of(timer_notify),
        /// Signal number.
        ///
        /// 1 to 64; any with NONE
        signo: i32,
        /// What goes with the signal (`sigev_value`).
        value: u64 = mask,
        /// Ns between two expirations, 0: it expires once.
        ///
        /// < 2⁶³
        interval: u64 = nanoseconds,
        /// Ns that are left or, with TIME_OF_DAY, CLOCK_REALTIME in ns: when it expires next
        /// or, if it has expired, when it would expire for the next time.
        ///
        /// 0 when it is neither armed nor periodic, else > 0
        expires: i64 = nanoseconds,
        /// How often it has expired since its signal was queued, as the kernel counts: from −1.
        ///
        /// −1 to 2⁶⁰
        overrun: i64,
        /// The same for the last signal that was taken: what timer_getoverrun(2) gives.
        ///
        /// 0 to 2⁶⁰
        overrun_last: i64,
        /// Bits of `timer_flag`.
        ///
        /// no unknown bit, one of the first three at most
        flags: u32 = flags(timer_flag),
        /// With THREAD_ID: place of the thread that gets the signal.
        ///
        /// that of a thread of the process
        target: u32 = place,
        /// With a negative clock: place of the task whose CPU time it shows.
        ///
        /// that of a task; for a thread's clock of the same process
        clock_of: u32 = place,
        /// Zero.
        reserved: u32 = zero,
    }
}

enumeration! {
    /// Values of [`Timer::notify`].
    timer_notify: u32 {
        /// A signal to the process.
        SIGNAL = 0,
        /// Nothing happens.
        NONE = 1,
        /// As SIGNAL: the C library does the rest.
        THREAD = 2,
        /// A signal to one thread.
        THREAD_ID = 4,
    }
}

flag_set! {
    /// Bits of [`SigInfo::flags`].
    sig_info_flag: u32 {
        /// It is part of the POSIX timer of the process whose id is in the lower half of the
        /// first of `fields`, which is QUEUED, has this signal, and sends it to the owner of
        /// this queue.
        TIMER = 0,
    }
}

flag_set! {
    /// Bits of [`Timer::flags`].
    timer_flag: u32 {
        /// It runs.
        ARMED = 0,
        /// It has expired, and its signal is queued: an entry of SIGPENDING with TIMER. Not
        /// with NONE.
        QUEUED = 1,
        /// It has expired, and waits until its signal is not ignored any more. Periodic ones
        /// only, not with NONE.
        IGNORED = 2,
        /// `expires` is a time of CLOCK_REALTIME. Only with CLOCK_REALTIME and
        /// CLOCK_REALTIME_ALARM, when `expires` is not 0.
        TIME_OF_DAY = 3,
    }
}

flag_set! {
    /// Bits of [`Signal::flags`].
    signal_flag: u32 {
        /// PR_SET_CHILD_SUBREAPER.
        CHILD_SUBREAPER = 0,
        /// Has an ancestor that is one, or once had; added to what the restarting task has.
        HAS_CHILD_SUBREAPER = 1,
        /// Stopped by job control.
        STOPPED = 2,
        /// Was continued, and wait(2) has not told so yet.
        CONTINUED = 3,
        /// The parent is still to get a signal for the stop.
        TELL_STOPPED = 4,
        /// The parent is still to get a signal for going on.
        TELL_CONTINUED = 5,
        /// The parent need not wait for the process (CLONE_AUTOREAP).
        AUTOREAP = 6,
        /// Timer_create(2) takes the number that the caller wants
        /// (PR_TIMER_CREATE_RESTORE_IDS).
        TIMER_IDS = 7,
        /// `tracer` may trace the process (PR_SET_PTRACER).
        TRACER = 8,
        /// Every process of the user may (PR_SET_PTRACER_ANY); not together with TRACER.
        TRACER_ANY = 9,
    }
}

impl Signal {
    /// Those of the flags that job control sets.
    pub const JOB_CONTROL: u32 = signal_flag::STOPPED
        | signal_flag::CONTINUED
        | signal_flag::TELL_STOPPED
        | signal_flag::TELL_CONTINUED;
}

flag_set! {
    /// Bits of [`SignalTask::flags`].
    signal_task_flag: u32 {
        /// `saved` is to be installed when the system call ends.
        RESTORE_MASK = 0,
    }
}
