// SPDX-License-Identifier: GPL-2.0-only

//! Reading an image from a descriptor: files, pipes, standard input.

use std::{
    fs::File,
    io::{
        self,
        IsTerminal,
        Read,
        Seek, //
    },
    os::{
        fd::{
            AsFd,
            AsRawFd, //
        },
        unix::fs::{
            FileTypeExt,
            OpenOptionsExt, //
        }, //
    },
    path::Path,
    time::Duration,
};

use ckpt_image::{
    Kind,
    Malformed,
    Problem,
    HEADER_MAGIC, //
};

use nix::{
    fcntl::{
        fcntl,
        FcntlArg,
        OFlag, //
    },
    poll::PollFlags,
};

use crate::{
    failure::{
        Doing,
        Exit,
        Failure,
        Result, //
    },
    named::{
        self,
        Purpose, //
    },
    signals, sys,
    text::quoted,
};

/// Why reading an image ends early.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes ended in the middle of it.
    #[error("the image ends here: it is not complete")]
    End,
    /// The operating system could not read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A record is wrong.
    #[error("{}", describe(.0))]
    Malformed(Malformed),
}

impl From<Malformed> for ReadError {
    fn from(malformed: Malformed) -> Self {
        ReadError::Malformed(malformed)
    }
}

/// "TASK at 1234: wrong record length (12)".
pub fn describe(malformed: &Malformed) -> String {
    let Malformed {
        problem,
        position,
        kind,
    } = malformed;
    let place = match kind.name() {
        _ if kind.0 == 0 => format!("at offset {position}"),
        "?" => format!("record of unknown kind {} at offset {position}", kind.0),
        name => format!("{name} at offset {position}"),
    };
    format!("{place}: {problem}")
}

/// First bytes of compressed files, and the commands that read them.
const PACKED: [(&[u8], &str); 6] = [
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"LZIP", "lzip"),
];

/// Most bytes that [`packed`] looks at.
pub const FIRST: usize = 8;

/// The failure for what begins with these bytes, if that is a compressed file and `command` was to read it.
pub fn packed(first: &[u8], name: &str, command: &str) -> Option<Failure> {
    let (_, tool) = PACKED.iter().find(|(magic, _)| first.starts_with(magic))?;
    let failure = Failure::new(Exit::Image, format!("{name} is compressed ({tool})"));
    Some(match name {
        STANDARD => failure.advise(format!("Put {tool} -dc before {command} into the pipe.")),
        _ => failure.advise(format!(
            "Read it through a pipe: {tool} -dc {} | {command}",
            quoted(name)
        )),
    })
}

/// How many bytes [`is_image`] wants.
pub const FIRST_OF_IMAGE: usize = 16;

/// Whether the first bytes of a file are those of an image: a record of the kind and with the magic number
/// of the first one.
pub fn is_image(first: &[u8; FIRST_OF_IMAGE]) -> bool {
    let number = u128::from_le_bytes(*first);
    number as u32 == Kind::HEADER.0 && (number >> 64) as u64 == HEADER_MAGIC
}

/// The failure for a file in which nothing is: reading ended with `error`, after so many bytes.
pub fn empty(error: &ReadError, count: u64, name: &str) -> Option<Failure> {
    let is_empty = matches!(error, ReadError::End) && count == 0;
    is_empty.then(|| Failure::new(Exit::Image, format!("{name} is empty: it is no ckpt image")))
}

/// The failure for an image called `name` that went wrong when `position` bytes were read.
pub fn failure(error: &ReadError, name: &str, position: u64) -> Failure {
    match error {
        ReadError::Io(error) => {
            let failed = || Failure::os(format_args!("cannot read {name}"), error);
            signals::check().err().unwrap_or_else(failed)
        }
        // Whatever the first bytes look like, this never was an image.
        ReadError::Malformed(malformed) if malformed.position == 0 && is_foreign(malformed) => {
            Failure::new(Exit::Image, format!("{name} is not a ckpt image"))
        }
        ReadError::End if position == 0 => Failure::new(
            Exit::Image,
            format!("{name} is not a ckpt image: it is too short"),
        ),
        ReadError::End => Failure::new(Exit::Image, format!("{name}, offset {position}: {error}")),
        ReadError::Malformed(_) => Failure::new(Exit::Image, format!("{name}: {error}")),
    }
}

/// Whether it is an image that is wrong, and ckptinfo may have more to tell about it.
pub fn is_damage(error: &ReadError, position: u64) -> bool {
    match error {
        ReadError::Io(_) => false,
        ReadError::Malformed(malformed) => malformed.position != 0 || !is_foreign(malformed),
        ReadError::End => position != 0,
    }
}

fn is_foreign(malformed: &Malformed) -> bool {
    matches!(malformed.problem, Problem::Magic | Problem::Length(_))
}

/// How long is slept when there was something to read, and others have taken it.
const PAUSE: Duration = Duration::from_millis(20);

/// What standard input is called.
pub const STANDARD: &str = "standard input";

/// An image as it was named on the command line.
#[derive(Debug)]
pub struct Input {
    /// Where it is read from.
    pub file: File,
    /// What to call it.
    pub name: String,
    /// Whether it is standard input.
    pub standard: bool,
}

impl Input {
    /// Opens an image; `-` is standard input.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, or is a terminal or a directory.
    pub fn open(path: &Path) -> Result<Input> {
        if path == Path::new("-") {
            return Input::descriptor(0, STANDARD.to_owned());
        }
        if let Some(number) = named::number(path) {
            return Input::descriptor(number, path.display().to_string());
        }
        let what = || format!("cannot open {}", path.display());
        let failed = |error: io::Error| {
            let mut failure = signals::check()
                .err()
                .unwrap_or_else(|| Failure::os(what(), &error));
            if error.kind() == io::ErrorKind::NotFound {
                failure.exit = Exit::NoImage;
            }
            failure
        };
        // What it is, before anything is opened that may do something by that.
        let looked_at = File::options()
            .read(true)
            .custom_flags(libc::O_PATH)
            .open(path)
            .map_err(failed)?;
        let kind = looked_at.metadata().doing(what)?.file_type();
        if kind.is_dir() {
            return Err(Failure::usage(format!("{} is a directory", path.display())));
        }
        let file = match kind.is_file() {
            true => regular(&looked_at, path).map_err(failed)?,
            false => stream(path)?,
        };
        if kind.is_fifo() {
            signals::wait_ready(file.as_fd(), PollFlags::POLLIN).map_err(failed)?;
        }
        Ok(Input {
            file,
            name: path.display().to_string(),
            standard: false,
        })
    }

    /// A descriptor of this command.
    fn descriptor(number: i32, name: String) -> Result<Input> {
        let file = File::from(sys::duplicate(number).doing(|| format!("cannot use {name}"))?);
        if file.is_terminal() {
            return Err(Failure::usage("an image does not come from a terminal")
                .advise("Give the file, or redirect standard input."));
        }
        // What was closed by the caller is that, too: the runtime of this command has opened it.
        if file.metadata().is_ok_and(|found| named::is_null(&found)) {
            return Err(
                Failure::new(Exit::Image, format!("{name} is empty or closed"))
                    .advise("Give the file, or redirect standard input."),
            );
        }
        Ok(Input {
            file,
            name,
            standard: number == 0,
        })
    }

    /// How many bytes stand behind the image, of which all has been read, if that can be told.
    pub fn behind(&self) -> u64 {
        let Ok(found) = self.file.metadata() else {
            return 0;
        };
        match (&self.file).stream_position() {
            Ok(position) if found.is_file() => found.len().saturating_sub(position),
            _ => 0,
        }
    }
}

/// Opens the regular file that was looked at, whatever has its name now. A lease of its owner is not waited for.
fn regular(looked_at: &File, path: &Path) -> io::Result<File> {
    let open = |path: &Path| {
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
        File::options().read(true).custom_flags(flags).open(path)
    };
    let same = format!("/proc/self/fd/{}", looked_at.as_raw_fd());
    let file = match open(Path::new(&same)) {
        // There need not be a /proc.
        Err(error) if error.kind() == io::ErrorKind::NotFound => open(path)?,
        result => result?,
    };
    fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
    Ok(file)
}

/// Opens a FIFO or a device.
fn stream(path: &Path) -> Result<File> {
    let what = || format!("cannot open {}", path.display());
    let (Some(name), Some(directory)) = (path.file_name(), path.parent()) else {
        return Err(Failure::usage(what()));
    };
    let directory = match directory == Path::new("") {
        true => Path::new("."),
        false => directory,
    };
    let flags = libc::O_PATH | libc::O_DIRECTORY;
    let directory = File::options()
        .read(true)
        .custom_flags(flags)
        .open(directory)
        .doing(what)?;
    named::open_stream(&directory.into(), name, path, Purpose::Input)
}

/// Reads once, however often a signal interrupts that is not to end this command. 0 is the end.
pub fn read(file: &mut File, bytes: &mut [u8]) -> io::Result<usize> {
    loop {
        signals::wait_ready(file.as_fd(), PollFlags::POLLIN)?;
        match file.read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // It was opened not to be waited for; it is, all the same.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => signals::nap(PAUSE)?,
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn malformed(problem: Problem, position: u64, kind: Kind) -> ReadError {
        ReadError::Malformed(Malformed {
            problem,
            position,
            kind,
        })
    }

    #[test]
    fn damage_is_told_with_record_and_offset() {
        let error = malformed(Problem::Wanted(Kind::CPU), 1234, Kind::TASK);
        let failure = failure(&error, "a.ckpt", 2000);
        assert_eq!(failure.exit, Exit::Image);
        assert_eq!(
            failure.message,
            "a.ckpt: TASK at offset 1234: wrong record, another one was wanted (CPU)"
        );
    }

    #[test]
    fn an_image_of_another_format_is_refused_by_its_number() {
        let error = malformed(Problem::Format(3), 0, Kind::HEADER);
        let text = failure(&error, "a.ckpt", 88).message;
        assert_eq!(
            text,
            format!(
                "a.ckpt: HEADER at offset 0: another revision of the format (3; {} is known here)",
                ckpt_image::FORMAT
            )
        );
    }

    #[test]
    fn a_file_of_another_kind_is_not_called_damaged() {
        let error = malformed(Problem::Length(7), 0, Kind(0x7f45_4c46));
        assert_eq!(
            failure(&error, "a.out", 8).message,
            "a.out is not a ckpt image"
        );
        assert!(failure(&ReadError::End, "x", 0)
            .message
            .contains("too short"));
    }

    #[test]
    fn a_compressed_image_is_named_as_one() {
        let zstd = packed(b"\x28\xb5\x2f\xfd123", "a.zst", "ckptinfo -").unwrap();
        assert_eq!(zstd.message, "a.zst is compressed (zstd)");
        assert!(zstd
            .advice
            .unwrap()
            .ends_with("zstd -dc a.zst | ckptinfo -"));
        let piped = packed(b"BZh9", STANDARD, "restart").unwrap();
        assert!(piped.advice.unwrap().contains("bzip2 -dc before restart"));
        let image = ckpt_image::testing::seal(&ckpt_image::testing::minimal());
        assert!(packed(&image, "a.ckpt", "restart").is_none());
        let first = |bytes: &[u8]| is_image(bytes.first_chunk().unwrap());
        assert!(first(&image) && !first(&image[8..]) && !first(&[0; 16]));
    }
}
