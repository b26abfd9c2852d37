// SPDX-License-Identifier: GPL-2.0-only

//! Files that the command line names to be written to: descriptors of this command by their names, FIFOs that
//! nothing reads yet, and what other users may have put under a name.

use std::{
    fs::{
        File,
        OpenOptions, //
    },
    io,
    os::{
        fd::{
            AsFd,
            OwnedFd, //
        },
        unix::fs::{
            FileTypeExt,
            MetadataExt,
            OpenOptionsExt, //
        },
    },
    path::Path,
    time::Duration,
};

use nix::{
    fcntl::{
        fcntl,
        openat,
        FcntlArg,
        OFlag, //
    },
    sys::stat::Mode,
};

use crate::{
    failure::{
        Failure,
        Result, //
    },
    signals, sys,
};

/// How long it is slept before a FIFO that nothing reads is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// A descriptor of this command that a path names, as a shell does for `>(command)`.
pub fn descriptor(path: &Path) -> Option<io::Result<OwnedFd>> {
    let number = match path.to_str()? {
        "/dev/stdout" => 1,
        "/dev/stderr" => 2,
        path => {
            let directories = ["/dev/fd/", "/proc/self/fd/"];
            let mut names = directories.iter().filter_map(|dir| path.strip_prefix(dir));
            names.next()?.parse().ok().filter(|fd: &i32| *fd >= 0)?
        }
    };
    Some(sys::duplicate(number))
}

/// Opens without waiting in open(2): a signal might come just before.
fn without_waiting(is_fifo: bool, mut open: impl FnMut() -> io::Result<File>) -> io::Result<File> {
    let file = loop {
        match open() {
            // Nothing reads it yet.
            Err(error) if is_fifo && error.raw_os_error() == Some(libc::ENXIO) => {
                signals::nap(PAUSE)?;
            }
            result => break result?,
        }
    };
    fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
    Ok(file)
}

/// Opens a file of the user's choice for writing, as `options` say.
///
/// # Errors
///
/// Those of open(2); `EINTR` when a signal came that is to end this command.
pub fn open(path: &Path, options: &OpenOptions) -> io::Result<File> {
    if let Some(descriptor) = descriptor(path) {
        return descriptor.map(File::from);
    }
    let is_fifo = path
        .metadata()
        .is_ok_and(|found| found.file_type().is_fifo());
    let mut options = options.clone();
    options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    without_waiting(is_fifo, || options.open(path))
}

/// Opens a FIFO or a device for an image, if it is plainly the caller's or the system's: everybody might read
/// what another user has put there.
///
/// # Errors
///
/// When it belongs to another user, or stands where others could exchange it.
pub fn open_stream(directory: &OwnedFd, name: &std::ffi::OsStr, path: &Path) -> Result<File> {
    let failed = |error: io::Error| {
        let failure = || Failure::os(format!("cannot write {}", path.display()), &error);
        signals::check().err().unwrap_or_else(failure)
    };
    let flags = OFlag::O_WRONLY
        | OFlag::O_NOFOLLOW
        | OFlag::O_NONBLOCK
        | OFlag::O_NOCTTY
        | OFlag::O_CLOEXEC;
    let own = nix::unistd::geteuid().as_raw();
    let is_ours = |owner: u32| owner == own || owner == 0;
    let foreign = |what: &str| {
        Err(
            Failure::usage(format!("{} {what}", path.display())).advise(
                "An image holds all that a process had in memory. Have a shell open what it is to go to: \
                 --output - >PLACE.",
            ),
        )
    };
    let place = directory.as_fd().try_clone_to_owned().map(File::from);
    let place = place.and_then(|place| place.metadata()).map_err(failed)?;
    let is_open_to_others = place.mode() & 0o022 != 0 && place.mode() & 0o1000 == 0;
    if !is_ours(place.uid()) || is_open_to_others {
        return foreign("is in a directory of others");
    }
    let open = || {
        let fd = openat(directory, name, flags, Mode::empty())?;
        Ok(File::from(fd))
    };
    let file = without_waiting(true, open).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    let kind = found.file_type();
    if !is_ours(found.uid()) || (kind.is_fifo() && found.uid() != own) {
        return foreign(&format!("belongs to user {}", found.uid()));
    }
    if !kind.is_fifo() && !kind.is_char_device() && !kind.is_block_device() {
        return foreign("is another file now");
    }
    Ok(file)
}
