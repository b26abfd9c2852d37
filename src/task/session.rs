// SPDX-License-Identifier: GPL-2.0-only

//! Session and process group. TREE has their numbers, so they have no record of their own.
//!
//! User space has every leader of a session call setsid(2). This file sets the session and group of all
//! other tasks, from tasks and ghosts of the same restart only.

use kernel::prelude::*;

use crate::{
    part::Part,
    places,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        task::Task,
        tree, //
    },
};

pub(crate) const PART: Part = Part {
    name: "session and process group",
    outlives: true,
    checkpoint,
    restart,
    all_saved: None,
};

fn checkpoint(_: &mut saving::Context<'_>, _: &Task) -> Result {
    Ok(())
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    let Some(entry) = context.entry() else {
        // A task that restores itself stays where it is.
        return Ok(());
    };
    if entry.leader as usize != context.place {
        return Ok(());
    }
    let leads = entry.session as usize == context.place;
    if leads != tree::leads_session(&Task::current()) {
        let what = if leads {
            "the task has to call setsid(2) before it is restored: it led a session"
        } else {
            "the task leads a session, which it did not"
        };
        return Err(context.fail(EPERM, fmt!("{}", what)));
    }
    let session = places::number(context, entry.session)?;
    let group = places::number(context, entry.group)?;
    if let Some(coordinator) = context.coordinator() {
        tree::join(session.as_ref(), group.as_ref(), coordinator)
            .map_err(|error| context.fail(error, fmt!("{}", places::DEAD_LEADER)))?;
    }
    Ok(())
}
