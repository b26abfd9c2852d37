// SPDX-License-Identifier: GPL-2.0-only

//! Which process may trace another although Yama keeps others from it: PR_SET_PTRACER
//! (security/yama/yama_lsm.c).

use kernel::{
    prelude::*,
    sync::rcu, //
};

use super::{
    bindings::{
        self,
        btf, //
    },
    me,
    task::Task, //
};

/// "Yama".
const PR_SET_PTRACER: u32 = 0x5961_6d61;

/// Who may.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracer {
    /// Every process of the user.
    Any,
    /// The task with this [`Task::key`], and its descendants.
    Task(usize),
}

/// Which one the leader of a thread group has named.
pub(crate) fn of(leader: &Task) -> Option<Tracer> {
    // SAFETY: A list that is there as long as the kernel; NULL on one that has none.
    let head = unsafe { bindings::ckpt_data_ptracer_relations() };
    if head.is_null() {
        return None;
    }
    let _relations_stay = rcu::read_lock();
    // SAFETY: Relations are freed after a grace period of RCU, and what each is linked to is read once.
    // The tasks that they name are only compared.
    unsafe {
        let mut node = core::ptr::addr_of!((*head).next).read_volatile();
        while !core::ptr::eq(node, head) {
            let relation =
                kernel::container_of!(node.cast::<btf::list_head>(), btf::ptrace_relation, node);
            let tracee = (*relation).tracee as usize;
            if tracee == leader.key() && !core::ptr::addr_of!((*relation).invalid).read_volatile() {
                return Some(match (*relation).tracer as usize {
                    0 => Tracer::Any,
                    task => Tracer::Task(task),
                });
            }
            node = core::ptr::addr_of!((*node).next).read_volatile();
        }
    }
    None
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
