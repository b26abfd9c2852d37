// SPDX-License-Identifier: GPL-2.0-only

//! The kernel's record of an interrupted system call, and the image's.
//!
//! The function that continues a system call tells which call it is. Here it is compared and stored by its
//! address, and never called.

use ckpt_image::record::{
    restart,
    restart_flag,
    RestartBlock, //
};

use crate::sys::{
    bindings, me,
    task::Task,
    time::{
        self,
        Instant, //
    },
};

/// Clocks that a sleep can be on.
const CLOCKS: [i32; 4] = [time::REALTIME, time::MONOTONIC, time::BOOTTIME, time::TAI];

/// CPU-time clocks of a process, as the kernel encodes them: user and system time, user time, run
/// time (include/linux/posix-timers.h).
const CPU_CLOCKS: [i32; 3] = [-8, -7, -6];

/// Alarm clocks, each with its number among the kernel's alarm bases and the clock that it follows.
const ALARM_CLOCKS: [(i32, i32, i32); 2] = [
    (bindings::CLOCK_REALTIME_ALARM as i32, 0, time::REALTIME),
    (bindings::CLOCK_BOOTTIME_ALARM as i32, 1, time::BOOTTIME),
];

/// Whether a sleep of this kind can be on this clock.
pub(crate) fn is_clock(kind: u32, clock: i32) -> bool {
    match kind {
        restart::NANOSLEEP => CLOCKS.contains(&clock),
        restart::CPU_NANOSLEEP => CPU_CLOCKS.contains(&clock),
        restart::ALARM_NANOSLEEP => ALARM_CLOCKS.iter().any(|(known, ..)| *known == clock),
        _ => true,
    }
}

/// CPU time of a process in nanoseconds.
fn cpu_time(task: &Task, clock: i32) -> i64 {
    // SAFETY: The task is valid; the low two bits are the clock.
    unsafe { bindings::ckpt_group_cputime(task.raw(), clock as u32 & 3) as i64 }
}

// Internal flags of a futex wait (kernel/futex/futex.h); the size of the futex is in the low bits.
const FUTEX_SIZE_32: u32 = 0x2;
const FUTEX_SHARED: u32 = 0x10;
const FUTEX_CLOCKRT: u32 = 0x20;
const FUTEX_HAS_TIMEOUT: u32 = 0x40;

/// Functions that go on with a system call, and their kinds.
fn functions() -> [(usize, u32); 6] {
    // SAFETY: Addresses of the symbol table.
    unsafe {
        [
            (
                bindings::ckpt_data_do_no_restart_syscall() as usize,
                restart::NONE,
            ),
            (
                bindings::ckpt_data_hrtimer_nanosleep_restart() as usize,
                restart::NANOSLEEP,
            ),
            (
                bindings::ckpt_data_posix_cpu_nsleep_restart() as usize,
                restart::CPU_NANOSLEEP,
            ),
            (
                bindings::ckpt_data_alarm_timer_nsleep_restart() as usize,
                restart::ALARM_NANOSLEEP,
            ),
            (
                bindings::ckpt_data_do_restart_poll() as usize,
                restart::POLL,
            ),
            (
                bindings::ckpt_data_futex_wait_restart() as usize,
                restart::FUTEX,
            ),
        ]
    }
}

/// Whether a kind has a function here.
pub(crate) fn is_kind(kind: u32) -> bool {
    functions().iter().any(|(_, known)| *known == kind)
}

/// Nothing to restart.
pub(crate) const EMPTY: RestartBlock = RestartBlock {
    kind: restart::NONE,
    clock: 0,
    flags: 0,
    value: 0,
    remaining: 0,
    address: 0,
    address2: 0,
    extra: 0,
    reserved: 0,
    reserved2: 0,
    reserved3: 0,
};

/// The restart block of a task that stands still, with the time left from an instant on; `None` when an
/// image cannot hold it.
pub(crate) fn get(task: &Task, instant: &Instant) -> Option<RestartBlock> {
    let raw = task.restart_block();
    let address = raw.fn_.map_or(0, |function| function as usize);
    let kind = match functions().iter().find(|(known, _)| *known == address) {
        Some((_, kind)) => *kind,
        None if address == 0 => restart::NONE,
        None => return None,
    };
    let mut block = RestartBlock { kind, ..EMPTY };
    // SAFETY: The function says which member of the union is in use.
    unsafe {
        match kind {
            restart::NANOSLEEP => {
                let sleep = raw.__bindgen_anon_1.nanosleep;
                block.clock = sleep.clockid;
                block.flags = restart_flag::TIMEOUT;
                block.remaining = instant.until(sleep.clockid, sleep.expires);
                block.extra = sleep.type_;
                block.address2 = sleep.__bindgen_anon_1.rmtp as u64;
            }
            restart::CPU_NANOSLEEP => {
                let sleep = raw.__bindgen_anon_1.nanosleep;
                if !is_clock(kind, sleep.clockid) {
                    return None;
                }
                block.clock = sleep.clockid;
                block.flags = restart_flag::TIMEOUT;
                // A sleep that is longer than can be counted has an end that has wrapped around.
                block.remaining = sleep.expires.wrapping_sub(cpu_time(task, sleep.clockid));
                block.extra = sleep.type_;
                block.address2 = sleep.__bindgen_anon_1.rmtp as u64;
            }
            restart::ALARM_NANOSLEEP => {
                let sleep = raw.__bindgen_anon_1.nanosleep;
                let (alarm, _, clock) = ALARM_CLOCKS
                    .iter()
                    .find(|(_, base, _)| *base == sleep.clockid)?;
                block.clock = *alarm;
                block.flags = restart_flag::TIMEOUT;
                block.remaining = instant.until(*clock, sleep.expires);
                block.extra = sleep.type_;
                block.address2 = sleep.__bindgen_anon_1.rmtp as u64;
            }
            restart::POLL => {
                let poll = raw.__bindgen_anon_1.poll;
                block.address = poll.ufds as u64;
                block.value = poll.nfds as u32;
                if poll.has_timeout != 0 {
                    block.flags = restart_flag::TIMEOUT;
                    let end = poll.end_time.tv_sec.saturating_mul(NSEC);
                    let end = end.saturating_add(poll.end_time.tv_nsec as i64);
                    block.remaining = instant.until(time::MONOTONIC, end);
                }
            }
            restart::FUTEX => {
                let futex = raw.__bindgen_anon_1.futex;
                block.address = futex.uaddr as u64;
                block.address2 = futex.uaddr2 as u64;
                block.value = futex.val;
                block.extra = futex.bitset;
                block.flags = futex_flags(futex.flags);
                if futex.flags & FUTEX_HAS_TIMEOUT != 0 {
                    block.remaining = instant.until(futex_clock(block.flags), futex.time);
                }
            }
            _ => {}
        }
    }
    Some(block)
}

const NSEC: i64 = 1_000_000_000;

fn futex_flags(raw: u32) -> u32 {
    [
        (FUTEX_SHARED, restart_flag::SHARED),
        (FUTEX_CLOCKRT, restart_flag::CLOCK_REALTIME),
        (FUTEX_HAS_TIMEOUT, restart_flag::TIMEOUT),
    ]
    .iter()
    .filter(|(bit, _)| raw & bit != 0)
    .fold(0, |flags, (_, bit)| flags | bit)
}

fn futex_clock(flags: u32) -> i32 {
    if flags & restart_flag::CLOCK_REALTIME != 0 {
        time::REALTIME
    } else {
        time::MONOTONIC
    }
}

/// Whether it waits for a time of day, which is the same after a restart: of all that wait on
/// CLOCK_REALTIME, only a futex was told an absolute time.
pub(crate) fn is_time_of_day(block: &RestartBlock) -> bool {
    let both = restart_flag::TIMEOUT | restart_flag::CLOCK_REALTIME;
    block.kind == restart::FUTEX && block.flags & both == both
}

/// The kernel's number for the clock of a sleep, and when it ends.
fn sleep_until(block: &RestartBlock) -> (i32, i64) {
    let (number, now) = match block.kind {
        restart::CPU_NANOSLEEP => (block.clock, cpu_time(&Task::current(), block.clock)),
        restart::ALARM_NANOSLEEP => ALARM_CLOCKS
            .iter()
            .find(|(alarm, ..)| *alarm == block.clock)
            .map_or((0, 0), |(_, base, clock)| (*base, time::now(*clock))),
        _ => (block.clock, time::now(block.clock)),
    };
    (number, now.saturating_add(block.remaining).max(0))
}

/// Sets that of the caller. The block has been validated.
pub(crate) fn set(block: &RestartBlock) {
    let mut raw = bindings::restart_block::default();
    let function = functions()
        .iter()
        .find(|(_, kind)| *kind == block.kind)
        .map(|(at, _)| *at);
    // SAFETY: The field is a word: the address of a function of the kernel of its very type, or none.
    unsafe {
        core::ptr::addr_of_mut!(raw.fn_)
            .cast::<usize>()
            .write(function.unwrap_or(0))
    };
    let until = |clock| time::now(clock).saturating_add(block.remaining);
    let times_out = block.flags & restart_flag::TIMEOUT != 0;
    match block.kind {
        restart::NANOSLEEP | restart::CPU_NANOSLEEP | restart::ALARM_NANOSLEEP => {
            let (clockid, expires) = sleep_until(block);
            let mut sleep = bindings::restart_block__bindgen_ty_1__bindgen_ty_2 {
                clockid,
                type_: block.extra,
                expires,
                ..Default::default()
            };
            sleep.__bindgen_anon_1.rmtp = block.address2 as *mut _;
            raw.__bindgen_anon_1.nanosleep = sleep;
        }
        restart::POLL => {
            let end = until(time::MONOTONIC).max(0);
            raw.__bindgen_anon_1.poll = bindings::restart_block__bindgen_ty_1__bindgen_ty_3 {
                ufds: block.address as *mut _,
                nfds: block.value as i32,
                has_timeout: i32::from(times_out),
                end_time: bindings::timespec64 {
                    tv_sec: if times_out { end / NSEC } else { 0 },
                    tv_nsec: if times_out { (end % NSEC) as isize } else { 0 },
                },
            };
        }
        restart::FUTEX => {
            let mut flags = FUTEX_SIZE_32;
            for (bit, ours) in [
                (FUTEX_SHARED, restart_flag::SHARED),
                (FUTEX_CLOCKRT, restart_flag::CLOCK_REALTIME),
                (FUTEX_HAS_TIMEOUT, restart_flag::TIMEOUT),
            ] {
                if block.flags & ours != 0 {
                    flags |= bit;
                }
            }
            raw.__bindgen_anon_1.futex = bindings::restart_block__bindgen_ty_1__bindgen_ty_1 {
                uaddr: block.address as *mut _,
                val: block.value,
                flags,
                bitset: block.extra,
                time: if times_out {
                    until(futex_clock(block.flags))
                } else {
                    0
                },
                uaddr2: block.address2 as *mut _,
            };
        }
        _ => {}
    }
    me::set_restart_block(raw);
}
