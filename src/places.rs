// SPDX-License-Identifier: GPL-2.0-only

//! Sessions and process groups, named by the place in TREE of the task or ghost that gives them their
//! number. A checkpoint looks for the place, a restart for the number.

use kernel::prelude::*;

use ckpt_image::{
    record::{
        TreeEntry,
        OUTSIDE, //
    },
    Problem, //
};

use crate::{
    index::Index,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        pid::{
            self,
            Pid, //
        },
        task::Task,
        tracer::Tracer,
    },
};

fn index<'a>(context: &'a saving::Context<'_>) -> Result<&'a Index> {
    context
        .index
        .get(|| Index::new(context.tree, context.shape))
}

/// The place of a task of the tree.
pub(crate) fn of_task(context: &saving::Context<'_>, task: &Task) -> Result<Option<u32>> {
    of_key(context, task.key())
}

/// The same by the address that stands for it, [`Task::key`].
pub(crate) fn of_key(context: &saving::Context<'_>, key: usize) -> Result<Option<u32>> {
    Ok(index(context)?.tasks.get(&key).copied())
}

/// Which task a process of the tree lets trace it, by the leader of the process.
pub(crate) fn tracer_of(context: &saving::Context<'_>, leader: &Task) -> Result<Option<Tracer>> {
    Ok(index(context)?.tracers.get(&leader.key()).copied())
}

/// The place of the task that goes by a number.
pub(crate) fn of_number(context: &saving::Context<'_>, number: &Pid) -> Result<Option<u32>> {
    Ok(index(context)?.numbers.get(&number.key()).copied())
}

/// The place of the task or ghost that has a number in the namespace of the root.
pub(crate) fn of_pid(context: &saving::Context<'_>, pid: i32) -> Result<Option<u32>> {
    Ok(index(context)?.pids.get(&pid).copied())
}

/// The place that stands for a session of the tree; `None` for one that is outside.
pub(crate) fn of_session(context: &saving::Context<'_>, session: &Pid) -> Result<Option<u32>> {
    let place = index(context)?.sessions.get(&session.key());
    Ok(inside(context, place, |entry| entry.session))
}

/// The place that stands for a process group that has members in the tree; `None` for one that is
/// outside, or has no members.
pub(crate) fn of_group(context: &saving::Context<'_>, group: &Pid) -> Result<Option<u32>> {
    let place = index(context)?.groups.get(&group.key());
    Ok(inside(context, place, |entry| entry.group))
}

/// What the entry at the place of a member says, unless that is outside.
fn inside(
    context: &saving::Context<'_>,
    member: Option<&u32>,
    what: impl FnOnce(&TreeEntry) -> u32,
) -> Option<u32> {
    let entry = context.shape.entries.get(*member? as usize)?;
    Some(what(entry)).filter(|place| *place != OUTSIDE)
}

/// The number that a task or ghost of this restart goes by; `None` for that of the coordinator.
pub(crate) fn number(context: &restoring::Context<'_>, place: u32) -> Outcome<Option<Pid>> {
    if place == OUTSIDE {
        return Ok(None);
    }
    let task = context.task_at(place).ok_or(EINVAL)?;
    match Pid::of(task, pid::Kind::Task) {
        Some(pid) => Ok(Some(pid)),
        None => Err(context.fail(ESRCH, fmt!("{}", DEAD_LEADER))),
    }
}

/// What becomes of a restart in which the process by whose number others go is killed.
pub(crate) const DEAD_LEADER: &str = "the leader of its session or group has died";

/// The number of a process group that has members in a session.
pub(crate) fn group(context: &restoring::Context<'_>, place: u32, session: u32) -> Outcome<Pid> {
    let wrong = context.malformed(Problem::Value("process group that is not in the session"));
    if place == OUTSIDE || !context.has_group(place, session)? {
        return Err(wrong);
    }
    number(context, place)?.ok_or(wrong)
}

/// The number of a session that a live task leads.
pub(crate) fn session(context: &restoring::Context<'_>, place: u32) -> Outcome<Pid> {
    let wrong = context.malformed(Problem::Value("session that no task leads"));
    if place == OUTSIDE || !context.is_session(place) {
        return Err(wrong);
    }
    number(context, place)?.ok_or(wrong)
}
