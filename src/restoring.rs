// SPDX-License-Identifier: GPL-2.0-only

//! What the parts of a task's section work with when a task restores itself. No kind of object is known
//! here.

use kernel::{
    fmt,
    prelude::*, //
};

use ckpt_image::{
    record::{
        tree_flag,
        TreeEntry,
        OUTSIDE, //
    },
    Problem,
    Reader, //
};

pub(crate) use crate::stream::Fault;
use crate::{
    arch,
    clocks::Clocks,
    index::{
        Groups,
        Lazy, //
    },
    inherited::Inherited,
    log::{
        Cause,
        Log, //
    },
    objhash::{
        Fail,
        Object,
        Objects,
        Shared,
        Sort, //
    },
    states::States,
    steps::Steps,
    stream::ImageSource,
    sys::{
        file::File,
        task::Task, //
    },
};

/// What reading and restoring gives.
pub(crate) type Outcome<T = ()> = Result<T, Fault>;

/// The tasks that a task is restored with.
pub(crate) trait Company {
    /// What the image says of the task at a place.
    fn entry(&self, place: usize) -> Option<&TreeEntry>;

    /// The live task, or ghost, at a place.
    fn task(&self, place: usize) -> Option<&Task>;

    /// The coordinator.
    fn coordinator(&self) -> &Task;

    /// The entries of TREE.
    fn entries(&self) -> &[TreeEntry];

    /// The live parent of the task at a place.
    fn parent(&self, place: usize) -> Option<&Task> {
        match self.entry(place)?.parent {
            OUTSIDE => Some(self.coordinator()),
            parent => self.task(parent as usize),
        }
    }
}

/// Which task is restored.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    /// The others; `None` for a task that restores itself.
    pub(crate) company: Option<&'a dyn Company>,
    /// Its place in the tree.
    pub(crate) place: usize,
    /// The open device that its call came through.
    pub(crate) device: &'a File,
    /// Descriptors that take the place of saved ones.
    pub(crate) inherit: &'a Inherited,
    /// Files may have changed since the checkpoint.
    pub(crate) changed_files: bool,
    /// Where reasons go.
    pub(crate) log: &'a Log,
}

/// What the parts of a task's section work with.
pub(crate) struct Context<'a> {
    /// The image.
    pub(crate) reader: &'a mut Reader<ImageSource>,
    /// Where the task stands in the tree.
    pub(crate) place: usize,
    /// The open device that the task's call came through.
    pub(crate) device: &'a File,
    /// What kinds keep of this task until all are ready.
    pub(crate) own: States,
    /// What they have put off until all memory is there, and only this task may do.
    pub(crate) start: Steps,
    /// Files may have changed since the checkpoint.
    pub(crate) changed_files: bool,
    /// What the clocks told at the checkpoint.
    pub(crate) saved_clocks: Clocks,
    pub(super) company: Option<&'a dyn Company>,
    /// Stands for the address space that the task was made with.
    pub(super) made_with: usize,
    pub(super) objects: &'a mut Objects,
    /// What kinds remember as long as the image is read.
    pub(crate) states: &'a mut States,
    pub(super) ready: &'a mut Steps,
    pub(super) reports: &'a mut Steps,
    pub(super) groups: &'a Lazy<Groups>,
    pub(super) log: &'a Log,
    pub(super) inherit: &'a Inherited,
    pub(super) vdso: arch::vdso::Identity,
}

impl<'a> Context<'a> {
    /// What TREE says of the task; `None` for one that restores itself.
    pub(crate) fn entry(&self) -> Option<&'a TreeEntry> {
        self.company?.entry(self.place)
    }

    /// The live task at a place.
    pub(crate) fn task_at(&self, place: u32) -> Option<&'a Task> {
        self.company?.task(place as usize)
    }

    /// The same; for one that restores itself there is no other place than its own.
    pub(crate) fn task_of_tree(&self, place: u32) -> Option<Task> {
        match self.task_at(place) {
            Some(task) => Some(task.clone()),
            None => (place as usize == self.place).then(Task::current),
        }
    }

    /// Whether any task is in the process group that has its number from a place, and in a session.
    pub(crate) fn has_group(&self, place: u32, session: u32) -> Result<bool> {
        let entries = self.company.map_or(&[][..], Company::entries);
        self.groups.has(entries, place, session)
    }

    /// Whether a live task leads the session that goes by the number at a place.
    pub(crate) fn is_session(&self, place: u32) -> bool {
        let entry = self
            .company
            .and_then(|company| company.entry(place as usize));
        entry.is_some_and(|entry| entry.session == place && entry.flags == 0)
    }

    /// The parent of the task; `None` for one that restores itself.
    pub(crate) fn parent(&self) -> Option<&'a Task> {
        self.company?.parent(self.place)
    }

    /// The coordinator of the restart; `None` for one that restores itself.
    pub(crate) fn coordinator(&self) -> Option<&'a Task> {
        self.company.map(Company::coordinator)
    }

    /// Whether the task is dead: it is to become a zombie.
    pub(crate) fn is_dead(&self) -> bool {
        self.entry()
            .is_some_and(|entry| entry.flags & tree_flag::DEAD != 0)
    }

    /// Whether the task leads its thread group.
    pub(crate) fn leads_group(&self) -> bool {
        self.entry()
            .is_none_or(|entry| entry.leader as usize == self.place)
    }

    /// The error that something about the last record is wrong.
    pub(crate) fn malformed(&self, problem: Problem) -> Fault {
        Fault::Image(self.reader.malformed(problem))
    }

    /// Says what the kernel refused and gives the error back.
    pub(crate) fn fail(&self, error: Error, message: fmt::Arguments<'_>) -> Fault {
        Fault::Kernel(self.log.fail(error, Some(&Task::current()), message.into()))
    }

    /// The same with what a program is to know.
    pub(crate) fn fail_because(
        &self,
        error: Error,
        cause: Cause,
        message: fmt::Arguments<'_>,
    ) -> Fault {
        let me = Task::current();
        Fault::Kernel(
            self.log
                .fail_because(error, cause, Some(&me), message.into()),
        )
    }

    /// Says something that is no failure.
    pub(crate) fn say(&self, message: fmt::Arguments<'_>) {
        self.log.say(message);
    }

    /// Adds the shared object that the last record defines.
    pub(crate) fn define<T: Object>(&mut self, id: u32, object: T) -> Outcome {
        let defined = self.objects.define(id, object);
        defined.map_err(|fail| self.failed(fail))
    }

    /// Checks that [`Context::define_shared`] can add the shared object that the last record defines.
    pub(crate) fn check_new(&self, id: u32, sort: Sort) -> Outcome {
        self.objects
            .check_new(id, sort, self.live_key(sort))
            .map_err(|problem| self.malformed(problem))
    }

    /// Adds the shared object that the last record defines, and that is what the caller has now.
    pub(crate) fn define_shared<T: Object>(&mut self, id: u32, sort: Sort, object: T) -> Outcome {
        let key = self.live_key(sort);
        let defined = self.objects.define_shared(id, sort, key, object);
        defined.map_err(|fail| self.failed(fail))
    }

    fn failed(&self, fail: Fail) -> Fault {
        match fail {
            Fail::Image(problem) => self.malformed(problem),
            Fail::Kernel(error) => Fault::Kernel(error),
        }
    }

    /// Checks that what the caller has is this object.
    pub(crate) fn shares(&self, id: u32, sort: Sort) -> Outcome {
        if self.objects.is_live(id, sort, self.live_key(sort)) {
            Ok(())
        } else {
            Err(self.malformed(Problem::Objref(id)))
        }
    }

    /// Makes the caller use this object, if it does not yet.
    pub(crate) fn adopt<T: Shared>(&self, id: u32) -> Outcome {
        if !self.objects.is_live(id, T::SORT, self.live_key(T::SORT)) {
            self.get::<T>(id)?.adopt();
        }
        Ok(())
    }

    /// An address that stands for what of this sort the caller has. An address space stands for those
    /// that were made with it.
    fn live_key(&self, sort: Sort) -> usize {
        match sort {
            Sort::Mm => self.made_with,
            _ => live_key(sort),
        }
    }

    /// The object with this id.
    pub(crate) fn get<T: Object>(&self, id: u32) -> Outcome<&T> {
        self.objects
            .get(id)
            .map_err(|problem| self.malformed(problem))
    }

    /// The same, to be changed.
    pub(crate) fn get_mut<T: Object>(&mut self, id: u32) -> Outcome<&mut T> {
        let malformed = self.reader.malformed(Problem::Objref(id));
        self.objects
            .get_mut(id)
            .map_err(|_| Fault::Image(malformed))
    }

    /// Keeps something of the task until all are ready: what it sets on its way out, one of each type.
    pub(crate) fn keep<T: Send + 'static>(&mut self, what: T) -> Result {
        *self.own.get::<Option<T>>()? = Some(what);
        Ok(())
    }

    /// Puts something off until all memory is there, as the last that the task does before anything runs.
    pub(crate) fn at_start(&mut self, step: impl FnOnce() -> Result + Send + 'static) -> Result {
        self.start.add(step)
    }

    /// Puts something off until all tasks are restored, the dead have died and the ends that no task has
    /// are closed. Nothing runs yet; all of that wakes tasks that wait for files.
    pub(crate) fn when_ready(&mut self, step: impl FnOnce() -> Result + Send + 'static) -> Result {
        self.ready.add(step)
    }

    /// Puts something off until nothing else is to be set, since it would be reported.
    pub(crate) fn when_quiet(&mut self, step: impl FnOnce() -> Result + Send + 'static) -> Result {
        self.reports.add(step)
    }

    /// What was given in place of a descriptor.
    pub(crate) fn inherited(&self, fd: i32) -> Option<&File> {
        self.inherit.get(fd)
    }

    /// Whether the vDSO of the image is the one of this kernel.
    pub(crate) fn has_our_vdso(&self) -> bool {
        self.vdso == arch::vdso::identity()
    }
}

/// An address that stands for what of this sort the caller has.
fn live_key(sort: Sort) -> usize {
    let keys = Task::current().keys();
    let key = match sort {
        Sort::FileTable => keys.files,
        Sort::Fs => keys.fs,
        Sort::Sighand => keys.sighand,
        Sort::Signal => keys.signal,
        Sort::ExternalFile
        | Sort::File
        | Sort::Pipe
        | Sort::Tty
        | Sort::Contents
        | Sort::Mm
        | Sort::Cred
        | Sort::Filter => None,
    };
    key.unwrap_or(0)
}
