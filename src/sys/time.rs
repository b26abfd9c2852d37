// SPDX-License-Identifier: GPL-2.0-only

//! Clocks, and the namespaces that show them with an offset.

use super::{
    bindings,
    task::Task, //
};

/// CLOCK_REALTIME.
pub(crate) const REALTIME: i32 = bindings::CLOCK_REALTIME as i32;
/// CLOCK_MONOTONIC.
pub(crate) const MONOTONIC: i32 = bindings::CLOCK_MONOTONIC as i32;
/// CLOCK_BOOTTIME.
pub(crate) const BOOTTIME: i32 = bindings::CLOCK_BOOTTIME as i32;
/// CLOCK_TAI.
pub(crate) const TAI: i32 = bindings::CLOCK_TAI as i32;

/// The time in nanoseconds on one of the clocks above; any other number is CLOCK_MONOTONIC. It is
/// that of the machine, in whatever namespace the caller is.
pub(crate) fn now(clock: i32) -> i64 {
    // SAFETY: Reads a clock.
    unsafe { bindings::ckpt_clock_now(clock) }
}

/// One instant on the clocks of the machine, in nanoseconds.
///
/// All times of the future in an image are counted from one: what is due at a certain time of a clock
/// is then never due before it, however long it takes to save and to restore.
pub(crate) struct Instant {
    realtime: i64,
    monotonic: i64,
    boottime: i64,
    tai: i64,
}

impl Instant {
    /// Now.
    pub(crate) fn now() -> Self {
        Instant {
            realtime: now(REALTIME),
            monotonic: now(MONOTONIC),
            boottime: now(BOOTTIME),
            tai: now(TAI),
        }
    }

    /// What a clock told, numbered as for [`now`].
    pub(crate) fn on(&self, clock: i32) -> i64 {
        match clock {
            REALTIME => self.realtime,
            BOOTTIME => self.boottime,
            TAI => self.tai,
            _ => self.monotonic,
        }
    }

    /// Nanoseconds from the instant to a time on a clock.
    pub(crate) fn until(&self, clock: i32, time: i64) -> i64 {
        time.saturating_sub(self.on(clock))
    }

    /// Nanoseconds that were left at the instant, of those that have just been left.
    pub(crate) fn left(&self, left: i64) -> i64 {
        let passed = now(MONOTONIC).saturating_sub(self.monotonic);
        left.saturating_add(passed.max(0))
    }
}

/// The time namespaces of a task. The keys are good for a comparison only: nothing is held.
#[derive(Clone, Copy)]
pub(crate) struct Namespace {
    /// The namespace of the task.
    pub(crate) own: usize,
    /// The namespace of its future children.
    pub(crate) children: usize,
    /// Nanoseconds that CLOCK_MONOTONIC of its own is ahead of the machine's.
    pub(crate) monotonic: i64,
    /// The same for CLOCK_BOOTTIME.
    pub(crate) boottime: i64,
}

/// Those of a task; `None` for one that is exiting.
pub(crate) fn namespace(task: &Task) -> Option<Namespace> {
    let mut raw = bindings::ckpt_time_namespace::default();
    // SAFETY: The task is valid; the function takes its lock, under which it keeps its namespaces.
    let is_there = unsafe { bindings::ckpt_time_namespace(task.as_ptr(), &mut raw) };
    is_there.then_some(Namespace {
        own: raw.own,
        children: raw.children,
        monotonic: raw.monotonic,
        boottime: raw.boottime,
    })
}

/// Until when something may take.
pub(crate) struct Deadline(Option<i64>);

impl Deadline {
    /// So many milliseconds from now; 0 for never.
    pub(crate) fn after(milliseconds: u32) -> Self {
        const NSEC: i64 = 1_000_000;
        let end = now(MONOTONIC).saturating_add(i64::from(milliseconds) * NSEC);
        Deadline((milliseconds != 0).then_some(end))
    }

    /// Whether it has passed.
    pub(crate) fn is_over(&self) -> bool {
        self.0.is_some_and(|end| now(MONOTONIC) > end)
    }
}
