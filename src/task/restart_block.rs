// SPDX-License-Identifier: GPL-2.0-only

//! RESTART_BLOCK: what an interrupted system call still has to do.
//!
//! The kernel keeps absolute times; an image keeps the time that was left, so that a sleep with three
//! seconds to go has three seconds to go after the restart, whenever that is. Only a time of day stays as
//! it was.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        restart,
        restart_flag,
        RestartBlock, //
    },
    Problem, //
};

use crate::{
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        self,
        restart_block as kernel_block,
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "interrupted system call",
    outlives: false,
    checkpoint,
    restart,
    all_saved: None,
};

/// Whether an image can hold the task's restart block. The system call of any other ends with
/// EINTR.
pub(crate) fn is_known(context: &saving::Context<'_>, task: &Task) -> bool {
    kernel_block::get(task, &context.instant).is_some()
}

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let block = if task.is_current() {
        kernel_block::EMPTY
    } else {
        kernel_block::get(task, &context.instant).unwrap_or(kernel_block::EMPTY)
    };
    context.out.record(&block)
}

fn problem(block: &RestartBlock) -> Option<&'static str> {
    let sleeps = [
        restart::NANOSLEEP,
        restart::CPU_NANOSLEEP,
        restart::ALARM_NANOSLEEP,
    ]
    .contains(&block.kind);
    if block.flags & !restart_flag::ALL != 0 {
        Some("unknown flags of a restart block")
    } else if block.address > limits::ADDRESS || block.address2 > limits::ADDRESS {
        Some("address in a restart block is no user address")
    } else if !kernel_block::is_clock(block.kind, block.clock) {
        Some("sleep on an unknown clock")
    } else if sleeps && block.extra > 1 {
        Some("sleep with an unknown form of time")
    } else {
        None
    }
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    let mut block: RestartBlock = context.reader.record()?;
    if let Some(what) = problem(&block) {
        return Err(context.malformed(Problem::Value(what)));
    }
    if !kernel_block::is_kind(block.kind) {
        return Err(context.malformed(Problem::Value("unknown kind of restart block")));
    }
    if block.kind == restart::ALARM_NANOSLEEP && !sys::is_capable(sys::CAP_WAKE_ALARM) {
        return Err(context.fail(
            EPERM,
            fmt!("a sleep on an alarm clock needs CAP_WAKE_ALARM"),
        ));
    }
    if kernel_block::is_time_of_day(&block) {
        let until = context
            .saved_clocks
            .realtime
            .saturating_add(block.remaining);
        block.remaining = until.saturating_sub(sys::time::now(sys::time::REALTIME));
    }
    context.keep(block)?;
    Ok(())
}
