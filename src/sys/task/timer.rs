// SPDX-License-Identifier: GPL-2.0-only

//! POSIX timers (kernel/time/posix-timers.c): reading those of a process, making those of the caller's.

use core::ptr::NonNull;

use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    page::PAGE_SIZE,
    prelude::*, //
};

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    errno,
    pid::Pid,
    signal::split,
    task::Task, //
};

/// TIMER_ABSTIME.
const ABSTIME: i32 = 1;

/// A span that no timer is armed for in earnest, in nanoseconds: 73 years. As a time of day it is as far.
const FAR: i64 = 1 << 61;

/// A time of the day that has not come yet when [`FAR`] is the span.
const FAR_DAY: i64 = 1 << 62;

/// What a timer was told, and how far it has come. Times are in nanoseconds.
#[derive(Clone, Copy)]
pub(crate) struct Timer {
    /// The id by which its process knows it.
    pub(crate) id: u32,
    /// CLOCK_*, or the encoded clock of a task's CPU time.
    pub(crate) clock: i32,
    /// SIGEV_*.
    pub(crate) notify: u32,
    /// The signal.
    pub(crate) signo: i32,
    /// What goes with the signal.
    pub(crate) value: u64,
    /// Between two expirations, or 0.
    pub(crate) interval: i64,
    /// When it expires if it is a time of CLOCK_REALTIME, or what is left.
    pub(crate) expires: i64,
    /// Expirations that the signal stands for beside the first.
    pub(crate) overrun: i64,
    /// The same of the last signal that was taken.
    pub(crate) overrun_last: i64,
    /// `expires` is a time of CLOCK_REALTIME.
    pub(crate) is_time_of_day: bool,
    /// It runs.
    pub(crate) is_armed: bool,
    /// It has expired, and its signal is queued.
    pub(crate) is_queued: bool,
    /// It has expired, and waits until its signal is not ignored any more.
    pub(crate) is_ignored: bool,
}

/// A timer that has been found.
pub(crate) struct Found {
    /// What it is.
    pub(crate) timer: Timer,
    /// The thread that gets the signal, if one does.
    pub(crate) target: Option<Pid>,
    /// The task whose CPU time counts, if one's does.
    pub(crate) clock_of: Option<Pid>,
}

/// The timers of a task's process, the latest first.
///
/// # Errors
///
/// `E2BIG` when there are more than `limit`, `EBUSY` when they become more all the time, `ESRCH` for
/// a task that has been reaped.
pub(crate) fn all(task: &Task, limit: usize) -> Result<KVVec<Found>> {
    /// Looks.
    const TRIES: usize = 8;
    let mut room = 0;
    for _ in 0..TRIES {
        let mut raw = KVVec::with_capacity(room, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..room {
            raw.push(bindings::ckpt_timer::default(), GFP_KERNEL_ACCOUNT)?;
        }
        // SAFETY: The task is valid, and there is room for so many.
        let count = unsafe { bindings::ckpt_timers(task.raw(), raw.as_mut_ptr(), room as u32) };
        to_result(count)?;
        let count = count as usize;
        let mut found = KVVec::with_capacity(raw.len(), GFP_KERNEL_ACCOUNT)?;
        for raw in raw.iter().take(count) {
            // There is room for all: none of the references is lost.
            let _ = found.push_within_capacity(Found::of(raw));
        }
        if count > limit {
            return Err(E2BIG);
        }
        if count <= room {
            return Ok(found);
        }
        room = count;
    }
    Err(EBUSY)
}

impl Found {
    /// Takes the references over.
    fn of(raw: &bindings::ckpt_timer) -> Self {
        Found {
            timer: Timer {
                id: raw.id as u32,
                clock: raw.clock,
                notify: raw.notify as u32,
                signo: raw.signo,
                value: raw.value,
                interval: raw.interval,
                expires: raw.expires,
                overrun: raw.overrun,
                overrun_last: raw.overrun_last,
                is_time_of_day: raw.time_of_day,
                is_armed: raw.armed,
                is_queued: raw.queued,
                is_ignored: raw.ignored,
            },
            // SAFETY: NULL, or a reference that was taken for the reader of this, which is done once.
            target: unsafe { Pid::from_owned(raw.target) },
            // SAFETY: As above.
            clock_of: unsafe { Pid::from_owned(raw.clock_of) },
        }
    }
}

/// Clocks of CPU time (include/linux/posix-timers_types.h).
pub(crate) mod cpu_clock {
    /// Whether it is one.
    pub(crate) fn is(clock: i32) -> bool {
        clock < 0
    }

    /// Whether there is such a one: PROF, VIRT or SCHED.
    pub(crate) fn is_known(clock: i32) -> bool {
        clock & 3 != 3
    }

    /// Whether it is that of a thread, not of a process.
    pub(crate) fn is_of_thread(clock: i32) -> bool {
        clock & 4 != 0
    }

    /// The number of the task that it names; 0 for the process, or the thread, that makes a timer of it.
    pub(crate) fn pid(clock: i32) -> i32 {
        !(clock >> 3)
    }

    /// The same clock of the task with another number.
    pub(crate) fn of(clock: i32, pid: i32) -> i32 {
        (!pid << 3) | (clock & 7)
    }
}

/// A page of the caller's memory for the arguments of system calls.
pub(crate) struct Page {
    at: usize,
    _not_send: kernel::types::NotThreadSafe,
}

impl Page {
    /// # Errors
    ///
    /// Those of mmap(2).
    pub(crate) fn lend() -> Result<Self> {
        // SAFETY: Maps memory where nothing is.
        let at = unsafe { bindings::ckpt_lend(PAGE_SIZE) };
        // It is an error instead of an address where a pointer would be one.
        from_err_ptr(at as *mut u8)?;
        Ok(Page {
            at,
            _not_send: kernel::types::NotThreadSafe,
        })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: It is the page that was mapped, by this thread.
        unsafe { bindings::ckpt_take_back(self.at, PAGE_SIZE) };
    }
}

/// A timer of the caller's process that has been made for it.
///
/// # Invariants
///
/// The timer belongs to the thread group at `group`. As long as the tasks of that have not gone back to
/// user mode, and one of them is there, it is not deleted.
#[derive(Clone, Copy)]
pub(crate) struct Made {
    timer: NonNull<bindings::k_itimer>,
    group: usize,
}

// SAFETY: It is an address that is looked at by tasks of the one thread group only.
unsafe impl Send for Made {}

impl Made {
    /// Makes one that is not set yet. `clock` is what timer_create(2) is told, `thread` the number of the
    /// thread that gets the signal.
    ///
    /// # Errors
    ///
    /// Those of timer_create(2), `EBUSY` for an id that another timer has.
    pub(crate) fn new(page: &Page, timer: &Timer, clock: i32, thread: i32) -> Result<Self> {
        let group = Task::current().keys().signal.ok_or(ESRCH)?;
        let wanted = bindings::ckpt_timer {
            clock,
            ..timer.raw()
        };
        // SAFETY: The page is there. The caller's other threads are held in the restart.
        let made = unsafe { bindings::ckpt_timer_make(page.at, &wanted, thread) };
        let made = NonNull::new(from_err_ptr(made)?).ok_or(EIO)?;
        // SAFETY: It has just been made, and no task deletes it. What the clock was made of counts when
        // the timer is made, and is shown later.
        unsafe { (*made.as_ptr()).it_clock = timer.clock };
        // INVARIANT: It was made for the caller's group, whose tasks are in the restart.
        Ok(Made { timer: made, group })
    }

    /// The timer, if the caller is a task of the process that has it.
    fn timer(&self) -> Result<*mut bindings::k_itimer> {
        match Task::current().keys().signal {
            Some(group) if group == self.group => Ok(self.timer.as_ptr()),
            _ => Err(EINVAL),
        }
    }

    /// Queues the signal of the timer, which has expired, as the last of the caller's, or its process's. No
    /// task of the process has gone back to user mode.
    ///
    /// # Errors
    ///
    /// `EINVAL` when it is not for the caller.
    pub(crate) fn queue(&self, is_periodic: bool) -> Result {
        // SAFETY: The timer is there, by the invariant.
        let takes = unsafe { bindings::ckpt_timer_queue(self.timer()?, is_periodic) };
        takes.then_some(()).ok_or(EINVAL)
    }

    /// Lets the timer go on as `wanted` tells. No task of the process has gone back to user mode.
    ///
    /// # Errors
    ///
    /// Those of timer_settime(2).
    pub(crate) fn start(&self, wanted: &Timer) -> Result {
        let locked = Locked::new(self.timer()?);
        if wanted.is_armed {
            // SAFETY: The timer is locked.
            unsafe { bindings::ckpt_timer_new_setting(locked.0) };
            locked.set(wanted, wanted.expires)?;
        } else if wanted.interval > 0 {
            let far = if wanted.is_time_of_day { FAR_DAY } else { FAR };
            if !cpu_clock::is(wanted.clock) {
                locked.set(wanted, far)?;
            }
            // SAFETY: The timer is locked, and has been set to that.
            unsafe { bindings::ckpt_timer_park(locked.0, &wanted.raw(), far) };
            if wanted.is_queued || wanted.is_ignored {
                // SAFETY: The timer is locked. A signal that the image does not tell of has become ignored.
                unsafe { bindings::ckpt_timer_ignore(locked.0) };
            }
        }
        // SAFETY: The timer is locked.
        unsafe { bindings::ckpt_timer_set_overrun(locked.0, wanted.overrun, wanted.overrun_last) };
        Ok(())
    }
}

impl Timer {
    fn raw(&self) -> bindings::ckpt_timer {
        bindings::ckpt_timer {
            id: self.id as i32,
            clock: self.clock,
            notify: self.notify as i32,
            signo: self.signo,
            value: self.value,
            interval: self.interval,
            expires: self.expires,
            overrun: self.overrun,
            overrun_last: self.overrun_last,
            time_of_day: self.is_time_of_day,
            armed: self.is_armed,
            queued: self.is_queued,
            ignored: self.is_ignored,
            ..Default::default()
        }
    }
}

/// A timer whose lock is held. Interrupts are off: nothing may sleep.
struct Locked(*mut bindings::k_itimer, kernel::types::NotThreadSafe);

impl Locked {
    fn new(timer: *mut bindings::k_itimer) -> Self {
        // SAFETY: The caller has the timer by `Made::timer()`.
        unsafe { bindings::ckpt_timer_lock(timer) };
        Locked(timer, kernel::types::NotThreadSafe)
    }

    /// Sets it, as timer_settime(2) does: by the function of its clock. It does not run, so that there is
    /// nothing to wait for.
    fn set(&self, timer: &Timer, expires: i64) -> Result {
        let mut setting = bindings::itimerspec64 {
            it_interval: split(timer.interval as u64),
            it_value: split(expires as u64),
        };
        let flags = if timer.is_time_of_day { ABSTIME } else { 0 };
        let none = core::ptr::null_mut();
        // SAFETY: The timer is locked as the function wants, and has the clock that it was made with, whose
        // functions are those of the kernel.
        to_result(unsafe {
            let clock = (*self.0).kclock.cast::<btf::k_clock>();
            let set = (*clock).timer_set.ok_or(errno::eopnotsupp())?;
            set(self.0.cast(), flags, (&raw mut setting).cast(), none)
        })
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // SAFETY: Locked by `new()` on this thread.
        unsafe { bindings::ckpt_timer_unlock(self.0) };
    }
}
