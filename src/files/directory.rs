// SPDX-License-Identifier: GPL-2.0-only

//! Directories: reopened by their path, with the position of readdir(3).

use kernel::prelude::*;

use ckpt_image::record::file_kind;

use super::{
    kind::{
        Kind,
        S_IFDIR,
        S_IFMT, //
    },
    open::{
        self,
        Saved, //
    },
    opened::Opened, //
};
use crate::{
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        file::{
            File,
            Stat, //
        },
        inotify,
    },
};

/// See above.
pub(crate) struct Directory;

impl Kind for Directory {
    fn number(&self) -> u16 {
        file_kind::DIRECTORY
    }

    fn takes(&self, _context: &saving::Context<'_>, _file: &File, stat: &Stat) -> bool {
        stat.mode & S_IFMT == S_IFDIR
    }

    fn refusal(&self, file: &File, stat: &Stat) -> Option<&'static str> {
        open::refusal(stat).or(refusal(file))
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        path: &CStr,
    ) -> Outcome<Opened> {
        let file = open::reopen(context, saved, path, S_IFDIR)?;
        open::seek(context, &file, saved, path)?;
        Ok(Opened::File(file, open::contents(saved)))
    }
}

/// Why an open directory, deleted or not, cannot be saved.
pub(super) fn refusal(file: &File) -> Option<&'static str> {
    inotify::is_notified(file).then_some("directory notification (dnotify)")
}
