// SPDX-License-Identifier: GPL-2.0-only

//! The last settings of files. They are made before any task runs, when the image has been read, the ends
//! of pipes that no task took are closed, and the dead tasks have died: all of that wakes tasks that wait
//! for files.

use kernel::prelude::*;

use crate::sys::file::File;

/// What sets a file last, and then gives it up for good: to be put off.
pub(super) fn last(
    file: File,
    set: impl FnOnce(&File) -> Result + Send + 'static,
) -> impl FnOnce() -> Result + Send + 'static {
    move || {
        let result = set(&file);
        file.close_now();
        result
    }
}
