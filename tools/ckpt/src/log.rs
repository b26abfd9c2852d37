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
        unix::fs::{
            FileExt,
            OpenOptionsExt, //
        }, //
    },
    path::{
        Path,
        PathBuf, //
    },
};

use nix::sys::memfd::{
    memfd_create,
    MFdFlags, //
};

use crate::{
    failure::{
        Doing,
        Result, //
    },
    named,
    text::printable,
};

/// Most bytes of messages that are shown; a file gets them all.
const SHOWN: usize = 64 << 10;

/// Where the kernel writes its messages.
#[derive(Debug)]
pub struct Log {
    memory: File,
    copy: Option<(PathBuf, File)>,
    copied: u64,
}

impl Log {
    /// Makes an empty log, and the file for its copy.
    pub fn new(logfile: Option<&Path>) -> Result<Log> {
        let memory = memfd_create(c"ckpt-log", MFdFlags::MFD_CLOEXEC)
            .doing(|| "cannot make room for messages")?;
        let copy = match logfile {
            Some(path) => Some((
                path.to_owned(),
                // It tells names of files and processes that may be nobody else's business.
                named::open(
                    path,
                    File::options()
                        .write(true)
                        .create(true)
                        .truncate(true)
                        .mode(0o600),
                )
                .doing(|| format!("cannot write {}", path.display()))?,
            )),
            None => None,
        };
        Ok(Log {
            memory: memory.into(),
            copy,
            copied: 0,
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

    /// The messages so far, line by line; also copies what is new to the file.
    pub fn lines(&mut self) -> Result<Vec<String>> {
        let mut bytes = Vec::new();
        let mut chunk = [0u8; 4096];
        loop {
            let at = bytes.len() as u64;
            let len = self
                .memory
                .read_at(&mut chunk, at)
                .doing(|| "cannot read messages back")?;
            if len == 0 {
                break;
            }
            bytes.extend_from_slice(chunk.get(..len).unwrap_or_default());
        }
        if let Some((path, copy)) = &mut self.copy {
            let new = bytes.get(self.copied as usize..).unwrap_or_default();
            copy.write_all(new)
                .doing(|| format!("cannot write {}", path.display()))?;
            self.copied = bytes.len() as u64;
        }
        bytes.truncate(SHOWN);
        Ok(split(&bytes))
    }

    /// Begins anew; the file keeps what it has.
    pub fn forget(&mut self) -> Result<()> {
        self.memory
            .set_len(0)
            .and_then(|()| self.memory.rewind())
            .doing(|| "cannot forget messages")?;
        self.copied = 0;
        Ok(())
    }
}

fn split(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes)
        .split(['\n', '\0'])
        .map(|line| printable(line.trim_end()))
        .filter(|line| !line.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn messages_come_back_as_lines_and_go_to_the_file() {
        let path = std::env::temp_dir().join(format!("ckpt-log-{}", std::process::id()));
        let mut log = Log::new(Some(&path)).unwrap();
        assert!(log.lines().unwrap().is_empty());
        log.memory.write_all(b"[err -16] not frozen\n").unwrap();
        assert_eq!(log.lines().unwrap(), ["[err -16] not frozen"]);
        log.memory.write_all(b"second \x1b[1m\n\n").unwrap();
        assert_eq!(
            log.lines().unwrap(),
            ["[err -16] not frozen", "second \\x1b[1m"]
        );
        log.forget().unwrap();
        assert!(log.lines().unwrap().is_empty());
        log.memory.write_all(b"third\n").unwrap();
        assert_eq!(log.lines().unwrap(), ["third"]);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let copy = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(copy.lines().count(), 4);
    }
}
