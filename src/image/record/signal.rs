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
        /// The object's id.
        objref: u32 = id,
        /// Number of entries.
        nr_actions: u32 = count,
        /// Zero.
        reserved: u64 = zero,
    } => [buffer(SigAction: nr_actions)]

    /// Shared object: what a thread group shares beside its handlers. A BUFFER of
    /// [`super::Rlimit`], one for each resource, one of [`Timer`] in the order in which they were made,
    /// unless there are none, and a SIGPENDING with the group's queue follow.
    Signal: SIGNAL, 96 {
        /// The object's id.
        objref: u32 = id,
        /// Bits of [`signal_flag`].
        flags: u32 = flags(signal_flag),
        /// Real, virtual and profiling timer: nanoseconds left, 0 when it is not armed.
        timer_remaining: [u64; 3] = nanoseconds,
        /// The same timers: interval in nanoseconds, 0 for one-shot.
        timer_interval: [u64; 3] = nanoseconds,
        /// Signal that stopped the group; 0 when it is not stopped or the parent knows already.
        stop_signal: u32 = signal,
        /// Number of resource limits.
        nr_rlimits: u32 = count,
        /// Controlling terminal, as stat(2) encodes a device number; 0 for none.
        tty: u32 = mask,
        /// Its foreground process group, when the task leads the session; 0 when it cannot be told.
        tty_foreground: i32,
        /// Foreground process group of the terminal that the session had lost; 0 for none.
        tty_old_group: i32,
        /// The pseudo-terminal that it is; 0 when it is not part of the image.
        tty_object: u32 = maybe(TTY),
        /// Place of the task or ghost by whose number the group in `tty_old_group` goes;
        /// [`OUTSIDE`](super::OUTSIDE) for one that has no members any more.
        tty_old_place: u32 = place,
        /// Number that the next POSIX timer gets.
        next_timer: u32,
        /// Place of the task that may trace the process (PR_SET_PTRACER); counts with TRACER.
        tracer: u32 = place,
        /// Number of POSIX timers.
        nr_timers: u32 = count,
    } => [
        buffer(super::Rlimit: nr_rlimits),
        buffer(Timer: nr_timers) if nr_timers,
        record(SIGPENDING)
    ]

    /// Signal state of one task. A SIGPENDING with its own queue follows.
    SignalTask: SIGNAL_TASK, 24 {
        /// Blocked signals, signal 1 in bit 0.
        blocked: u64 = signals,
        /// Mask to go back to when a system call such as sigsuspend(2) ends.
        saved: u64 = signals,
        /// Bits of [`signal_task_flag`].
        flags: u32 = flags(signal_task_flag),
        /// Signal of the job-control stop that the task is in.
        stop_signal: u32 = signal,
    } => [record(SIGPENDING)]

    /// A queue of pending signals. A BUFFER of [`SigInfo`] follows, in the order of arrival.
    SigPending: SIGPENDING, 16 {
        /// Pending signals, signal 1 in bit 0. One may be pending without an entry.
        pending: u64 = signals,
        /// Number of entries.
        nr_entries: u32 = count,
        /// Zero.
        reserved: u32 = zero,
    } => [buffer(SigInfo: nr_entries)]
}

entries! {
    /// One handler that is not the default.
    SigAction: 40 {
        /// Address of the handler, or 1 for SIG_IGN.
        handler: u64 = address,
        /// SA_* flags.
        flags: u64 = mask,
        /// Address of the return trampoline.
        restorer: u64 = address,
        /// Signals blocked meanwhile.
        mask: u64 = signals,
        /// Signal number.
        signal: u32 = signal,
        /// Zero.
        reserved: u32 = zero,
    }

    /// One queued signal: the `siginfo_t` of the ABI without its unused end, and where it comes from.
    SigInfo: 56 {
        /// Signal number.
        signo: i32 = signal,
        /// Error number, where it has one.
        errno: i32,
        /// SI_* code.
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
        /// The id that timer_create(2) gave.
        id: u32,
        /// CLOCK_*, or the clock of a task's CPU time as the kernel encodes it.
        clock: i32,
        /// SIGEV_*.
        notify: u32 = one_of(timer_notify),
        /// Signal number.
        signo: i32,
        /// What goes with the signal.
        value: u64 = mask,
        /// Nanoseconds between two expirations, 0 for a timer that expires once.
        interval: u64 = nanoseconds,
        /// Nanoseconds that are left or, with TIME_OF_DAY, when it expires: for the next time, or for
        /// the time after it if it has expired. 0 when it is neither armed nor periodic.
        expires: i64 = nanoseconds,
        /// Expirations since the signal was queued, as the kernel counts them: from -1.
        overrun: i64,
        /// What timer_getoverrun(2) gives.
        overrun_last: i64,
        /// Bits of [`timer_flag`].
        flags: u32 = flags(timer_flag),
        /// Place of the thread that gets the signal; counts with SIGEV_THREAD_ID.
        target: u32 = place,
        /// Place of the task whose CPU time the clock shows; counts for such a clock.
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
        /// A POSIX timer of the process has sent it: the one whose id is in the lower half of the first of
        /// the `fields`. What becomes of the timer when the signal is taken is up to the kernel.
        TIMER = 0,
    }
}

flag_set! {
    /// Bits of [`Timer::flags`].
    timer_flag: u32 {
        /// It runs.
        ARMED = 0,
        /// It has expired, and its signal is queued.
        QUEUED = 1,
        /// It has expired, and waits until its signal is not ignored any more.
        IGNORED = 2,
        /// `expires` is a time of CLOCK_REALTIME.
        TIME_OF_DAY = 3,
    }
}

flag_set! {
    /// Bits of [`Signal::flags`].
    signal_flag: u32 {
        /// PR_SET_CHILD_SUBREAPER.
        CHILD_SUBREAPER = 0,
        /// Has, or once had, an ancestor that is a child subreaper.
        HAS_CHILD_SUBREAPER = 1,
        /// Stopped by job control.
        STOPPED = 2,
        /// Continued, and wait(2) has not told so yet.
        CONTINUED = 3,
        /// The parent is still to get a signal for the stop.
        TELL_STOPPED = 4,
        /// The parent is still to get a signal for going on.
        TELL_CONTINUED = 5,
        /// Nobody has to wait for the process (CLONE_AUTOREAP).
        AUTOREAP = 6,
        /// timer_create(2) takes the number that the caller wants (PR_TIMER_CREATE_RESTORE_IDS).
        TIMER_IDS = 7,
        /// `tracer` may trace the process.
        TRACER = 8,
        /// Every process of the user may (PR_SET_PTRACER_ANY).
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
