// SPDX-License-Identifier: GPL-2.0-only

//! SIGPENDING: a queue of pending signals, of a task or of its group.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        sig_info_flag,
        SigInfo,
        SigPending, //
    },
    Problem, //
};
use zerocopy::IntoBytes;

use super::timers;
use crate::{
    log::{
        refuse,
        Reason, //
    },
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        signal::{
            self,
            Origin,
            Queue, //
        },
        task::Task, //
    },
};

const SIGKILL: u32 = 9;
/// Code of a signal that a POSIX timer sent.
const SI_TIMER: i32 = -2;

/// A queue that waits for the end of the restart.
pub(crate) struct Pending {
    set: u64,
    entries: KVVec<Queued>,
}

/// An entry of it.
enum Queued {
    /// As it was sent.
    Info(SigInfo),
    /// The entry of a timer.
    Timer(timers::Due),
}

/// The queue of the process, which is kept until all tasks are ready.
pub(crate) struct OfGroup(pub(crate) Pending);

/// The queue of the task alone.
pub(crate) struct OfTask(pub(crate) Pending);

fn bit(signal: u32) -> u64 {
    1 << (signal.wrapping_sub(1) & 63)
}

/// Writes a queue.
pub(crate) fn checkpoint(context: &mut saving::Context<'_>, task: &Task, queue: Queue) -> Result {
    let (mut set, entries) = signal::pending(task, queue, limits::PENDING as usize)?;
    if set & bit(SIGKILL) != 0 {
        return Err(refuse!(
            context.log,
            EBUSY => Reason::Ran,
            Some(task),
            "the task is being killed"
        ));
    }
    let mut kept = KVVec::with_capacity(entries.len(), GFP_KERNEL_ACCOUNT)?;
    let (mut described, mut dropped) = (0, 0);
    for (mut info, origin) in entries {
        let of_timer = match origin {
            Origin::Own => false,
            Origin::Timer(id) if timers::has_expired(context, task, id)? => true,
            // It did so after the instant that is saved, or does not count any more.
            Origin::Timer(_) | Origin::Stale => {
                dropped |= bit(info.signo as u32);
                continue;
            }
        };
        if of_timer {
            info.flags = sig_info_flag::TIMER;
        }
        described |= bit(info.signo as u32);
        kept.push(info, GFP_KERNEL_ACCOUNT)?;
    }
    set &= !(dropped & !described);
    context.out.record(&SigPending {
        pending: set,
        nr_entries: kept.len() as u32,
        reserved: 0,
    })?;
    context.out.buffer(kept.as_slice().as_bytes())
}

/// Reads a queue.
pub(crate) fn restart(context: &mut restoring::Context<'_>, queue: Queue) -> Outcome<Pending> {
    let head: SigPending = context.reader.record()?;
    if head.pending & bit(SIGKILL) != 0 {
        return Err(context.malformed(Problem::Value("SIGKILL is pending")));
    }
    let mut entries = KVVec::new();
    context.reader.buffer_of::<SigInfo>(head.nr_entries)?;
    for _ in 0..head.nr_entries {
        let info: SigInfo = context.reader.entry()?;
        let number = u32::try_from(info.signo).unwrap_or(0);
        if !(1..=limits::SIGNALS).contains(&number)
            || number == SIGKILL
            || head.pending & bit(number) == 0
        {
            return Err(context.malformed(Problem::Value("queued signal that is not pending")));
        }
        if info.flags & !sig_info_flag::ALL != 0 {
            return Err(context.malformed(Problem::Value("unknown flags of a queued signal")));
        }
        // Without the flag it is one that rt_sigqueueinfo(2) lets every process send to itself.
        let entry = if info.flags & sig_info_flag::TIMER == 0 {
            Queued::Info(info)
        } else {
            let [id, ..] = info.fields;
            let due = match info.code {
                SI_TIMER => timers::take_due(context, queue, id as u32, info.signo)?,
                _ => None,
            };
            Queued::Timer(due.ok_or_else(|| {
                context.malformed(Problem::Value(
                    "queued signal of a timer that has not expired",
                ))
            })?)
        };
        entries.push(entry, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(Pending {
        set: head.pending,
        entries,
    })
}

impl Pending {
    /// Queues everything for the caller, in order.
    pub(crate) fn queue(&self, queue: Queue) -> Result {
        let mut queued = 0;
        for entry in self.entries.iter() {
            let signo = match entry {
                Queued::Info(info) => {
                    signal::queue(queue, info.signo as u32, Some(info))?;
                    info.signo
                }
                Queued::Timer(due) => due.queue()?,
            };
            queued |= bit(signo as u32);
        }
        for number in (1..=limits::SIGNALS).filter(|number| self.set & !queued & bit(*number) != 0)
        {
            signal::queue(queue, number, None)?;
        }
        Ok(())
    }
}
