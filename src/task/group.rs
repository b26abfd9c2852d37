// SPDX-License-Identifier: GPL-2.0-only

//! SIGNAL: what a thread group shares: limits, interval timers, its queue of signals.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        signal_flag,
        Rlimit,
        Signal, //
    },
    Kind,
    Problem, //
};
use zerocopy::IntoBytes;

use super::{
    pending,
    terminal, //
};
use crate::{
    checkpoint,
    objhash::{
        Held,
        Object,
        Sort, //
    },
    parts::Part,
    restart::{
        self,
        Outcome, //
    },
    sys::{
        limits as rlimits,
        signal::{
            self,
            Queue, //
        },
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "limits, timers and signals of the process",
    outlives: false,
    checkpoint,
    restart,
};

/// Longest time that a timer can be set to, in nanoseconds (KTIME_MAX).
const TIME_MAX: u64 = i64::MAX as u64;

fn checkpoint(context: &mut checkpoint::Context<'_>, task: &Task) -> Result {
    let key = task.keys().signal.ok_or(ESRCH)?;
    let (objref, new) = context.objects.add(Sort::Signal, key, || Held::ByTask)?;
    if !new {
        return Ok(());
    }
    let mut timers = signal::timers(task)?;
    if let [(left @ 1.., _), ..] = &mut timers {
        let whole = i64::try_from(*left).unwrap_or(i64::MAX);
        *left = context.instant.left(whole).unsigned_abs();
    }
    let (subreaper, inherited) = signal::subreaper(task);
    let stop = context.stop(task)?;
    let terminal = terminal::checkpoint(context, task)?;
    let mut flags = context.job_control(task);
    for (on, flag) in [
        (subreaper, signal_flag::CHILD_SUBREAPER),
        (inherited, signal_flag::HAS_CHILD_SUBREAPER),
        (signal::is_autoreaped(task), signal_flag::AUTOREAP),
    ] {
        if on {
            flags |= flag;
        }
    }
    context.out.record(&Signal {
        objref,
        flags,
        timer_remaining: timers.left,
        timer_interval: timers.interval,
        stop_signal: stop.map_or(
            0,
            |(number, unreported)| if unreported { number } else { 0 },
        ),
        nr_rlimits: limits::RLIMITS,
        tty: terminal.now.device,
        tty_foreground: terminal.now.foreground,
        tty_old_group: terminal.now.old_group,
        tty_object: terminal.object,
        tty_old_place: terminal.old_place,
        reserved: 0,
        reserved2: 0,
    })?;
    let mut all = KVec::new();
    for resource in 0..limits::RLIMITS {
        all.push(rlimits::get(task, resource)?, GFP_KERNEL_ACCOUNT)?;
    }
    context.out.buffer(all.as_slice().as_bytes())?;
    pending::checkpoint(context, task, Queue::Group)
}

fn restart(context: &mut restart::Context<'_>) -> Outcome {
    if context.reader.peek()?.kind != Kind::SIGNAL {
        return Ok(());
    }
    let group: Signal = context.reader.record()?;
    if group.nr_rlimits != limits::RLIMITS {
        return Err(context.malformed(Problem::Count(group.nr_rlimits)));
    }
    let times = [group.timer_remaining, group.timer_interval];
    if group.flags & !signal_flag::ALL != 0
        || group.stop_signal > limits::SIGNALS
        || times.as_flattened().iter().any(|time| *time > TIME_MAX)
    {
        return Err(context.malformed(Problem::Value("state of a thread group out of range")));
    }
    context.define_shared(group.objref, Sort::Signal, Object::Installed)?;
    context.reader.buffer_of::<Rlimit>(group.nr_rlimits)?;
    for resource in 0..group.nr_rlimits {
        let limit: Rlimit = context.reader.entry()?;
        if limit.cur > limit.max {
            return Err(context.malformed(Problem::Value("soft resource limit above the hard one")));
        }
        let now = rlimits::get(&Task::current(), resource)?;
        if (now.cur, now.max) == (limit.cur, limit.max) {
            continue;
        }
        rlimits::set(resource, &limit).map_err(|error| {
            context.fail(
                error,
                fmt!(
                    "resource limit {} cannot be set to {} of {}",
                    resource,
                    limit.cur,
                    limit.max
                ),
            )
        })?;
    }
    signal::set_subreaper(
        group.flags & signal_flag::CHILD_SUBREAPER != 0,
        group.flags & signal_flag::HAS_CHILD_SUBREAPER != 0,
    );
    // Whoever coordinates has agreed to it, and parents are parts of the tree; the parent of a task
    // that restores itself has not been asked, and may rely on the number until it has waited.
    if context.entry().is_some() {
        signal::set_autoreaped(group.flags & signal_flag::AUTOREAP != 0);
    }
    terminal::restart(context, &group)?;
    context.leave.group_pending = Some(pending::restart(context)?);
    context.leave.group = Some(group);
    Ok(())
}
