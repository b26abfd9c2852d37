// SPDX-License-Identifier: GPL-2.0-only

//! SIGPENDING: a queue of pending signals, of a task or of its group.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        SigInfo,
        SigPending, //
    },
    Problem, //
};
use zerocopy::IntoBytes;

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
        errno,
        signal::{
            self,
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
    entries: KVVec<SigInfo>,
}

/// That of the process, which is kept until all are ready.
pub(crate) struct OfGroup(pub(crate) Pending);

/// That of the task alone.
pub(crate) struct OfTask(pub(crate) Pending);

/// Writes a queue.
pub(crate) fn checkpoint(context: &mut saving::Context<'_>, task: &Task, queue: Queue) -> Result {
    let (set, entries) = signal::pending(task, queue, limits::PENDING as usize)?;
    if set & (1 << (SIGKILL - 1)) != 0 {
        return Err(refuse!(
            context.log,
            EBUSY => Reason::Ran,
            Some(task),
            "the task is being killed"
        ));
    }
    if let Some(timer) = entries.iter().find(|info| info.code == SI_TIMER) {
        return Err(refuse!(
            context.log,
            errno::eopnotsupp(),
            Some(task),
            "signal {} of a POSIX timer is pending",
            timer.signo
        ));
    }
    context.out.record(&SigPending {
        pending: set,
        nr_entries: entries.len() as u32,
        reserved: 0,
    })?;
    context.out.buffer(entries.as_slice().as_bytes())
}

/// Reads a queue.
pub(crate) fn restart(context: &mut restoring::Context<'_>) -> Outcome<Pending> {
    let head: SigPending = context.reader.record()?;
    if head.nr_entries > limits::PENDING {
        return Err(context.malformed(Problem::Count(head.nr_entries)));
    }
    if head.pending & (1 << (SIGKILL - 1)) != 0 {
        return Err(context.malformed(Problem::Value("SIGKILL is pending")));
    }
    let mut entries = KVVec::new();
    context.reader.buffer_of::<SigInfo>(head.nr_entries)?;
    for _ in 0..head.nr_entries {
        let info: SigInfo = context.reader.entry()?;
        let number = u32::try_from(info.signo).unwrap_or(0);
        if !(1..=limits::SIGNALS).contains(&number)
            || number == SIGKILL
            || head.pending & (1 << (number - 1)) == 0
        {
            return Err(context.malformed(Problem::Value("queued signal that is not pending")));
        }
        // Any other code is one that rt_sigqueueinfo(2) lets everybody send to itself.
        if info.code == SI_TIMER {
            return Err(context.malformed(Problem::Value("queued signal of a POSIX timer")));
        }
        entries.push(info, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(Pending {
        set: head.pending,
        entries,
    })
}

impl Pending {
    /// Queues everything for the caller, in order.
    pub(crate) fn queue(&self, queue: Queue) -> Result {
        for info in self.entries.iter() {
            signal::queue(queue, info.signo as u32, Some(info))?;
        }
        let queued = self.entries.iter().fold(0u64, |set, info| {
            set | 1 << ((info.signo as u32).wrapping_sub(1) & 63)
        });
        for number in
            (1..=limits::SIGNALS).filter(|number| self.set & !queued & (1 << (number - 1)) != 0)
        {
            signal::queue(queue, number, None)?;
        }
        Ok(())
    }
}
