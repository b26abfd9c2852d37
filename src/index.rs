// SPDX-License-Identifier: GPL-2.0-only

//! Indices over the tasks of a tree, for questions that are asked for each of many objects. An index is
//! made when it is first needed.

use core::cell::OnceCell;

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::record::TreeEntry;

use crate::{
    shape::Shape,
    sys::{
        pid::{
            self,
            Pid, //
        },
        tracer::{
            self,
            Tracer, //
        },
    },
    tree::Tree, //
};

/// An index that is made when it is first needed.
pub(crate) struct Lazy<T>(OnceCell<T>);

impl<T> Lazy<T> {
    /// It has not been needed yet.
    pub(crate) fn new() -> Self {
        Lazy(OnceCell::new())
    }

    /// It, made if it has not been yet.
    ///
    /// # Errors
    ///
    /// Those of making it.
    pub(crate) fn get(&self, make: impl FnOnce() -> Result<T>) -> Result<&T> {
        if self.0.get().is_none() {
            let _ = self.0.set(make()?);
        }
        self.0.get().ok_or(EINVAL)
    }
}

/// Where the tasks of a tree that is being saved stand, and what they belong to: the first place of
/// each.
pub(crate) struct Index {
    /// By their keys.
    pub(crate) tasks: RBTree<usize, u32>,
    /// Tasks by the addresses of their numbers, [`Pid::key`].
    pub(crate) numbers: RBTree<usize, u32>,
    /// What processes of the tree have said of the tasks that may trace them, by the keys of their
    /// leaders.
    pub(crate) tracers: RBTree<usize, Tracer>,
    /// Processes by those of their sessions.
    pub(crate) sessions: RBTree<usize, u32>,
    /// Processes by those of their process groups.
    pub(crate) groups: RBTree<usize, u32>,
    /// Tasks and ghosts by their numbers in the namespace of the root.
    pub(crate) pids: RBTree<i32, u32>,
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
    /// The index of a tree that stands still.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(tree: &Tree, shape: &Shape) -> Result<Self> {
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
    /// Whether any task is in the process group that has its number from a place, and in a session.
    pub(crate) fn has(&self, entries: &[TreeEntry], place: u32, session: u32) -> Result<bool> {
        let groups = self.get(|| Groups::new(entries))?;
        Ok(groups.0.get(&(place, session)).is_some())
    }
}
