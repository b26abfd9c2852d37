// SPDX-License-Identifier: GPL-2.0-only

//! What has become of each open file of the image, by its id.

use kernel::{
    fmt,
    prelude::*,
    str::BStr, //
};

use ckpt_image::Problem;

use super::place::Place;
use crate::{
    log::{
        Cause,
        Reason, //
    },
    objhash::Object,
    restoring::{
        self,
        Outcome, //
    },
    sys::{
        errno,
        file::File,
        fs::PathBuffer, //
    },
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

/// The open file with this id, which is needed at `place`.
pub(crate) fn file_of(
    context: &restoring::Context<'_>,
    id: u32,
    place: Place,
) -> Outcome<(File, Contents)> {
    match context.get::<Opened>(id)? {
        Opened::File(file, contents) => Ok((file.clone(), *contents)),
        Opened::Missing(path, error) => {
            let path = BStr::from_bytes(path);
            Err(context.fail(*error, fmt!("{}: {} cannot be opened", place, path)))
        }
        _ => Err(context.malformed(Problem::Objref(id))),
    }
}

/// The same, when what it holds counts: unless the restarter allows it, that may not have changed.
pub(crate) fn unchanged_file_of(
    context: &restoring::Context<'_>,
    id: u32,
    place: Place,
) -> Outcome<File> {
    let (file, contents) = file_of(context, id, place)?;
    if contents.compared && !context.changed_files {
        check_unchanged(context, &file, &contents, place, "")?;
    }
    Ok(file)
}

/// Checks that a file holds what it held. `why` says to what that matters.
pub(crate) fn check_unchanged(
    context: &restoring::Context<'_>,
    file: &File,
    contents: &Contents,
    place: Place,
    why: &str,
) -> Outcome {
    let stat = file.stat();
    let (size, mtime) = (stat.size as u64, (stat.mtime, stat.mtime_nsec));
    let mut buffer = PathBuffer::new()?;
    let path = file.path(&mut buffer)?;
    let changed = |what: fmt::Arguments<'_>| {
        context.fail_because(
            errno::estale(),
            Cause {
                reason: match why {
                    "" => Reason::Changed,
                    _ => Reason::ChangedMapped,
                },
                site: place.site(),
            },
            fmt!(
                "{}: {} has changed since the checkpoint{}: {}",
                place,
                path,
                why,
                what
            ),
        )
    };
    if size != contents.size {
        return Err(changed(fmt!("{} bytes, it had {}", size, contents.size)));
    }
    let (seconds, nanoseconds) = contents.mtime;
    if mtime != contents.mtime {
        return Err(changed(fmt!(
            "written at {}.{:09}, before at {}.{:09}",
            mtime.0,
            mtime.1,
            seconds,
            nanoseconds
        )));
    }
    Ok(())
}
