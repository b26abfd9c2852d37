// SPDX-License-Identifier: GPL-2.0-only

//! Which tasks have the ends of pipes and terminals, and contents that the image holds: nobody but the tree,
//! or they cannot be saved.

use kernel::prelude::*;

use super::{
    kind::Met,
    place::Place, //
};
use crate::{
    log::{
        Log,
        Reason, //
    },
    objhash::{
        ObjHash,
        Sort, //
    },
    sys::{
        self,
        file::File,
        task::Task,
        wait, //
    },
};

/// Open files of the two ends of something; contents have one end.
pub(crate) type Ends = (u32, u32);

/// The ends of what belongs to a tree, and how often they have been met.
#[derive(Default)]
pub(crate) struct Census {
    met: KVVec<Opened>,
    /// Open files that were met, by the id of what they are ends of.
    ends: KVVec<Ends>,
}

/// An open file, and where it was met first.
struct Opened {
    file: File,
    task: Task,
    place: Place,
    /// The id of what it is an end of.
    objref: u32,
    /// How many there are by now.
    count: fn(&File) -> Option<Ends>,
}

impl Census {
    /// Counts an open file as `ends` of the object with this id. `count` tells how many open files that has,
    /// the tree's or not.
    pub(crate) fn add(
        &mut self,
        met: &Met<'_>,
        objref: u32,
        ends: Ends,
        count: fn(&File) -> Option<Ends>,
    ) -> Result {
        let opened = Opened {
            file: met.file.clone(),
            task: met.task.clone(),
            place: met.place,
            objref,
            count,
        };
        self.met.push(opened, GFP_KERNEL_ACCOUNT)?;
        let at = objref as usize;
        while self.ends.len() <= at {
            self.ends.push((0, 0), GFP_KERNEL_ACCOUNT)?;
        }
        let so_far = self.ends.get_mut(at).ok_or(EIO)?;
        *so_far = (so_far.0 + ends.0, so_far.1 + ends.1);
        Ok(())
    }

    /// Checks that nobody outside of the tree has any of them. A task that looks at descriptors has them for a
    /// moment: that is waited for.
    ///
    /// # Errors
    ///
    /// `EBUSY` when somebody has, `EINTR`.
    pub(crate) fn check(&self, objects: &ObjHash, log: &Log) -> Result {
        // The ends of one thing are counted once: that takes longer the more there are.
        let mut known = KVVec::from_elem(None, self.ends.len(), GFP_KERNEL_ACCOUNT)?;
        for opened in self.met.iter() {
            sys::check_signal()?;
            let known = known.get_mut(opened.objref as usize).ok_or(EIO)?;
            let is_first = known.is_none();
            let counts = known.unwrap_or_else(|| (opened.count)(&opened.file).is_some());
            let is_outside =
                || is_first && self.has_others(opened) || Self::is_held(opened, objects);
            if counts && wait::lasts(is_outside)? {
                return Err(opened.refuse(log));
            }
            *known = Some(counts);
        }
        Ok(())
    }

    /// The open files that are held here.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.met.iter().map(|opened| &opened.file)
    }

    /// Whether there are other ends than have been met.
    fn has_others(&self, opened: &Opened) -> bool {
        (opened.count)(&opened.file)
            .is_some_and(|ends| self.ends.get(opened.objref as usize) != Some(&ends))
    }

    /// Whether somebody else holds an open file.
    fn is_held(opened: &Opened, objects: &ObjHash) -> bool {
        let key = opened.file.key();
        // Held here.
        let mut references = 1;
        for sort in [Sort::File, Sort::ExternalFile] {
            if let Some(objref) = objects.find(sort, key) {
                // Held by the table of objects.
                references += 1 + u64::from(objects.names(objref));
            }
        }
        opened.file.references() != references
    }
}

impl Opened {
    fn refuse(&self, log: &Log) -> Error {
        let met = Met {
            file: &self.file,
            task: &self.task,
            place: self.place,
        };
        met.refuse_because(
            log,
            EBUSY,
            Reason::Outside,
            fmt!("somebody outside of the tree has it, too"),
        )
    }
}
