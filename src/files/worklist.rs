// SPDX-License-Identifier: GPL-2.0-only

//! Open files that are to be written. A file that refers to other files puts them here, and is connected
//! with them when all are in the image. So files may refer to each other in circles, and to any depth.

use kernel::prelude::*;

use super::{
    kind::{
        Kind,
        Met, //
    },
    place::Place, //
};
use crate::{
    objhash::Sort,
    saving,
    set::Set,
    sys::{
        file::File,
        task::Task, //
    },
};

/// A file, and where it was met first.
#[derive(Clone)]
pub(super) struct Found {
    file: File,
    task: Task,
    place: Place,
}

impl Found {
    fn of(met: &Met<'_>) -> Self {
        Found {
            file: met.file.clone(),
            task: met.task.clone(),
            place: met.place,
        }
    }

    /// The same, borrowed.
    pub(super) fn met(&self) -> Met<'_> {
        Met {
            file: &self.file,
            task: &self.task,
            place: self.place,
        }
    }
}

/// The open files that are still to be written or connected.
#[derive(Default)]
pub(super) struct Worklist {
    /// All that have been met since the list was empty, in this order.
    found: KVVec<Found>,
    /// Their addresses.
    met: Set,
    /// How many of them have been taken off.
    taken: usize,
    /// Files that are still to be connected.
    connecting: KVVec<(&'static dyn Kind, Found)>,
}

impl Worklist {
    /// Takes off the file that has been on the list for longest.
    pub(super) fn take(&mut self) -> Option<Found> {
        let next = self.found.get(self.taken).cloned()?;
        self.taken += 1;
        Some(next)
    }

    /// Notes that a file has been written, and is to be connected.
    pub(super) fn connect_later(&mut self, kind: &'static dyn Kind, met: &Met<'_>) -> Result {
        let found = Found::of(met);
        Ok(self.connecting.push((kind, found), GFP_KERNEL_ACCOUNT)?)
    }

    /// Empties the list, and tells which files are to be connected.
    pub(super) fn finish(&mut self) -> KVVec<(&'static dyn Kind, Found)> {
        core::mem::take(self).connecting
    }
}

/// Puts a file on the list, unless the image has it or it is there already.
///
/// # Errors
///
/// `ENOMEM`.
pub(super) fn add(context: &mut saving::Context<'_>, met: &Met<'_>) -> Result {
    let key = met.file.key();
    if context.objects.has(Sort::File, key) {
        return Ok(());
    }
    let list = context.states.get::<Worklist>()?;
    if list.met.add(key)? > 1 {
        return Ok(());
    }
    Ok(list.found.push(Found::of(met), GFP_KERNEL_ACCOUNT)?)
}
