// SPDX-License-Identifier: GPL-2.0-only

//! Making the files and directories that no path leads to ([`super::contents`]).

use kernel::{
    prelude::*,
    str::CString, //
};

use ckpt_image::record::{
    self,
    contents_flag,
    contents_kind, //
};

use super::flags::{
    O_LARGEFILE,
    O_RDWR,
    O_TMPFILE, //
};
use crate::sys::{
    contents,
    errno,
    file::File, //
};

/// Makes what a CONTENTS record says, empty, and so that no other process can open it.
///
/// # Errors
///
/// Those of open(2), memfd_create(2), mkdir(2), unlink(2).
pub(super) fn make(saved: &record::Contents, name: &CStr) -> Result<File> {
    match saved.kind {
        contents_kind::DELETED => make_file(name, saved.flags & contents_flag::LINKABLE != 0),
        contents_kind::DIRECTORY => make_directory(name),
        contents_kind::MEMFD => {
            let never = saved.seals & contents::SEAL_EXEC != 0 && saved.mode & 0o111 == 0;
            contents::make_memfd(name, never)
        }
        _ => {
            let noreserve = saved.flags & contents_flag::NORESERVE != 0;
            contents::make_memory(saved.size as i64, noreserve)
        }
    }
}

/// Makes a directory whose name is gone, which is the one that it had, if that is free.
fn make_directory(path: &CStr) -> Result<File> {
    match contents::make_directory(path) {
        Err(error) if error == EEXIST => {}
        made => return made.and_then(|file| contents::unlink(&file).map(|()| file)),
    }
    let bytes = path.to_bytes();
    let slash = bytes.iter().rposition(|byte| *byte == b'/').ok_or(EINVAL)?;
    let parent = match bytes.get(..slash).ok_or(EINVAL)? {
        b"" => b"/",
        parent => parent,
    };
    let parent = core::str::from_utf8(parent).map_err(|_| EEXIST)?;
    with_name(
        &CString::try_from_fmt(fmt!("{}", parent))?,
        contents::make_directory,
    )
}

/// Makes a file without a name in a directory.
fn make_file(directory: &CStr, linkable: bool) -> Result<File> {
    const O_CREAT: u32 = 0o100;
    const O_EXCL: u32 = 0o200;
    let flags = if linkable {
        O_TMPFILE
    } else {
        O_TMPFILE | O_EXCL
    };
    match File::open(directory, flags | O_RDWR | O_LARGEFILE) {
        Err(error) if error == errno::eopnotsupp() => {}
        result => return result,
    }
    // A file system whose files have to have a name at first.
    with_name(directory, |name| {
        File::open(name, O_CREAT | O_EXCL | O_RDWR | O_LARGEFILE)
    })
}

/// Makes something in a directory that has to have a name at first, one that all file systems take, and
/// takes that away.
fn with_name(directory: &CStr, make: impl Fn(&CStr) -> Result<File>) -> Result<File> {
    const TRIES: u32 = 1000;
    for nth in 0..TRIES {
        let name = CString::try_from_fmt(fmt!("{}/ckpt{}", directory, nth))?;
        match make(&name) {
            Err(error) if error == EEXIST => {}
            Err(error) => return Err(error),
            Ok(file) => return contents::unlink(&file).map(|()| file),
        }
    }
    Err(EEXIST)
}
