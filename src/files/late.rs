// SPDX-License-Identifier: GPL-2.0-only

//! What is set of files last: when the image has been read, the ends of pipes that no task took are
//! closed and the dead have died, and before anything runs. All of that wakes those who wait for files.

use kernel::prelude::*;

use crate::{
    restoring,
    sys::file::File, //
};

/// Gives the file up for good when it has been set.
fn last(file: File, set: impl FnOnce(&File) -> Result) -> Result {
    let result = set(&file);
    file.close_now();
    result
}

/// Puts off what is set of a file until everything is there.
///
/// # Errors
///
/// `ENOMEM`.
pub(super) fn when_ready(
    context: &mut restoring::Context<'_>,
    file: File,
    set: impl FnOnce(&File) -> Result + Send + 'static,
) -> Result {
    context.when_ready(move || last(file, set))
}

/// Puts off what would report what else is set.
///
/// # Errors
///
/// `ENOMEM`.
pub(super) fn when_quiet(
    context: &mut restoring::Context<'_>,
    file: File,
    set: impl FnOnce(&File) -> Result + Send + 'static,
) -> Result {
    context.when_quiet(move || last(file, set))
}
