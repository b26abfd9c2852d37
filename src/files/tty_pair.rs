// SPDX-License-Identifier: GPL-2.0-only

//! Pseudo-terminals that have been restored, or that are given in the place of one from outside.

use kernel::prelude::*;

use super::late::Late;
use crate::sys::{
    file::File,
    pty::Pty,
    task::Task, //
};

/// A pseudo-terminal that has been restored.
pub(crate) struct Pair {
    /// One of its ends; none for a terminal that nobody has given.
    pub(super) end: Option<File>,
    pub(super) role: Role,
}

/// What that end is.
pub(super) enum Role {
    /// The master, which nobody has yet.
    Master,
    /// The master, which has become one of the saved files.
    Given,
    /// The slave of a terminal that the caller has given, or should have: that is no matter as
    /// long as nobody needs it.
    Outer {
        /// Whether it controls a session of the tree.
        controls: bool,
    },
}

impl Pair {
    /// Makes it the controlling terminal of the caller's process, whose session it controls: a terminal
    /// from outside when all is restored.
    pub(crate) fn control(&self) -> Result<Option<Late>> {
        let end = match (&self.end, &self.role) {
            (None, _) | (_, Role::Outer { controls: false }) => return Ok(None),
            (Some(end), _) => end,
        };
        match self.role {
            Role::Outer { .. } => Ok(Some(Late::Controlled(end.clone(), Task::current()))),
            _ => {
                let pty = Pty::of(end).ok_or(EIO)?;
                pty.give(&Task::current()).map(|()| None)
            }
        }
    }

    /// Opens the slave of a terminal of which this is an end.
    pub(super) fn open_slave(end: &File, role: &Role, flags: u32) -> Result<File> {
        match role {
            Role::Outer { .. } => end.open_again(flags),
            _ => Pty::of(end).ok_or(EIO)?.open_slave(flags),
        }
    }

    /// Forgets it. A master that nobody had is closed, and with it the terminal hung up, before
    /// anybody runs.
    pub(crate) fn close(self) {
        if let Some(end) = self.end {
            end.close_now();
        }
    }
}
