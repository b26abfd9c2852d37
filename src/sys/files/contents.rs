// SPDX-License-Identifier: GPL-2.0-only

//! Files that no path leads to: what they are, the pages they store, and how they are made again.

use core::ops::Range;

use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
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
    fs::PathBuffer,
    page::Pages,
    scratch, //
};

/// F_SEAL_SEAL: no seal can be added.
pub(crate) const SEAL_SEAL: u32 = 1;
/// F_SEAL_FUTURE_WRITE: mappings that can be written stay, and no more can be made.
pub(crate) const SEAL_FUTURE_WRITE: u32 = 0x10;
/// F_SEAL_EXEC: the permission to execute it does not change.
pub(crate) const SEAL_EXEC: u32 = 0x20;
/// All seals that there are (include/uapi/linux/fcntl.h).
pub(crate) const SEALS: u32 = 0x3f;

const MFD_ALLOW_SEALING: u32 = 2;
const MFD_NOEXEC_SEAL: u32 = 8;
const MFD_EXEC: u32 = 0x10;

/// Which of them a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A deleted file, or one that never had a name.
    Deleted,
    /// A memfd.
    Memfd,
    /// Shared anonymous memory.
    Memory,
    /// A deleted directory.
    Directory,
}

/// What a checkpoint has to know of such a file, besides what `stat()` tells.
pub(crate) struct State {
    /// What it is.
    pub(crate) kind: Kind,
    /// Owner and group, as the caller's user namespace has them.
    pub(crate) owner: [u32; 2],
    /// F_SEAL_*.
    pub(crate) seals: u32,
    /// linkat(2) may give it a name.
    pub(crate) linkable: bool,
    /// Memory that is not counted before it is used.
    pub(crate) noreserve: bool,
}

/// What a file is; `None` for one that a path should lead to.
pub(crate) fn of(file: &File) -> Option<State> {
    let mut raw = bindings::ckpt_contents::default();
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_contents(file.as_ptr(), &mut raw) };
    let kind = match raw.kind {
        bindings::ckpt_contents_kind_CKPT_CONTENTS_DELETED => Kind::Deleted,
        bindings::ckpt_contents_kind_CKPT_CONTENTS_MEMFD => Kind::Memfd,
        bindings::ckpt_contents_kind_CKPT_CONTENTS_MEMORY => Kind::Memory,
        bindings::ckpt_contents_kind_CKPT_CONTENTS_DIRECTORY => Kind::Directory,
        _ => return None,
    };
    Some(State {
        kind,
        owner: [raw.uid, raw.gid],
        seals: raw.seals,
        linkable: raw.linkable,
        noreserve: raw.noreserve,
    })
}

/// An address that stands for what a file stores as long as the file is held, whatever it was opened
/// by.
pub(crate) fn key(file: &File) -> usize {
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_storage_key(file.as_ptr()) as usize }
}

/// The name that memfd_create(2) was given.
pub(crate) fn memfd_name(file: &File) -> &CStr {
    // SAFETY: The file is a memfd, whose name does not change and is there as long as the file.
    unsafe { CStr::from_char_ptr(bindings::ckpt_memfd_name(file.as_ptr())) }
}

/// The name that a file has in its directory, or had before it was deleted.
pub(crate) fn last_name<'a>(file: &File, buffer: &'a mut PathBuffer) -> &'a CStr {
    // SAFETY: The buffer has room for more than the longest name, whose end is a NUL.
    unsafe {
        bindings::ckpt_last_name(file.as_ptr(), buffer.as_mut_ptr().cast());
        CStr::from_char_ptr(buffer.as_mut_ptr().cast())
    }
}

/// Whether what it stores can be had page by page.
pub(crate) fn is_stored(file: &File) -> bool {
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_is_stored(file.as_ptr()) }
}

/// Whether it is open for reading, or the caller could open it so.
pub(crate) fn is_readable(file: &File) -> bool {
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_may_read(file.as_ptr()) }
}

/// Whether it is shared memory that the caller may have mapped only: no system call gives an open file of
/// it, and `/proc/PID/map_files` only to those with CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN.
pub(crate) fn is_for_mappings(file: &File) -> bool {
    of(file).is_some_and(|state| state.kind == Kind::Memory)
        && !sys::is_capable(bindings::CAP_CHECKPOINT_RESTORE)
        && !sys::is_capable(bindings::CAP_SYS_ADMIN)
}

/// How many open files there are for what it is open on; `None` when that cannot be told.
pub(crate) fn openings(file: &File) -> Option<u32> {
    // SAFETY: The file is valid.
    match unsafe { bindings::ckpt_openings(file.as_ptr()) } {
        0 => None,
        count => Some(count),
    }
}

/// The next stretch of bytes at or behind `from` that are stored; `None` when only a hole follows. It
/// moves the position of the file.
///
/// # Errors
///
/// Those of lseek(2).
pub(crate) fn data_after(file: &File, from: i64) -> Result<Option<Range<u64>>> {
    const SEEK_DATA: i32 = 3;
    const SEEK_HOLE: i32 = 4;
    // SAFETY: The file is valid.
    let seek = |from, whence| unsafe { bindings::vfs_llseek(file.as_ptr(), from, whence) };
    let start = seek(from, SEEK_DATA);
    if start == -i64::from(bindings::ENXIO) {
        return Ok(None);
    }
    let end = if start < 0 {
        start
    } else {
        seek(start, SEEK_HOLE)
    };
    match (u64::try_from(start), u64::try_from(end)) {
        (Ok(start), Ok(end)) => Ok(Some(start..end)),
        _ => Err(Error::from_errno(end as i32)),
    }
}

/// Takes references to pages that a file stores, from page `index` on, as many as `pages` has room for and
/// no more than `count`, and brings them into memory if need be. The file is one for which [`is_stored`].
///
/// # Errors
///
/// Those of reading from the file's device; `EHWPOISON` when the hardware lost it.
pub(crate) fn get_pages(file: &File, index: u64, count: usize, pages: &mut Pages) -> Result {
    let count = count.min(pages.room());
    // SAFETY: There is room for so many; the file is valid.
    let got =
        unsafe { bindings::ckpt_stored_pages(file.as_ptr(), index as usize, count, pages.slots()) };
    let got = usize::try_from(got).map_err(|_| Error::from_errno(got as i32))?;
    pages.took(got);
    Ok(())
}

/// Makes a memfd that can be sealed.
///
/// # Errors
///
/// Those of memfd_create(2).
pub(crate) fn make_memfd(name: &CStr, never_executable: bool) -> Result<File> {
    let flags = if never_executable {
        MFD_NOEXEC_SEAL
    } else {
        MFD_EXEC
    };
    scratch::make(
        // SAFETY: The name ends with a NUL.
        || unsafe { bindings::ckpt_make_memfd(name.as_char_ptr(), flags | MFD_ALLOW_SEALING) },
        |file| of(file).is_some_and(|state| state.kind == Kind::Memfd),
        |_, _| Ok(()),
    )
}

/// Makes shared anonymous memory.
///
/// # Errors
///
/// `ENOMEM` when so much is not allowed.
pub(crate) fn make_memory(size: i64, noreserve: bool) -> Result<File> {
    // SAFETY: The result is an error or carries a reference.
    let raw = from_err_ptr(unsafe { bindings::ckpt_make_memory(size, noreserve) })?;
    // SAFETY: The reference is ours.
    unsafe { File::from_raw(raw) }.ok_or(ENOMEM)
}

/// Makes a directory that only the caller may enter, and opens it.
///
/// # Errors
///
/// Those of mkdir(2) and open(2).
pub(crate) fn make_directory(name: &CStr) -> Result<File> {
    // SAFETY: The name ends with a NUL; the result is an error or carries a reference.
    let raw = from_err_ptr(unsafe { bindings::ckpt_make_directory(name.as_char_ptr()) })?;
    // SAFETY: The reference is ours.
    unsafe { File::from_raw(raw) }.ok_or(ENOENT)
}

/// Takes away the name of a file or directory that the caller has just made.
///
/// # Errors
///
/// Those of unlink(2) and rmdir(2).
pub(crate) fn unlink(file: &File) -> Result {
    // SAFETY: The file is valid.
    to_result(unsafe { bindings::ckpt_unlink(file.as_ptr()) })
}

/// Sets the size.
///
/// # Errors
///
/// Those of ftruncate(2).
pub(crate) fn set_size(file: &File, size: i64) -> Result {
    scratch::with_number(file, |fd| {
        // SAFETY: Plain numbers.
        to_result(unsafe { bindings::ckpt_set_size(fd, size) })
    })
}

/// Sets permissions and owner, as far as they are others. A mere place (O_PATH) will do.
///
/// # Errors
///
/// Those of chmod(2) and chown(2).
pub(crate) fn set_owner(file: &File, mode: u32, [uid, gid]: [u32; 2]) -> Result {
    file.set_permissions(mode)?;
    // SAFETY: The file is valid.
    to_result(unsafe { bindings::ckpt_set_owner_of(file.as_ptr(), uid, gid) })?;
    // Another owner takes some away.
    file.set_permissions(mode)
}

/// Sets permissions and time of the last change, and the owner if one is given.
///
/// # Errors
///
/// Those of chmod(2), utimensat(2) and chown(2).
pub(crate) fn set_attributes(
    file: &File,
    mode: u32,
    mtime: (i64, u32),
    owner: Option<&[u32; 2]>,
) -> Result {
    // SAFETY: The file is valid.
    to_result(unsafe { bindings::ckpt_set_mtime(file.as_ptr(), mtime.0, mtime.1) })?;
    match owner {
        Some(owner) => set_owner(file, mode, *owner),
        None => file.set_permissions(mode),
    }
}

/// Adds seals to a memfd that is open for writing.
///
/// # Errors
///
/// Those of fcntl(2) F_ADD_SEALS.
pub(crate) fn seal(file: &File, seals: u32) -> Result {
    const F_ADD_SEALS: u32 = 1033;
    // SAFETY: The file is valid.
    to_result(unsafe { bindings::ckpt_sym_memfd_fcntl(file.as_ptr(), F_ADD_SEALS, seals) } as i32)
}
