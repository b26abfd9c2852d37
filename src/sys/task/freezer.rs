// SPDX-License-Identifier: GPL-2.0-only

//! Freezing single tasks, by the trap of the cgroup v2 freezer (kernel/cgroup/freezer.c).

use crate::sys::{
    bindings,
    file::File,
    task::Task, //
};

/// Whether it is the file `cgroup.freeze` of a cgroup (v2).
pub(crate) fn is_cgroup_file(file: &File) -> bool {
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_is_cgroup_freeze(file.as_ptr()) }
}

/// Whether the cgroup of such a file is frozen, or is to be, by its own `cgroup.freeze`.
pub(crate) fn is_frozen_cgroup(file: &File) -> bool {
    // SAFETY: The file is valid; the function looks for the same as `is_cgroup_file()` first.
    unsafe { bindings::ckpt_cgroup_freezes(file.as_ptr()) }
}

/// Whether the caller is in the cgroup of such a file, or below. Not of any other file.
pub(crate) fn holds_caller(file: &File) -> bool {
    // SAFETY: The file is valid; the function looks for the same as `is_cgroup_file()` first.
    unsafe { bindings::ckpt_cgroup_holds_caller(file.as_ptr()) }
}

/// Lets the cgroup of such a file go, which has been frozen through it.
pub(crate) fn thaw_cgroup(file: &File) {
    // SAFETY: The file is valid, of kernfs by `is_cgroup_file()`, and open for writing, as 1 has been
    // written to it. Holds no lock.
    unsafe { bindings::ckpt_thaw_cgroup(file.as_ptr()) };
}

/// Has a task stand still, out of every system call, as soon as it can. It is not waited for.
///
/// The task is let go as well when its cgroup is thawed, or when it is moved to another cgroup.
pub(crate) fn freeze(task: &Task) {
    // SAFETY: The task is valid.
    unsafe { bindings::ckpt_freeze_task(task.raw()) };
}

/// Whether a task has been told to stand still, by a cgroup or by [`freeze`], and not been let go since.
pub(crate) fn is_to_freeze(task: &Task) -> bool {
    // SAFETY: The task is valid; the word is read once.
    unsafe { bindings::ckpt_is_to_freeze(task.raw()) }
}

/// Lets it go on, unless its cgroup is frozen or is to be.
pub(crate) fn thaw(task: &Task) {
    // SAFETY: The task is valid.
    unsafe { bindings::ckpt_thaw_task(task.raw()) };
}
