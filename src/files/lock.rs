// SPDX-License-Identifier: GPL-2.0-only

//! FILE_LOCK: locks that a process holds on its files.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::{
    limits,
    record::{
        lock_kind,
        FileLock, //
    },
    Problem, //
};

use super::{
    flags::O_PATH,
    opened::Opened, //
};
use crate::{
    restoring::{
        self,
        Outcome, //
    },
    sys::{
        file::{
            File,
            Lock, //
        },
        task::Task, //
    },
};

/// How `sys::file` names a lease that another process waits for.
const BROKEN: u32 = 5;
/// The same for a delegation, also of a directory.
const DELEGATION: u32 = 6;

/// The locks that the task holds through a file.
///
/// # Errors
///
/// `E2BIG`.
fn held(task: &Task, file: &File) -> Result<KVVec<Lock>> {
    // Hardly any file has one.
    let mut room = 0;
    loop {
        let (held, count) = file.locks(task, room)?;
        if count <= room {
            return Ok(held);
        }
        if count > limits::LOCKS as usize {
            return Err(E2BIG);
        }
        room = count;
    }
}

/// Why what is held on a file cannot be saved.
pub(crate) fn refusal(task: &Task, file: &File) -> Result<Option<&'static str>> {
    let held = held(task, file)?;
    let has = |kind| held.iter().any(|lock| lock.kind == kind);
    Ok(if has(BROKEN) {
        Some("a lease that another process waits for (F_SETLEASE)")
    } else if has(DELEGATION) {
        Some("a delegation (F_SETDELEG)")
    } else {
        None
    })
}

/// Adds the locks that the task holds through a file whose id is `objref`, unless it was `seen`
/// before.
pub(crate) fn collect(
    task: &Task,
    file: &File,
    objref: u32,
    seen: &mut RBTree<u32, ()>,
    locks: &mut KVVec<FileLock>,
) -> Result {
    let held = held(task, file)?;
    if held.is_empty() || seen.get(&objref).is_some() {
        return Ok(());
    }
    seen.try_create_and_insert(objref, (), GFP_KERNEL_ACCOUNT)?;
    for lock in held.iter() {
        let record = FileLock {
            file: objref,
            kind: lock.kind,
            exclusive: lock.exclusive,
            fd: lock.fd,
            start: lock.start,
            end: lock.end,
        };
        locks.push(record, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(())
}

/// Reads a lock and takes it for the caller. `installed` tells whether a file has a descriptor, and
/// whether that is the saved file itself: a lock that no task can release would be left behind.
pub(crate) fn restore(
    context: &mut restoring::Context<'_>,
    installed: impl FnOnce(u32) -> Option<bool>,
) -> Outcome {
    let saved: FileLock = context.reader.record()?;
    let is_lease = saved.kind == lock_kind::LEASE;
    if !(lock_kind::POSIX..=lock_kind::LEASE).contains(&saved.kind)
        || saved.exclusive > 1
        || saved.fd > if is_lease { i32::MAX as u32 } else { 0 }
        || saved.start < 0
        || saved.end < saved.start
    {
        return Err(context.malformed(Problem::Value("lock on a file out of range")));
    }
    let lock = Lock {
        kind: saved.kind,
        exclusive: saved.exclusive,
        fd: saved.fd,
        start: saved.start,
        end: saved.end,
    };
    match installed(saved.file) {
        Some(true) => {}
        Some(false) => {
            context.say(fmt!(
                "a lock was left out: its file was replaced by another descriptor"
            ));
            return Ok(());
        }
        None => return Err(context.malformed(Problem::Objref(saved.file))),
    }
    match context.get::<Opened>(saved.file)? {
        Opened::File(file, _) => {
            // flock(2) asks for either, leases for a file that is more than a place.
            let may = match (saved.kind, saved.exclusive) {
                (lock_kind::LEASE, _) => file.flags() & O_PATH == 0,
                (lock_kind::FLOCK, _) => file.is_readable() || file.is_writable(),
                (_, 0) => file.is_readable(),
                _ => file.is_writable(),
            };
            if !may {
                return Err(context.malformed(Problem::Value("lock that the file is not open for")));
            }
            let taken = file.lock(&lock);
            taken.map_err(|error| {
                context.fail(
                    error,
                    fmt!("a lock on a file that was held cannot be taken again"),
                )
            })
        }
        _ => Err(context.malformed(Problem::Objref(saved.file))),
    }
}
