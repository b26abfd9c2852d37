// SPDX-License-Identifier: GPL-2.0-only

//! Directories: reopened by their path, with the position of readdir(3).

use kernel::prelude::*;

use ckpt_image::record::file_kind;

use super::{
    kind::{
        Kind,
        Met, //
    },
    opened::Opened,
    saved::{
        self,
        Saved, //
    },
    stat::{
        self,
        S_IFDIR,
        S_IFMT, //
    },
};
use crate::{
    log::{
        refuse,
        Reason, //
    },
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        errno,
        file::{
            File,
            Stat, //
        },
        fs::{
            Path,
            PathBuffer, //
        },
        inotify, //
    },
};

/// The kind of open files for directories.
pub(crate) struct Directory;

impl Kind for Directory {
    fn number(&self) -> u16 {
        file_kind::DIRECTORY
    }

    fn takes(&self, _context: &saving::Context<'_>, _file: &File, stat: &Stat) -> bool {
        stat.mode & S_IFMT == S_IFDIR
    }

    fn refusal(&self, file: &File, stat: &Stat) -> Option<&'static str> {
        stat::refusal(stat).or(refusal(file))
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        path: &CStr,
    ) -> Outcome<Opened> {
        let file = saved::reopen(context, saved, path, S_IFDIR)?;
        saved::seek(context, &file, saved, path)?;
        Ok(Opened::File(file, saved::contents(saved)))
    }
}

/// Why an open directory, deleted or not, cannot be saved.
pub(super) fn refusal(file: &File) -> Option<&'static str> {
    inotify::is_notified(file).then_some("directory notification (dnotify)")
}

/// The directory that a deleted file was in.
///
/// # Errors
///
/// `EOPNOTSUPP` when no path leads to that, either, `EPERM` when the caller is to be able to restart it and
/// may make nothing there.
pub(super) fn of_deleted<'a>(
    context: &saving::Context<'_>,
    met: &Met<'_>,
    buffer: &'a mut PathBuffer,
) -> Result<&'a CStr> {
    let parent = Path::parent_of(met.file);
    let gone = parent.is_unlinked() || !parent.is_reachable();
    let name = parent.print(buffer)?;
    if gone || !parent.is_at(name)? {
        return Err(refuse!(
            context.log,
            errno::eopnotsupp(),
            Some(met.task),
            "{}: a deleted file or directory whose directory is deleted or out of the caller's reach, too: {}",
            met.place,
            name
        ));
    }
    if context.is_for_caller() && parent.allows(true).is_err() {
        return Err(refuse!(
            context.log,
            EPERM => Reason::Credentials,
            Some(met.task),
            "{}: the caller could not restart a deleted file or directory: nothing may be made in {}",
            met.place,
            name
        ));
    }
    Ok(name)
}
