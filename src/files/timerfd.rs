// SPDX-License-Identifier: GPL-2.0-only

//! timerfd: a timer behind a descriptor.

use kernel::prelude::*;

use ckpt_image::{
    record::{
        self,
        file_kind,
        timerfd_flag, //
    },
    Problem, //
};

use super::{
    flags,
    kind::{
        Kind,
        Met, //
    },
    opened::Opened,
    saved::{
        self,
        Saved, //
    },
};
use crate::{
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        file::{
            File,
            Stat, //
        },
        time,
        timerfd::{
            self,
            Timer, //
        },
    },
};

/// The kind of open files for timerfds.
pub(crate) struct TimerFd;

/// CLOCK_REALTIME_ALARM.
const REALTIME_ALARM: i32 = 8;

/// Times of these clocks mean a time of day, which is the same after a restart, when they were absolute.
/// For all other clocks, the time that is left counts.
fn is_time_of_day(clock: i32, flags: u32) -> bool {
    flags & timerfd::ABSTIME != 0 && (clock == time::REALTIME || clock == REALTIME_ALARM)
}

impl Kind for TimerFd {
    fn number(&self) -> u16 {
        file_kind::TIMERFD
    }

    fn takes(&self, _context: &saving::Context<'_>, file: &File, _stat: &Stat) -> bool {
        timerfd::of(file).is_some()
    }

    fn noun(&self) -> &'static str {
        "a timerfd"
    }

    fn is_anonymous(&self) -> bool {
        true
    }

    fn checkpoint(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result {
        let timer = timerfd::of(met.file).ok_or(EIO)?;
        let mut flags = timer.flags & (timerfd_flag::ABSOLUTE | timerfd_flag::CANCEL_ON_SET);
        if timer.canceled {
            flags |= timerfd_flag::CANCELED;
        }
        let value = match timer.left {
            None => 0,
            Some(left) if is_time_of_day(timer.clock, timer.flags) => {
                time::now(time::REALTIME).saturating_add(left)
            }
            Some(left) => context.instant.left(left),
        };
        context.out.record(&record::TimerFd {
            clock: timer.clock,
            flags,
            value,
            interval: timer.interval,
            ticks: timer.ticks,
            reserved: 0,
        })
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        _path: &CStr,
    ) -> Outcome<Opened> {
        let wanted: record::TimerFd = context.reader.record()?;
        if wanted.value < 0 || wanted.interval < 0 || wanted.flags & !timerfd_flag::ALL != 0 {
            return Err(context.malformed(Problem::Value("time or flags of a timerfd")));
        }
        let flags = wanted.flags & (timerfd_flag::ABSOLUTE | timerfd_flag::CANCEL_ON_SET);
        let mut timer = Timer {
            clock: wanted.clock,
            flags,
            left: None,
            interval: wanted.interval,
            ticks: wanted.ticks,
            canceled: wanted.flags & timerfd_flag::CANCELED != 0,
        };
        // A relative time; that it was absolute can only be seen in /proc.
        if !is_time_of_day(wanted.clock, flags) {
            timer.flags = 0;
        }
        let nonblock = saved.head.flags & flags::O_NONBLOCK;
        let file = timerfd::create(&timer, wanted.value, nonblock).map_err(|error| {
            let clock = wanted.clock;
            context.fail(error, fmt!("a timerfd of clock {} cannot be made", clock))
        })?;
        saved::made(context, file, saved)
    }
}
