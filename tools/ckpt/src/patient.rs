// SPDX-License-Identifier: GPL-2.0-only

//! Writes the text of a command to a place where it may have to wait: a pipe, a socket or a terminal that
//! no process reads. A signal that should end the command also ends the wait.
//!
//! The image itself is written by the kernel module, which waits in the same way.

use std::{
    io::{
        self,
        stderr,
        stdout,
        Stderr,
        Stdout,
        Write, //
    },
    os::fd::AsFd,
    time::Duration,
};

use nix::{
    sys::stat::{
        fstat,
        SFlag, //
    },
    unistd::write,
};

use crate::{
    signals,
    sys, //
};

/// Most bytes that are written at a time to what may have to be waited for: a pipe with room takes them.
const AT_ONCE: usize = 4096;

/// How long is slept when there was room, and others have taken it.
const PAUSE: Duration = Duration::from_millis(20);

/// A writer that waits for a reader only until a signal comes.
#[derive(Debug)]
pub struct Patient<F> {
    file: F,
    /// Whether it may have to be waited for.
    stalls: bool,
}

/// Standard output.
pub fn standard_output() -> Patient<Stdout> {
    Patient::new(stdout())
}

/// Standard error.
pub fn standard_error() -> Patient<Stderr> {
    Patient::new(stderr())
}

impl<F: AsFd> Patient<F> {
    /// Writes to an open file.
    pub fn new(file: F) -> Patient<F> {
        let kind =
            fstat(&file).map(|found| SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT);
        Patient {
            stalls: !matches!(kind, Ok(SFlag::S_IFREG | SFlag::S_IFBLK)),
            file,
        }
    }

    /// What it is written to.
    pub fn file(&self) -> &F {
        &self.file
    }

    /// Writes as much as there is room for.
    ///
    /// # Errors
    ///
    /// `ECANCELED` when a signal has come: what writes all in pieces would try again after `EINTR`.
    fn write_patiently(&self, bytes: &[u8]) -> io::Result<usize> {
        let fd = self.file.as_fd();
        let ended = |_| io::Error::from_raw_os_error(libc::ECANCELED);
        loop {
            signals::wait_writable(fd).map_err(ended)?;
            // The room may be gone by now, and a signal may have come just before a write that waits.
            let written = match sys::write_now(fd, bytes) {
                Err(error) if cannot_now(&error) => write(fd, bytes).map_err(Into::into),
                written => written,
            };
            match written {
                // A signal that ended a write is not to be followed by another write that waits.
                Err(error) if is_passing(error.kind()) => signals::nap(PAUSE).map_err(ended)?,
                written => return written,
            }
        }
    }
}

/// Whether a file knows no writes that do not wait: a terminal.
fn cannot_now(error: &io::Error) -> bool {
    let errno = error.raw_os_error();
    matches!(
        errno,
        Some(libc::EOPNOTSUPP | libc::EINVAL | libc::ENOSYS | libc::ESPIPE)
    )
}

/// Whether it may be tried again.
fn is_passing(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

impl<F: AsFd> Write for Patient<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stalls {
            return self.write_patiently(bytes.get(..AT_ONCE).unwrap_or(bytes));
        }
        Ok(write(&self.file, bytes)?)
    }

    /// Writes all of it, or fails; that a signal came is a failure, too, when it has to be waited.
    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::Read,
        os::unix::net::UnixStream, //
    };

    use nix::{
        fcntl::OFlag,
        unistd::pipe2, //
    };

    use super::*;

    #[test]
    fn all_is_written_while_it_is_read() {
        let (read, write) = pipe2(OFlag::O_CLOEXEC).unwrap();
        let (socket, other) = UnixStream::pair().unwrap();
        let ends: [(File, File); 2] = [
            (read.into(), write.into()),
            (
                File::from(std::os::fd::OwnedFd::from(socket)),
                File::from(std::os::fd::OwnedFd::from(other)),
            ),
        ];
        for (mut read, write) in ends {
            let text = vec![b'a'; 300_000];
            let reader = std::thread::spawn(move || {
                let mut all = Vec::new();
                read.read_to_end(&mut all).unwrap();
                all
            });
            let mut patient = Patient::new(write);
            assert!(patient.stalls);
            patient.write_all(&text).unwrap();
            drop(patient);
            assert!(reader.join().unwrap() == text);
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_an_error() {
        let (read, write) = pipe2(OFlag::O_CLOEXEC).unwrap();
        drop(read);
        let error = Patient::new(write).write_all(b"a").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EPIPE));
    }

    #[test]
    fn a_device_and_a_file_are_written_to() {
        let null = File::options().write(true).open("/dev/null").unwrap();
        Patient::new(null).write_all(b"a").unwrap();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let error = Patient::new(full).write_all(b"a").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENOSPC));
    }
}
