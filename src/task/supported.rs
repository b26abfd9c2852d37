// SPDX-License-Identifier: GPL-2.0-only

//! What a task must not have when it is saved. `Documentation/refusals.md` is the list for users.

use kernel::prelude::*;

use crate::{
    arch,
    log::{
        refuse,
        Log,
        Reason, //
    },
    sys::{
        errno,
        mm::Mm,
        sched,
        task::Task, //
    },
};

/// SCHED_DEADLINE and SCHED_EXT: bandwidth and programs that belong to the system, not the task.
const DEADLINE: u32 = 6;
const EXT: u32 = 7;

/// Refuses a task that has something which no image can hold.
///
/// # Errors
///
/// `EOPNOTSUPP`, `ESRCH` for a task without memory.
pub(crate) fn check(task: &Task, log: &Log) -> Result {
    let unsupported = task.unsupported(|what| log.obstacle(refused(task, log, what)));
    unsupported.inspect_err(|error| {
        if !log.has_failure() {
            refuse!(log, *error, Some(task), "the task does not stand still");
        }
    })?;
    if let Some(namespace) = task.foreign_namespace() {
        log.obstacle(refuse!(
            log,
            errno::eopnotsupp() => Reason::Namespace,
            Some(task),
            "the task is in another {} namespace than the caller",
            namespace
        ))?;
    }
    match sched::params(task).policy {
        DEADLINE => log.obstacle(refused(task, log, "deadline scheduling (SCHED_DEADLINE)"))?,
        EXT => log.obstacle(refused(
            task,
            log,
            "scheduling by a BPF program (SCHED_EXT)",
        ))?,
        _ => {}
    }
    log.go_on(check_memory(task, log)).map(drop)
}

fn check_memory(task: &Task, log: &Log) -> Result {
    let mm = Mm::of(task).ok_or_else(|| {
        refuse!(
            log,
            ESRCH => Reason::Ran,
            Some(task),
            "the task has no memory any more: it is exiting"
        )
    })?;
    if mm.has_aio() {
        return Err(refused(task, log, "asynchronous I/O context (io_setup)"));
    }
    match arch::mm::unsupported(&mm) {
        Some(what) => Err(refused(task, log, what)),
        None => Ok(()),
    }
}

/// Refuses to restore onto a task that has something which the restored program would get although the
/// image does not tell of it: what [`Task::left_over`] has found when it came.
///
/// # Errors
///
/// `EOPNOTSUPP`.
pub(crate) fn check_arrival(task: &Task, left_over: Option<&str>, log: &Log) -> Result {
    left_over.map_or(Ok(()), |what| {
        Err(refuse!(
            log,
            errno::eopnotsupp(),
            Some(task),
            "nothing can be restored onto a task that has this: {}",
            what
        ))
    })
}

/// Refuses a coordinator, or a task to restore onto, that seccomp confines: what an image says would be done
/// without its filter being asked.
///
/// # Errors
///
/// `EPERM`.
pub(crate) fn check_unconfined(task: &Task, log: &Log) -> Result {
    if !task.has_seccomp() {
        return Ok(());
    }
    Err(refuse!(
        log,
        EPERM,
        Some(task),
        "seccomp confines the caller: a restart would pass by its filter"
    ))
}

fn refused(task: &Task, log: &Log, what: &str) -> Error {
    refuse!(
        log,
        errno::eopnotsupp(),
        Some(task),
        "the task has something that is not supported: {}",
        what
    )
}
