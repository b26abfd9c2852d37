// SPDX-License-Identifier: GPL-2.0-only

//! SIGNAL_TASK: masks, and the queue of signals of one task. Set at the very end.

use kernel::prelude::*;

use ckpt_image::{
    record::{
        signal_task_flag,
        SignalTask, //
    },
    Problem, //
};

use super::pending::{
    self,
    OfTask, //
};
use crate::{
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        signal::{
            self,
            Queue, //
        },
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "signals of the task",
    outlives: false,
    checkpoint,
    restart,
    all_saved: None,
};

/// SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU.
const STOP_SIGNALS: [u32; 4] = [19, 20, 21, 22];

/// SIGKILL and SIGSTOP, as bits of a mask.
const UNBLOCKABLE: u64 = 1 << (9 - 1) | 1 << (19 - 1);

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let (blocked, saved, restore) = signal::masks(task);
    context.out.record(&SignalTask {
        blocked,
        saved,
        flags: if restore {
            signal_task_flag::RESTORE_MASK
        } else {
            0
        },
        stop_signal: context.stop(task)?.map_or(0, |(number, _)| number),
    })?;
    pending::checkpoint(context, task, Queue::Task)
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    let signals: SignalTask = context.reader.record()?;
    let stops = signals.stop_signal == 0 || STOP_SIGNALS.contains(&signals.stop_signal);
    if signals.flags & !signal_task_flag::ALL != 0 || !stops {
        return Err(context.malformed(Problem::Value("signal state of a task out of range")));
    }
    // The kernel never has them in a mask, and takes the one to go back to as it is.
    if (signals.blocked | signals.saved) & UNBLOCKABLE != 0 {
        return Err(context.malformed(Problem::Value("SIGKILL or SIGSTOP is blocked")));
    }
    let pending = pending::restart(context, Queue::Task)?;
    context.keep(OfTask(pending))?;
    context.keep(signals)?;
    Ok(())
}
