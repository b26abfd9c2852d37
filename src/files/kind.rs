// SPDX-License-Identifier: GPL-2.0-only

//! The trait of a kind of open files, for both directions, and how kinds are recognised. No kind is named
//! here.

use kernel::{
    fmt,
    prelude::*, //
};

use super::{
    opened::Opened,
    place::Place,
    saved::Saved, //
};
use crate::{
    log::{
        refuse,
        Cause,
        Log,
        Reason, //
    },
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        self,
        errno,
        file::{
            File,
            Stat, //
        },
        fs::PathBuffer,
        task::Task, //
    },
};

/// An open file, and where it was met first.
pub(crate) struct Met<'a> {
    /// The file.
    pub(crate) file: &'a File,
    /// Which task has it.
    pub(crate) task: &'a Task,
    /// As what.
    pub(crate) place: Place,
}

impl Met<'_> {
    /// Puts into the log why this file cannot be saved, with place and path, and gives the error.
    pub(crate) fn refuse(&self, log: &Log, error: Error, why: fmt::Arguments<'_>) -> Error {
        self.refuse_because(log, error, Reason::None, why)
    }

    /// The same with what a program is to know.
    pub(crate) fn refuse_because(
        &self,
        log: &Log,
        error: Error,
        reason: Reason,
        why: fmt::Arguments<'_>,
    ) -> Error {
        let cause = Cause {
            reason,
            site: self.place.site(),
        };
        let mut buffer = PathBuffer::new();
        let path = match &mut buffer {
            Ok(buffer) => self.file.path(buffer).unwrap_or(c"?"),
            Err(_) => c"?",
        };
        refuse!(
            log,
            error => cause,
            Some(self.task),
            "{}: {}: {}",
            self.place,
            path,
            why
        )
    }

    /// Refuses a file with contents that the caller could not read: an image tells no more than its maker may
    /// know.
    pub(crate) fn check_readable(&self, log: &Log) -> Result {
        if sys::contents::is_readable(self.file) {
            return Ok(());
        }
        let why = fmt!("what is in it may not be read");
        Err(self.refuse_because(log, EACCES, Reason::Unreadable, why))
    }

    /// The same for what is not supported.
    pub(crate) fn unsupported(&self, log: &Log, what: fmt::Arguments<'_>) -> Error {
        self.refuse(log, errno::eopnotsupp(), fmt!("{} is not supported", what))
    }
}

/// An object that a file is open on.
#[derive(Default)]
pub(crate) struct OpenOn {
    /// Its id; 0 for none.
    pub(crate) objref: u32,
    /// What there is to say of it goes without saying: it has no record.
    pub(crate) is_fresh: bool,
}

impl From<u32> for OpenOn {
    fn from(objref: u32) -> Self {
        OpenOn {
            objref,
            is_fresh: false,
        }
    }
}

/// One kind.
pub(crate) trait Kind: Sync {
    /// Its number in the image.
    fn number(&self) -> u16;

    /// Whether a file is of this kind. The first kind that says so takes it.
    fn takes(&self, context: &saving::Context<'_>, file: &File, stat: &Stat) -> bool;

    /// What people call one, for messages.
    fn noun(&self) -> &'static str {
        "a file"
    }

    /// Why this file cannot be saved although it is of this kind.
    fn refusal(&self, _file: &File, _stat: &Stat) -> Option<&'static str> {
        None
    }

    /// Whether it is made without a path, and what its kind writes is all that there is to say of it.
    fn is_anonymous(&self) -> bool {
        false
    }

    /// Whether it is found again by its path, with the rights of the caller of the restart.
    fn has_path(&self) -> bool {
        !self.is_anonymous()
    }

    /// Whether there is something to be said about what it is open on, beside its path.
    fn has_node(&self, _file: &File) -> bool {
        !self.is_anonymous()
    }

    /// Flags of open(2) that only files of this kind have, in the image.
    fn own_flags(&self) -> u32 {
        0
    }

    /// Marks ([`record::file_mark`]) that only files of this kind have.
    fn own_marks(&self) -> u16 {
        0
    }

    /// Those of them that a file has.
    fn marks(&self, _file: &File) -> u16 {
        0
    }

    /// Whether files of this kind may be open on an object of the image.
    fn is_on_object(&self) -> bool {
        false
    }

    /// Writes the object that it is open on, unless the image has it already, and gives its id; 0
    /// when there is no such thing.
    fn object(&self, _context: &mut saving::Context<'_>, _met: &Met<'_>) -> Result<OpenOn> {
        Ok(OpenOn::default())
    }

    /// Puts the open files that it refers to on the list of those that are to be written
    /// ([`super::worklist`]), and tells whether there is anything to connect it with.
    fn collect(&self, _context: &mut saving::Context<'_>, _met: &Met<'_>) -> Result<bool> {
        Ok(false)
    }

    /// Writes how it is connected with the files that it refers to, when all of them are in the image.
    fn connect(&self, _context: &mut saving::Context<'_>, _met: &Met<'_>) -> Result {
        Ok(())
    }

    /// Writes what it has beside FILE and path, but for what refers to other files.
    fn checkpoint(&self, _context: &mut saving::Context<'_>, _met: &Met<'_>) -> Result {
        Ok(())
    }

    /// Makes the file again. `path` has no NUL before its end.
    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        path: &CStr,
    ) -> Outcome<Opened>;
}
