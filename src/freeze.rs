// SPDX-License-Identifier: GPL-2.0-only

//! A tree that is frozen for as long as an open device holds it.
//!
//! No task is moved to another cgroup, and no task is named by a number that another task could get. The
//! tasks are held by their `struct pid`, which does not keep dead tasks in memory. They are let go when the
//! [`Frozen`] is dropped, at the latest when the last descriptor of the open device is closed. So a process
//! that is killed cannot leave a tree frozen.

use kernel::{
    new_mutex,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::{
        Arc,
        Mutex, //
    },
};

use crate::{
    log::{
        refuse,
        Log,
        Reason, //
    },
    sys::{
        self,
        file::File,
        freezer,
        pid::{
            self,
            Pid, //
        },
        task::Task,
        time::Deadline,
        wait, //
    },
    tree, //
};

/// The tasks that are frozen by any open device.
#[pin_data]
pub(crate) struct Held {
    #[pin]
    holds: Mutex<Holds>,
}

struct Holds {
    /// Which [`Frozen`] holds a task, by the [`Pid::key`] of its number.
    tasks: RBTree<usize, u64>,
    /// The number of the last one.
    last: u64,
}

impl Held {
    /// There are none.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Held {
            holds <- new_mutex!(Holds {
                tasks: RBTree::new(),
                last: 0,
            }),
        })
    }

    fn next(&self) -> u64 {
        let mut holds = self.holds.lock();
        holds.last = holds.last.wrapping_add(1);
        holds.last
    }

    /// Whether a task is held by the [`Frozen`] of this number.
    fn is_held_by(&self, pid: &Pid, number: u64) -> bool {
        self.holds.lock().tasks.get(&pid.key()) == Some(&number)
    }

    /// Notes that a task is held, unless another caller has it stand still: tells whether it did. A task
    /// that has been let go, by a move to another cgroup, is not held any more: it may have become a task
    /// that the other caller could not freeze.
    fn add(&self, task: &Task, pid: &Pid, number: u64) -> Result<bool> {
        // Not accounted: it belongs to all. Not under the mutex: memory may have to be waited for.
        let room = RBTreeNodeReservation::new(GFP_KERNEL)?;
        let mut holds = self.holds.lock();
        if holds.tasks.get(&pid.key()).is_some() && freezer::is_to_freeze(task) {
            return Ok(false);
        }
        holds.tasks.insert(room.into_node(pid.key(), number));
        Ok(true)
    }

    fn remove(&self, pid: &Pid, number: u64) {
        let mut holds = self.holds.lock();
        if holds.tasks.get(&pid.key()) == Some(&number) {
            holds.tasks.remove(&pid.key());
        }
    }

    /// Freezes a cgroup, unless it is frozen already: tells whether it did.
    fn freeze_cgroup(&self, file: &File) -> Result<bool> {
        // Of two callers one is the first.
        let _holds = self.holds.lock();
        if freezer::is_frozen_cgroup(file) {
            return Ok(false);
        }
        file.write_all(b"1", &mut 0).map(|()| true)
    }
}

/// What to freeze, and how long that may take.
pub(crate) struct Request {
    /// Root of the tree.
    pub(crate) root: Task,
    /// `cgroup.freeze` of a cgroup that is frozen besides, open for writing.
    pub(crate) cgroup: Option<File>,
    /// Milliseconds; 0 for no limit.
    pub(crate) timeout: u32,
}

/// A tree that stands still. Dropping this lets it go.
pub(crate) struct Frozen {
    held: Arc<Held>,
    number: u64,
    /// Parents before their children.
    tasks: KVVec<Pid>,
    /// How many of them led their thread groups.
    processes: usize,
    cgroup: Option<File>,
}

/// What has become of a task that was found.
enum Added {
    /// The task has been told to stand still.
    Told,
    /// The task had been told before, or is dead and was met before.
    Before,
    /// The task has been released since it was found.
    Released,
}

impl Frozen {
    /// Freezes a tree, and waits until all of it stands still.
    ///
    /// # Errors
    ///
    /// `EPERM` for a task that the caller may not attach to, `EBUSY` for one that is frozen by another
    /// open device, is traced or traces, `EINVAL` for a kernel thread or when the caller is part of the
    /// tree, `ESRCH` when the root is dead, or has executed a program from another thread meanwhile,
    /// `ETIMEDOUT`, `EINTR`. The tree then runs as before.
    pub(crate) fn new(request: Request, held: Arc<Held>, log: &Log) -> Result<Self> {
        let limit = Deadline::after(request.timeout);
        let root = request.root;
        check(&root, log)?;
        let mut frozen = Frozen {
            number: held.next(),
            held,
            tasks: KVVec::new(),
            processes: 0,
            cgroup: None,
        };
        if let Some(cgroup) = request.cgroup {
            check_cgroup(&cgroup, log)?;
            if frozen.held.freeze_cgroup(&cgroup)? {
                frozen.cgroup = Some(cgroup);
            } else {
                return Err(refuse!(
                    log,
                    EBUSY => Reason::Busy,
                    None,
                    "the cgroup is frozen already: closing the device would let it go"
                ));
            }
        }
        let mut met = KVVec::new();
        loop {
            let before = met.len();
            let mut is_complete = true;
            for task in tree::collect_tasks(&root, log)? {
                match frozen.add(&task, log)? {
                    Added::Told => met.push(task, GFP_KERNEL_ACCOUNT)?,
                    Added::Before => continue,
                    Added::Released => {}
                }
                is_complete = false;
                sys::check_signal()?;
            }
            // Nothing is below a task that has given its place to another thread of its process.
            if Pid::of(&root, pid::Kind::Task).is_none() {
                return Err(refuse!(
                    log,
                    ESRCH => Reason::Ran,
                    Some(&root),
                    "the task has been reaped, or another of its threads has executed a program"
                ));
            }
            // A task that stands still has no more children than have been found, and no other has died
            // and left its own to one that had been passed.
            if is_complete {
                break;
            }
            await_stillness(met.get(before..).unwrap_or(&[]), &limit, log)?;
            // A tree that goes on growing, too.
            check_time(&limit, &root, log)?;
        }
        if met.iter().all(Task::is_dead) {
            return Err(refuse!(log, ESRCH, Some(&root), "the task is dead"));
        }
        Ok(frozen)
    }

    /// How many processes there were, with those that were dead and had not been waited for.
    pub(crate) fn processes(&self) -> usize {
        self.processes
    }

    /// Has a task stand still, unless it has been told so already.
    fn add(&mut self, task: &Task, log: &Log) -> Result<Added> {
        let Some(pid) = Pid::of(task, pid::Kind::Task) else {
            return Ok(Added::Released);
        };
        let is_new = !self.held.is_held_by(&pid, self.number);
        // One that goes by a number that is held need not be the one that was told: a thread that
        // executes a program takes over that of its leader. And moving it to another cgroup lets it go.
        if !is_new && (task.is_gone() || freezer::is_to_freeze(task)) {
            return Ok(Added::Before);
        }
        // What can fail comes first: a task that is frozen is one that is let go.
        self.tasks.reserve(1, GFP_KERNEL_ACCOUNT)?;
        // Before it is held: a log that no process reads would keep other callers from it.
        check(task, log)?;
        if is_new {
            if !self.held.add(task, &pid, self.number)? {
                return Err(refuse!(
                    log,
                    EBUSY => Reason::Busy,
                    Some(task),
                    "another caller has frozen the task"
                ));
            }
            self.tasks.push(pid, GFP_KERNEL_ACCOUNT)?;
            self.processes += usize::from(task.is_leader());
        }
        // For a task that exits, permission has not been checked.
        if !task.is_gone() {
            freezer::freeze(task);
            // It may have executed something else since that was asked. From here on it stops before the
            // first instruction; it is let go before anything is said.
            if is_out_of_reach(task) {
                freezer::thaw(task);
                check(task, log)?;
                return Err(EPERM);
            }
        }
        Ok(Added::Told)
    }
}

/// Waits until tasks stand still.
fn await_stillness(tasks: &[Task], limit: &Deadline, log: &Log) -> Result {
    for task in tasks {
        let mut looks = 0u32;
        let is_settled = || {
            // Moving it to another cgroup lets it go.
            if looks > 0 && !freezer::is_to_freeze(task) && !is_out_of_reach(task) {
                freezer::freeze(task);
            }
            looks = looks.saturating_add(1);
            task.is_settled()
        };
        wait::poll(is_settled, || {
            sys::check_signal()?;
            check_time(limit, task, log)
        })?;
        // A log that no process reads does not keep it still.
        if is_out_of_reach(task) {
            freezer::thaw(task);
        }
        check(task, log)?;
    }
    Ok(())
}

impl Drop for Frozen {
    fn drop(&mut self) {
        if let Some(cgroup) = &self.cgroup {
            freezer::thaw_cgroup(cgroup);
        }
        for pid in &self.tasks {
            // Another caller may have it stand still by now.
            if self.held.is_held_by(pid, self.number) {
                if let Some(task) = pid.task() {
                    freezer::thaw(&task);
                }
            }
            self.held.remove(pid, self.number);
            sys::yield_now();
        }
    }
}

/// Refuses a task that does not stand still in time, nor all below it.
fn check_time(limit: &Deadline, task: &Task, log: &Log) -> Result {
    match limit.is_over() {
        true => Err(refuse!(
            log,
            ETIMEDOUT => Reason::NotFrozen,
            Some(task),
            "the task does not freeze: it is in the kernel"
        )),
        false => Ok(()),
    }
}

/// Refuses a cgroup that the caller would freeze itself with.
///
/// # Errors
///
/// `EINVAL`.
pub(crate) fn check_cgroup(file: &File, log: &Log) -> Result {
    match freezer::holds_caller(file) {
        true => Err(refuse!(
            log,
            EINVAL,
            None,
            "the caller is in the cgroup, or below it, and would be frozen with it"
        )),
        false => Ok(()),
    }
}

/// Whether a task may be frozen by the caller, and would stay so.
fn check(task: &Task, log: &Log) -> Result {
    if task.is_of_caller() {
        return Err(refuse!(
            log,
            EINVAL,
            Some(task),
            "the caller is part of the tree: nothing would let it go"
        ));
    }
    // Nothing can be asked of one that has let go of its memory, and nothing becomes of it.
    if task.is_gone() {
        return Ok(());
    }
    tree::check_access(task, log)?;
    if task.is_traced() {
        return Err(refuse!(
            log,
            EBUSY => Reason::Traced,
            Some(task),
            "the task is being traced (ptrace)"
        ));
    }
    Ok(())
}

/// Whether a task has executed, since it was asked for, what the caller may not look into.
fn is_out_of_reach(task: &Task) -> bool {
    !task.is_gone() && !task.may_attach()
}
