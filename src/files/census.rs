// SPDX-License-Identifier: GPL-2.0-only

//! Checks that only tasks of the tree have the ends of its pipes and terminals, and the contents that the
//! image holds; otherwise these cannot be saved.
//!
//! When a count is higher than the number of owners that were met in the tree, the owner outside is looked
//! for. If no task has the object, its owner is of a sort that cannot be looked into.

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
    sharing,
    sys::{
        self,
        file::File,
        task::Task,
        wait, //
    },
    tree::Tree, //
};

/// Open files of the two ends of something; contents have one end.
pub(crate) type Ends = (u32, u32);

/// What tells of a sort of things how often one is open, by the tree's tasks or others.
#[derive(Clone, Copy)]
pub(crate) struct Counted {
    /// An address that stands for the thing that a file is open on; that of no such thing for another file.
    pub(crate) key: fn(&File) -> usize,
    /// How many open files it has; `None` when that cannot be told.
    pub(crate) ends: fn(&File) -> Option<Ends>,
}

/// Where all obstacles are asked for: after how many what is there at one look is one, without a wait, and
/// after how many no other process is looked for, which takes a walk over all.
const WAITS: u32 = 4;
const NAMED: u32 = 8;

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
    /// The sort of that object.
    what: Counted,
}

impl Census {
    /// Counts an open file as `ends` of the object with this id.
    pub(crate) fn add(&mut self, met: &Met<'_>, objref: u32, ends: Ends, what: Counted) -> Result {
        let opened = Opened {
            file: met.file.clone(),
            task: met.task.clone(),
            place: met.place,
            objref,
            what,
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

    /// Checks that nothing outside of the tree has any of them. A task that looks at descriptors has them for a
    /// moment: that is waited for.
    ///
    /// # Errors
    ///
    /// `EBUSY` when something has, `EINTR`.
    pub(crate) fn check(&self, objects: &ObjHash, tree: &Tree, log: &Log) -> Result {
        // The ends of one thing are counted once: that takes longer the more there are.
        let mut known = KVVec::from_elem(None, self.ends.len(), GFP_KERNEL_ACCOUNT)?;
        for opened in self.met.iter() {
            sys::check_signal()?;
            let known = known.get_mut(opened.objref as usize).ok_or(EIO)?;
            let is_first = known.is_none();
            let counts = known.unwrap_or_else(|| (opened.what.ends)(&opened.file).is_some());
            let is_outside =
                || is_first && self.has_others(opened) || Self::is_held(opened, objects);
            let lasts = || match log.obstacles() < WAITS {
                true => wait::lasts(is_outside),
                false => Ok(is_outside()),
            };
            if counts && lasts()? {
                let refused = opened.refuse(tree, log)?;
                log.obstacle(refused)?;
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
        (opened.what.ends)(&opened.file)
            .is_some_and(|ends| self.ends.get(opened.objref as usize) != Some(&ends))
    }

    /// Whether something else holds an open file.
    fn is_held(opened: &Opened, objects: &ObjHash) -> bool {
        let key = opened.file.key();
        let names = [Sort::File, Sort::ExternalFile];
        let names = names.iter().filter_map(|sort| objects.find(*sort, key));
        let names: u64 = names.map(|objref| u64::from(objects.names(objref))).sum();
        // One reference is held here.
        opened.file.references() != 1 + objects.holds(&opened.file) + names
    }
}

impl Opened {
    /// Names what has it, too.
    fn refuse(&self, tree: &Tree, log: &Log) -> Result<Error> {
        let met = Met {
            file: &self.file,
            task: &self.task,
            place: self.place,
        };
        let key = (self.what.key)(&self.file);
        let is_it = |file: &File| (self.what.key)(file) == key;
        if log.obstacles() >= NAMED {
            let why = fmt!("it is held outside of the tree, too");
            return Ok(met.refuse_because(log, EBUSY, Reason::Outside, why));
        }
        let holder = sharing::holder(tree, "tree", is_it)?;
        Ok(met.refuse_because(log, EBUSY, Reason::Outside, fmt!("{}", holder)))
    }
}
