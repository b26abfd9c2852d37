// SPDX-License-Identifier: GPL-2.0-only

//! Sessions and process groups by the places in TREE of those by whose numbers they go: looking for
//! the place at checkpoint, and for the number at restart.

use kernel::prelude::*;

use ckpt_image::{
    record::OUTSIDE,
    Problem, //
};

use crate::{
    checkpoint,
    restart::{
        self,
        Outcome, //
    },
    sys::pid::{
        self,
        Pid, //
    },
};

/// The first process of the tree that belongs to something, and its place.
fn member(context: &checkpoint::Context<'_>, kind: pid::Kind, number: &Pid) -> Option<u32> {
    let members = (0u32..).zip(context.tree.members());
    let mut members = members.filter(|(_, member)| member.task.is_leader());
    members
        .find(|(_, member)| {
            Pid::of(&member.task, kind).is_some_and(|pid| pid.key() == number.key())
        })
        .map(|(place, _)| place)
}

/// The place that stands for a session of the tree; `None` for one that is outside.
pub(crate) fn of_session(context: &checkpoint::Context<'_>, session: &Pid) -> Option<u32> {
    let place = member(context, pid::Kind::Session, session)?;
    let entry = context.shape.entries.get(place as usize)?;
    (entry.session != OUTSIDE).then_some(entry.session)
}

/// The place that stands for a process group that has members in the tree; `None` for one that is
/// outside, or has no members.
pub(crate) fn of_group(context: &checkpoint::Context<'_>, group: &Pid) -> Option<u32> {
    let place = member(context, pid::Kind::Group, group)?;
    let entry = context.shape.entries.get(place as usize)?;
    (entry.group != OUTSIDE).then_some(entry.group)
}

/// The number that a task or ghost of this restart goes by; `None` for that of the coordinator.
pub(crate) fn number(context: &restart::Context<'_>, place: u32) -> Outcome<Option<Pid>> {
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
pub(crate) fn group(context: &restart::Context<'_>, place: u32, session: u32) -> Outcome<Pid> {
    let wrong = context.malformed(Problem::Value("process group that is not in the session"));
    if place == OUTSIDE || !context.has_group(place, session) {
        return Err(wrong);
    }
    number(context, place)?.ok_or(wrong)
}

/// The number of a session that a live task leads.
pub(crate) fn session(context: &restart::Context<'_>, place: u32) -> Outcome<Pid> {
    let wrong = context.malformed(Problem::Value("session that nobody leads"));
    if place == OUTSIDE || !context.is_session(place) {
        return Err(wrong);
    }
    number(context, place)?.ok_or(wrong)
}
