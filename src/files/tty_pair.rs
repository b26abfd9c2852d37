// SPDX-License-Identifier: GPL-2.0-only

//! Pseudo-terminals that have been restored, or that are given in the place of one from outside.

use kernel::prelude::*;

use ckpt_image::Problem;

use super::late;
use crate::{
    objhash::Object,
    restoring::{
        self,
        Outcome, //
    },
    sys::{
        file::File,
        pty::Pty,
        task::Task, //
    },
};

/// A pseudo-terminal that has been restored.
pub(crate) struct Pair {
    /// One of its ends; none for a terminal that the caller has not given.
    pub(super) end: Option<File>,
    pub(super) role: Role,
}

/// What that end is.
pub(super) enum Role {
    /// The master, which no saved file has become yet.
    Master,
    /// The master, which has become one of the saved files.
    Given,
    /// The slave of a terminal that the caller has given, or should have: that does not matter as long as
    /// no file needs it.
    Outer {
        /// Whether it controls a session of the tree.
        controls: bool,
    },
}

impl Object for Pair {
    /// Drops it. A master that no task had is closed, which hangs the terminal up, before any task runs.
    fn close(self) {
        if let Some(end) = self.end {
            end.close_now();
        }
    }
}

impl Pair {
    /// Opens the slave of a terminal of which this is an end.
    pub(super) fn open_slave(end: &File, role: &Role, flags: u32) -> Result<File> {
        match role {
            Role::Outer { .. } => end.open_again(flags),
            _ => Pty::of(end).ok_or(EIO)?.open_slave(flags),
        }
    }
}

/// Makes the terminal with this id the controlling one of the caller's process, whose session it controls: one
/// from outside when all is restored.
pub(crate) fn control(context: &mut restoring::Context<'_>, id: u32) -> Outcome {
    let pair = context.get::<Pair>(id)?;
    let end = match (&pair.end, &pair.role) {
        (None, _) | (_, Role::Outer { controls: false }) => return Ok(()),
        (Some(end), _) => end,
    };
    let me = Task::current();
    if let Role::Outer { .. } = pair.role {
        // The leader of the session has it by then.
        return Ok(context.when_ready(late::last(end.clone(), move |end| {
            let _ = Pty::of(end).ok_or(ENOTTY)?.give(&me);
            Ok(())
        }))?);
    }
    let given = Pty::of(end).ok_or(EIO).and_then(|pty| pty.give(&me));
    given.map_err(|_| context.malformed(Problem::Objref(id)))
}
