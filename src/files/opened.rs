// SPDX-License-Identifier: GPL-2.0-only

//! What has become of an open file of the image.

use kernel::prelude::*;

use crate::{
    objhash::Object,
    sys::file::File, //
};

/// An open file of the image that is being restored.
pub(crate) enum Opened {
    /// The open file, and what its contents were when it was saved.
    File(File, Contents),
    /// A file that could not be opened, and why. That is no matter as long as nothing needs it.
    Missing(KVVec<u8>, Error),
    /// A descriptor that the caller of the restart has to give: an open file or nothing yet.
    External,
}

impl Object for Opened {
    fn close(self) {
        if let Opened::File(file, _) = self {
            file.close_now();
        }
    }
}

/// What tells whether a file's contents have changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Whether it was found by its path, and what it holds is compared.
    pub(crate) compared: bool,
    /// Size in bytes.
    pub(crate) size: u64,
    /// Time of the last change: seconds and nanoseconds.
    pub(crate) mtime: (i64, u32),
}
