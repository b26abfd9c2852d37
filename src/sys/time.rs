// SPDX-License-Identifier: GPL-2.0-only

//! Clocks.

use super::bindings;

/// CLOCK_REALTIME.
pub(crate) const REALTIME: i32 = bindings::CLOCK_REALTIME as i32;
/// CLOCK_MONOTONIC.
pub(crate) const MONOTONIC: i32 = bindings::CLOCK_MONOTONIC as i32;
/// CLOCK_BOOTTIME.
pub(crate) const BOOTTIME: i32 = bindings::CLOCK_BOOTTIME as i32;
/// CLOCK_TAI.
pub(crate) const TAI: i32 = bindings::CLOCK_TAI as i32;

/// The time in nanoseconds on one of the clocks above; any other number is CLOCK_MONOTONIC.
pub(crate) fn now(clock: i32) -> i64 {
    // SAFETY: Reads a clock.
    unsafe { bindings::ckpt_clock_now(clock) }
}
