// SPDX-License-Identifier: GPL-2.0-only

//! SIGNAL: what a thread group shares: limits, interval timers, its queue of signals.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        signal_flag,
        Rlimit,
        Signal,
        OUTSIDE, //
    },
    Kind,
    Problem, //
};
use zerocopy::IntoBytes;

use super::{
    pending::{
        self,
        OfGroup, //
    },
    terminal,
    timers, //
};
use crate::{
    log::refuse,
    objhash::{
        Held,
        Installed,
        Sort, //
    },
    part::Part,
    places,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        errno, limits as rlimits,
        signal::{
            self,
            Queue, //
        },
        task::Task,
        tracer::{
            self,
            Tracer, //
        },
    },
};

pub(crate) const PART: Part = Part {
    name: "limits, timers and signals of the process",
    outlives: false,
    checkpoint,
    restart,
    all_saved: None,
};

/// Longest time that a timer can be set to, in nanoseconds (KTIME_MAX).
const TIME_MAX: u64 = i64::MAX as u64;

/// Signals that may be queued for a user, POSIX timers included.
const RLIMIT_SIGPENDING: u32 = 11;

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let key = task.keys().signal.ok_or(ESRCH)?;
    let (objref, new) = context
        .objects
        .add(Sort::Signal, key, || Held::Signal(task.clone()))?;
    if !new {
        return Ok(());
    }
    let mut timers = signal::timers(task)?;
    let [real, ..] = &mut timers.left;
    if *real != 0 {
        let whole = i64::try_from(*real).unwrap_or(i64::MAX);
        *real = context.instant.left(whole).unsigned_abs();
    }
    let (subreaper, inherited) = signal::subreaper(task);
    let stop = context.stop(task)?;
    let terminal = terminal::checkpoint(context, task)?;
    let (next_timer, timer_ids) = signal::timer_ids(task);
    let tracer = tracer_of(context, task)?;
    check_autogroup(context, task)?;
    let timers_made = timers::checkpoint(context, task)?;
    let mut flags = context.job_control(task);
    for (on, flag) in [
        (subreaper, signal_flag::CHILD_SUBREAPER),
        (inherited, signal_flag::HAS_CHILD_SUBREAPER),
        (signal::is_autoreaped(task), signal_flag::AUTOREAP),
        (timer_ids, signal_flag::TIMER_IDS),
        (matches!(tracer, Traced::By(_)), signal_flag::TRACER),
        (tracer == Traced::ByAny, signal_flag::TRACER_ANY),
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
        next_timer,
        tracer: match tracer {
            Traced::By(place) => place,
            _ => 0,
        },
        nr_timers: timers_made.len() as u32,
    })?;
    let mut all = KVec::new();
    for resource in 0..limits::RLIMITS {
        all.push(rlimits::get(task, resource)?, GFP_KERNEL_ACCOUNT)?;
    }
    context.out.buffer(all.as_slice().as_bytes())?;
    if !timers_made.is_empty() {
        context.out.buffer(timers_made.as_slice().as_bytes())?;
    }
    pending::checkpoint(context, task, Queue::Group)
}

/// What PR_SET_PTRACER says of a process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Traced {
    /// Nothing, or that of a task which is dead.
    No,
    /// Every process may trace it.
    ByAny,
    /// The task at a place.
    By(u32),
}

/// Which process may trace the process of a task (PR_SET_PTRACER).
///
/// # Errors
///
/// `EOPNOTSUPP` for a process outside of the tree.
fn tracer_of(context: &saving::Context<'_>, task: &Task) -> Result<Traced> {
    let leader = task.leader().ok_or(ESRCH)?;
    let key = match places::tracer_of(context, &leader)? {
        None => return Ok(Traced::No),
        Some(Tracer::Any) => return Ok(Traced::ByAny),
        Some(Tracer::Task(key)) => key,
    };
    let Some(place) = places::of_key(context, key)? else {
        return Err(refuse!(
            context.log,
            errno::eopnotsupp(),
            Some(task),
            "a process outside of the tree may trace the task (PR_SET_PTRACER)"
        ));
    };
    let member = context.tree.member(place as usize).ok_or(ESRCH)?;
    Ok(if member.is_dead() {
        Traced::No
    } else {
        Traced::By(place)
    })
}

/// Refuses a session with a nice value, unless it is the session of a process outside: then the restarter
/// gives another one.
fn check_autogroup(context: &saving::Context<'_>, task: &Task) -> Result {
    let entry = context.shape.entries.get(context.place).ok_or(ESRCH)?;
    if entry.session == OUTSIDE || signal::autogroup_nice(task)? == 0 {
        return Ok(());
    }
    Err(refuse!(
        context.log,
        errno::eopnotsupp(),
        Some(task),
        "the task has something that is not supported: nice value of its session (/proc/PID/autogroup)"
    ))
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    if context.reader.peek()?.kind != Kind::SIGNAL {
        return Ok(());
    }
    let group: Signal = context.reader.record()?;
    if group.nr_rlimits != limits::RLIMITS {
        return Err(context.malformed(Problem::Count(group.nr_rlimits)));
    }
    let times = [group.timer_remaining, group.timer_interval];
    let both = signal_flag::TRACER | signal_flag::TRACER_ANY;
    if group.flags & !signal_flag::ALL != 0
        || group.flags & both == both
        || group.next_timer > i32::MAX as u32
        || group.stop_signal > limits::SIGNALS
        || times.as_flattened().iter().any(|time| *time > TIME_MAX)
    {
        return Err(context.malformed(Problem::Value("state of a thread group out of range")));
    }
    context.define_shared(group.objref, Sort::Signal, Installed)?;
    // Room for arguments, before there is a limit of memory.
    let timers = timers::Maker::new(group.nr_timers)?;
    let queued_signals = restore_limits(context, &group)?;
    timers.restart(context)?;
    if let Some(limit) = queued_signals {
        set_limit(context, RLIMIT_SIGPENDING, &limit)?;
    }
    signal::set_subreaper(
        group.flags & signal_flag::CHILD_SUBREAPER != 0,
        group.flags & signal_flag::HAS_CHILD_SUBREAPER != 0,
    );
    signal::set_timer_ids(group.next_timer, group.flags & signal_flag::TIMER_IDS != 0);
    restore_tracer(context, &group)?;
    // The coordinator has agreed to it, and parents are parts of the tree; the parent of a task
    // that restores itself has not been asked, and may rely on the number until it has waited.
    if context.entry().is_some() {
        signal::set_autoreaped(group.flags & signal_flag::AUTOREAP != 0);
    }
    terminal::restart(context, &group)?;
    let pending = pending::restart(context, Queue::Group)?;
    context.keep(OfGroup(pending))?;
    context.keep(group)?;
    Ok(())
}

/// Sets the resource limits, but that of queued signals, which counts timers as well, when there are timers
/// and it becomes lower: they may have been made before it did.
fn restore_limits(context: &mut restoring::Context<'_>, group: &Signal) -> Outcome<Option<Rlimit>> {
    let mut late = None;
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
        if resource == RLIMIT_SIGPENDING && group.nr_timers != 0 && limit.cur < now.cur {
            late = Some(limit);
        } else {
            set_limit(context, resource, &limit)?;
        }
    }
    Ok(late)
}

fn set_limit(context: &restoring::Context<'_>, resource: u32, limit: &Rlimit) -> Outcome {
    rlimits::set(resource, limit).map_err(|error| {
        context.fail(
            error,
            fmt!(
                "resource limit {} cannot be set to {} of {}",
                resource,
                limit.cur,
                limit.max
            ),
        )
    })
}

/// Lets the same task trace the process.
fn restore_tracer(context: &restoring::Context<'_>, group: &Signal) -> Outcome {
    let task = if group.flags & signal_flag::TRACER != 0 {
        let task = context.task_of_tree(group.tracer);
        Some(task.ok_or_else(|| context.malformed(Problem::Value("place of a tracer")))?)
    } else if group.flags & signal_flag::TRACER_ANY != 0 {
        None
    } else {
        return Ok(());
    };
    tracer::set(task.as_ref())
        .map_err(|error| context.fail(error, fmt!("which process may trace it (PR_SET_PTRACER)")))
}
