// SPDX-License-Identifier: GPL-2.0-only

//! Sleeping so that a fatal signal ends the wait and system suspend does not have to wait for it.

use kernel::{
    prelude::*,
    str::CStr,
    sync::LockClassKey,
    time::{
        delay::fsleep,
        Delta, //
    },
    types::Opaque, //
};

use super::bindings;

/// Looks again and again until `ready`, for changes that wake no sleeper. `go_on` is asked between two
/// looks, and may say no.
///
/// # Errors
///
/// The error of `go_on`.
pub(crate) fn poll(mut ready: impl FnMut() -> bool, mut go_on: impl FnMut() -> Result) -> Result {
    const FIRST: i64 = 20;
    const LAST: i64 = 2000;
    let mut step = FIRST;
    while !ready() {
        go_on()?;
        fsleep(Delta::from_micros(step));
        step = LAST.min(step * 2);
    }
    Ok(())
}

/// The same, until a fatal signal is pending.
///
/// # Errors
///
/// `EINTR` when one is.
pub(crate) fn until(ready: impl Fn() -> bool) -> Result {
    // SAFETY: Looks at the caller's signals.
    poll(ready, || match unsafe { bindings::ckpt_fatal_signal() } {
        true => Err(EINTR),
        false => Ok(()),
    })
}

/// Whether something that is the case at first still is after a quarter of a second. A task that looks at
/// what a process has, in /proc for one, has a reference to it for a moment, which is long when that task has
/// to wait for a processor; others are given back late.
///
/// # Errors
///
/// `EINTR`.
pub(crate) fn lasts(is_so: impl Fn() -> bool) -> Result<bool> {
    const LONGEST: i64 = 128;
    let mut step = 1;
    while is_so() {
        if step > LONGEST {
            return Ok(true);
        }
        super::check_signal()?;
        // SAFETY: Closes what kernel threads have let go of; no lock is held.
        unsafe { bindings::ckpt_flush_closed() };
        fsleep(Delta::from_millis(step));
        step *= 2;
    }
    Ok(false)
}

/// A wait queue.
///
/// No lock may be held while waiting on it: the sleeper may be frozen.
#[pin_data]
pub(crate) struct WaitQueue {
    #[pin]
    head: Opaque<bindings::wait_queue_head>,
}

// SAFETY: A wait queue head has a lock of its own for all it holds.
unsafe impl Send for WaitQueue {}
// SAFETY: As above.
unsafe impl Sync for WaitQueue {}

/// How long a sleeper that watches may miss a change that does not wake it (the death of a task),
/// in jiffies.
const LOOK_AGAIN: isize = bindings::HZ as isize / 10;

/// Until it is woken.
const FOREVER: isize = isize::MAX;

/// What ends a sleep before its condition holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// A fatal signal.
    Killed,
    /// Any signal that is not blocked.
    Signalled,
}

impl WaitQueue {
    /// Makes an empty queue.
    pub(crate) fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(WaitQueue {
            // SAFETY: The slot is valid and pinned; the name and the key are static.
            head <- Opaque::ffi_init(|slot| unsafe {
                bindings::__init_waitqueue_head(slot, name.as_char_ptr(), key.as_ptr())
            }),
        })
    }

    /// Sleeps until `condition` gives a value. It is asked again after each [`WaitQueue::wake`].
    ///
    /// # Errors
    ///
    /// `EINTR` when a fatal signal is pending.
    pub(crate) fn wait<T>(&self, condition: impl FnMut() -> Option<T>) -> Result<T> {
        self.sleep(Ends::Killed, FOREVER, condition)
    }

    /// As [`WaitQueue::wait`], but any signal that is not blocked ends the wait.
    pub(crate) fn wait_interruptible<T>(&self, condition: impl FnMut() -> Option<T>) -> Result<T> {
        self.sleep(Ends::Signalled, FOREVER, condition)
    }

    /// As [`WaitQueue::wait`], but `condition` is asked at least ten times a second.
    pub(crate) fn watch<T>(&self, condition: impl FnMut() -> Option<T>) -> Result<T> {
        self.sleep(Ends::Killed, LOOK_AGAIN, condition)
    }

    /// As [`WaitQueue::watch`], but any signal that is not blocked ends the wait.
    pub(crate) fn watch_interruptible<T>(&self, condition: impl FnMut() -> Option<T>) -> Result<T> {
        self.sleep(Ends::Signalled, LOOK_AGAIN, condition)
    }

    fn sleep<T>(
        &self,
        ends: Ends,
        timeout: isize,
        mut condition: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        let any_signal = ends == Ends::Signalled;
        let mut entry = core::mem::MaybeUninit::<bindings::wait_queue_entry>::uninit();
        // SAFETY: The entry lives on this stack until `finish_wait()` has taken it off the queue.
        unsafe { bindings::init_wait_entry(entry.as_mut_ptr(), 0) };
        let result = loop {
            // SAFETY: Queue and entry are initialised.
            let signal = unsafe {
                bindings::ckpt_prepare_to_wait(self.head.get(), entry.as_mut_ptr(), any_signal)
            };
            if let Some(value) = condition() {
                break Ok(value);
            }
            // A suspend of the system wakes up as a signal would, but only a task that has not slept yet.
            // SAFETY: Off the queue and awake; the caller holds no lock, as for any sleep here.
            if signal != 0 && unsafe { bindings::ckpt_freeze_here() } {
                continue;
            }
            if signal != 0 {
                break Err(EINTR);
            }
            // SAFETY: May sleep: called from a system call without locks.
            unsafe { bindings::schedule_timeout(timeout) };
        };
        // SAFETY: Queue and entry are initialised.
        unsafe { bindings::finish_wait(self.head.get(), entry.as_mut_ptr()) };
        result
    }

    /// Lets all sleepers look at their conditions again.
    pub(crate) fn wake(&self) {
        // SAFETY: The queue is initialised; mode 0 exclusive wakes all. TASK_NORMAL includes the
        // killable sleepers.
        unsafe {
            bindings::__wake_up(
                self.head.get(),
                bindings::TASK_NORMAL,
                0,
                core::ptr::null_mut(),
            )
        };
    }
}
