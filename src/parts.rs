// SPDX-License-Identifier: GPL-2.0-only

//! The parts of a task's section, in the order in which they are written and restored.
//!
//! The one table of parts: a new kind of object is one new file and one line here.

use kernel::prelude::*;

use crate::{
    files,
    mm,
    part::Part,
    saving,
    task, //
};

/// All parts. Descriptors come before memory, because mappings refer to files; what would be in the
/// way of restoring others comes late; what is set at the very end is kept in
/// [`Leave`](crate::leave::Leave).
const ALL: &[Part] = &[
    task::identity::PART,
    task::session::PART,
    task::sched::PART,
    task::cred::PART,
    task::seccomp::PART,
    task::cpu::PART,
    task::restart_block::PART,
    files::table::PART,
    mm::PART,
    files::fs::PART,
    task::sighand::PART,
    task::group::PART,
    task::objects::PART,
    task::signals::PART,
];

/// The parts of a task that is alive, or dead.
pub(crate) fn of(dead: bool) -> impl Iterator<Item = &'static Part> {
    ALL.iter().filter(move |part| part.outlives || !dead)
}

/// Checks that have to wait until all tasks are saved.
///
/// # Errors
///
/// Those of the parts.
pub(crate) fn all_saved(context: &mut saving::Context<'_>) -> Result {
    for check in ALL.iter().filter_map(|part| part.all_saved) {
        let checked = check(context);
        context.log.go_on(checked)?;
    }
    Ok(())
}
