// SPDX-License-Identifier: GPL-2.0-only

//! Families of tasks: collecting them, looking for a task in all of the system, joining a session
//! or process group, leaving for good.

use kernel::{
    error::to_result,
    prelude::*, //
};

use super::{
    bindings,
    pid::{
        Pid,
        PidNs, //
    },
    task::Task, //
};

/// Tasks for which room is made at first.
const FIRST_ROOM: usize = 64;

/// All tasks below `root`: each process with its threads behind it, parents before their children.
///
/// # Errors
///
/// `E2BIG` when there are more than `limit`.
pub(crate) fn collect(root: &Task, limit: usize) -> Result<KVVec<Task>> {
    let mut room = FIRST_ROOM;
    loop {
        let mut raw: KVVec<*mut bindings::task_struct> =
            KVVec::from_elem(core::ptr::null_mut(), room, GFP_KERNEL_ACCOUNT)?;
        let mut tasks = KVVec::with_capacity(room, GFP_KERNEL_ACCOUNT)?;
        // SAFETY: The array has as much room as is said.
        let found =
            unsafe { bindings::ckpt_collect_tree(root.raw(), raw.as_mut_ptr(), raw.len() as u32) };
        if let Ok(found) = usize::try_from(found) {
            for task in raw.iter().take(found) {
                // SAFETY: The first `found` entries are tasks, each with a reference for us.
                if let Some(task) = unsafe { Task::from_owned(*task) } {
                    tasks.push(task, GFP_KERNEL_ACCOUNT)?;
                }
            }
            return Ok(tasks);
        }
        if room >= limit {
            return Err(E2BIG);
        }
        room = room.saturating_mul(2).min(limit);
    }
}

/// What [`find`] asks of every task. It runs under RCU and must not sleep.
type Question<'a> = dyn FnMut(&Task) -> bool + 'a;

/// Called by the walk in C for each task of the system.
///
/// # Safety
///
/// `context` is the question and the answer that [`find`] handed to `ckpt_for_each_task()`; the task
/// is valid as long as RCU is held.
#[export_name = "ckpt_visit_task"]
unsafe extern "C" fn visit_task(
    context: *mut core::ffi::c_void,
    raw: *mut bindings::task_struct,
) -> bool {
    // SAFETY: The promise above; nobody else has the reference during the walk.
    let (question, answer) = unsafe { &mut *context.cast::<(&mut Question<'_>, Option<Task>)>() };
    // SAFETY: The promise above: a reference can be taken.
    match unsafe { Task::from_borrowed(raw) } {
        Some(task) if question(&task) => {
            *answer = Some(task);
            true
        }
        _ => false,
    }
}

/// The first task of the system for which `question` says yes.
pub(crate) fn find(mut question: impl FnMut(&Task) -> bool) -> Option<Task> {
    let question: &mut Question<'_> = &mut question;
    let mut context: (&mut Question<'_>, Option<Task>) = (question, None);
    // SAFETY: The context outlives the walk.
    unsafe { bindings::ckpt_for_each_task(core::ptr::from_mut(&mut context).cast()) };
    context.1
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
/// `ESRCH` when whoever held the numbers has died.
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

/// Keeps `parent` from being told of the caller's end. Whoever has become the parent instead is told.
pub(crate) fn end_silently(parent: &Task) {
    // SAFETY: Changes fields of the caller's own; the parent is valid.
    unsafe { bindings::ckpt_end_silently(parent.raw()) };
}

/// Has the caller end without anybody being told, or having to wait for it.
pub(crate) fn vanish() {
    // SAFETY: Changes fields of the caller's own.
    unsafe { bindings::ckpt_vanish() };
}

/// Sets the signal that `parent` gets at the end of a process; with a zombie, for which kind of wait it
/// is there. Nothing happens when somebody else has become the parent.
pub(crate) fn set_exit_signal(task: &Task, parent: &Task, signal: i32) {
    // SAFETY: Both are valid.
    unsafe { bindings::ckpt_set_exit_signal(task.raw(), parent.raw(), signal) };
}
