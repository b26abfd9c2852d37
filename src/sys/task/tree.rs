// SPDX-License-Identifier: GPL-2.0-only

//! Families of tasks: collecting them, looking for a task in all of the system, joining a session
//! or process group, leaving for good.
//!
//! A tree may be large, and so may be the system: nothing here holds a lock or RCU over all of it.

use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::sys::{
    self,
    bindings,
    pid::{
        Pid,
        PidNs, //
    },
    task::Task, //
};

/// Tasks that are looked at in one go: no task waits longer for the lock, or for RCU.
const BATCH: usize = 128;

/// Room for the tasks of a batch.
type Batch = [*mut bindings::task_struct; BATCH];

/// Takes over what a helper in C has found.
///
/// # Safety
///
/// The first `found` entries are tasks, each with a reference that is given away.
unsafe fn take(batch: &Batch, found: usize) -> impl Iterator<Item = Task> + '_ {
    // SAFETY: The promise above.
    let own = |raw: &*mut bindings::task_struct| unsafe { Task::from_owned(*raw) };
    batch.iter().take(found).filter_map(own)
}

/// A walk down a tree, breadth first: each process with its threads behind it, parents before their
/// children, children of one thread in the order in which they were born.
///
/// The walk goes in steps, between which the tree may change: a task that is given to another parent
/// meanwhile may be missed or met twice. That happens only when its parent dies, so if no task has died
/// since a walk began, the walk has found the whole tree.
pub(crate) struct Walk {
    tasks: KVVec<Task>,
    /// Place of the task whose children are looked for.
    parent: usize,
    /// Place of the first of its children.
    first: usize,
    /// What is behind the last task: more threads of its process, or more children.
    in_root: bool,
}

impl Walk {
    /// Begins at the process of `root`. There is nothing below one that has been released.
    pub(crate) fn new(root: &Task) -> Result<Self> {
        let mut tasks = KVVec::new();
        if let Some(leader) = root.leader() {
            tasks.push(leader, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(Walk {
            tasks,
            parent: 0,
            first: 1,
            in_root: true,
        })
    }

    /// Looks at some more tasks; tells whether there may be more.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn step(&mut self) -> Result<bool> {
        let mut batch: Batch = [core::ptr::null_mut(); BATCH];
        let mut room = BATCH;
        while room != 0 {
            let Some(parent) = self.tasks.get(self.parent) else {
                return Ok(false);
            };
            let last = self.tasks.get(self.first..).and_then(<[Task]>::last);
            let (raw, nr) = (batch.as_mut_ptr(), room as u32);
            let found = if self.in_root {
                let last = last.unwrap_or(parent);
                // SAFETY: The task is valid, and there is as much room as is said.
                unsafe { bindings::ckpt_some_threads(last.raw(), raw, nr) }
            } else {
                let last = last.map_or(core::ptr::null_mut(), Task::raw);
                // SAFETY: Both tasks are valid, or the second is NULL, and there is as much room as
                // is said.
                unsafe { bindings::ckpt_some_children(parent.raw(), last, raw, nr) }
            };
            let Ok(found) = usize::try_from(found) else {
                // Nothing tells what came behind the last: once more from the first on. A root that is
                // gone has nothing behind it.
                self.in_root &= self.tasks.len() > self.first;
                self.tasks.truncate(self.first);
                return Ok(true);
            };
            // SAFETY: That many were found.
            for task in unsafe { take(&batch, found) } {
                self.tasks.push(task, GFP_KERNEL_ACCOUNT)?;
            }
            if found < room {
                if !core::mem::take(&mut self.in_root) {
                    self.parent += 1;
                }
                self.first = self.tasks.len();
            }
            // A look at a task without children is not for nothing, either.
            room = room.saturating_sub(found.max(1));
        }
        Ok(true)
    }

    /// What has been found so far.
    pub(crate) fn tasks(&self) -> &[Task] {
        &self.tasks
    }
}

/// All tasks below `root`, in the order of a [`Walk`].
///
/// # Errors
///
/// `E2BIG` when there are more than `limit`, `EINTR`.
pub(crate) fn collect(root: &Task, limit: usize) -> Result<KVVec<Task>> {
    let mut walk = Walk::new(root)?;
    while walk.step()? {
        if walk.tasks.len() > limit {
            return Err(E2BIG);
        }
        sys::check_signal()?;
    }
    if walk.tasks.len() > limit {
        return Err(E2BIG);
    }
    Ok(walk.tasks)
}

/// The first task for which `question` says yes, of all in a pid namespace, or of all in the system.
/// No lock is held while it is asked.
///
/// A task that is made meanwhile is asked about, too.
///
/// # Errors
///
/// `EINTR`.
pub(crate) fn find(
    ns: Option<&PidNs>,
    mut question: impl FnMut(&Task) -> bool,
) -> Result<Option<Task>> {
    let raw = ns.map_or(core::ptr::null_mut(), PidNs::raw);
    // SAFETY: NULL, or a namespace that is kept.
    let last = || unsafe { bindings::ckpt_last_number(raw) };
    let mut seen = last();
    let found = find_among(raw, 0..u32::MAX >> 1, &mut question)?;
    if found.is_some() {
        return Ok(found);
    }
    // Numbers are given out in turn: those that are new are behind the one that was the last.
    loop {
        let now = last();
        let (up, around) = match now >= seen {
            true => (seen..now, 0..0),
            false => (seen..u32::MAX >> 1, 0..now),
        };
        for numbers in [up, around] {
            let found = find_among(raw, numbers, &mut question)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        if now == seen {
            return Ok(None);
        }
        seen = now;
    }
}

/// The first of the tasks that go by these numbers for which `question` says yes.
fn find_among(
    ns: *mut bindings::pid_namespace,
    numbers: core::ops::Range<u32>,
    question: &mut impl FnMut(&Task) -> bool,
) -> Result<Option<Task>> {
    let mut batch: Batch = [core::ptr::null_mut(); BATCH];
    let mut next = numbers.start;
    while next < numbers.end {
        let (raw, room) = (batch.as_mut_ptr(), BATCH as u32);
        // SAFETY: The namespace is NULL or valid, and there is as much room as is said.
        let found = unsafe { bindings::ckpt_some_tasks(ns, &mut next, numbers.end, raw, room) };
        let mut answer = None;
        // SAFETY: That many were found.
        for task in unsafe { take(&batch, found as usize) } {
            // The others have to be taken over as well.
            if answer.is_none() && question(&task) {
                answer = Some(task);
            }
        }
        if answer.is_some() {
            return Ok(answer);
        }
        sys::check_signal()?;
    }
    Ok(None)
}

/// Whether the task's parent has called exec since it made the task.
pub(crate) fn parent_execed(task: &Task) -> bool {
    // SAFETY: The task is valid.
    unsafe { bindings::ckpt_parent_execed(task.raw()) }
}

/// Makes it look so for the caller. That a parent has called exec is never taken back: it may have
/// other rights since.
pub(crate) fn set_parent_execed() {
    // SAFETY: Changes a number of the caller's own.
    unsafe { bindings::ckpt_set_parent_execed() };
}

/// Whether the task's process has made its session.
pub(crate) fn leads_session(task: &Task) -> bool {
    // SAFETY: The task is valid.
    unsafe { bindings::ckpt_leads_session(task.raw()) }
}

/// Moves the caller's process to a session and a process group; `None` for those of `model`.
///
/// # Errors
///
/// `ESRCH` when the task that held the numbers has died.
pub(crate) fn join(session: Option<&Pid>, group: Option<&Pid>, model: &Task) -> Result {
    let raw = |pid: Option<&Pid>| pid.map_or(core::ptr::null_mut(), Pid::as_ptr);
    // SAFETY: All are valid.
    to_result(unsafe { bindings::ckpt_join(raw(session), raw(group), model.raw()) })
}

/// A process and its terminal.
pub(crate) struct Terminal {
    /// Device number as stat(2) encodes it; 0 for none.
    pub(crate) device: u32,
    /// Its foreground process group.
    pub(crate) foreground: i32,
    /// Foreground process group of a terminal that was lost.
    pub(crate) old_group: i32,
}

/// The controlling terminal of a task that stands still.
pub(crate) fn terminal(task: &Task, ns: &PidNs) -> Terminal {
    let mut raw = bindings::ckpt_tty::default();
    // SAFETY: All are valid.
    unsafe { bindings::ckpt_tty_of(task.raw(), ns.raw(), &mut raw) };
    Terminal {
        device: raw.device,
        foreground: raw.foreground,
        old_group: raw.old_group,
    }
}

/// The group that was in the foreground of the terminal that a process's session has lost.
pub(crate) fn old_group(task: &Task) -> Option<Pid> {
    // SAFETY: The task is valid; the result is NULL or carries a reference.
    unsafe { Pid::from_owned(bindings::ckpt_old_group(task.raw())) }
}

/// Sets it for the caller.
pub(crate) fn set_old_group(group: &Pid) {
    // SAFETY: Changes a field of the caller's own, which takes a reference.
    unsafe { bindings::ckpt_set_old_group(group.as_ptr()) };
}

/// The status that wait(2) gives for a dead task.
pub(crate) fn exit_code(task: &Task) -> i32 {
    // SAFETY: The task is valid.
    unsafe { bindings::ckpt_exit_code(task.raw()) }
}

/// Ends the caller when its system call is over, with a status of wait(2).
pub(crate) fn exit_later(code: i32) -> Result {
    // SAFETY: Queues a work of the caller's own.
    to_result(unsafe { bindings::ckpt_exit_later(code) })
}

/// Keeps `parent` from being told of the caller's end. The task that has become the parent instead is told.
pub(crate) fn end_silently(parent: &Task) {
    // SAFETY: Changes fields of the caller's own; the parent is valid.
    unsafe { bindings::ckpt_end_silently(parent.raw()) };
}

/// Makes the caller end without telling its parent, which need not wait for it.
pub(crate) fn vanish() {
    // SAFETY: Changes fields of the caller's own.
    unsafe { bindings::ckpt_vanish() };
}

/// Sets the signal that `parent` gets at the end of a process; with a zombie, for which kind of wait it
/// is there. Nothing happens when another process has become the parent.
pub(crate) fn set_exit_signal(task: &Task, parent: &Task, signal: i32) {
    // SAFETY: Both are valid.
    unsafe { bindings::ckpt_set_exit_signal(task.raw(), parent.raw(), signal) };
}
