// SPDX-License-Identifier: GPL-2.0-only

//! A reference to a task, with which all questions about it begin.

use kernel::sync::aref::ARef;

use crate::sys::bindings;

/// A task, with a reference.
#[derive(Clone)]
pub(crate) struct Task(ARef<kernel::task::Task>);

impl Task {
    /// The caller.
    pub(crate) fn current() -> Self {
        let current = kernel::current!();
        let task: &kernel::task::Task = current;
        Task(ARef::from(task))
    }

    /// The structure itself.
    pub(in crate::sys) fn as_ptr(&self) -> *mut bindings::task_struct {
        self.0.as_ptr()
    }

    /// The structure, for the architecture's boundary.
    pub(crate) fn raw(&self) -> *mut bindings::task_struct {
        self.0.as_ptr()
    }

    /// An address that stands for the task as long as a reference is held.
    pub(crate) fn key(&self) -> usize {
        self.as_ptr() as usize
    }

    /// # Safety
    ///
    /// NULL, or a task whose reference is handed over.
    pub(in crate::sys) unsafe fn from_owned(raw: *mut bindings::task_struct) -> Option<Task> {
        let task = core::ptr::NonNull::new(raw)?;
        // SAFETY: The caller's promise; `Task` is a transparent wrapper of `task_struct`.
        Some(Task(unsafe { ARef::from_raw(task.cast()) }))
    }

    /// # Safety
    ///
    /// NULL, or a task that cannot go away before this returns.
    pub(in crate::sys) unsafe fn from_borrowed(raw: *mut bindings::task_struct) -> Option<Task> {
        // SAFETY: The caller's promise; `Task` is a transparent wrapper of `task_struct`.
        unsafe { raw.cast::<kernel::task::Task>().as_ref() }.map(|task| Task(ARef::from(task)))
    }
}
