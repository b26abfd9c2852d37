// SPDX-License-Identifier: GPL-2.0-only

//! Shared objects: which are in the image already, and which have been restored.
//!
//! The only place where sharing is decided. An object is written once, before its first reference;
//! its id is handed out in the order of writing.

use kernel::{
    prelude::*,
    rbtree::RBTree,
    sync::Arc, //
};

use ckpt_image::{
    record::Vma,
    Objref,
    Problem, //
};

use crate::{
    files::{
        contents::Kept,
        late::Late,
        pipe::Ends,
        reopening::Reopening,
        tty::Pair, //
    },
    sys::{
        cred::Cred,
        file::File,
        mm::Mm,
        share, //
    },
    task::cred,
};

/// What keeps an object's address from being used again while the checkpoint lasts.
pub(crate) enum Held {
    /// An open file.
    File(File),
    /// Credentials.
    Cred(#[expect(dead_code)] Cred),
    /// An open file that is held.
    ByFile,
    /// Part of a task that stands still, which holds it.
    ByTask,
}

/// Checkpoint: kernel address to id.
pub(crate) struct ObjHash {
    ids: RBTree<(Sort, usize), Objref>,
    entries: KVVec<Entry>,
    last: u32,
}

struct Entry {
    held: Held,
    /// Descriptors and mappings that name it.
    names: u32,
    /// Whether a descriptor does.
    has_descriptor: bool,
}

/// The sorts of shared objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sort {
    /// Open file description that is not part of the image.
    ExternalFile,
    /// Open file description.
    File,
    /// Pipe or FIFO.
    Pipe,
    /// Pseudo-terminal.
    Tty,
    /// What a file stores, or an inode of memory.
    Contents,
    /// Descriptor table.
    FileTable,
    /// Address space.
    Mm,
    /// Root and working directory.
    Fs,
    /// Signal handlers.
    Sighand,
    /// What a thread group shares.
    Signal,
    /// Credentials.
    Cred,
}

impl ObjHash {
    /// Nothing is in it yet.
    pub(crate) fn new() -> Self {
        ObjHash {
            ids: RBTree::new(),
            entries: KVVec::new(),
            last: 0,
        }
    }

    /// Whether an object is in the image already.
    pub(crate) fn has(&self, sort: Sort, key: usize) -> bool {
        self.find(sort, key).is_some()
    }

    /// The id of an object that is in the image already.
    pub(crate) fn find(&self, sort: Sort, key: usize) -> Option<u32> {
        self.ids.get(&(sort, key)).map(|objref| objref.get())
    }

    /// Notes that a descriptor or a mapping names an object.
    pub(crate) fn name(&mut self, objref: u32) {
        let place = objref.wrapping_sub(1) as usize;
        if let Some(entry) = self.entries.get_mut(place) {
            entry.names = entry.names.saturating_add(1);
        }
    }

    /// Notes that a descriptor names an object.
    pub(crate) fn name_by_descriptor(&mut self, objref: u32) {
        self.name(objref);
        let place = objref.wrapping_sub(1) as usize;
        if let Some(entry) = self.entries.get_mut(place) {
            entry.has_descriptor = true;
        }
    }

    /// The open files that are part of the image and have descriptors, and how many descriptors and
    /// mappings name each.
    pub(crate) fn described(&self) -> impl Iterator<Item = (&File, u32)> {
        let files = self
            .ids
            .iter()
            .filter(|((sort, key), _)| *sort == Sort::File && !self.has(Sort::ExternalFile, *key));
        files.filter_map(|(_, objref)| {
            let entry = self.entries.get(objref.get().wrapping_sub(1) as usize)?;
            match &entry.held {
                Held::File(file) if entry.has_descriptor => Some((file, entry.names)),
                _ => None,
            }
        })
    }

    /// How many descriptors and mappings name an object.
    pub(crate) fn names(&self, objref: u32) -> u32 {
        let place = objref.wrapping_sub(1) as usize;
        self.entries.get(place).map_or(0, |entry| entry.names)
    }

    /// The id of an object, and whether it is new: then its record has to be written now.
    pub(crate) fn add(
        &mut self,
        sort: Sort,
        key: usize,
        hold: impl FnOnce() -> Held,
    ) -> Result<(u32, bool)> {
        if let Some(objref) = self.ids.get(&(sort, key)) {
            return Ok((objref.get(), false));
        }
        let objref = self
            .last
            .checked_add(1)
            .and_then(Objref::new)
            .ok_or(E2BIG)?;
        let entry = Entry {
            held: hold(),
            names: 0,
            has_descriptor: false,
        };
        self.entries.push(entry, GFP_KERNEL_ACCOUNT)?;
        self.ids
            .try_create_and_insert((sort, key), objref, GFP_KERNEL_ACCOUNT)?;
        self.last = objref.get();
        Ok((objref.get(), true))
    }
}

/// What has been restored.
pub(crate) enum Object {
    /// An open file, and what its contents were when it was saved.
    File(File, Contents),
    /// A file that could not be opened, and why. That is no matter as long as nobody needs it.
    Missing(KVVec<u8>, Error),
    /// A descriptor that whoever restarts has to give: an open file or nothing yet.
    External,
    /// A pipe or FIFO.
    Pipe(Ends),
    /// A pseudo-terminal.
    Tty(Pair),
    /// Contents that the image holds.
    Contents(Kept),
    /// A descriptor table.
    Files(share::Files),
    /// Root and working directory.
    Fs(share::Fs),
    /// An address space.
    Space(Arc<Space>),
    /// Credentials and group ids, as the image has them.
    Cred(Arc<cred::Saved>),
    /// Something that belongs to whoever was restored first, and to whom it shared that with when it
    /// was made.
    Installed,
}

/// An address space that has been saved or restored, and may be the base of others.
pub(crate) struct Space {
    /// Its id in the image.
    pub(crate) objref: u32,
    /// File object of its executable.
    pub(crate) exe: u32,
    /// Start of its vDSO.
    pub(crate) vdso: u64,
    /// Its mappings, in ascending order.
    pub(crate) vmas: KVVec<Vma>,
    /// It was restored under PR_SET_MDWE, so that nothing executable in it has been written.
    pub(crate) write_or_execute: bool,
    /// The address space.
    pub(crate) mm: Mm,
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

/// Restart: id to object.
pub(crate) struct Objects {
    list: KVVec<Object>,
    /// What of the live tasks has been restored, by its address.
    live: RBTree<(Sort, usize), u32>,
    late: KVVec<Late>,
    /// What is opened anew in the end, by the address of the file that holds its place.
    reopened: RBTree<usize, Arc<Reopening>>,
}

impl Objects {
    /// Nothing is in it yet.
    pub(crate) fn new() -> Self {
        Objects {
            list: KVVec::new(),
            live: RBTree::new(),
            late: KVVec::new(),
            reopened: RBTree::new(),
        }
    }

    /// Notes that a file is opened anew when all memory is there.
    pub(crate) fn reopen(&mut self, file: &File, what: Arc<Reopening>) -> Result {
        self.reopened
            .try_create_and_insert(file.key(), what, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// What is opened anew in the place of a file.
    pub(crate) fn reopening(&self, file: &File) -> Option<&Arc<Reopening>> {
        self.reopened.get(&file.key())
    }

    /// Notes what has to be set last.
    pub(crate) fn later(&mut self, late: Late) -> Result {
        Ok(self.late.push(late, GFP_KERNEL_ACCOUNT)?)
    }

    /// Sets it. Files report by signals when nothing else is to be set, since they would report that.
    pub(crate) fn settle_late(&mut self) -> Result {
        let mut reports = KVVec::new();
        for late in core::mem::replace(&mut self.late, KVVec::new()) {
            match late {
                Late::Reports(..) => reports.push(late, GFP_KERNEL_ACCOUNT)?,
                _ => late.settle()?,
            }
        }
        reports.into_iter().try_for_each(Late::settle)
    }

    /// Adds the object that a record defines. Ids come in order, without gaps.
    ///
    /// # Errors
    ///
    /// [`Problem::Objref`] when it is not the turn of this id.
    pub(crate) fn define(&mut self, raw: u32, object: Object) -> Result<(), Fail> {
        if Objref::new(raw).is_none() || raw as usize != self.list.len() + 1 {
            return Err(Fail::Image(Problem::Objref(raw)));
        }
        self.list.push(object, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// Checks that an object can be added, before anything is done to restore it.
    ///
    /// # Errors
    ///
    /// As [`Objects::define_shared`].
    pub(crate) fn check_new(&self, raw: u32, sort: Sort, key: usize) -> Result<(), Problem> {
        let has_turn = Objref::new(raw).is_some() && raw as usize == self.list.len() + 1;
        if has_turn && self.live.get(&(sort, key)).is_none() {
            Ok(())
        } else {
            Err(Problem::Objref(raw))
        }
    }

    /// Adds an object that has been restored to what is at `key` in the live task.
    ///
    /// # Errors
    ///
    /// [`Problem::Objref`] also when that has been restored before.
    pub(crate) fn define_shared(
        &mut self,
        raw: u32,
        sort: Sort,
        key: usize,
        object: Object,
    ) -> Result<(), Fail> {
        self.check_new(raw, sort, key).map_err(Fail::Image)?;
        self.define(raw, object)?;
        self.live
            .try_create_and_insert((sort, key), raw, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// The credentials with this id.
    pub(crate) fn cred(&self, raw: u32) -> Result<Arc<cred::Saved>, Problem> {
        match self.get(raw) {
            Some(Object::Cred(cred)) => Ok(cred.clone()),
            _ => Err(Problem::Objref(raw)),
        }
    }

    /// The address space with this id.
    pub(crate) fn space(&self, raw: u32) -> Result<Arc<Space>, Problem> {
        match self.get(raw) {
            Some(Object::Space(space)) => Ok(space.clone()),
            _ => Err(Problem::Objref(raw)),
        }
    }

    /// Whether what is at `key` in a live task is this object.
    pub(crate) fn is_live(&self, raw: u32, sort: Sort, key: usize) -> bool {
        self.live.get(&(sort, key)) == Some(&raw)
    }

    /// Makes the caller use this object.
    pub(crate) fn adopt(&self, raw: u32, sort: Sort) -> Result<(), Problem> {
        match (self.get(raw), sort) {
            (Some(Object::Files(files)), Sort::FileTable) => files.adopt(),
            (Some(Object::Fs(fs)), Sort::Fs) => fs.adopt(),
            _ => return Err(Problem::Objref(raw)),
        }
        Ok(())
    }

    fn get(&self, raw: u32) -> Option<&Object> {
        self.list.get(raw.checked_sub(1)? as usize)
    }

    fn get_mut(&mut self, raw: u32) -> Option<&mut Object> {
        self.list.get_mut(raw.checked_sub(1)? as usize)
    }

    /// The pipe with this id.
    pub(crate) fn pipe(&mut self, raw: u32) -> Result<&mut Ends, Problem> {
        match self.get_mut(raw) {
            Some(Object::Pipe(ends)) => Ok(ends),
            _ => Err(Problem::Objref(raw)),
        }
    }

    /// The pseudo-terminal with this id.
    pub(crate) fn tty(&mut self, raw: u32) -> Result<&mut Pair, Problem> {
        match self.get_mut(raw) {
            Some(Object::Tty(pair)) => Ok(pair),
            _ => Err(Problem::Objref(raw)),
        }
    }

    /// The contents with this id.
    pub(crate) fn contents(&self, raw: u32) -> Result<&Kept, Problem> {
        match self.get(raw) {
            Some(Object::Contents(kept)) => Ok(kept),
            _ => Err(Problem::Objref(raw)),
        }
    }

    /// Does what has to wait until everything is restored and nobody runs yet.
    ///
    /// # Errors
    ///
    /// Those of fcntl(2) F_ADD_SEALS.
    pub(crate) fn settle(&self) -> Result {
        for object in self.list.iter() {
            if let Object::Contents(kept) = object {
                kept.settle()?;
            }
        }
        Ok(())
    }

    /// Forgets them all. Files that nobody else has are closed before this returns.
    pub(crate) fn close(&mut self) {
        self.live = RBTree::new();
        self.reopened = RBTree::new();
        for object in core::mem::replace(&mut self.list, KVVec::new()) {
            match object {
                Object::File(file, _) => file.close_now(),
                Object::Pipe(ends) => ends.close(),
                Object::Tty(pair) => pair.close(),
                Object::Contents(kept) => kept.close(),
                _ => {}
            }
        }
    }

    /// The file with this id.
    pub(crate) fn file(&self, raw: u32) -> Result<&Object, Problem> {
        match self.get(raw) {
            Some(object @ (Object::File(..) | Object::External | Object::Missing(..))) => {
                Ok(object)
            }
            _ => Err(Problem::Objref(raw)),
        }
    }
}

/// Why an object could not be added.
pub(crate) enum Fail {
    /// The image is wrong.
    Image(Problem),
    /// No memory.
    Kernel(Error),
}

impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        Fail::Kernel(error)
    }
}

impl From<kernel::alloc::AllocError> for Fail {
    fn from(error: kernel::alloc::AllocError) -> Self {
        Fail::Kernel(error.into())
    }
}
