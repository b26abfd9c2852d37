// SPDX-License-Identifier: GPL-2.0-only

//! A child that removes what this command has made (a file, a cgroup), should the command be killed.
//!
//! A [`Guardian`] sleeps in a read from a pipe whose other end only this command has. A byte says that all
//! is well; the end of the pipe says that the command is gone, by a signal that cannot be caught. The maker
//! of the guardian decides what it does then. The guardian leads a session of its own and takes no signals,
//! so that what ends the command (ctrl-C, a hang-up, the kill of a process group) does not end it as well.

use std::{
    fs::File,
    io::Write, //
};

use nix::{
    fcntl::OFlag,
    sys::prctl,
    unistd::{
        dup2_stdin,
        dup2_stdout,
        pipe2,
        read,
        setsid, //
    },
};

use crate::{
    failure::{
        Doing,
        Result, //
    },
    signals::Blocked,
    sys,
};

/// A child that watches over this command. Dropping this sends it away.
#[derive(Debug)]
pub struct Guardian {
    /// The process that it is a child of. A copy of that process has no say.
    owner: u32,
    pid: i32,
    word: File,
}

impl Guardian {
    /// Starts one. If this command dies before it has dropped the guardian, the child does `rescue`.
    pub fn post(rescue: impl FnOnce() -> Result<()>) -> Result<Guardian> {
        let what = || "cannot start a guardian";
        let (theirs, ours) = pipe2(OFlag::O_CLOEXEC).doing(what)?;
        let pid = sys::fork().doing(what)?;
        if pid == 0 {
            let watched = watch(theirs.into(), ours.into(), rescue);
            if let Err(failure) = &watched {
                failure.report("ckpt");
            }
            sys::leave(watched.is_err().into());
        }
        Ok(Guardian {
            owner: std::process::id(),
            pid,
            word: ours.into(),
        })
    }
}

impl Guardian {
    /// Whether it is that of this process, and not of one that this is a copy of.
    pub fn is_ours(&self) -> bool {
        std::process::id() == self.owner
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        if !self.is_ours() {
            return;
        }
        // If another has killed it, or waited for it, nothing is left to be done.
        let _ = self.word.write_all(b".");
        let _ = sys::fate(self.pid, true);
    }
}

/// The life of a guardian.
fn watch(word: File, ours: File, rescue: impl FnOnce() -> Result<()>) -> Result<()> {
    let what = || "the guardian cannot begin";
    std::mem::forget(Blocked::all()?);
    setsid().doing(what)?;
    prctl::set_name(c"ckpt-guardian").doing(what)?;
    // No file of the command is kept open, except that for messages: another process may wait for its end.
    // The files are not closed by their owners any more.
    dup2_stdin(&word).doing(what)?;
    dup2_stdout(&word).doing(what)?;
    std::mem::forget((word, ours));
    sys::close_from(3).doing(what)?;
    match read(std::io::stdin(), &mut [0]).doing(what)? {
        0 => rescue(),
        _ => Ok(()),
    }
}
