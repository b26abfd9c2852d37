// SPDX-License-Identifier: GPL-2.0-only

//! Terminals from outside of the tree, at restart. A terminal of the caller takes the place of each one;
//! other processes may use it as well. The module does with it only what the caller may do.

use kernel::prelude::*;

use ckpt_image::{
    record::{
        self,
        tty_mark,
        OUTSIDE, //
    },
    Problem, //
};

use super::{
    late, tty_end,
    tty_pair::{
        Pair,
        Role, //
    },
};
use crate::{
    log::Reason,
    places,
    restoring::{
        self,
        Outcome, //
    },
    sys::{
        self,
        bindings,
        file::File,
        pid::{
            self,
            Pid, //
        },
        pty::{
            self,
            Pty, //
        },
        task::Task, //
    },
};

/// Puts the terminal that the caller of the restart has given in the place of one that was outside.
pub(super) fn restore(
    context: &mut restoring::Context<'_>,
    saved: &record::Tty,
    path: &CStr,
) -> Outcome {
    if saved.marks != tty_mark::OUTER || !path.to_bytes().is_empty() {
        return Err(context.malformed(Problem::Value("marks of a terminal")));
    }
    let settings = tty_end::read_modes(context)?;
    let Some(end) = context.inherited(bindings::CKPT_INHERIT_TERMINAL).cloned() else {
        context.say(fmt!(
            "no terminal is given: the program had /dev/pts/{}, whose master was outside of the tree",
            saved.index
        ));
        let absent = Pair {
            end: None,
            role: Role::Outer { controls: false },
        };
        return context.define(saved.objref, absent);
    };
    let pty = Pty::of(&end)
        .filter(|_| {
            pty::state(&end)
                .is_some_and(|state| !state.is_master && !state.is_tty && !state.hung_up)
        })
        .ok_or_else(|| {
            context.fail(
                ENOTTY,
                fmt!("what is given for a terminal is not the slave of a pseudo-terminal"),
            )
        })?;
    let modes = settings.termios;
    context.when_ready(late::last(end.clone(), move |end| {
        Pty::of(end).ok_or(ENOTTY)?.adopt(&modes)
    }))?;
    let controls = saved.session != OUTSIDE && context.entry().is_some();
    if pty.session().0.is_some() && (controls || !controls_caller(&pty)) {
        return Err(context.fail_because(
            EPERM,
            Reason::Session.into(),
            fmt!("the terminal that is given controls another session: the program's needs one"),
        ));
    }
    if controls {
        // As TIOCSCTTY asks.
        if !end.is_readable() && !sys::is_capable(bindings::CAP_SYS_ADMIN) {
            return Err(context.fail(
                EPERM,
                fmt!("the terminal that is given is not open for reading: the program's has to be"),
            ));
        }
        let session = places::session(context, saved.session)?;
        let group = places::group(context, saved.foreground, saved.session)?;
        context.when_ready(late::last(end.clone(), move |end| {
            Pty::of(end).ok_or(ENOTTY)?.claim(&session, &group)
        }))?;
    }
    let pair = Pair {
        end: Some(end),
        role: Role::Outer { controls },
    };
    context.define(saved.objref, pair)
}

/// Opens a terminal as /dev/tty, whose node is given. Permission for the terminal itself, and whether
/// it is the controlling one, is asked here: every user may open the node, and the kernel asks when the
/// terminal becomes the controlling one.
///
/// # Errors
///
/// `ENXIO` when the terminal does not control the caller's session, and is not to.
pub(super) fn open_tty(end: &File, role: &Role, node: &File, flags: u32) -> Result<File> {
    let pty = Pty::of(end).ok_or(EIO)?;
    if let Role::Outer { controls } = role {
        if !controls && !controls_caller(&pty) {
            return Err(ENXIO);
        }
        end.open_again(flags)?.close_now();
    }
    pty.open_tty(node, flags)
}

/// Whether a terminal controls the caller's session.
fn controls_caller(pty: &Pty<'_>) -> bool {
    let own = Pid::of(&Task::current(), pid::Kind::Session);
    match (pty.session().0, own) {
        (Some(session), Some(own)) => session.key() == own.key(),
        _ => false,
    }
}
