// SPDX-License-Identifier: GPL-2.0-only

//! Whether a process has a controlling terminal. Which session a terminal controls, and
//! which group is in its foreground, belongs to the terminal ([`crate::files::tty`]).

use kernel::prelude::*;

use ckpt_image::record::{
    Signal,
    OUTSIDE, //
};

use crate::{
    files::tty_pair,
    objhash::Sort,
    places,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        pty,
        task::Task,
        tree::{
            self,
            Terminal, //
        },
    },
};

/// What SIGNAL says of it.
pub(super) struct Saved {
    /// In numbers.
    pub(super) now: Terminal,
    /// The pseudo-terminal, if it is in the image.
    pub(super) object: u32,
    /// Where the group is that the terminal had in its foreground before it was lost.
    pub(super) old_place: u32,
}

/// The terminal itself stands before the process's descriptor table.
///
/// # Errors
///
/// `ENOMEM`.
pub(super) fn checkpoint(context: &saving::Context<'_>, task: &Task) -> Result<Saved> {
    let master = pty::controlling(task)?;
    let object = master.and_then(|master| context.objects.find(Sort::Tty, pty::key(&master)));
    let old = match tree::old_group(task) {
        Some(old) => places::of_group(context, &old)?,
        None => None,
    };
    Ok(Saved {
        now: tree::terminal(task, context.tree.ns()),
        object: object.unwrap_or(0),
        old_place: old.unwrap_or(OUTSIDE),
    })
}

/// Gives the process the terminal that it had, if that is one of the image, and what it has to hang up
/// at its end.
pub(super) fn restart(context: &mut restoring::Context<'_>, saved: &Signal) -> Outcome {
    let Some(entry) = context.entry() else {
        // A task that restores itself stays in its session.
        if saved.tty != 0 {
            tell(context, saved);
        }
        return Ok(());
    };
    if saved.tty_old_group != 0 && saved.tty_old_place != OUTSIDE {
        let group = places::group(context, saved.tty_old_place, entry.session)?;
        tree::set_old_group(&group);
    }
    if saved.tty_object == 0 {
        if saved.tty != 0 {
            tell(context, saved);
        }
        return Ok(());
    }
    tty_pair::control(context, saved.tty_object)
}

fn tell(context: &restoring::Context<'_>, saved: &Signal) {
    context.say(fmt!(
        "the process had a controlling terminal (device {:#x}): it has the one of its session now",
        saved.tty
    ));
}
