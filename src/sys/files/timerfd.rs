// SPDX-License-Identifier: GPL-2.0-only

//! timerfd: a timer behind a descriptor (fs/timerfd.c).

use kernel::prelude::*;

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    file::File,
    scratch, //
};

/// TFD_TIMER_ABSTIME.
pub(crate) const ABSTIME: u32 = 1;

/// What a timer was told, and how far it has come.
#[derive(Clone, Copy)]
pub(crate) struct Timer {
    /// CLOCK_*.
    pub(crate) clock: i32,
    /// TFD_TIMER_*.
    pub(crate) flags: u32,
    /// Nanoseconds that are left; `None` when it does not run.
    pub(crate) left: Option<i64>,
    /// Nanoseconds between two expirations, or 0.
    pub(crate) interval: i64,
    /// Expirations that have not been read.
    pub(crate) ticks: u64,
    /// The clock has been set.
    pub(crate) canceled: bool,
}

/// What `moffs` is when the clock has been set (KTIME_MAX).
const CANCELED: i64 = i64::MAX;

/// CLOCK_REALTIME_ALARM and CLOCK_BOOTTIME_ALARM.
const ALARMS: [i32; 2] = [8, 9];

/// Works on the context of a timerfd while nothing else can, not even the timer.
///
/// # Safety
///
/// `file` is a timerfd.
unsafe fn locked<T>(file: &File, work: impl FnOnce(*mut btf::timerfd_ctx) -> T) -> T {
    // SAFETY: The caller's promise; the file keeps its context as long as it is held here.
    unsafe {
        let context = bindings::ckpt_private_data(file.as_ptr()).cast::<btf::timerfd_ctx>();
        let waiters = core::ptr::addr_of_mut!((*context).wqh).cast();
        bindings::ckpt_lock_waiters(waiters);
        let result = work(context);
        bindings::ckpt_unlock_waiters(waiters);
        result
    }
}

/// The timer of a timerfd; `None` for any other file.
pub(crate) fn of(file: &File) -> Option<Timer> {
    // SAFETY: The file is valid.
    let kind = unsafe { bindings::ckpt_anon_kind(file.as_ptr()) };
    if kind != bindings::ckpt_anon_CKPT_ANON_TIMERFD {
        return None;
    }
    // SAFETY: It is a timerfd; the fields are read under its lock.
    unsafe {
        locked(file, |context| {
            let clock = (*context).clockid;
            let timer = core::ptr::addr_of_mut!((*context).t);
            let mut left = 0;
            let runs = match ALARMS.contains(&clock) {
                true => bindings::ckpt_alarm_left(timer.cast(), &mut left),
                false => bindings::ckpt_hrtimer_left(timer.cast(), &mut left),
            };
            let (interval, expired) = ((*context).tintv, (*context).expired != 0);
            let mut timer = Timer {
                clock,
                flags: u32::from((*context).settime_flags),
                left: runs.then_some(left.max(1)),
                interval,
                ticks: (*context).ticks,
                canceled: (*context).moffs == CANCELED,
            };
            if expired && interval > 0 {
                timer.catch_up(left);
            }
            Some(timer)
        })
    }
}

impl Timer {
    /// A timer with an interval stands still from its first expiration until it is read, and then
    /// counts those that it has missed. `left` is negative: how long ago it expired.
    fn catch_up(&mut self, left: i64) {
        let ago = left.saturating_neg().max(0);
        let missed = ago / self.interval;
        self.ticks = self.ticks.saturating_add(missed as u64);
        self.left = Some((self.interval - ago % self.interval).max(1));
    }
}

/// Makes one. `value` is what timerfd_settime(2) is told with these flags; 0 leaves it disarmed.
///
/// # Errors
///
/// Those of timerfd_create(2) and timerfd_settime(2).
pub(crate) fn create(timer: &Timer, value: i64, nonblock: u32) -> Result<File> {
    let regs = bindings::pt_regs {
        di: timer.clock as usize,
        si: nonblock as usize,
        ..Default::default()
    };
    let is_new = (value, timer.interval, timer.flags) == (0, 0, 0);
    let file = scratch::make(
        // SAFETY: A system call whose arguments are plain numbers.
        || unsafe { bindings::ckpt_sym___x64_sys_timerfd_create(&regs) },
        |file| of(file).is_some(),
        |_, fd| {
            if is_new {
                return Ok(());
            }
            let flags = timer.flags as i32;
            // SAFETY: The descriptor is a timerfd; the values are plain.
            let result = unsafe { bindings::ckpt_set_timerfd(fd, flags, value, timer.interval) };
            kernel::error::to_result(result as i32)
        },
    )?;
    // SAFETY: It is a timerfd; the fields are changed under its lock.
    unsafe {
        locked(&file, |context| {
            (*context).ticks = (*context).ticks.saturating_add(timer.ticks);
            if timer.canceled {
                (*context).moffs = CANCELED;
            }
        });
    }
    Ok(file)
}
