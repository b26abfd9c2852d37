// SPDX-License-Identifier: GPL-2.0-only

//! System calls that hand out a file, or take it, by a number.
//!
//! A number in the caller's own table means what the table says at that moment, and processes that
//! have nothing to do with a restart may share the table. So such calls run with a table that no other
//! process can put a file into, and their results are checked.

use core::ptr::NonNull;

use kernel::{
    ffi::c_long,
    prelude::*, //
};

use crate::sys::{
    bindings,
    file::File, //
};

/// The caller has an empty descriptor table of its own as long as this is there.
struct Scratch(NonNull<bindings::ckpt_scratch>);

impl Scratch {
    /// # Errors
    ///
    /// `ENOMEM`.
    fn enter() -> Result<Self> {
        // SAFETY: Changes the caller only, which gets its own table back when this is dropped.
        let raw = unsafe { bindings::ckpt_enter_scratch() };
        NonNull::new(raw).map(Scratch).ok_or(ENOMEM)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: It was entered by the caller, and is left once.
        unsafe { bindings::ckpt_leave_scratch(self.0.as_ptr()) };
    }
}

/// The number that a system call has given, or its error.
fn number(result: c_long) -> Result<i32> {
    let fd = i32::try_from(result).map_err(|_| EINVAL)?;
    kernel::error::to_result(fd.min(0))?;
    Ok(fd)
}

/// Makes a file by a system call that gives a descriptor. `is_one` tells whether it is what was to be
/// made; `set_up` gets it with its number, which means it as long as that lasts.
///
/// # Errors
///
/// Those of the system call and of `set_up`; `EIO` when something else was made; `EMFILE` when the
/// caller may have no descriptor at all.
pub(in crate::sys) fn make(
    call: impl FnOnce() -> c_long,
    is_one: impl FnOnce(&File) -> bool,
    set_up: impl FnOnce(&File, i32) -> Result,
) -> Result<File> {
    let _scratch = Scratch::enter()?;
    let fd = number(call())?;
    let file = File::get_raw(fd)?;
    if !is_one(&file) {
        return Err(EIO);
    }
    set_up(&file, fd)?;
    Ok(file)
}

/// Lets a system call have a file as a descriptor.
///
/// # Errors
///
/// Those of `call`, `ENOMEM`, and `EMFILE` as above.
pub(in crate::sys) fn with_number<T>(
    file: &File,
    call: impl FnOnce(i32) -> Result<T>,
) -> Result<T> {
    let _scratch = Scratch::enter()?;
    // SAFETY: The file is valid; the number takes a reference of its own.
    let fd = number(unsafe { bindings::ckpt_number_file(file.as_ptr()) })?;
    call(fd)
}
