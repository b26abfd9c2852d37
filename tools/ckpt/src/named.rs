// SPDX-License-Identifier: GPL-2.0-only

//! Names on the command line that are no regular files: descriptors of this command, FIFOs and devices.
//! They are opened only if no other user could have exchanged them.
//!
//! The same rules apply to the image that is written, the image that is read, a log and a map.

use std::{
    ffi::OsStr,
    fs::{
        File,
        Metadata, //
    },
    io,
    os::{
        fd::{
            AsFd,
            OwnedFd, //
        },
        unix::fs::{
            FileTypeExt,
            MetadataExt, //
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
    sys::stat::{
        makedev,
        Mode, //
    },
};

use crate::{
    failure::{
        Doing,
        Exit,
        Failure,
        Result, //
    },
    signals, sys,
};

/// How long it is slept before a FIFO that nothing reads is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An image is written to it.
    Image,
    /// Lines of text are written to it: a log, a map.
    Text,
    /// An image is read from it.
    Input,
}

/// The number of the descriptor of this command that a path names, as a shell does for `>(command)`.
pub fn number(path: &Path) -> Option<i32> {
    match path.to_str()? {
        "/dev/stdin" => Some(0),
        "/dev/stdout" => Some(1),
        "/dev/stderr" => Some(2),
        path => {
            let directories = ["/dev/fd/", "/proc/self/fd/"];
            let mut names = directories.iter().filter_map(|dir| path.strip_prefix(dir));
            names.next()?.parse().ok().filter(|fd: &i32| *fd >= 0)
        }
    }
}

/// A descriptor of this command that is written to, called `name` in messages.
///
/// # Errors
///
/// When it is not open for writing, or is none that an image can be written to.
pub fn descriptor(number: i32, name: &str, purpose: Purpose) -> Result<File> {
    let what = || format!("cannot write {name}");
    let file = File::from(sys::duplicate(number).doing(what)?);
    let mode = fcntl(&file, FcntlArg::F_GETFL).doing(what)?;
    let mode = OFlag::from_bits_truncate(mode) & OFlag::O_ACCMODE;
    if mode == OFlag::O_RDONLY {
        return Err(Failure::usage(format!("{name} is not open for writing")));
    }
    takes(&file.metadata().doing(what)?, name, purpose)?;
    Ok(file)
}

/// Whether it is the null device.
pub fn is_null(found: &Metadata) -> bool {
    found.file_type().is_char_device() && found.rdev() == makedev(1, 3)
}

/// Whether a file is of a kind that can be used so. The kernel writes an image to what can be written without
/// a process.
fn takes(found: &Metadata, name: &str, purpose: Purpose) -> Result<()> {
    let kind = found.file_type();
    let is_null = is_null(found);
    let refused = |exit, what: &str, advice: &str| {
        Err(Failure::new(exit, format!("{name} {what}")).advise(advice))
    };
    const PLACES: &str =
        "An image goes to a file, a FIFO, a pipe or a socket, or with --force to a block device.";
    match purpose {
        Purpose::Image if kind.is_char_device() && !is_null => refused(
            Exit::Usage,
            "is a character device, such as a terminal: it takes no image",
            PLACES,
        ),
        Purpose::Image if kind.is_dir() => refused(Exit::Usage, "is a directory", PLACES),
        Purpose::Image
            if !kind.is_file()
                && !kind.is_fifo()
                && !kind.is_socket()
                && !kind.is_block_device()
                && !is_null =>
        {
            refused(Exit::Usage, "is no file that takes an image", PLACES)
        }
        Purpose::Text if kind.is_block_device() || kind.is_dir() => refused(
            Exit::Usage,
            "is no file for lines of text",
            "Give a file, a FIFO or a terminal.",
        ),
        Purpose::Input if kind.is_char_device() => refused(
            Exit::Image,
            "is a character device: it holds no image",
            "An image comes from a file, a FIFO, a pipe, a socket or a block device.",
        ),
        _ => Ok(()),
    }
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

/// What to do instead of naming what others have a hand in.
fn by_the_shell(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Image => {
            "An image holds all that a process had in memory. Have a shell open what it is to go to: \
             --output - >PLACE."
        }
        Purpose::Text => "Have a shell open it: /dev/fd/3 3>PLACE in the place of the name.",
        Purpose::Input => "Have a shell open it: - <PLACE in the place of the name.",
    }
}

/// Whether a FIFO or a device may be used: it is plainly the caller's or the system's, of a sort that is used so,
/// and no FIFO that other users can read or write as well.
fn check(found: &Metadata, path: &Path, purpose: Purpose) -> Result<()> {
    let own = nix::unistd::geteuid().as_raw();
    let (name, kind, owner) = (path.display(), found.file_type(), found.uid());
    let foreign =
        |what: &str| Err(Failure::usage(format!("{name} {what}")).advise(by_the_shell(purpose)));
    if kind.is_symlink() {
        return foreign("is a symbolic link to what is no regular file");
    }
    if !kind.is_fifo() && !kind.is_char_device() && !kind.is_block_device() {
        return foreign("is another file now");
    }
    let is_read = purpose == Purpose::Input;
    if owner != own && (owner != 0 || (kind.is_fifo() && !is_read)) {
        return foreign(&format!("belongs to user {owner}"));
    }
    // Of one with an access list the bits of the group are all that the list can give.
    let (others, what) = match is_read {
        false => (0o044, "can be read by other users"),
        true => (0o022, "can be written by other users"),
    };
    if kind.is_fifo() && found.mode() & others != 0 {
        return Err(Failure::usage(format!("{name} is a FIFO that {what}"))
            .advise("Have it for the caller alone first, before it is opened: chmod 600."));
    }
    takes(found, &name.to_string(), purpose)
}

/// Opens a FIFO or a device that was named, if it is plainly the caller's or the system's. Another user
/// might read what stands there, write to it, or have put there what does something when it is opened.
/// `directory` is that of the path, `name` the last part of it.
///
/// # Errors
///
/// When it belongs to another user, or stands where others could exchange it.
pub fn open_stream(
    directory: &OwnedFd,
    name: &OsStr,
    path: &Path,
    purpose: Purpose,
) -> Result<File> {
    let (way, verb) = match purpose {
        Purpose::Input => (OFlag::O_RDONLY, "open"),
        Purpose::Image | Purpose::Text => (OFlag::O_WRONLY, "write"),
    };
    let failed = |error: io::Error| {
        let failure = || Failure::os(format!("cannot {verb} {}", path.display()), &error);
        signals::check().err().unwrap_or_else(failure)
    };
    let common = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let own = nix::unistd::geteuid().as_raw();
    let place = directory.as_fd().try_clone_to_owned().map(File::from);
    let place = place.and_then(|place| place.metadata()).map_err(failed)?;
    let is_open_to_others = place.mode() & 0o022 != 0 && place.mode() & 0o1000 == 0;
    if (place.uid() != own && place.uid() != 0) || is_open_to_others {
        let what = format!("{} is in a directory of others", path.display());
        return Err(Failure::usage(what).advise(by_the_shell(purpose)));
    }
    let open = |flags| {
        let fd = openat(directory, name, flags | common, Mode::empty())?;
        Ok(File::from(fd))
    };
    // Before it is opened for use, which may do something by itself.
    let looked_at = open(OFlag::O_PATH).map_err(failed)?;
    check(&looked_at.metadata().map_err(failed)?, path, purpose)?;
    let is_written = purpose != Purpose::Input;
    let file = without_waiting(is_written, || open(way)).map_err(failed)?;
    check(&file.metadata().map_err(failed)?, path, purpose)?;
    Ok(file)
}
