// SPDX-License-Identifier: GPL-2.0-only

//! Freezing single tasks, by the trap of the cgroup v2 freezer (kernel/cgroup/freezer.c).

use super::{
    bindings,
    task::Task, //
};

/// Magic number of the file system of cgroups v2 (include/uapi/linux/magic.h).
pub(crate) const CGROUP2: u64 = 0x6367_7270;

/// Has a task stand still, out of every system call, as soon as it can. It is not waited for.
///
/// Whoever thaws the task's cgroup, or moves the task to another one, lets it go.
pub(crate) fn freeze(task: &Task) {
    // SAFETY: The task is valid.
    unsafe { bindings::ckpt_freeze_task(task.raw()) };
}

/// Lets it go on, unless its cgroup is frozen or is to be.
pub(crate) fn thaw(task: &Task) {
    // SAFETY: The task is valid.
    unsafe { bindings::ckpt_thaw_task(task.raw()) };
}
