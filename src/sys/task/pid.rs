// SPDX-License-Identifier: GPL-2.0-only

//! Numbers of tasks: the kernel's `struct pid`, and the namespaces in which a number counts.

use core::ptr::NonNull;

use crate::sys::{
    bindings,
    task::Task, //
};

/// What a number stands for.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A task.
    Task,
    /// A process group.
    Group,
    /// A session.
    Session,
}

impl Kind {
    fn raw(self) -> bindings::pid_type {
        match self {
            Kind::Task => bindings::pid_type_PIDTYPE_PID,
            Kind::Group => bindings::pid_type_PIDTYPE_PGID,
            Kind::Session => bindings::pid_type_PIDTYPE_SID,
        }
    }
}

/// A number in all its namespaces, with a reference. It keeps its namespaces alive.
pub(crate) struct Pid(NonNull<bindings::pid>);

// SAFETY: References may be held and dropped on any thread.
unsafe impl Send for Pid {}
// SAFETY: Nothing changes through a shared reference.
unsafe impl Sync for Pid {}

impl Pid {
    /// The number of a task, or of what it belongs to; `None` when the task has been released.
    pub(crate) fn of(task: &Task, kind: Kind) -> Option<Self> {
        // SAFETY: The task is valid; the result is NULL or carries a reference.
        NonNull::new(unsafe { bindings::get_task_pid(task.raw(), kind.raw()) }).map(Pid)
    }

    /// Takes over a reference. `None` for NULL.
    ///
    /// # Safety
    ///
    /// `raw` is NULL or a pid whose reference is given away.
    pub(in crate::sys) unsafe fn from_owned(raw: *mut bindings::pid) -> Option<Self> {
        NonNull::new(raw).map(Pid)
    }

    pub(in crate::sys) fn as_ptr(&self) -> *mut bindings::pid {
        self.0.as_ptr()
    }

    /// An address that stands for the number as long as a reference is held.
    pub(crate) fn key(&self) -> usize {
        self.as_ptr() as usize
    }

    /// The task that goes by it; `None` when that has been released.
    pub(crate) fn task(&self) -> Option<Task> {
        let kind = Kind::Task.raw();
        // SAFETY: The pid is valid; the result is NULL or carries a reference.
        unsafe { Task::from_owned(bindings::get_pid_task(self.as_ptr(), kind)) }
    }

    /// Whether a process goes by it, dead or alive.
    pub(crate) fn has_process(&self) -> bool {
        // SAFETY: The pid is valid.
        unsafe { bindings::ckpt_pid_has_process(self.as_ptr()) }
    }

    /// Whether any process is in the group of this number.
    pub(crate) fn has_group(&self) -> bool {
        // SAFETY: The pid is valid.
        unsafe { bindings::ckpt_pid_has_group(self.as_ptr()) }
    }

    /// What it is in a namespace; 0 when it is not visible there.
    pub(crate) fn number(&self, ns: &PidNs) -> i32 {
        // SAFETY: Both are valid.
        unsafe { bindings::pid_nr_ns(self.as_ptr(), ns.raw()) }
    }

    fn level(&self) -> u32 {
        // SAFETY: The pid is valid.
        unsafe { bindings::ckpt_pid_level(self.as_ptr()) }
    }

    /// How many namespaces below `ns` its own is.
    pub(crate) fn depth_below(&self, ns: &PidNs) -> u32 {
        self.level().saturating_sub(ns.0.level())
    }

    /// The number in the namespace that is `depth` below `ns`.
    pub(crate) fn number_below(&self, ns: &PidNs, depth: u32) -> i32 {
        // SAFETY: The pid is valid; levels that it does not have give 0.
        unsafe { bindings::ckpt_pid_number(self.as_ptr(), ns.0.level().saturating_add(depth)) }
    }

    /// An address that stands for the namespace in which it was given out.
    pub(crate) fn ns_key(&self) -> usize {
        // SAFETY: The pid is valid and keeps its namespace.
        unsafe { bindings::ckpt_pid_ns(self.as_ptr()) as usize }
    }
}

impl Drop for Pid {
    fn drop(&mut self) {
        // SAFETY: Gives back the reference that this value owns.
        unsafe { bindings::put_pid(self.as_ptr()) };
    }
}

/// A pid namespace, kept by a number in it.
pub(crate) struct PidNs(Pid);

impl PidNs {
    /// The namespace in which a task has its number; `None` when the task has been released.
    pub(crate) fn of(task: &Task) -> Option<Self> {
        Pid::of(task, Kind::Task).map(PidNs)
    }

    pub(in crate::sys) fn raw(&self) -> *mut bindings::pid_namespace {
        // SAFETY: The pid is valid and keeps its namespace.
        unsafe { bindings::ckpt_pid_ns(self.0.as_ptr()) }
    }

    /// An address that stands for the namespace as long as this exists.
    pub(crate) fn key(&self) -> usize {
        self.0.ns_key()
    }

    /// The number of a task, or of what it belongs to; 0 when it is not visible here.
    pub(crate) fn number_of(&self, task: &Task, kind: Kind) -> i32 {
        // SAFETY: Both are valid.
        unsafe { bindings::__task_pid_nr_ns(task.raw(), kind.raw(), self.raw()) }
    }
}

/// An address that stands for the pid namespace of a task's future children; 0 when it is dead.
pub(crate) fn children_ns_key(task: &Task) -> usize {
    // SAFETY: The task is valid; the address is only compared.
    unsafe { bindings::ckpt_children_pid_ns(task.raw()) as usize }
}
