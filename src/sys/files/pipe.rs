// SPDX-License-Identifier: GPL-2.0-only

//! Pipes and FIFOs: what is in them, how much fits in, making them.

use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::sys::{
    bindings,
    file::File,
    page, //
};

/// Ends, room and contents of a pipe in numbers.
pub(crate) type State = bindings::ckpt_pipe;

/// The pipe that a file is an end of; `None` for any other file.
pub(crate) fn state(file: &File) -> Option<State> {
    let mut state = State::default();
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_pipe_state(file.as_ptr(), &mut state) }.then_some(state)
}

/// An address that stands for the pipe as long as one of its ends is held; 0 for any other file.
pub(crate) fn key(file: &File) -> usize {
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_pipe_key(file.as_ptr()) as usize }
}

/// Whether a file has something of CKPT_PIPE_*.
fn has(file: &File, trait_: u32) -> bool {
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_pipe_traits(file.as_ptr()) & trait_ != 0 }
}

/// Whether a file is a FIFO.
pub(crate) fn is_named(file: &File) -> bool {
    has(file, bindings::CKPT_PIPE_NAMED)
}

/// Whether a file is an end of a pipe for notifications.
pub(crate) fn notifies(file: &File) -> bool {
    has(file, bindings::CKPT_PIPE_NOTIFIES)
}

/// Whether a file is an end that was opened for reading and has had no writer since.
pub(crate) fn is_quiet(file: &File) -> bool {
    has(file, bindings::CKPT_PIPE_QUIET)
}

/// Makes an end one that has had no writer since it was opened.
///
/// # Errors
///
/// `EINTR` for a caller that has been killed.
pub(crate) fn quieten(file: &File) -> Result {
    // SAFETY: The file is valid.
    to_result(unsafe { bindings::ckpt_pipe_quieten(file.as_ptr()) })
}

/// Makes what is written next to a pipe stand apart from what was written before.
///
/// # Errors
///
/// `EINTR` for a caller that has been killed.
pub(crate) fn end_slot(file: &File) -> Result {
    // SAFETY: The file is valid.
    to_result(unsafe { bindings::ckpt_pipe_end_slot(file.as_ptr()) })
}

/// Copies what is in the `nth` slot from the one that is read first: how many bytes, and whether they
/// are a packet. `file` is an end of a pipe.
///
/// # Errors
///
/// What read(2) gives for bytes that cannot be had.
pub(crate) fn peek(
    file: &File,
    nth: u32,
    page: &mut [u8; page::SIZE as usize],
) -> Result<(usize, bool)> {
    let mut packet = false;
    // SAFETY: The file is an end of a pipe; there is room for a page.
    let len = unsafe {
        bindings::ckpt_pipe_peek(file.as_ptr(), nth, page.as_mut_ptr().cast(), &mut packet)
    };
    match usize::try_from(len) {
        Ok(len) => Ok((len, packet)),
        Err(_) => Err(Error::from_errno(len)),
    }
}

/// Makes a pipe: the end to read from and the one to write to.
pub(crate) fn create() -> Result<(File, File)> {
    let mut ends = [core::ptr::null_mut(); 2];
    // SAFETY: There is room for two files, which are ours on success.
    to_result(unsafe { bindings::ckpt_sym_create_pipe_files(ends.as_mut_ptr(), 0) })?;
    let [reader, writer] = ends;
    // SAFETY: As above.
    let ends = unsafe { (File::from_raw(reader), File::from_raw(writer)) };
    Ok((ends.0.ok_or(ENOMEM)?, ends.1.ok_or(ENOMEM)?))
}

/// Sets how many bytes fit into a pipe, as fcntl(2) F_SETPIPE_SZ does.
///
/// # Errors
///
/// `EPERM` for more than the caller may have.
pub(crate) fn resize(file: &File, bytes: u32) -> Result {
    const F_SETPIPE_SZ: u32 = 1031;
    // SAFETY: The file is an end of a pipe.
    let size = unsafe { bindings::ckpt_sym_pipe_fcntl(file.as_ptr(), F_SETPIPE_SZ, bytes) };
    to_result(size.min(0) as i32)
}
