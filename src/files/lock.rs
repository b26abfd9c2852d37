// SPDX-License-Identifier: GPL-2.0-only

//! FILE_LOCK: locks that a process holds on its files.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        lock_kind,
        FileLock, //
    },
    Problem, //
};

use crate::{
    objhash::Object,
    restart::{
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

/// How `sys::file` names a lease.
const LEASE: u32 = 4;

/// The locks that the task holds through a file.
///
/// # Errors
///
/// `E2BIG`.
fn held(task: &Task, file: &File) -> Result<KVVec<Lock>> {
    let mut room = 16;
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

/// Whether there is a lease on a file, which cannot be saved.
pub(crate) fn has_lease(task: &Task, file: &File) -> Result<bool> {
    Ok(held(task, file)?.iter().any(|lock| lock.kind == LEASE))
}

/// Adds the locks that the task holds through a file whose id is `objref`.
pub(crate) fn collect(
    task: &Task,
    file: &File,
    objref: u32,
    locks: &mut KVVec<FileLock>,
) -> Result {
    for lock in held(task, file)?.iter() {
        let record = FileLock {
            file: objref,
            kind: lock.kind,
            exclusive: lock.exclusive,
            reserved: 0,
            start: lock.start,
            end: lock.end,
        };
        locks.push(record, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(())
}

/// Reads a lock and takes it for the caller. `installed` tells whether a file has a descriptor, and
/// whether that is the saved file itself: a lock that nobody can close would be left behind.
pub(crate) fn restore(
    context: &mut restart::Context<'_>,
    installed: impl FnOnce(u32) -> Option<bool>,
) -> Outcome {
    let saved: FileLock = context.reader.record()?;
    if !(lock_kind::POSIX..=lock_kind::FLOCK).contains(&saved.kind)
        || saved.exclusive > 1
        || saved.start < 0
        || saved.end < saved.start
    {
        return Err(context.malformed(Problem::Value("lock on a file out of range")));
    }
    let lock = Lock {
        kind: saved.kind,
        exclusive: saved.exclusive,
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
    match context.file(saved.file)? {
        Object::File(file, _) => {
            // flock(2) asks for neither; fcntl(2) does.
            let may = match (saved.kind, saved.exclusive) {
                (lock_kind::FLOCK, _) => true,
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
