// SPDX-License-Identifier: GPL-2.0-only

//! Descriptor tables and directories that several processes share.

use core::ptr::NonNull;

use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::sys::bindings;

/// A descriptor table, with a reference.
pub(crate) struct Files(NonNull<bindings::files_struct>);

/// Root and working directory, with a reference.
pub(crate) struct Fs(NonNull<bindings::fs_struct>);

// SAFETY: References may be held and dropped on any thread.
unsafe impl Send for Files {}
// SAFETY: Nothing changes through a shared reference.
unsafe impl Sync for Files {}
// SAFETY: References may be held and dropped on any thread.
unsafe impl Send for Fs {}
// SAFETY: Nothing changes through a shared reference.
unsafe impl Sync for Fs {}

impl Files {
    /// The descriptor table of the caller.
    pub(crate) fn of_caller() -> Result<Self> {
        // SAFETY: The caller has one; the result carries a reference.
        NonNull::new(unsafe { bindings::ckpt_hold_files() })
            .map(Files)
            .ok_or(EINVAL)
    }

    /// Makes it that of the caller.
    pub(crate) fn adopt(&self) {
        // SAFETY: The table is held; the caller gets a reference of its own.
        unsafe { bindings::ckpt_share_files(self.0.as_ptr()) };
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // SAFETY: Gives back the reference that this value owns. May sleep.
        unsafe { bindings::ckpt_drop_files(self.0.as_ptr()) };
    }
}

impl Fs {
    /// The directories of the caller.
    pub(crate) fn of_caller() -> Result<Self> {
        // SAFETY: The caller has one; the result carries a reference.
        NonNull::new(unsafe { bindings::ckpt_hold_fs() })
            .map(Fs)
            .ok_or(EINVAL)
    }

    /// Makes it that of the caller.
    pub(crate) fn adopt(&self) {
        // SAFETY: It is held; the caller gets a reference of its own.
        unsafe { bindings::ckpt_share_fs(self.0.as_ptr()) };
    }
}

impl Drop for Fs {
    fn drop(&mut self) {
        // SAFETY: Gives back the reference that this value owns. May sleep.
        unsafe { bindings::ckpt_drop_fs(self.0.as_ptr()) };
    }
}

/// Gives the caller a descriptor table of its own, if it shares one.
pub(crate) fn unshare_files() -> Result {
    // SAFETY: Changes the caller only.
    to_result(unsafe { bindings::ckpt_unshare(true, false) })
}

/// The same for root and working directory.
pub(crate) fn unshare_fs() -> Result {
    // SAFETY: Changes the caller only.
    to_result(unsafe { bindings::ckpt_unshare(false, true) })
}
