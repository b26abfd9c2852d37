// SPDX-License-Identifier: GPL-2.0-only

//! The directory of an image: makes files without a name there, and gives them one.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::fd::{
        AsRawFd,
        OwnedFd, //
    },
    path::{
        Path,
        PathBuf, //
    },
};

use nix::{
    errno::Errno,
    fcntl::{
        openat,
        AtFlags,
        OFlag,
        AT_FDCWD, //
    },
    sys::stat::Mode,
    unistd::linkat,
};

use crate::failure::{
    Doing,
    Failure,
    Result, //
};

/// An image is for its owner only: it holds all that a process had in memory.
pub const MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// A directory, and what to call it.
#[derive(Debug)]
pub struct Directory {
    /// Open with O_PATH.
    pub fd: OwnedFd,
    /// As it was named.
    pub path: PathBuf,
}

/// Nothing can be written in a directory.
fn cannot_write_in(directory: &Path, error: &io::Error) -> Failure {
    Failure::os(format!("cannot write in {}", directory.display()), error)
}

/// A directory cannot be opened.
fn cannot_open(directory: &Path, error: &io::Error) -> Failure {
    let failure = cannot_write_in(directory, error);
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR) => {
            failure.advise("Make the directory first, or give another place.")
        }
        Some(libc::EACCES | libc::EPERM) => {
            failure.advise("Give a place where this user may write.")
        }
        _ => failure,
    }
}

/// No file can be made in a directory that is there.
pub fn cannot_make_in(directory: &Path, error: &io::Error) -> Failure {
    let failure = cannot_write_in(directory, error);
    match error.raw_os_error() {
        // What /proc and its like say.
        Some(libc::ENOENT | libc::EOPNOTSUPP | libc::EINVAL | libc::ENOSYS) => failure
            .advise("No files can be made there: give a place in a file system that stores them."),
        Some(libc::EACCES | libc::EPERM | libc::EROFS) => failure
            .advise("Give a place where this user may write, in a file system that stores files."),
        Some(libc::ENOSPC | libc::EDQUOT) => failure.advise("Make room, or give another place."),
        _ => failure,
    }
}

impl Directory {
    /// Opens one.
    pub fn open(path: &Path) -> Result<Directory> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let fd = openat(AT_FDCWD, path, flags, Mode::empty())
            .map_err(|error| cannot_open(path, &error.into()))?;
        Ok(Directory {
            fd,
            path: path.to_owned(),
        })
    }

    /// Makes a file that has no name.
    pub fn unnamed(&self) -> nix::Result<File> {
        let flags = OFlag::O_TMPFILE | OFlag::O_WRONLY | OFlag::O_CLOEXEC;
        openat(&self.fd, ".", flags, MODE).map(File::from)
    }

    /// Gives a file that has no name one in this directory, which nothing may have.
    pub fn link(&self, file: &File, name: &OsStr) -> nix::Result<()> {
        match linkat(file, "", &self.fd, name, AtFlags::AT_EMPTY_PATH) {
            // Older kernels let only root do that.
            Err(Errno::ENOENT) => {
                let path = format!("/proc/self/fd/{}", file.as_raw_fd());
                linkat(
                    AT_FDCWD,
                    path.as_str(),
                    &self.fd,
                    name,
                    AtFlags::AT_SYMLINK_FOLLOW,
                )
            }
            result => result,
        }
    }

    /// Has the names in it on the disk when this returns.
    pub fn sync(&self) -> Result<()> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        openat(&self.fd, ".", flags, Mode::empty())
            .map_err(io::Error::from)
            .and_then(|fd| File::from(fd).sync_all())
            .doing(|| format!("cannot sync {}", self.path.display()))
    }
}
