// SPDX-License-Identifier: GPL-2.0-only

//! Paths, the root and the working directory.

use kernel::{
    error::to_result,
    prelude::*,
    str::{
        CStr,
        CStrExt, //
    },
};

use crate::sys::{
    self,
    bindings,
    file::File,
    task::Task, //
};

use super::path::leads_to;
pub(crate) use super::path::PathBuffer;

/// A directory or file by its place in the mount tree, with a reference.
pub(crate) struct Path(bindings::path);

impl Path {
    /// Looks a directory up as the caller would.
    pub(crate) fn directory(name: &CStr) -> Result<Self> {
        let mut path = bindings::path::default();
        // SAFETY: The name ends with a NUL; on success the path carries references.
        to_result(unsafe { bindings::ckpt_lookup_dir(name.as_char_ptr(), &mut path) })?;
        Ok(Path(path))
    }

    /// Takes over references.
    ///
    /// # Safety
    ///
    /// The path is valid and given away.
    pub(in crate::sys) unsafe fn from_owned(path: bindings::path) -> Self {
        Path(path)
    }

    /// As the caller sees it.
    pub(crate) fn print<'a>(&self, buffer: &'a mut PathBuffer) -> Result<&'a CStr> {
        // SAFETY: The path is valid.
        unsafe { buffer.print(&self.0) }
    }

    /// Whether its name is gone.
    pub(crate) fn is_unlinked(&self) -> bool {
        // SAFETY: The path is valid.
        unsafe { bindings::ckpt_path_unlinked(&self.0) }
    }

    /// Whether it lies below the caller's root directory.
    pub(crate) fn is_reachable(&self) -> bool {
        // SAFETY: The path is valid.
        unsafe { bindings::ckpt_path_reachable(&self.0) }
    }

    /// Checks that the caller may enter this directory, or make something in it when `making` is set, as
    /// far as that can be told without waiting for its file system.
    ///
    /// # Errors
    ///
    /// `EACCES`, `EPERM`, `EROFS`.
    pub(crate) fn allows(&self, making: bool) -> Result {
        // SAFETY: The path is valid.
        to_result(unsafe { bindings::ckpt_dir_allows(&self.0, making) })
    }

    /// Whether a name leads the caller to it.
    ///
    /// # Errors
    ///
    /// `ENOMEM` when there was none to find out.
    pub(crate) fn is_at(&self, name: &CStr) -> Result<bool> {
        // SAFETY: The path is valid.
        unsafe { leads_to(name, &self.0) }
    }

    /// The directory that a file is in, or was in before it was deleted.
    pub(crate) fn parent_of(file: &File) -> Self {
        let mut path = bindings::path::default();
        // SAFETY: The file is valid; the path is given references.
        unsafe { bindings::ckpt_parent(file.as_ptr(), &mut path) };
        Path(path)
    }

    /// What a file is open on.
    pub(crate) fn of(file: &File) -> Self {
        // SAFETY: The path of the open file belongs to it; the copy is given a reference.
        unsafe {
            let path = *bindings::ckpt_file_path(file.as_ptr());
            bindings::path_get(&path);
            Path(path)
        }
    }

    /// Opens it, for nothing but to be looked at.
    pub(crate) fn open(&self) -> Result<File> {
        // SAFETY: The path is valid; the result is an error or carries a reference.
        let raw = unsafe { bindings::ckpt_open_place(&self.0) };
        let raw = kernel::error::from_err_ptr(raw)?;
        // SAFETY: The reference is ours.
        unsafe { File::from_raw(raw) }.ok_or(ENOENT)
    }

    /// Whether it is the caller's root directory.
    pub(crate) fn is_root(&self) -> bool {
        // SAFETY: The path is valid.
        unsafe { bindings::ckpt_same_root(&self.0) }
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        // SAFETY: Gives back the references that this value owns.
        unsafe { bindings::path_put(&self.0) };
    }
}

/// Root directory, working directory and umask of a task; nothing when it was killed meanwhile.
pub(crate) fn of(task: &Task) -> Option<(Path, Path, u32)> {
    let mut root = bindings::path::default();
    let mut pwd = bindings::path::default();
    let mut umask = 0;
    // SAFETY: The task is valid; both paths carry references when there is something.
    unsafe { bindings::ckpt_fs_paths(task.raw(), &mut root, &mut pwd, &mut umask) }
        .then(|| (Path(root), Path(pwd), umask as u32))
}

/// Sets the caller's root (when it differs), working directory and umask.
///
/// # Errors
///
/// Those of chroot(2) when the root differs.
pub(crate) fn set(root: &Path, pwd: &Path, umask: u32) -> Result {
    let other_root = !root.is_root();
    if other_root && !sys::is_capable(bindings::CAP_SYS_CHROOT) {
        return Err(EPERM);
    }
    let root = if other_root {
        &root.0
    } else {
        core::ptr::null()
    };
    // SAFETY: The paths are valid; the functions take their own references.
    to_result(unsafe { bindings::ckpt_set_fs(root, &pwd.0, umask as i32) })
}
