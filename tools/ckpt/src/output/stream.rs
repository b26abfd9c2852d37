// SPDX-License-Identifier: GPL-2.0-only

//! An image that goes to a pipe, a device or a socket: what counts as a stream, and when its reader has
//! read everything.

use std::{
    fs::{
        File,
        Metadata, //
    },
    io,
    os::{
        fd::AsFd,
        unix::fs::FileTypeExt, //
    },
    time::Duration,
};

use nix::{
    errno::Errno,
    poll::{
        ppoll,
        PollFd,
        PollFlags, //
    },
};

use crate::{
    advice,
    failure::{
        Doing,
        Failure,
        Result, //
    },
    signals, sys,
};

/// How long a wait for a reader sleeps before it looks again: at first, and at most.
const FIRST_LOOK: Duration = Duration::from_millis(1);
const LAST_LOOK: Duration = Duration::from_millis(50);

/// Whether it is written to as it is.
pub fn is_stream(found: &Metadata) -> bool {
    let kind = found.file_type();
    kind.is_fifo() || kind.is_char_device() || kind.is_block_device()
}

/// Waits until what reads the image has taken all of it, if it goes to a pipe or socket; `name` is that of the
/// place, for messages.
///
/// # Errors
///
/// When the reader has gone before that, or a signal came.
pub fn wait_until_taken(file: &File, name: &str) -> Result<()> {
    let what = || format!("cannot write {name}");
    let kind = file.metadata().doing(what)?.file_type();
    if !kind.is_fifo() && !kind.is_socket() {
        return Ok(());
    }
    let mut pause = FIRST_LOOK;
    loop {
        // In this order: one that has taken everything may go.
        let is_gone = wait_for_end_of_reader(file, pause).doing(what)?;
        let left = sys::untaken(file.as_fd(), kind.is_socket()).doing(what)?;
        if left == 0 {
            return Ok(());
        }
        if is_gone {
            let error = io::Error::from_raw_os_error(libc::EPIPE);
            return Err(Failure::os(what(), &error).advise(advice::READER_GONE));
        }
        signals::check()?;
        pause = (pause * 2).min(LAST_LOOK);
    }
}

/// Waits for so long; tells whether there is no reader any more.
fn wait_for_end_of_reader(file: &File, pause: Duration) -> nix::Result<bool> {
    let mut fds = [PollFd::new(file.as_fd(), PollFlags::empty())];
    match ppoll(&mut fds, Some(pause.into()), None) {
        Ok(_) => {}
        Err(Errno::EINTR) => return Ok(false),
        Err(error) => return Err(error),
    }
    let gone = PollFlags::POLLERR | PollFlags::POLLHUP;
    Ok(fds[0]
        .revents()
        .is_some_and(|events| events.intersects(gone)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use nix::fcntl::OFlag;

    use super::*;

    #[test]
    fn a_pipe_is_done_when_all_is_taken() {
        use std::io::Read;
        let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
        let write = File::from(write);
        let wait = || wait_until_taken(&write, "a pipe");
        wait().unwrap();
        (&write).write_all(b"12345").unwrap();
        let mut read = File::from(read);
        let reader = std::thread::spawn(move || {
            read.read_exact(&mut [0; 5]).unwrap();
            read
        });
        wait().unwrap();
        let read = reader.join().unwrap();
        (&write).write_all(b"6").unwrap();
        drop(read);
        let failure = wait().unwrap_err();
        assert!(
            failure.message.contains("Broken pipe"),
            "{}",
            failure.message
        );
    }
}
