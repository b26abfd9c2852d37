// SPDX-License-Identifier: GPL-2.0-only

//! Which tasks are told of an open file by signals (fs/fcntl.c).

use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::sys::{
    bindings,
    file::File,
    pid::Pid, //
};

/// An owner, as fcntl(2) sets it.
pub(crate) struct Owner {
    /// Its number; `None` when there is no owner, or it has died.
    pub(crate) pid: Option<Pid>,
    /// What the number stands for: a value of `enum pid_type`.
    kind: u32,
    /// Real user of the task that set it.
    pub(crate) uid: u32,
    /// Effective user of the task that set it.
    pub(crate) euid: u32,
    /// Signal; 0 for the usual one.
    pub(crate) signal: i32,
}

/// What the numbers of owners stand for, in the order of F_OWNER_TID, F_OWNER_PID and F_OWNER_PGRP.
const KINDS: [u32; 3] = [
    bindings::pid_type_PIDTYPE_PID,
    bindings::pid_type_PIDTYPE_TGID,
    bindings::pid_type_PIDTYPE_PGID,
];

impl Owner {
    /// An owner of the sort F_OWNER_* that `kind` tells; `None` for any other number.
    pub(crate) fn new(kind: u32, pid: Option<Pid>) -> Option<Self> {
        Some(Owner {
            pid,
            kind: *KINDS.get(kind as usize)?,
            uid: 0,
            euid: 0,
            signal: 0,
        })
    }

    /// The owner of a file; `None` when no task has ever asked for signals.
    pub(crate) fn of(file: &File) -> Option<Self> {
        let mut owner = bindings::ckpt_owner::default();
        // SAFETY: The file is valid; the pid is NULL or carries a reference.
        unsafe {
            bindings::ckpt_owner(file.as_ptr(), &mut owner).then(|| Owner {
                pid: Pid::from_owned(owner.pid),
                kind: owner.type_,
                uid: owner.uid,
                euid: owner.euid,
                signal: owner.signal,
            })
        }
    }

    /// The number of its kind, F_OWNER_*.
    pub(crate) fn kind(&self) -> Option<u32> {
        (0..)
            .zip(KINDS)
            .find(|(_, kind)| *kind == self.kind)
            .map(|(number, _)| number)
    }

    /// Makes it the owner of a file.
    ///
    /// # Errors
    ///
    /// `EINVAL` for a user that the caller's user namespace does not have, `ENOMEM`.
    pub(crate) fn set(&self, file: &File) -> Result {
        let owner = bindings::ckpt_owner {
            pid: self.pid.as_ref().map_or(core::ptr::null_mut(), Pid::as_ptr),
            type_: self.kind,
            uid: self.uid,
            euid: self.euid,
            signal: self.signal,
        };
        // SAFETY: The file is valid; the function takes its own reference to the pid.
        to_result(unsafe { bindings::ckpt_set_owner(file.as_ptr(), &owner) })
    }
}

/// Whether files of its sort report by signals at all.
pub(crate) fn can_report(file: &File) -> bool {
    // SAFETY: The operations of an open file do not change.
    unsafe { bindings::ckpt_reports(file.as_ptr()) }
}

/// The number of the descriptor that a file reports itself under; `None` when it does not report.
///
/// # Errors
///
/// `EOPNOTSUPP` when that is not known of files of this sort.
pub(crate) fn reported_as(file: &File) -> Result<Option<i32>> {
    if !can_report(file) {
        return Ok(None);
    }
    // SAFETY: The file is valid.
    match unsafe { bindings::ckpt_reported_as(file.as_ptr()) } {
        -1 => Ok(None),
        fd if fd < 0 => Err(Error::from_errno(fd)),
        fd => Ok(Some(fd)),
    }
}

/// Makes a file report by signals, as descriptor `fd`.
///
/// # Errors
///
/// Those of fcntl(2).
pub(crate) fn report(file: &File, fd: i32) -> Result {
    // SAFETY: The file is valid.
    to_result(unsafe { bindings::ckpt_report(file.as_ptr(), fd) })
}
