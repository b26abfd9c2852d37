// SPDX-License-Identifier: GPL-2.0-only

//! Scheduling parameters.

use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::sys::{
    self,
    bindings,
    fields,
    task::Task, //
};

/// SCHED_FLAG_UTIL_CLAMP_MIN and SCHED_FLAG_UTIL_CLAMP_MAX (include/uapi/linux/sched.h).
const UTIL_CLAMP: u64 = 0x20 | 0x40;

/// What sched_setattr(2) and ioprio_set(2) set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Params {
    /// SCHED_* policy.
    pub(crate) policy: u32,
    /// Nice value.
    pub(crate) nice: i32,
    /// Real-time priority.
    pub(crate) rt_priority: u32,
    /// Children go back to the default.
    pub(crate) reset_on_fork: bool,
    /// Slice in nanoseconds that was asked for; 0 for the default.
    pub(crate) slice: u64,
    /// I/O priority; 0 for none.
    pub(crate) ioprio: u32,
    /// Least and greatest utilization that were asked for, of 1024.
    pub(crate) util: [Option<u32>; 2],
}

/// Those of a task.
pub(crate) fn params(task: &Task) -> Params {
    Params {
        policy: fields::policy(task),
        nice: fields::static_prio(task) - 120,
        rt_priority: fields::rt_priority(task),
        // SAFETY: The task is valid.
        reset_on_fork: unsafe { bindings::ckpt_reset_on_fork(task.raw()) },
        slice: if fields::custom_slice(task) != 0 {
            fields::slice(task)
        } else {
            0
        },
        // SAFETY: The task is valid.
        ioprio: unsafe { bindings::ckpt_ioprio(task.raw()) },
        util: util(task),
    }
}

/// The bounds of the utilization that a task asked for.
#[cfg(CONFIG_UCLAMP_TASK)]
fn util(task: &Task) -> [Option<u32>; 2] {
    fields::uclamp_req(task).map(|asked| (asked.user_defined() != 0).then(|| asked.value()))
}

/// A kernel without utilization clamping lets no task ask (`sched_setattr` is EOPNOTSUPP).
#[cfg(not(CONFIG_UCLAMP_TASK))]
fn util(_: &Task) -> [Option<u32>; 2] {
    [None; 2]
}

/// Sets the caller's, with the checks of the system calls.
pub(crate) fn set_params(params: &Params) -> Result {
    let mut attr = bindings::sched_attr {
        size: size_of::<bindings::sched_attr>() as u32,
        sched_policy: params.policy,
        sched_nice: params.nice,
        sched_priority: params.rt_priority,
        sched_runtime: params.slice,
        ..Default::default()
    };
    if params.reset_on_fork {
        attr.sched_flags |= u64::from(bindings::SCHED_FLAG_RESET_ON_FORK);
    }
    let me = kernel::current!().as_ptr();
    let now = self::params(&Task::current()).util;
    let [least, greatest] = params.util;
    // All ones: nothing is asked for any more.
    if now != params.util {
        attr.sched_flags |= UTIL_CLAMP;
        attr.sched_util_min = least.unwrap_or(u32::MAX);
        attr.sched_util_max = greatest.unwrap_or(u32::MAX);
    }
    // SAFETY: A kernel pointer to a complete structure.
    to_result(unsafe { bindings::ckpt_sym_sched_setattr(me, &attr) })?;
    // SAFETY: The caller is valid.
    if params.ioprio != unsafe { bindings::ckpt_ioprio(me) } {
        // SAFETY: As above.
        to_result(unsafe { bindings::set_task_ioprio(me, params.ioprio as i32) })?;
    }
    Ok(())
}

/// The mask of processors that the task asked for; empty when it asked for none.
pub(crate) fn affinity(task: &Task) -> Result<KVec<u8>> {
    let mut mask = sys::zeroed_bytes(ckpt_image::limits::CPUMASK as usize)?;
    // SAFETY: The buffer is as long as is said.
    let len =
        unsafe { bindings::ckpt_affinity(task.raw(), mask.as_mut_ptr().cast(), mask.len() as u32) };
    mask.truncate(len as usize);
    Ok(mask)
}

/// Sets the caller's mask of processors.
///
/// # Errors
///
/// `EINVAL` when none of them is there.
pub(crate) fn set_affinity(mask: &[u8]) -> Result {
    // SAFETY: The buffer is as long as is said; longer ones are cut.
    to_result(unsafe {
        bindings::ckpt_set_affinity(mask.as_ptr().cast(), mask.len() as u32) as i32
    })
}
