// SPDX-License-Identifier: GPL-2.0-only

//! The shape of a tree: parents and children, sessions and groups, the numbers of tasks.
//!
//! At checkpoint it is described by places in an array ([`describe`]); at restart live tasks are
//! compared with that description ([`Shape::check_live`]). Which tasks may be saved or restored is not
//! decided here.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::{
    limits,
    record::{
        tree_flag,
        PidNumber,
        TreeEntry,
        OUTSIDE,
        RESTARTERS, //
    },
};

use crate::{
    log::{
        refuse,
        Log, //
    },
    sys::{
        errno,
        pid::{
            self,
            Pid, //
        },
        task::Task, //
    },
    tree::Tree,
};

/// Address of something of the kernel to the place of a task.
type Places = RBTree<usize, u32>;

/// A tree as an image describes it.
pub(crate) struct Shape {
    /// Tasks, then ghosts.
    pub(crate) entries: KVVec<TreeEntry>,
    /// Numbers in nested pid namespaces.
    pub(crate) numbers: KVVec<PidNumber>,
    /// How many of the entries are tasks.
    pub(crate) nr_tasks: u32,
}

/// Describes a tree.
///
/// # Errors
///
/// `EOPNOTSUPP` for one that cannot be made again; the log names the task at fault.
// Its locals are not to stay on the kernel's stack below everything that follows.
#[inline(never)]
pub(crate) fn describe(tree: &Tree, log: &Log) -> Result<Shape> {
    let root = tree.at(0).ok_or(ESRCH)?;
    let mut builder = Builder {
        tree,
        log,
        places: RBTree::new(),
        owners: RBTree::new(),
        mms: RBTree::new(),
        sighands: RBTree::new(),
        inits: RBTree::new(),
        root_session: Pid::of(root, pid::Kind::Session).ok_or(ESRCH)?.key(),
        root_group: Pid::of(root, pid::Kind::Group).ok_or(ESRCH)?.key(),
        shape: Shape {
            entries: KVVec::new(),
            numbers: KVVec::new(),
            nr_tasks: tree.len() as u32,
        },
        ghosts: KVVec::new(),
    };
    builder.find_owners()?;
    for member in tree.members() {
        builder.add(&member.task, member.is_dead())?;
    }
    builder.finish()
}

struct Builder<'a> {
    tree: &'a Tree,
    log: &'a Log,
    /// Tasks.
    places: Places,
    /// Numbers of processes, and of ghosts.
    owners: Places,
    mms: Places,
    sighands: Places,
    /// Nested pid namespaces, by their inits.
    inits: Places,
    root_session: usize,
    root_group: usize,
    shape: Shape,
    ghosts: KVVec<(TreeEntry, Pid)>,
}

/// The place that stands for `key`: that of the first task that came with it.
fn first(places: &mut Places, key: usize, place: u32) -> Result<u32> {
    if let Some(first) = places.get(&key) {
        return Ok(*first);
    }
    places.try_create_and_insert(key, place, GFP_KERNEL_ACCOUNT)?;
    Ok(place)
}

impl Builder<'_> {
    fn find_owners(&mut self) -> Result {
        for (place, member) in (0u32..).zip(self.tree.members()) {
            let task = &member.task;
            first(&mut self.places, task.key(), place)?;
            if !task.is_leader() {
                continue;
            }
            let own = Pid::of(task, pid::Kind::Task).ok_or(ESRCH)?;
            first(&mut self.owners, own.key(), place)?;
            if task.is_container_init().ok_or(ESRCH)? && own.ns_key() != self.tree.ns().key() {
                first(&mut self.inits, own.ns_key(), place)?;
            }
        }
        Ok(())
    }

    fn refuse(&self, task: &Task, what: &str) -> Error {
        refuse!(self.log, errno::eopnotsupp(), Some(task), what)
    }

    fn add(&mut self, task: &Task, dead: bool) -> Result {
        let place = self.shape.entries.len() as u32;
        let own = Pid::of(task, pid::Kind::Task).ok_or(ESRCH)?;
        let leader = self.place_of(task.leader())?;
        let flags = if dead { tree_flag::DEAD } else { 0 };
        if let Some(leader) = self.entry(leader).filter(|_| leader != place) {
            if self.children_namespace(task, dead, leader.pidns)? != leader.children_pidns {
                return Err(self.refuse(
                    task,
                    "children of the thread go to another pid namespace than those of its leader",
                ));
            }
            let entry = TreeEntry {
                pid: own.number(self.tree.ns()),
                flags,
                ..leader
            };
            self.shape.entries.push(entry, GFP_KERNEL_ACCOUNT)?;
            return self.add_numbers(&own);
        }
        let keys = task.keys();
        // That of a process whose leader is dead is its threads'; a zombie has none.
        let mm = match task.group_mm() {
            0 => place,
            key => first(&mut self.mms, key, place)?,
        };
        let sighand = if mm == place && task.nr_threads() <= 1 && dead {
            place
        } else {
            first(&mut self.sighands, keys.sighand.ok_or(ESRCH)?, place)?
        };
        let pidns = self.namespace(task, own.ns_key())?;
        let session = self.session(task, pidns)?;
        let entry = TreeEntry {
            pid: own.number(self.tree.ns()),
            parent: if place == 0 {
                OUTSIDE
            } else {
                self.place_of(task.parent())?
            },
            leader: place,
            group: self.group(task, pidns, session)?,
            session,
            mm,
            sighand,
            pidns,
            children_pidns: self.children_namespace(task, dead, pidns)?,
            depth: own.depth_below(self.tree.ns()),
            flags,
            namespaces: RESTARTERS,
            cgroup: RESTARTERS,
            reserved: 0,
        };
        self.shape.entries.push(entry, GFP_KERNEL_ACCOUNT)?;
        self.add_numbers(&own)
    }

    fn entry(&self, place: u32) -> Option<TreeEntry> {
        self.shape.entries.get(place as usize).copied()
    }

    fn place_of(&self, task: Option<Task>) -> Result<u32> {
        let place = task.and_then(|task| self.places.get(&task.key()).copied());
        place.ok_or(EBUSY)
    }

    fn add_numbers(&mut self, own: &Pid) -> Result {
        for depth in 1..=own.depth_below(self.tree.ns()) {
            let number = PidNumber {
                pid: own.number_below(self.tree.ns(), depth),
                reserved: 0,
            };
            self.shape.numbers.push(number, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(())
    }

    fn namespace(&self, task: &Task, key: usize) -> Result<u32> {
        if key == self.tree.ns().key() {
            return Ok(OUTSIDE);
        }
        self.inits.get(&key).copied().ok_or_else(|| {
            self.refuse(
                task,
                "the task is in a pid namespace whose init is not part of the tree",
            )
        })
    }

    fn children_namespace(&self, task: &Task, dead: bool, own: u32) -> Result<u32> {
        let key = pid::children_ns_key(task);
        let same = match self.entry(own) {
            _ if dead || key == 0 => true,
            None => key == self.tree.ns().key(),
            Some(_) => self.inits.get(&key) == Some(&own),
        };
        if same || self.inits.get(&key) == Some(&(self.shape.entries.len() as u32)) {
            return Ok(own);
        }
        self.inits.get(&key).copied().ok_or_else(|| {
            self.refuse(
                task,
                "children of the task go to another pid namespace than its own, which has no init",
            )
        })
    }

    fn session(&mut self, task: &Task, pidns: u32) -> Result<u32> {
        let session = Pid::of(task, pid::Kind::Session).ok_or(ESRCH)?;
        if let Some(owner) = self.owners.get(&session.key()) {
            return Ok(*owner);
        }
        if session.key() == self.root_session || session.number(self.tree.ns()) == 0 {
            if self.shape.entries.is_empty() && !session.has_process() {
                self.log.say(fmt!(
                    "the session {} of task {} has no leader any more: \
                     it will be that of the restarter",
                    session.number(self.tree.ns()),
                    task.pid()
                ));
            }
            return Ok(OUTSIDE);
        }
        if session.has_process() {
            self.log.say(fmt!(
                "the session {} of task {} belongs to a process outside of the tree: \
                 it will be that of the restarter",
                session.number(self.tree.ns()),
                task.pid()
            ));
            return Ok(OUTSIDE);
        }
        self.ghost(session, None, pidns)
    }

    fn group(&mut self, task: &Task, pidns: u32, session: u32) -> Result<u32> {
        let group = Pid::of(task, pid::Kind::Group).ok_or(ESRCH)?;
        if let Some(owner) = self.owners.get(&group.key()) {
            return Ok(*owner);
        }
        if session == OUTSIDE
            && (group.key() == self.root_group
                || group.number(self.tree.ns()) == 0
                || group.has_process())
        {
            return Ok(OUTSIDE);
        }
        self.ghost(group, Some(session), pidns)
    }

    /// A number that is in use though no process of the tree goes by it. `session` is that of a
    /// process group; `None` for a session.
    fn ghost(&mut self, number: Pid, session: Option<u32>, pidns: u32) -> Result<u32> {
        let place = (self.tree.len() + self.ghosts.len()) as u32;
        let key = number.ns_key();
        // A member may be deeper than the number that it goes by.
        let pidns = match self.inits.get(&key) {
            Some(init) => *init,
            None if key == self.tree.ns().key() => OUTSIDE,
            None => pidns,
        };
        let entry = TreeEntry {
            pid: number.number(self.tree.ns()),
            parent: self.first_live(if pidns == OUTSIDE { 0 } else { pidns }),
            leader: place,
            group: place,
            session: session.unwrap_or(place),
            mm: place,
            sighand: place,
            pidns,
            children_pidns: pidns,
            depth: number.depth_below(self.tree.ns()),
            flags: tree_flag::GHOST,
            namespaces: RESTARTERS,
            cgroup: RESTARTERS,
            reserved: 0,
        };
        first(&mut self.owners, number.key(), place)?;
        self.ghosts.push((entry, number), GFP_KERNEL_ACCOUNT)?;
        Ok(place)
    }

    /// The first thread of a process that is not dead.
    fn first_live(&self, leader: u32) -> u32 {
        let threads = (leader..).zip(self.tree.members().skip(leader as usize));
        let mut live = threads.filter(|(_, member)| !member.is_dead());
        live.next().map_or(leader, |(place, _)| place)
    }

    fn finish(mut self) -> Result<Shape> {
        let ghosts = core::mem::replace(&mut self.ghosts, KVVec::new());
        for (entry, number) in ghosts.iter() {
            self.shape.entries.push(*entry, GFP_KERNEL_ACCOUNT)?;
            self.add_numbers(number)?;
        }
        let entries = &self.shape.entries;
        if entries.len() > limits::TASKS as usize {
            return Err(refuse!(
                self.log,
                E2BIG,
                self.tree.at(0),
                "the tree has more than {} tasks, and numbers of dead ones that are in use",
                limits::TASKS
            ));
        }
        if let Some(place) = first_unmakeable(entries)? {
            return Err(self.refuse(
                self.tree.at(place).ok_or(ESRCH)?,
                "the process shares memory or signal handlers with one that is neither its parent nor a \
                 sibling",
            ));
        }
        match ckpt_image::tree::problem(entries, self.shape.nr_tasks) {
            None => Ok(self.shape),
            Some((place, what)) => Err(refuse!(
                self.log,
                errno::eopnotsupp(),
                self.tree.at(place),
                "the tree cannot be made again: {}",
                what
            )),
        }
    }
}

/// The first process that shares what it can only share from birth on with a process that cannot have
/// made it.
fn first_unmakeable(entries: &[TreeEntry]) -> Result<Option<usize>> {
    let mut mms: RBTree<(u32, u32), ()> = RBTree::new();
    let mut sighands: RBTree<(u32, u32), ()> = RBTree::new();
    for (place, entry) in entries.iter().enumerate() {
        if entry.leader as usize != place {
            continue;
        }
        let own = place as u32;
        let parent = entries.get(entry.parent as usize);
        let (mm, sighand) = ((entry.parent, entry.mm), (entry.parent, entry.sighand));
        let makes_mm = parent.is_some_and(|parent| parent.mm == entry.mm) || mms.get(&mm).is_some();
        let makes_sighand = parent.is_some_and(|parent| parent.sighand == entry.sighand)
            || sighands.get(&sighand).is_some();
        if (entry.mm != own && !makes_mm) || (entry.sighand != own && !makes_sighand) {
            return Ok(Some(place));
        }
        mms.try_create_and_insert(mm, (), GFP_KERNEL_ACCOUNT)?;
        sighands.try_create_and_insert(sighand, (), GFP_KERNEL_ACCOUNT)?;
    }
    Ok(None)
}

/// What of the live tree differs from the description, in words.
pub(crate) struct Difference {
    /// The place at fault.
    pub(crate) place: usize,
    /// What is wrong there.
    pub(crate) what: &'static str,
}

impl Shape {
    /// Compares live tasks, one for each entry, with the description.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn check_live<'a>(
        &self,
        live: impl Fn(usize) -> Option<&'a Task>,
        coordinator: &Task,
    ) -> Result<Option<Difference>> {
        let mut check = Check {
            shape: self,
            live,
            mms: RBTree::new(),
            sighands: RBTree::new(),
        };
        let keys = coordinator.keys();
        first(&mut check.mms, keys.mm.ok_or(ESRCH)?, OUTSIDE)?;
        first(&mut check.sighands, keys.sighand.ok_or(ESRCH)?, OUTSIDE)?;
        for place in 0..self.entries.len() {
            if let Some(what) = check.problem(place)? {
                return Ok(Some(Difference { place, what }));
            }
        }
        Ok(None)
    }

    /// Whether the process at a place has more threads than its leader.
    pub(crate) fn has_threads(&self, place: usize) -> bool {
        let next = self.entries.get(place.saturating_add(1));
        next.is_some_and(|entry| entry.leader as usize == place)
    }

    /// How many threads the process at a place has.
    fn nr_threads(&self, place: usize) -> usize {
        let others = self.entries.get(place..).unwrap_or(&[]);
        others
            .iter()
            .take_while(|entry| entry.leader as usize == place)
            .fold(0, |count, _| count + 1)
    }
}

struct Check<'s, F> {
    shape: &'s Shape,
    live: F,
    mms: Places,
    sighands: Places,
}

impl<'a, F: Fn(usize) -> Option<&'a Task>> Check<'_, F> {
    /// Whether a task is of the tree.
    fn is_member(&self, task: &Task) -> bool {
        let mut members = (0..self.shape.entries.len()).filter_map(&self.live);
        members.any(|member| member.key() == task.key())
    }

    fn problem(&mut self, place: usize) -> Result<Option<&'static str>> {
        let entry = self.shape.entries.get(place).ok_or(EINVAL)?;
        let task = (self.live)(place).ok_or(ESRCH)?;
        let key_at = |place: u32| (self.live)(place as usize).map(Task::key);
        let leader = task.leader();
        if leader.as_ref().map(Task::key) != key_at(entry.leader) {
            return Ok(Some("the task is in another thread group than it was"));
        }
        if entry.leader as usize != place {
            return Ok(None);
        }
        let parent = task.parent();
        let right = match entry.parent {
            // The root: its parent is the coordinator, or another one that takes no part.
            OUTSIDE => parent.is_some_and(|parent| !self.is_member(&parent)),
            parent_place => parent.map(|parent| parent.key()) == key_at(parent_place),
        };
        if !right {
            return Ok(Some("the task is a child of another one than it was"));
        }
        if task.nr_threads() as usize != self.shape.nr_threads(place) {
            return Ok(Some(
                "the process has another number of threads than it had",
            ));
        }
        let keys = task.keys();
        let (Some(mm), Some(sighand)) = (keys.mm, keys.sighand) else {
            return Ok(Some("the task is exiting"));
        };
        if first(&mut self.mms, mm, place as u32)? != entry.mm {
            return Ok(Some(
                "the task shares memory with others than it did (CLONE_VM)",
            ));
        }
        if first(&mut self.sighands, sighand, place as u32)? != entry.sighand {
            return Ok(Some(
                "the task shares signal handlers with others than it did (CLONE_SIGHAND)",
            ));
        }
        Ok(None)
    }
}
