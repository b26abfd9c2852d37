// SPDX-License-Identifier: GPL-2.0-only

//! pidfd: a descriptor for a task (fs/pidfs.c).

use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*, //
};

use crate::sys::{
    bindings,
    file::File,
    pid::{
        Kind,
        Pid, //
    },
    task::Task, //
};

/// PIDFD_THREAD: for a thread that need not lead its group.
pub(crate) const THREAD: u32 = bindings::O_EXCL;
/// PIDFD_AUTOKILL: the child is killed when the descriptor is closed.
pub(crate) const AUTOKILL: u32 = bindings::O_TRUNC;

fn pid_of(file: &File) -> Option<*mut bindings::pid> {
    // SAFETY: The file is valid; an error tells that it is no pidfd.
    from_err_ptr(unsafe { bindings::ckpt_sym_pidfd_pid(file.as_ptr()) }).ok()
}

/// Whether a file is one.
pub(crate) fn is_one(file: &File) -> bool {
    pid_of(file).is_some()
}

/// The task that it stands for, alive or a zombie; `None` when that has gone.
pub(crate) fn task_of(file: &File) -> Option<Task> {
    let pid = pid_of(file)?;
    // SAFETY: The file holds the pid; the result is NULL or carries a reference.
    unsafe {
        let task = bindings::get_pid_task(pid, bindings::pid_type_PIDTYPE_PID);
        Task::from_owned(task)
    }
}

/// Makes one for a task. `flags` are THREAD and O_NONBLOCK.
///
/// # Errors
///
/// `ESRCH` when the task has gone, `ENOENT` when it leads no group and THREAD is not among the flags.
pub(crate) fn create(task: &Task, flags: u32) -> Result<File> {
    let pid = Pid::of(task, Kind::Task).ok_or(ESRCH)?;
    let mut file = core::ptr::null_mut();
    // SAFETY: The pid is held over the call, which gives a file and reserves a number for it; that is
    // given back.
    unsafe {
        let number = bindings::ckpt_sym_pidfd_prepare(pid.as_ptr(), flags, &mut file);
        to_result(number.min(0))?;
        bindings::put_unused_fd(number as u32);
    }
    // SAFETY: The reference is ours.
    unsafe { File::from_raw(file) }.ok_or(ESRCH)
}
