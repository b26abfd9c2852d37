// SPDX-License-Identifier: GPL-2.0-only

//! Which process may trace a task in spite of Yama: PR_SET_PTRACER
//! (security/yama/yama_lsm.c).

use kernel::{
    prelude::*,
    sync::rcu, //
};

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    check_signal,
    me,
    task::Task, //
};

/// "Yama".
const PR_SET_PTRACER: u32 = 0x5961_6d61;

/// Which task may.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracer {
    /// Every process of the user.
    Any,
    /// The task with this [`Task::key`], and its descendants.
    Task(usize),
}

/// Calls `look` for each relation that is valid: the [`Task::key`] of the leader of the thread group that
/// named a tracer, and the tracer. The later ones come first. It must not sleep. The tasks are only good
/// for comparison with tasks that are held.
fn each(mut look: impl FnMut(usize, Tracer)) {
    // SAFETY: A list that is there as long as the kernel; NULL on one that has none.
    let head = unsafe { bindings::ckpt_data_ptracer_relations() };
    if head.is_null() {
        return;
    }
    let _relations_stay = rcu::read_lock();
    // SAFETY: Relations are freed after a grace period of RCU, and what each is linked to is read once.
    // The tasks that they name are only compared.
    unsafe {
        let mut node = core::ptr::addr_of!((*head).next).read_volatile();
        while !core::ptr::eq(node, head) {
            let relation =
                kernel::container_of!(node.cast::<btf::list_head>(), btf::ptrace_relation, node);
            if !core::ptr::addr_of!((*relation).invalid).read_volatile() {
                let tracer = match (*relation).tracer as usize {
                    0 => Tracer::Any,
                    task => Tracer::Task(task),
                };
                look((*relation).tracee as usize, tracer);
            }
            node = core::ptr::addr_of!((*node).next).read_volatile();
        }
    }
}

/// All relations, as [`each`] tells them.
///
/// # Errors
///
/// `ENOMEM`, `EINTR`.
pub(crate) fn relations() -> Result<KVVec<(usize, Tracer)>> {
    let mut all = KVVec::new();
    loop {
        let room = all.capacity();
        let mut count = 0usize;
        all.clear();
        each(|tracee, tracer| {
            if count < room {
                let _ = all.push_within_capacity((tracee, tracer));
            }
            count = count.saturating_add(1);
        });
        if count <= room {
            return Ok(all);
        }
        check_signal()?;
        all.reserve(count, GFP_KERNEL_ACCOUNT)?;
    }
}

/// Lets a task trace the caller's process, or every process when there is none.
///
/// # Errors
///
/// `EINVAL` without Yama, or when the caller cannot see the task.
pub(crate) fn set(tracer: Option<&Task>) -> Result {
    let number = match tracer {
        None => usize::MAX,
        // 0 would forget it.
        Some(task) => usize::try_from(task.pid())
            .ok()
            .filter(|pid| *pid != 0)
            .ok_or(EINVAL)?,
    };
    me::prctl(PR_SET_PTRACER, [number, 0]).map(|_| ())
}
