// SPDX-License-Identifier: GPL-2.0-only

//! The kernel's messages about one operation: collected in memory, and in a file when one is given.

use std::{
    fs::File,
    io::{
        Seek,
        Write, //
    },
    os::{
        fd::{
            AsRawFd,
            RawFd, //
        },
        unix::fs::FileExt,
    },
    path::Path,
};

use nix::sys::memfd::{
    memfd_create,
    MFdFlags, //
};

use crate::{
    failure::{
        Doing,
        Failure,
        Result, //
    },
    output::Lines,
    signals,
    text::{
        cut,
        printable,
        Escaping, //
    },
};

/// Most messages that are shown, and most characters of one: they name what others have chosen. A file gets
/// them all.
const SHOWN: usize = 48;
const WIDTH: usize = 1024;

/// What ends a message, and most bytes that are read at a time.
const ENDS: [char; 2] = ['\n', '\0'];
const PIECE: usize = 1 << 18;

/// Where the kernel writes its messages.
#[derive(Debug)]
pub struct Log {
    memory: File,
    copy: Option<Lines>,
}

impl Log {
    /// Makes an empty log, and the file for its copy: for its owner only, since it tells names of files and
    /// processes.
    pub fn new(logfile: Option<&Path>) -> Result<Log> {
        let memory = memfd_create(c"ckpt-log", MFdFlags::MFD_CLOEXEC)
            .doing(|| "cannot make room for messages")?;
        Ok(Log {
            memory: memory.into(),
            copy: logfile.map(Lines::open).transpose()?,
        })
    }

    /// The descriptor for the kernel.
    pub fn fd(&self) -> RawFd {
        self.memory.as_raw_fd()
    }

    /// Adds messages of this command.
    pub fn note(&mut self, lines: &[String]) -> Result<()> {
        for line in lines {
            writeln!(self.memory, "{line}").doing(|| "cannot note a message")?;
        }
        Ok(())
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut chunk = [0u8; 4096];
        loop {
            let at = bytes.len() as u64;
            let len = self
                .memory
                .read_at(&mut chunk, at)
                .doing(|| "cannot read messages back")?;
            if len == 0 {
                return Ok(bytes);
            }
            bytes.extend_from_slice(chunk.get(..len).unwrap_or_default());
        }
    }

    /// Hands on the messages so far, line by line, as they came: not for a terminal. One that is longer than
    /// what is read at a time comes in parts.
    pub fn each_line(&self, mut take: impl FnMut(&str)) -> Result<()> {
        let mut take = |line: &[u8]| {
            let text = String::from_utf8_lossy(line);
            let text = text.trim_end_matches(ENDS).trim_end();
            if !text.is_empty() {
                take(text);
            }
        };
        let (mut piece, mut have, mut at) = (vec![0; PIECE], 0, 0);
        loop {
            let room = piece.get_mut(have..).unwrap_or_default();
            let len = self
                .memory
                .read_at(room, at)
                .doing(|| "cannot read messages back")?;
            at += len as u64;
            have += len;
            let filled = piece.get(..have).unwrap_or_default();
            let is_end = |byte: &u8| ENDS.contains(&char::from(*byte));
            let whole = match filled.iter().rposition(is_end) {
                Some(last) if len > 0 => last + 1,
                // The end of all, or a line that does not fit.
                _ if len == 0 || have == PIECE => have,
                _ => continue,
            };
            let lines = filled.get(..whole).unwrap_or_default();
            lines.split_inclusive(is_end).for_each(&mut take);
            if len == 0 {
                return Ok(());
            }
            piece.copy_within(whole..have, 0);
            have -= whole;
        }
    }

    /// The messages so far, line by line, as many as are shown.
    pub fn lines(&self) -> Result<Vec<String>> {
        let (mut shown, mut more) = (Vec::new(), 0);
        self.each_line(|line| match shown.len() {
            SHOWN.. => more += 1,
            _ => shown.push(printable(&cut(line, WIDTH))),
        })?;
        if more > 0 {
            shown.push(format!("and {more} more: --logfile FILE gets them all"));
        }
        Ok(shown)
    }

    /// Writes all messages to the file, once: it may be one that nothing reads, for which no other process is
    /// to stand still meanwhile.
    pub fn copy(&mut self) -> Result<()> {
        let Some(mut copy) = self.copy.take() else {
            return Ok(());
        };
        // A file of text is shown on a terminal sooner or later.
        let mut text = Escaping(Vec::new());
        text.write_all(&self.bytes()?)
            .doing(|| "cannot note a message")?;
        copy.write(&text.0).map_err(signals::by_signal)
    }

    /// The same after a failure, which is what has to be told.
    pub fn copy_beside(&mut self, mut failure: Failure) -> Failure {
        if let Err(also) = self.copy() {
            failure.details.push(also.message);
            failure.signal = failure.signal.or(also.signal);
        }
        failure
    }

    /// Begins anew.
    pub fn forget(&mut self) -> Result<()> {
        self.memory
            .set_len(0)
            .and_then(|()| self.memory.rewind())
            .doing(|| "cannot forget messages")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn messages_come_back_as_lines_and_go_to_the_file() {
        let path = std::env::temp_dir().join(format!("ckpt-log-{}", std::process::id()));
        let mut log = Log::new(Some(&path)).unwrap();
        assert!(log.lines().unwrap().is_empty() && !path.exists());
        log.memory.write_all(b"of a try before\n").unwrap();
        assert_eq!(log.lines().unwrap(), ["of a try before"]);
        log.forget().unwrap();
        assert!(log.lines().unwrap().is_empty());
        log.memory
            .write_all(b"[err -16] not frozen\nsecond \x1b[1m\n\n")
            .unwrap();
        let lines = ["[err -16] not frozen", "second \\x1b[1m"];
        assert_eq!(log.lines().unwrap(), lines);
        log.copy().unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let copy = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(copy, lines.join("\n") + "\n\n");
    }

    #[test]
    fn what_others_have_named_is_shown_in_bounds() {
        let path = std::env::temp_dir().join(format!("ckpt-long-{}", std::process::id()));
        let mut log = Log::new(Some(&path)).unwrap();
        let lines: Vec<String> = (0..200)
            .map(|n| format!("{n} \x1b{}", "x".repeat(100_000)))
            .collect();
        log.note(&lines).unwrap();
        let shown = log.lines().unwrap();
        assert_eq!(shown.len(), SHOWN + 1);
        assert!(shown.concat().len() < (SHOWN + 1) * (WIDTH + 64));
        assert!(shown[0].starts_with("0 \\x1bx") && shown[0].ends_with("… (98979 more)"));
        assert_eq!(shown[SHOWN], "and 152 more: --logfile FILE gets them all");
        log.copy().unwrap();
        let copy = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(copy.lines().count(), 200);
        assert!(copy.len() > 20_000_000 && !copy.contains('\x1b'));
    }

    #[test]
    fn lines_come_whole_from_pieces() {
        let mut log = Log::new(None).unwrap();
        let lines: Vec<String> = (0..3000)
            .map(|n| format!("{n} {}", "é".repeat(n % 400)))
            .collect();
        log.note(&lines).unwrap();
        log.memory.write_all(b"\n\0last").unwrap();
        let mut read = Vec::new();
        log.each_line(|line| read.push(line.to_owned())).unwrap();
        assert_eq!(read.pop().as_deref(), Some("last"));
        assert_eq!(read.len(), lines.len());
        for (read, line) in read.iter().zip(&lines) {
            assert_eq!(read, line.trim_end());
        }
        log.forget().unwrap();
        log.memory.write_all(&vec![b'x'; 2 * PIECE + 1]).unwrap();
        let mut lens = Vec::new();
        log.each_line(|line| lens.push(line.len())).unwrap();
        assert_eq!(lens, [PIECE, PIECE, 1]);
    }
}
