// SPDX-License-Identifier: GPL-2.0-only

//! Who has the terminal: a restarted program that leads a process group of its own needs it, as if
//! a shell had started it in the foreground.

use std::{
    io,
    os::fd::{
        AsFd,
        OwnedFd, //
    },
};

use nix::{
    sys::signal::{
        SigSet,
        Signal, //
    },
    unistd::{
        getpgrp,
        setpgid,
        tcgetpgrp,
        tcsetpgrp,
        Pid, //
    },
};
use tracing::debug;

use crate::{
    failure::Result,
    signals::Blocked, //
};

/// The terminal of this command, on loan to a process group. Taken back when this goes.
#[derive(Debug)]
pub struct Terminal {
    tty: OwnedFd,
    own: Pid,
    group: Pid,
    /// Who gives or takes the terminal from the background would be stopped.
    _unstoppable: Blocked,
}

impl Terminal {
    /// Gives the terminal to a child that is to lead its own process group. Nothing is there to
    /// give when this command is not itself in the foreground of one.
    pub fn lend(child: i32) -> Result<Option<Terminal>> {
        let own = getpgrp();
        let Some(tty) = foreground(own) else {
            return Ok(None);
        };
        let group = Pid::from_raw(child);
        // The child does the same: whoever comes second finds it done.
        let _ = setpgid(group, group);
        let set: SigSet = [Signal::SIGTTOU].into_iter().collect();
        let terminal = Terminal {
            tty,
            own,
            group,
            _unstoppable: Blocked::these(set)?,
        };
        terminal.give();
        Ok(Some(terminal))
    }

    /// Gives it to the program.
    pub fn give(&self) {
        if let Err(error) = tcsetpgrp(&self.tty, self.group) {
            debug!("the terminal stays here: {error}");
        }
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

/// The terminal that a process group has the foreground of.
fn foreground(group: Pid) -> Option<OwnedFd> {
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let streams = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
    let tty = streams.iter().find(|fd| tcgetpgrp(fd) == Ok(group))?;
    tty.try_clone_to_owned().ok()
}
