// SPDX-License-Identifier: GPL-2.0-only

//! Open files of a whole container that something outside of it has, too.
//!
//! A container is saved with all that is in it: a task that shares an open file with it would go on with
//! the old one. So the references that were seen, by descriptors and mappings, are compared with those
//! that there are; when there are more, the owner is looked for. A file that is only mapped is left out: without a
//! descriptor nothing of it is shared but its contents, and programs and libraries are shared so by fork(2).

use kernel::prelude::*;

use super::census::Census;
use crate::{
    log::refuse,
    saving::Context,
    set::Set,
    sharing,
    sys::{
        file::File,
        fs::PathBuffer,
        wait, //
    },
};

/// Checks that nothing outside has any of them. A container that saves itself has files that the
/// call itself holds: there it is not looked at.
///
/// # Errors
///
/// `EBUSY` when something has, `EINTR`.
pub(super) fn check(context: &mut Context<'_>) -> Result {
    if !context.is_container() || context.saves_caller() {
        return Ok(());
    }
    let mut counted = Set::new();
    for file in context.states.get::<Census>()?.files() {
        counted.add(file.key())?;
    }
    for (file, names) in context.objects.described() {
        let held = context.objects.holds(file) + u64::from(counted.count(file.key()));
        let seen = held + u64::from(names);
        if wait::lasts(|| file.references() != seen)? {
            return Err(refuse_leak(context, file)?);
        }
    }
    Ok(())
}

fn refuse_leak(context: &Context<'_>, file: &File) -> Result<Error> {
    let is_it = |other: &File| other.key() == file.key();
    let mut owner = None;
    for task in context.tree.live() {
        if let Some(fd) = File::number_in(task, &is_it)? {
            owner = Some((task, fd));
            break;
        }
    }
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
    let holder = sharing::holder(context.tree, "container", is_it)?;
    Ok(refuse!(
        context.log,
        EBUSY,
        Some(task),
        "fd {}: {}: {}",
        fd,
        path,
        holder
    ))
}
