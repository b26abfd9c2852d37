// SPDX-License-Identifier: GPL-2.0-only

//! Sessions and process groups by the places in TREE of those by whose numbers they go: looking for
//! the place at checkpoint, and for the number at restart.
//!
//! What is looked up for each of many objects is looked up in an index, which is made when it is
//! first needed.

use core::cell::OnceCell;

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::{
    record::{
        TreeEntry,
        OUTSIDE, //
    },
    Problem, //
};

use crate::{
    checkpoint,
    restart::{
        self,
        Outcome, //
    },
    shape::Shape,
    sys::{
        pid::{
            self,
            Pid, //
        },
        task::Task,
        tracer::{
            self,
            Tracer, //
        },
    },
    tree::Tree,
};

/// An index that is made when it is first needed.
pub(crate) struct Lazy<T>(OnceCell<T>);

impl<T> Lazy<T> {
    /// It has not been needed yet.
    pub(crate) fn new() -> Self {
        Lazy(OnceCell::new())
    }

    fn get(&self, make: impl FnOnce() -> Result<T>) -> Result<&T> {
        if self.0.get().is_none() {
            let _ = self.0.set(make()?);
        }
        self.0.get().ok_or(EINVAL)
    }
}

/// Where the tasks of a tree that is being saved stand, and what they belong to: the first place of
/// each.
pub(crate) struct Index {
    /// By [`Task::key`].
    tasks: RBTree<usize, u32>,
    /// Tasks by the addresses of their numbers, [`Pid::key`].
    numbers: RBTree<usize, u32>,
    /// What processes of the tree have said of the tasks that may trace them, by the keys of their
    /// leaders.
    tracers: RBTree<usize, Tracer>,
    /// Processes by those of their sessions.
    sessions: RBTree<usize, u32>,
    /// Processes by those of their process groups.
    groups: RBTree<usize, u32>,
    /// Tasks and ghosts by their numbers in the namespace of the root.
    pids: RBTree<i32, u32>,
    /// Keeps the addresses from being used again.
    _held: KVVec<Pid>,
}

/// Notes a place, unless there is one already.
fn note<K: Ord>(places: &mut RBTree<K, u32>, key: K, place: u32) -> Result {
    if places.get(&key).is_none() {
        places.try_create_and_insert(key, place, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(())
}

impl Index {
    fn new(tree: &Tree, shape: &Shape) -> Result<Self> {
        let (mut tasks, mut numbers) = (RBTree::new(), RBTree::new());
        let (mut sessions, mut groups) = (RBTree::new(), RBTree::new());
        let mut pids = RBTree::new();
        let mut held = KVVec::new();
        for (place, member) in (0u32..).zip(tree.members()) {
            let task = &member.task;
            note(&mut tasks, task.key(), place)?;
            let mut of = |places: &mut RBTree<usize, u32>, kind| -> Result {
                if let Some(pid) = Pid::of(task, kind) {
                    note(places, pid.key(), place)?;
                    held.push(pid, GFP_KERNEL_ACCOUNT)?;
                }
                Ok(())
            };
            of(&mut numbers, pid::Kind::Task)?;
            if task.is_leader() {
                of(&mut sessions, pid::Kind::Session)?;
                of(&mut groups, pid::Kind::Group)?;
            }
        }
        for (place, entry) in (0u32..).zip(shape.entries.iter()) {
            note(&mut pids, entry.pid, place)?;
        }
        let mut tracers = RBTree::new();
        for (tracee, tracer) in tracer::relations()? {
            if tasks.get(&tracee).is_some() && tracers.get(&tracee).is_none() {
                tracers.try_create_and_insert(tracee, tracer, GFP_KERNEL_ACCOUNT)?;
            }
        }
        Ok(Index {
            tasks,
            tracers,
            numbers,
            sessions,
            groups,
            pids,
            _held: held,
        })
    }
}

fn index<'a>(context: &'a checkpoint::Context<'_>) -> Result<&'a Index> {
    context
        .index
        .get(|| Index::new(context.tree, context.shape))
}

/// The place of a task of the tree.
pub(crate) fn of_task(context: &checkpoint::Context<'_>, task: &Task) -> Result<Option<u32>> {
    of_key(context, task.key())
}

/// The same by the address that stands for it, [`Task::key`].
pub(crate) fn of_key(context: &checkpoint::Context<'_>, key: usize) -> Result<Option<u32>> {
    Ok(index(context)?.tasks.get(&key).copied())
}

/// Which task a process of the tree lets trace it, by the leader of the process.
pub(crate) fn tracer_of(
    context: &checkpoint::Context<'_>,
    leader: &Task,
) -> Result<Option<Tracer>> {
    Ok(index(context)?.tracers.get(&leader.key()).copied())
}

/// The place of the task that goes by a number.
pub(crate) fn of_number(context: &checkpoint::Context<'_>, number: &Pid) -> Result<Option<u32>> {
    Ok(index(context)?.numbers.get(&number.key()).copied())
}

/// The place of the task or ghost that has a number in the namespace of the root.
pub(crate) fn of_pid(context: &checkpoint::Context<'_>, pid: i32) -> Result<Option<u32>> {
    Ok(index(context)?.pids.get(&pid).copied())
}

/// The place that stands for a session of the tree; `None` for one that is outside.
pub(crate) fn of_session(context: &checkpoint::Context<'_>, session: &Pid) -> Result<Option<u32>> {
    let place = index(context)?.sessions.get(&session.key());
    Ok(inside(context, place, |entry| entry.session))
}

/// The place that stands for a process group that has members in the tree; `None` for one that is
/// outside, or has no members.
pub(crate) fn of_group(context: &checkpoint::Context<'_>, group: &Pid) -> Result<Option<u32>> {
    let place = index(context)?.groups.get(&group.key());
    Ok(inside(context, place, |entry| entry.group))
}

/// What the entry at the place of a member says, unless that is outside.
fn inside(
    context: &checkpoint::Context<'_>,
    member: Option<&u32>,
    what: impl FnOnce(&TreeEntry) -> u32,
) -> Option<u32> {
    let entry = context.shape.entries.get(*member? as usize)?;
    Some(what(entry)).filter(|place| *place != OUTSIDE)
}

/// The process groups that have members in a session, by the places of both.
pub(crate) struct Groups(RBTree<(u32, u32), ()>);

impl Groups {
    fn new(entries: &[TreeEntry]) -> Result<Self> {
        let mut groups = RBTree::new();
        for entry in entries {
            let key = (entry.group, entry.session);
            if groups.get(&key).is_none() {
                groups.try_create_and_insert(key, (), GFP_KERNEL_ACCOUNT)?;
            }
        }
        Ok(Groups(groups))
    }
}

impl Lazy<Groups> {
    /// Whether somebody is in the process group that goes by the number at a place, and in a session.
    pub(crate) fn has(&self, entries: &[TreeEntry], place: u32, session: u32) -> Result<bool> {
        let groups = self.get(|| Groups::new(entries))?;
        Ok(groups.0.get(&(place, session)).is_some())
    }
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
    if place == OUTSIDE || !context.has_group(place, session)? {
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
