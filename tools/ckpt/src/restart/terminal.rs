// SPDX-License-Identifier: GPL-2.0-only

//! Which process group has the terminal: a restarted program that leads a process group of its own needs it, as if
//! a shell had started it in the foreground; one that leads a session of its own may take it over.

use std::{
    io::{
        self,
        IsTerminal, //
    },
    os::fd::{
        AsFd,
        AsRawFd,
        BorrowedFd,
        OwnedFd, //
    },
};

use nix::{
    sys::signal::{
        SigSet,
        Signal, //
    },
    sys::termios::tcgetsid,
    unistd::{
        getpgrp,
        getpid,
        setpgid,
        tcgetpgrp,
        tcsetpgrp,
        Pid, //
    },
};
use tracing::debug;

use crate::{
    advice,
    failure::{
        Doing,
        Failure,
        Result, //
    },
    signals::Blocked,
    sys, //
};

/// The terminal of this command, on loan to a process group. Taken back when this goes.
#[derive(Debug)]
pub struct Terminal {
    tty: OwnedFd,
    own: Pid,
    group: Pid,
    /// A process that gives or takes the terminal from the background would be stopped.
    _unstoppable: Blocked,
}

impl Terminal {
    /// The terminal of this command, if it has one.
    pub fn find() -> Result<Option<Terminal>> {
        let Some(tty) = controlling() else {
            return Ok(None);
        };
        let own = getpgrp();
        let set: SigSet = [Signal::SIGTTOU].into_iter().collect();
        Ok(Some(Terminal {
            tty,
            own,
            group: own,
            _unstoppable: Blocked::these(set)?,
        }))
    }

    /// Lends it to a process that is to lead its own process group. A command in the background has
    /// nothing to give yet.
    pub fn lend(&mut self, leader: i32) {
        self.group = Pid::from_raw(leader);
        // The kernel does the same when it restores a child: the second to come finds it done.
        let _ = setpgid(self.group, self.group);
        self.give();
    }

    /// Gives it to the program, if this command has it; tells whether the program has it now.
    pub fn give(&self) -> bool {
        if tcgetpgrp(&self.tty) != Ok(self.own) {
            return false;
        }
        let given = tcsetpgrp(&self.tty, self.group);
        if let Err(error) = given {
            debug!("the terminal stays here: {error}");
        }
        given.is_ok()
    }

    /// Takes it back, if the program still has it.
    pub fn take(&self) {
        if tcgetpgrp(&self.tty) == Ok(self.group) {
            // It may have been hung up.
            let _ = tcsetpgrp(&self.tty, self.own);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.take();
    }
}

/// Gives up the terminal of this command's session, so that the program's can have it.
///
/// # Errors
///
/// When there is none, or it is that of another session.
pub fn hand_over() -> Result<()> {
    let Some(tty) = controlling() else {
        return Err(Failure::usage("there is no terminal to hand over"));
    };
    let leader = tcgetsid(&tty).doing(|| "cannot find out whose terminal it is")?;
    if leader != getpid() {
        return Err(Failure::usage(format!(
            "the terminal belongs to the session of process {leader}"
        ))
        .advise(advice::OWN_SESSION));
    }
    sys::give_up_terminal(tty.as_fd()).doing(|| "cannot give up the terminal")
}

/// A descriptor of the terminal that this command was started on, whichever session it controls.
pub fn standard() -> Option<i32> {
    among_standard(|fd| fd.is_terminal().then(|| fd.as_raw_fd()))
}

/// The controlling terminal, if it is one of the standard descriptors.
fn controlling() -> Option<OwnedFd> {
    among_standard(|fd| {
        tcgetpgrp(fd)
            .ok()
            .and_then(|_| fd.try_clone_to_owned().ok())
    })
}

/// What there is of the first standard descriptor that has something.
fn among_standard<T>(of: impl Fn(BorrowedFd<'_>) -> Option<T>) -> Option<T> {
    of(io::stdin().as_fd())
        .or_else(|| of(io::stdout().as_fd()))
        .or_else(|| of(io::stderr().as_fd()))
}
