// SPDX-License-Identifier: GPL-2.0-only

//! Shared objects: which are in the image already, and which have been restored.
//!
//! The only place where sharing is decided. An object is written once, before its first reference;
//! its id is handed out in the order of writing.

use core::any::Any;

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::{
    Objref,
    Problem, //
};

use crate::{
    set::Set,
    sys::{
        cred::Cred,
        file::File,
        mm::Grabbed,
        seccomp::Filter,
        task::{
            Keys,
            Task, //
        }, //
    },
};

/// What keeps the address of an object its own as long as the checkpoint lasts. Standing still keeps nothing:
/// a task may be killed and reaped meanwhile, and what it had be freed.
pub(crate) enum Held {
    /// The object is an open file, or lasts as long as this one that is open on it.
    File(File),
    /// It is credentials.
    Cred(#[expect(dead_code)] Cred),
    /// It is a filter of seccomp(2). A reference is no use of it, and is not seen by any program.
    Filter(#[expect(dead_code)] Filter),
    /// It is an address space, of which the structure alone is kept: the memory goes with the last task.
    Mm(#[expect(dead_code)] Grabbed),
    /// It is the `signal_struct` of this task. The task refers to the same one from its first moment to its
    /// last, and `__put_task_struct()` gives that reference (`sigcnt`) back: a reference to
    /// the task keeps it.
    Signal(#[expect(dead_code)] Task),
    /// It is a part that this task uses, perhaps with others, and is held by the task alone: the address is the
    /// object's for as long as the task has it there, which is asked each time that it is looked up.
    ///
    /// A reference of our own would be seen by a program that is let go before the checkpoint is over: with
    /// another user of its descriptor table unshare(2) and execve(2) leave the table, and all POSIX locks with
    /// it; with another user of its directories execve(2) ignores set-user-ID bits; with another one of its
    /// handlers unshare(CLONE_VM) fails. The locks of one that is killed would stay, too.
    Part(Task, fn(&Keys) -> Option<usize>),
}

impl Held {
    /// Whether the address still stands for the object.
    ///
    /// A task that has let go of a part does not come to have it again: so one that has it now has had it all
    /// the time. A caller that looks another task's part up has read its address before: had the object been freed
    /// and made anew for that one, the holder would have let go before that.
    fn lasts(&self, key: usize) -> bool {
        match self {
            Held::Part(task, part) => part(&task.keys()) == Some(key),
            _ => true,
        }
    }
}

/// Checkpoint: kernel address to id.
pub(crate) struct ObjHash {
    ids: RBTree<(Sort, usize), Objref>,
    entries: KVVec<Entry>,
    /// Open files that are held for other objects than themselves.
    files: Set,
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
    /// A filter of seccomp(2).
    Filter,
}

impl ObjHash {
    /// Nothing is in it yet.
    pub(crate) fn new() -> Self {
        ObjHash {
            ids: RBTree::new(),
            entries: KVVec::new(),
            files: Set::new(),
            last: 0,
        }
    }

    /// Whether an object is in the image already.
    pub(crate) fn has(&self, sort: Sort, key: usize) -> bool {
        self.find(sort, key).is_some()
    }

    /// The id of an object that is in the image already.
    pub(crate) fn find(&self, sort: Sort, key: usize) -> Option<u32> {
        let objref = self.ids.get(&(sort, key))?.get();
        let entry = self.entries.get(objref.wrapping_sub(1) as usize)?;
        entry.held.lasts(key).then_some(objref)
    }

    /// Holds an open file for something else than itself, for as long as the checkpoint lasts.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn hold(&mut self, file: &File) -> Result<File> {
        self.files.add(file.key())?;
        Ok(file.clone())
    }

    /// How many references to an open file there are here.
    pub(crate) fn holds(&self, file: &File) -> u64 {
        let key = file.key();
        let itself = [Sort::File, Sort::ExternalFile];
        let itself = itself.iter().filter(|sort| self.has(**sort, key)).count();
        itself as u64 + u64::from(self.files.count(key))
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
        if let Some(objref) = self.find(sort, key) {
            return Ok((objref, false));
        }
        let objref = self
            .last
            .checked_add(1)
            .and_then(Objref::new)
            .ok_or(E2BIG)?;
        let held = hold();
        match &held {
            Held::File(file) if !matches!(sort, Sort::File | Sort::ExternalFile) => {
                self.files.add(file.key())?;
            }
            _ => {}
        }
        let entry = Entry {
            held,
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

/// What a record defines and later ones refer to, once it has been restored: a type of the kind that
/// restores it.
pub(crate) trait Object: Sized + Send + 'static {
    /// Does what has to wait until everything is restored and no task runs yet.
    ///
    /// # Errors
    ///
    /// Those of the kind.
    fn settle(&self) -> Result {
        Ok(())
    }

    /// Gives it up. Files that nothing else has are closed before this returns.
    fn close(self) {}
}

/// What tasks may share, and are given by the one that has restored it.
pub(crate) trait Shared: Object {
    /// Its sort.
    const SORT: Sort;

    /// Makes the caller use it.
    fn adopt(&self);
}

/// Something that belongs to the task that was restored first, and to those that it shared it with when it
/// was made.
pub(crate) struct Installed;

impl Object for Installed {}

/// An object of any kind.
trait AnyObject: Send {
    fn as_any(&self) -> &dyn Any;

    fn as_any_mut(&mut self) -> &mut dyn Any;

    fn settle(&self) -> Result;

    fn close(&mut self);
}

/// Its room, empty when it has been closed.
struct Room<T>(Option<T>);

impl<T: Object> AnyObject for Room<T> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn settle(&self) -> Result {
        self.0.as_ref().map_or(Ok(()), T::settle)
    }

    fn close(&mut self) {
        if let Some(object) = self.0.take() {
            object.close();
        }
    }
}

/// Restart: id to object.
pub(crate) struct Objects {
    list: KVVec<KBox<dyn AnyObject>>,
    /// What of the live tasks has been restored, by its address.
    live: RBTree<(Sort, usize), u32>,
}

impl Objects {
    /// Nothing is in it yet.
    pub(crate) fn new() -> Self {
        Objects {
            list: KVVec::new(),
            live: RBTree::new(),
        }
    }

    /// Adds the object that a record defines. Ids come in order, without gaps.
    ///
    /// # Errors
    ///
    /// [`Problem::Objref`] when it is not the turn of this id.
    pub(crate) fn define<T: Object>(&mut self, raw: u32, object: T) -> Result<(), Fail> {
        if !self.has_turn(raw) {
            return Err(Fail::Image(Problem::Objref(raw)));
        }
        let object = KBox::new(Room(Some(object)), GFP_KERNEL_ACCOUNT)?;
        self.list.push(object, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    fn has_turn(&self, raw: u32) -> bool {
        Objref::new(raw).is_some() && raw as usize == self.list.len() + 1
    }

    /// Checks that an object can be added, before anything is done to restore it.
    ///
    /// # Errors
    ///
    /// As [`Objects::define_shared`].
    pub(crate) fn check_new(&self, raw: u32, sort: Sort, key: usize) -> Result<(), Problem> {
        if self.has_turn(raw) && self.live.get(&(sort, key)).is_none() {
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
    pub(crate) fn define_shared<T: Object>(
        &mut self,
        raw: u32,
        sort: Sort,
        key: usize,
        object: T,
    ) -> Result<(), Fail> {
        self.check_new(raw, sort, key).map_err(Fail::Image)?;
        self.define(raw, object)?;
        self.live
            .try_create_and_insert((sort, key), raw, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// Whether what is at `key` in a live task is this object.
    pub(crate) fn is_live(&self, raw: u32, sort: Sort, key: usize) -> bool {
        self.live.get(&(sort, key)) == Some(&raw)
    }

    /// The object with this id.
    ///
    /// # Errors
    ///
    /// [`Problem::Objref`] when there is none of this type.
    pub(crate) fn get<T: Object>(&self, raw: u32) -> Result<&T, Problem> {
        let place = raw.wrapping_sub(1) as usize;
        let room = self.list.get(place).map(|object| object.as_any());
        room.and_then(|room| room.downcast_ref::<Room<T>>()?.0.as_ref())
            .ok_or(Problem::Objref(raw))
    }

    /// The same, to be changed.
    ///
    /// # Errors
    ///
    /// As [`Objects::get`].
    pub(crate) fn get_mut<T: Object>(&mut self, raw: u32) -> Result<&mut T, Problem> {
        let place = raw.wrapping_sub(1) as usize;
        let room = self.list.get_mut(place).map(|object| object.as_any_mut());
        room.and_then(|room| room.downcast_mut::<Room<T>>()?.0.as_mut())
            .ok_or(Problem::Objref(raw))
    }

    /// Does what has to wait until everything is restored and no task runs yet.
    ///
    /// # Errors
    ///
    /// Those of fcntl(2) F_ADD_SEALS.
    pub(crate) fn settle(&self) -> Result {
        self.list.iter().try_for_each(|object| object.settle())
    }

    /// Forgets them all. Files that nothing else has are closed before this returns.
    pub(crate) fn close(&mut self) {
        self.live = RBTree::new();
        for mut object in core::mem::replace(&mut self.list, KVVec::new()) {
            object.close();
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
