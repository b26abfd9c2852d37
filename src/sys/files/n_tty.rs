// SPDX-License-Identifier: GPL-2.0-only

//! The line discipline of terminals (drivers/tty/n_tty.c): what it has received and no task has read, and
//! what it has to echo.
//!
//! Its positions are counters that only grow, and index a ring of [`ROOM`] bytes. Here they are counted
//! from the byte that is read, or echoed, next.

use kernel::{
    error::from_err_ptr,
    prelude::*, //
};

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    pty::{
        End,
        Pty, //
    },
};

/// Bytes in a ring (N_TTY_BUF_SIZE).
pub(crate) const ROOM: usize = 4096;

/// What is in a line discipline.
#[derive(Default)]
pub(crate) struct Contents {
    /// What has been received.
    pub(crate) bytes: KVVec<u8>,
    /// For each of these, 1 when a line ends with it and else 0.
    pub(crate) ends: KVVec<u8>,
    /// How many of these make up whole lines; -1 for a number that nothing looks at.
    pub(crate) lines: i32,
    /// How many of these may be read when nothing is read by lines.
    pub(crate) committed: u32,
    /// What has to be echoed.
    pub(crate) echoes: KVVec<u8>,
    /// How many bytes of this may be written.
    pub(crate) echoes_committed: u32,
    /// How many bytes of this the next output writes.
    pub(crate) echoes_marked: u32,
    /// Where the cursor is.
    pub(crate) column: u32,
    /// Where the line begins that is being typed.
    pub(crate) first_column: u32,
    /// Bytes that wait outside and have been searched for characters that stop the flow.
    pub(crate) looked_ahead: u32,
    /// The next character is taken as it is.
    pub(crate) literal_next: bool,
    /// Characters are being erased.
    pub(crate) erasing: bool,
    /// What was received before the mode was changed counts as a line.
    pub(crate) pushed: bool,
}

/// Works on what a line discipline holds, under its locks.
fn locked<T>(
    pty: &Pty<'_>,
    end: End,
    work: impl FnOnce(*mut btf::n_tty_data) -> Result<T>,
) -> Result<T> {
    let mut ldisc = core::ptr::null_mut();
    // SAFETY: The file is an end of a pseudo-terminal.
    let data = unsafe { bindings::ckpt_pty_lock(pty.as_ptr(), end.is_master(), &mut ldisc) };
    let data = from_err_ptr(data)?;
    if data.is_null() {
        return Err(EINVAL);
    }
    let result = work(data.cast());
    // SAFETY: It was locked above.
    unsafe { bindings::ckpt_pty_unlock(pty.as_ptr(), end.is_master(), ldisc) };
    result
}

/// Distance between two of the counters: how far `position` is ahead of `from`, at most `most`; 0 for
/// one that lags behind.
fn ahead(position: usize, from: usize, most: usize) -> usize {
    let distance = position.wrapping_sub(from);
    if distance > usize::MAX / 2 {
        0
    } else {
        distance.min(most)
    }
}

/// Copies so many bytes out of a ring, from a position on.
///
/// # Safety
///
/// `ring` is valid for [`ROOM`] bytes.
unsafe fn copy_ring(ring: *const u8, from: usize, len: usize) -> Result<KVVec<u8>> {
    let mut bytes = KVVec::with_capacity(len, GFP_KERNEL_ACCOUNT)?;
    for place in 0..len {
        let at = from.wrapping_add(place) % ROOM;
        // SAFETY: The caller's promise; the place is within the ring.
        bytes.push(unsafe { ring.add(at).read_volatile() }, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(bytes)
}

/// What is in the line discipline of an end.
///
/// # Errors
///
/// `EINVAL` when it is another one than N_TTY.
pub(crate) fn get(pty: &Pty<'_>, end: End) -> Result<Contents> {
    locked(pty, end, |data| {
        // SAFETY: The data of an N_TTY whose producers and consumers are locked out.
        unsafe {
            let tail = (*data).read_tail;
            let len = ahead((*data).read_head, tail, ROOM);
            let by_lines = btf::n_tty_data::icanon_raw(data) != 0;
            let lines = ahead((*data).canon_head, tail, len);
            let flags = core::ptr::addr_of!((*data).read_flags).cast::<u8>();
            let mut ends = KVVec::with_capacity(len, GFP_KERNEL_ACCOUNT)?;
            for place in 0..len {
                let at = tail.wrapping_add(place) % ROOM;
                let bit = flags.add(at / 8).read_volatile() >> (at % 8) & 1;
                ends.push(if place < lines { bit } else { 0 }, GFP_KERNEL_ACCOUNT)?;
            }
            let first_echo = (*data).echo_tail;
            let nr_echoes = ahead((*data).echo_head, first_echo, ROOM - 1);
            let is_known = by_lines || (*data).canon_head == (*data).read_head;
            Ok(Contents {
                bytes: copy_ring(core::ptr::addr_of!((*data).read_buf).cast(), tail, len)?,
                ends,
                lines: if is_known { lines as i32 } else { -1 },
                committed: ahead((*data).commit_head, tail, len) as u32,
                echoes: copy_ring(
                    core::ptr::addr_of!((*data).echo_buf).cast(),
                    first_echo,
                    nr_echoes,
                )?,
                echoes_committed: ahead((*data).echo_commit, first_echo, nr_echoes) as u32,
                echoes_marked: ahead((*data).echo_mark, first_echo, nr_echoes) as u32,
                column: (*data).column,
                first_column: (*data).canon_column,
                looked_ahead: (*data).lookahead_count.min(u32::MAX as usize) as u32,
                literal_next: btf::n_tty_data::lnext_raw(data) != 0,
                erasing: btf::n_tty_data::erasing_raw(data) != 0,
                pushed: btf::n_tty_data::push_raw(data) != 0,
            })
        }
    })
}

/// Puts it into the line discipline of an end that has received nothing. What is not consistent has
/// been refused before: no more than [`ROOM`] bytes and fewer echoes, nothing that is ahead of these,
/// ends of lines among the whole lines only.
pub(crate) fn set(pty: &Pty<'_>, end: End, contents: &Contents) -> Result {
    locked(pty, end, |data| {
        // One turn ahead, so that what lags behind does not get below zero.
        let tail = ROOM;
        // SAFETY: The data of an N_TTY whose producers and consumers are locked out; every place is
        // within its ring.
        unsafe {
            let ring = core::ptr::addr_of_mut!((*data).read_buf).cast::<u8>();
            let flags = core::ptr::addr_of_mut!((*data).read_flags).cast::<u8>();
            let bytes = contents.bytes.iter().zip(contents.ends.iter());
            for (at, (byte, ends)) in (0..ROOM).zip(bytes) {
                ring.add(at).write(*byte);
                let here = flags.add(at / 8);
                here.write(here.read() & !(1 << (at % 8)) | (ends & 1) << (at % 8));
            }
            let echoes = core::ptr::addr_of_mut!((*data).echo_buf).cast::<u8>();
            for (at, byte) in (0..ROOM).zip(contents.echoes.iter()) {
                echoes.add(at).write(*byte);
            }
            (*data).read_tail = tail;
            (*data).line_start = tail;
            (*data).read_head = tail + contents.bytes.len();
            (*data).canon_head = tail.wrapping_add_signed(contents.lines as isize);
            (*data).commit_head = tail + contents.committed as usize;
            (*data).echo_tail = 0;
            (*data).echo_head = contents.echoes.len();
            (*data).echo_commit = contents.echoes_committed as usize;
            (*data).echo_mark = contents.echoes_marked as usize;
            (*data).column = contents.column;
            (*data).canon_column = contents.first_column;
            (*data).lookahead_count = contents.looked_ahead as usize;
            btf::n_tty_data::set_lnext_raw(data, contents.literal_next.into());
            btf::n_tty_data::set_erasing_raw(data, contents.erasing.into());
            btf::n_tty_data::set_push_raw(data, contents.pushed.into());
        }
        Ok(())
    })
}
