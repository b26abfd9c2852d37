// SPDX-License-Identifier: GPL-2.0-only

//! Files of /proc: which task they are of (fs/proc).

use core::mem::offset_of;

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    file::File,
    fs::Path,
    pid::Pid, //
};

/// From an inode of /proc to the number that it stands for.
const PID: isize =
    offset_of!(btf::proc_inode, pid) as isize - offset_of!(btf::proc_inode, vfs_inode) as isize;

/// The process that a file of /proc belongs to, and the thread when it is below the task directory of the
/// process.
///
/// The caller has seen that the file is of /proc.
pub(crate) fn owner(file: &File) -> (Option<Pid>, Option<Pid>) {
    let (mut process, mut thread) = (core::ptr::null_mut(), core::ptr::null_mut());
    if file.stat().fs_magic != PROC {
        return (None, None);
    }
    // SAFETY: Inodes of this file system have that layout; the results are NULL or carry references.
    unsafe {
        bindings::ckpt_proc_owner(file.as_ptr(), PID, &mut process, &mut thread);
        (Pid::from_owned(process), Pid::from_owned(thread))
    }
}

/// Magic number of /proc (include/uapi/linux/magic.h).
pub(crate) const PROC: u64 = 0x9fa0;

/// Where the file system of a file is mounted; `None` when that shows a part of it only.
pub(crate) fn mount_root(file: &File) -> Option<Path> {
    // SAFETY: The file is valid; the path carries references.
    unsafe {
        if !bindings::ckpt_mounted_whole(file.as_ptr()) {
            return None;
        }
        let mut path = bindings::path::default();
        bindings::ckpt_mount_root(file.as_ptr(), &mut path);
        Some(Path::from_owned(path))
    }
}

/// The number that a process or thread has in the /proc that a file is of; 0 when it has none.
pub(crate) fn number(file: &File, pid: &Pid) -> i32 {
    // SAFETY: Both are valid.
    unsafe { bindings::ckpt_number_in_proc(file.as_ptr(), pid.as_ptr()) }
}
