// SPDX-License-Identifier: GPL-2.0-only

//! Resource limits.

use kernel::{
    error::to_result,
    prelude::*, //
};

use ckpt_image::record::Rlimit;

use crate::sys::{
    bindings,
    task::Task, //
};

/// A limit of the task's thread group.
pub(crate) fn get(task: &Task, resource: u32) -> Result<Rlimit> {
    // SAFETY: The signal structure lives as long as the task; the lock covers the pair.
    let raw = unsafe {
        bindings::ckpt_task_lock(task.raw());
        let raw = (*(*task.raw()).signal).rlim.get(resource as usize).copied();
        bindings::ckpt_task_unlock(task.raw());
        raw
    }
    .ok_or(EINVAL)?;
    Ok(Rlimit {
        cur: raw.rlim_cur as u64,
        max: raw.rlim_max as u64,
    })
}

/// Sets a limit of the caller, with the checks of setrlimit(2).
pub(crate) fn set(resource: u32, limit: &Rlimit) -> Result {
    let mut new = bindings::rlimit {
        rlim_cur: limit.cur as usize,
        rlim_max: limit.max as usize,
    };
    // SAFETY: Kernel pointers.
    to_result(unsafe {
        bindings::ckpt_sym_do_prlimit(
            kernel::current!().as_ptr(),
            resource,
            &mut new,
            core::ptr::null_mut(),
        )
    })
}
