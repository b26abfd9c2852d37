// SPDX-License-Identifier: GPL-2.0-only

//! A file as the image has it, and functions with which kinds make it again.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        self,
        file_kind,
        file_mark,
        FileNode, //
    },
    Problem, //
};

use super::{
    flags::{
        O_DIRECT,
        O_NOCTTY,
        O_NONBLOCK,
        O_PATH,
        SETTABLE, //
    },
    opened::{
        Contents,
        Opened, //
    },
    stat::{
        S_IFIFO,
        S_IFMT, //
    },
};
use crate::{
    restoring::{
        self,
        Fault,
        Outcome, //
    },
    sys::{
        errno,
        file::File, //
    },
};

/// A file as the image has it.
#[derive(Clone, Copy)]
pub(crate) struct Saved {
    /// The open file.
    pub(crate) head: record::File,
    /// What it is open on; nothing when the image does not tell.
    pub(crate) node: FileNode,
    /// The id of the credentials that it was opened with; 0 for those of the task.
    pub(crate) opener: u32,
}

/// Room for a path of an image.
pub(crate) struct PathText(KBox<[u8; limits::STRING as usize + 1]>);

impl PathText {
    /// Allocates it.
    pub(crate) fn new() -> Result<Self> {
        Ok(PathText(KBox::zeroed(GFP_KERNEL_ACCOUNT)?))
    }

    /// Reads a STRING.
    pub(crate) fn read(&mut self, context: &mut restoring::Context<'_>) -> Outcome<&CStr> {
        let (room, _) = self.0.split_at_mut(limits::STRING as usize);
        let len = context.reader.string(room)?.len();
        // There may have been a longer one before.
        if let Some(end) = self.0.get_mut(len) {
            *end = 0;
        }
        CStr::from_bytes_until_nul(&*self.0)
            .map_err(|_| context.malformed(Problem::Value("path without an end")))
    }
}

/// Checks that a path of the image does not depend on where the caller is.
pub(crate) fn check_absolute(context: &restoring::Context<'_>, path: &CStr) -> Outcome {
    match path.to_bytes() {
        [b'/', ..] => Ok(()),
        _ => Err(context.malformed(Problem::Value("path that is not absolute"))),
    }
}

/// A file that cannot be had, and why.
pub(crate) fn missing(path: &CStr, error: Error) -> Outcome<Opened> {
    let mut name = KVVec::new();
    name.extend_from_slice(path.to_bytes(), GFP_KERNEL_ACCOUNT)?;
    Ok(Opened::Missing(name, error))
}

/// What a file without a path has become: it is given the flags that do not come by making it.
pub(crate) fn made(context: &restoring::Context<'_>, file: File, saved: &Saved) -> Outcome<Opened> {
    set_flags(context, &file, SETTABLE, saved)?;
    Ok(Opened::File(file, contents(saved)))
}

/// Sets those flags in `mask` that a file was saved with.
pub(crate) fn set_flags(
    context: &restoring::Context<'_>,
    file: &File,
    mask: u32,
    saved: &Saved,
) -> Outcome {
    let flags = saved.head.flags;
    file.set_flags(mask, flags)
        .map_err(|error| context.fail(error, fmt!("a file cannot have the flags {:#o}", flags)))
}

/// Opens a file again by its path, with the caller's rights, and checks that it is of `file_type`
/// (S_IFREG …).
///
/// # Errors
///
/// [`Fault::Unopened`] with those of open(2); `ESTALE` when the file is of another type.
pub(crate) fn reopen(
    context: &restoring::Context<'_>,
    saved: &Saved,
    path: &CStr,
    file_type: u32,
) -> Outcome<File> {
    if saved.node.mode & S_IFMT != file_type {
        return Err(context.malformed(Problem::Value("kind and mode of a file disagree")));
    }
    check_absolute(context, path)?;
    let flags = match file_type {
        // Packets: that can be set, and not be asked for.
        S_IFIFO => saved.head.flags & !O_DIRECT,
        _ => saved.head.flags,
    };
    // A FIFO that has taken the file's place must not make the restart wait for its other end.
    let file = File::open(path, flags | O_NONBLOCK | O_NOCTTY).map_err(Fault::Unopened)?;
    if file.stat().mode & S_IFMT != file_type {
        return Err(context.fail(
            errno::estale(),
            fmt!("{} is of another type than it was", path),
        ));
    }
    set_flags(
        context,
        &file,
        O_NONBLOCK | saved.head.flags & O_DIRECT,
        saved,
    )?;
    Ok(file)
}

/// Moves the position of a file to where it was.
pub(crate) fn seek(
    context: &restoring::Context<'_>,
    file: &File,
    saved: &Saved,
    path: &CStr,
) -> Outcome {
    if saved.node.position == 0 || saved.head.flags & O_PATH != 0 {
        return Ok(());
    }
    file.seek(saved.node.position).map_err(|error| {
        context.fail(
            error,
            fmt!("{} has no position {}", path, saved.node.position),
        )
    })
}

/// What the record says of a file's contents.
pub(crate) fn contents(saved: &Saved) -> Contents {
    Contents {
        compared: saved.head.kind == file_kind::REGULAR && saved.head.marks & file_mark::IMAGE == 0,
        size: saved.node.size,
        mtime: (saved.node.mtime, saved.node.mtime_nsec),
    }
}
