// SPDX-License-Identifier: GPL-2.0-only

//! Paths as text.

use kernel::{
    prelude::*,
    str::{
        CStr,
        CStrExt, //
    },
};

use crate::sys::bindings;

/// Room for the longest path, PATH_MAX bytes.
pub(crate) struct PathBuffer(KBox<[u8; 4096]>);

impl PathBuffer {
    /// Allocates it.
    pub(crate) fn new() -> Result<Self> {
        // Never on the stack, as an array that is moved into its place may be.
        Ok(PathBuffer(KBox::zeroed(GFP_KERNEL_ACCOUNT)?))
    }

    /// Where it begins.
    pub(in crate::sys) fn as_mut_ptr(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }

    /// # Safety
    ///
    /// The path is valid.
    pub(in crate::sys) unsafe fn print(&mut self, path: *const bindings::path) -> Result<&CStr> {
        // SAFETY: The buffer is as long as is said; the result points into it or is an error.
        let text = kernel::error::from_err_ptr(unsafe {
            bindings::d_path(path, self.0.as_mut_ptr().cast(), 4096)
        })?;
        // SAFETY: `d_path()` ends the text with a NUL, inside the buffer.
        Ok(unsafe { CStr::from_char_ptr(text) })
    }
}

/// Whether a name leads the caller to what a path stands for.
///
/// # Errors
///
/// `ENOMEM` when there was none to find out.
///
/// # Safety
///
/// The path is valid.
pub(in crate::sys) unsafe fn leads_to(name: &CStr, path: *const bindings::path) -> Result<bool> {
    // SAFETY: The name ends with a NUL; the path is valid.
    let leads = unsafe { bindings::ckpt_leads_to(name.as_char_ptr(), path) };
    if leads < 0 {
        return Err(Error::from_errno(leads));
    }
    Ok(leads != 0)
}
