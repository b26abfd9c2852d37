// SPDX-License-Identifier: GPL-2.0-only

//! Descriptors that the caller of a restart gives in the place of saved ones, and which of them were used.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

use crate::{
    log::{
        refuse,
        Log, //
    },
    sys::file::File, //
};

struct Entry {
    /// The descriptor in the image; below 0 it stands for something else.
    fd: i32,
    file: File,
    /// Whether a task has a descriptor of this number.
    used: Atomic<u32>,
}

/// All that are given for one restart.
pub(crate) struct Inherited {
    entries: KVVec<Entry>,
    /// Whether each of them has to be wanted.
    all: bool,
}

impl Inherited {
    /// An empty list; `all` tells whether each descriptor that is given has to be used.
    pub(crate) fn new(all: bool) -> Self {
        Inherited {
            entries: KVVec::new(),
            all,
        }
    }

    /// Gives one.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn add(&mut self, fd: i32, file: File) -> Result {
        let entry = Entry {
            fd,
            file,
            used: Atomic::new(0),
        };
        Ok(self.entries.push(entry, GFP_KERNEL_ACCOUNT)?)
    }

    /// The file that is given for a descriptor, which counts as used then.
    pub(crate) fn get(&self, fd: i32) -> Option<&File> {
        let entry = self.entries.iter().find(|entry| entry.fd == fd)?;
        entry.used.store(1, Relaxed);
        Some(&entry.file)
    }

    /// Whether there was a descriptor for each of them, once all tasks have theirs.
    ///
    /// # Errors
    ///
    /// `EINVAL` when there was none, and has to be.
    pub(crate) fn check_used(&self, log: &Log) -> Result {
        let is_unused = |entry: &&Entry| entry.fd >= 0 && entry.used.load(Relaxed) == 0;
        match self.entries.iter().find(is_unused) {
            Some(entry) if self.all => Err(refuse!(
                log,
                EINVAL,
                None,
                "fd {}: no task of the image has it, and another was given for it",
                entry.fd
            )),
            _ => Ok(()),
        }
    }
}
