// SPDX-License-Identifier: GPL-2.0-only

//! Open files of a whole container that somebody outside of it has, too.
//!
//! A container is saved with all that is in it: a task outside that shares an open file with it would go on with
//! the old one. So the references that were seen, by descriptors and mappings, are compared with those
//! that there are. A file that is only mapped is left out: without a descriptor nothing of it is
//! shared but its contents, and programs and libraries are shared so by fork(2).

use kernel::prelude::*;

use super::census::Census;
use crate::{
    log::refuse,
    saving::Context,
    set::Set,
    sys::{
        file::File,
        fs::PathBuffer,
        wait, //
    },
};

/// Checks that nobody outside has any of them. A container that saves itself has files that the
/// call itself holds: there it is not looked at.
///
/// # Errors
///
/// `EBUSY` when somebody has, `EINTR`.
pub(super) fn check(context: &mut Context<'_>) -> Result {
    if !context.is_container() || context.saves_caller() {
        return Ok(());
    }
    let mut counted = Set::new();
    for file in context.states.get::<Census>()?.files() {
        counted.add(file.key())?;
    }
    for (file, names) in context.objects.described() {
        // The table of objects has one of them.
        let seen = 1 + u64::from(names) + u64::from(counted.count(file.key()));
        if wait::lasts(|| file.references() != seen)? {
            return Err(refuse_leak(context, file, seen)?);
        }
    }
    Ok(())
}

fn refuse_leak(context: &Context<'_>, file: &File, seen: u64) -> Result<Error> {
    let is_it = |other: &File| other.key() == file.key();
    let mut owners = context.tree.live();
    let owner = owners.find_map(|task| Some((task, File::number_in(task, is_it)?)));
    let Some((task, fd)) = owner else {
        return Ok(refuse!(
            context.log,
            EBUSY,
            None,
            "a descriptor was closed during the checkpoint"
        ));
    };
    let mut buffer = PathBuffer::new()?;
    let path = file.path(&mut buffer).unwrap_or(c"?");
    let there_are = file.references();
    let (log, busy) = (context.log, EBUSY);
    Ok(match context.tree.holder_outside(is_it)? {
        Some((holder, number)) => refuse!(
            log,
            busy,
            Some(task),
            "fd {}: {}: process {} outside of the container has it, too, as fd {}",
            fd,
            path,
            holder.tgid(),
            number
        ),
        None => refuse!(
            log,
            busy,
            Some(task),
            "fd {}: {}: {} references to it were found in the container, there are {}",
            fd,
            path,
            seen,
            there_are
        ),
    })
}
