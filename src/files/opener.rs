// SPDX-License-Identifier: GPL-2.0-only

//! OPENER: the credentials that an open file goes by (`f_cred`), when they are not those of the task that
//! has it.
//!
//! Only some file systems look at these when a file is used (file_ns_capable(9) in /proc and /sys, the
//! user of a request in network file systems). For all others they have no effect after open(2), and the
//! image does not have them.

use kernel::prelude::*;

use ckpt_image::{
    record,
    Problem, //
};

use super::{
    kind::Met,
    opened::Opened,
    saved::Saved,
    stat, //
};
use crate::{
    log::Reason,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        cred::Cred,
        errno,
        file::Stat, //
    },
    task::cred, //
};

/// Writes the credentials that a file was opened with, unless the image has them, and gives their id; 0
/// when they are those of the task, or its file system never looks at them.
///
/// # Errors
///
/// `EOPNOTSUPP` for those of another user namespace.
pub(crate) fn save(context: &mut saving::Context<'_>, met: &Met<'_>, stat: &Stat) -> Result<u32> {
    if !stat::looks_at_opener(stat) {
        return Ok(0);
    }
    let opener = Cred::of_file(met.file);
    if opener.equals(&Cred::of(met.task))? {
        return Ok(0);
    }
    if !opener.is_of_callers_ns() {
        return Err(met.unsupported(
            context.log,
            fmt!("a file that goes by the rights of a user of another user namespace"),
        ));
    }
    if context.is_for_caller() {
        if let Some(why) = cred::refusal(&opener.to_record(), &opener.groups()?)? {
            return Err(met.refuse_because(
                context.log,
                EPERM,
                Reason::Credentials,
                fmt!("the caller could not restart it: a task with {why} had opened it"),
            ));
        }
    }
    cred::save(context, opener)
}

/// Does what makes a file again with the credentials of the task that had opened it. Where they count for
/// later, the task opens its own files with its own, and not with the capabilities that it still has for the
/// restart.
///
/// # Errors
///
/// `EPERM` when the caller could not have got these credentials, `ESTALE` when another file has taken the
/// place of one meanwhile.
pub(crate) fn restore(
    context: &mut restoring::Context<'_>,
    saved: &Saved,
    is_asking: impl FnOnce() -> bool,
    what: impl FnOnce(&mut restoring::Context<'_>) -> Outcome<Opened>,
) -> Outcome<Opened> {
    if saved.opener != 0 {
        return cred::of(context, saved.opener)?.act(context, what);
    }
    let own = context.own.get::<Option<cred::Own>>()?.as_ref();
    let Some(own) = own else {
        return what(context);
    };
    if is_asking() {
        return own.prepare()?.act(|| what(context));
    }
    match what(context)? {
        Opened::File(file, _) if stat::looks_at_opener(&file.stat()) => Err(context.fail(
            errno::estale(),
            fmt!("a file that goes by the rights of its opener"),
        )),
        object => Ok(object),
    }
}

/// Checks that a file which has been made with the credentials of its opener looks at them: no image tells
/// them of another.
pub(crate) fn check(context: &restoring::Context<'_>, object: &Opened) -> Outcome {
    match object {
        Opened::File(file, _) if stat::looks_at_opener(&file.stat()) => Ok(()),
        Opened::Missing(..) => Ok(()),
        _ => Err(context.malformed(Problem::Value("opener of a file that does not look at it"))),
    }
}

/// Reads whose credentials they are.
pub(crate) fn read(context: &mut restoring::Context<'_>) -> Outcome<u32> {
    let opener: record::Opener = context.reader.record()?;
    cred::of(context, opener.cred)?;
    Ok(opener.cred)
}
