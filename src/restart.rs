// SPDX-License-Identifier: GPL-2.0-only

//! The order in which one task restores itself.
//!
//! A task restores itself in its own context, part by part ([`crate::parts`]), each of which reads
//! its records and acts on them. What refers to user memory, or would get in the way of later parts,
//! is kept in [`Leave`] and set when every task of the restart is ready.

use kernel::{
    fmt,
    prelude::*, //
};

use ckpt_image::{
    limits,
    record::{
        container_flag,
        tree_flag,
        Container,
        HeaderArch,
        PidNumber,
        Tree,
        TreeEntry,
        XstateComponent,
        OUTSIDE, //
    },
    Problem,
    Reader, //
};

use crate::{
    arch,
    clocks::Clocks,
    log::{
        refuse,
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
    parts,
    places::{
        Groups,
        Lazy, //
    },
    shape::Shape,
    states::States,
    steps::Steps,
    stream::ImageSource,
    sys::{
        errno,
        file::File,
        signal,
        task::Task, //
    },
};
pub(crate) use crate::{
    leave::Leave,
    stream::Fault, //
};

/// What reading and restoring gives.
pub(crate) type Outcome<T = ()> = Result<T, Fault>;

/// An image that is being restored, and what of it is there already.
pub(crate) struct Stream {
    /// The image.
    pub(crate) reader: Reader<ImageSource>,
    objects: Objects,
    states: States,
    ready: Steps,
    reports: Steps,
    groups: Lazy<Groups>,
    vdso: arch::vdso::Identity,
    clocks: Clocks,
}

/// With whom a task is restored.
pub(crate) trait Company {
    /// What the image says of the task at a place.
    fn entry(&self, place: usize) -> Option<&TreeEntry>;

    /// The live task, or ghost, at a place.
    fn task(&self, place: usize) -> Option<&Task>;

    /// Whoever coordinates.
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
    /// With whom; `None` for one that restores itself.
    pub(crate) company: Option<&'a dyn Company>,
    /// Its place in the tree.
    pub(crate) place: usize,
    /// The open device that its call came through.
    pub(crate) device: &'a File,
    /// Descriptors that take the place of saved ones.
    pub(crate) inherit: &'a [(i32, File)],
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
    /// What is set at the end.
    pub(crate) leave: Leave,
    /// Files may have changed since the checkpoint.
    pub(crate) changed_files: bool,
    /// What the clocks told at the checkpoint.
    pub(crate) saved_clocks: Clocks,
    company: Option<&'a dyn Company>,
    /// Stands for the address space that the task was made with.
    made_with: usize,
    objects: &'a mut Objects,
    /// What kinds remember as long as the image is read.
    pub(crate) states: &'a mut States,
    ready: &'a mut Steps,
    reports: &'a mut Steps,
    groups: &'a Lazy<Groups>,
    log: &'a Log,
    inherit: &'a [(i32, File)],
    vdso: arch::vdso::Identity,
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

    /// Whether somebody is in the process group that goes by the number at a place, and in a session.
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

    /// Whoever the task is a child of; `None` for one that restores itself.
    pub(crate) fn parent(&self) -> Option<&'a Task> {
        self.company?.parent(self.place)
    }

    /// Whoever coordinates the restart.
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

    /// Puts something off until all memory is there, as the last that the task does before anything runs.
    pub(crate) fn at_start(&mut self, step: impl FnOnce() -> Result + Send + 'static) -> Result {
        self.leave.start.add(step)
    }

    /// Puts something off until all tasks are restored, the dead have died and the ends that no task has
    /// are closed. Nothing runs yet; all of that wakes those who wait for files.
    pub(crate) fn when_ready(&mut self, step: impl FnOnce() -> Result + Send + 'static) -> Result {
        self.ready.add(step)
    }

    /// Puts something off until nothing else is to be set, since it would be reported.
    pub(crate) fn when_quiet(&mut self, step: impl FnOnce() -> Result + Send + 'static) -> Result {
        self.reports.add(step)
    }

    /// What was given in place of a descriptor.
    pub(crate) fn inherited(&self, fd: i32) -> Option<&File> {
        self.inherit
            .iter()
            .find(|(number, _)| *number == fd)
            .map(|(_, file)| file)
    }

    /// Whether the vDSO of the image is the one of this kernel.
    pub(crate) fn has_our_vdso(&self) -> bool {
        self.vdso == arch::vdso::identity()
    }
}

impl Stream {
    /// Reads everything before the first task and checks that the image can be restored here.
    ///
    /// # Errors
    ///
    /// `EBADMSG` for an image that is no image, `EOPNOTSUPP` for one that needs what this machine
    /// does not have.
    pub(crate) fn open(source: ImageSource, log: &Log) -> Result<(Self, Shape)> {
        let mut reader = Reader::new(source);
        match read_head(&mut reader, log) {
            Ok((vdso, clocks, shape)) => {
                let stream = Stream {
                    reader,
                    objects: Objects::new(),
                    states: States::default(),
                    ready: Steps::default(),
                    reports: Steps::default(),
                    groups: Lazy::new(),
                    vdso,
                    clocks,
                };
                Ok((stream, shape))
            }
            Err(fault) => Err(tell(log, &reader, fault, None)),
        }
    }

    /// What the clocks told at the checkpoint.
    pub(crate) fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// Restores the next task of the image onto the caller.
    pub(crate) fn restore_task(&mut self, part: &Part<'_>) -> Result<Leave> {
        // Nothing but SIGKILL gets through until the saved mask is installed.
        signal::set_blocked(!0);
        let log = part.log;
        let mut context = Context {
            reader: &mut self.reader,
            place: part.place,
            device: part.device,
            leave: Leave::default(),
            changed_files: part.changed_files,
            saved_clocks: self.clocks,
            company: part.company,
            made_with: Task::current().keys().mm.unwrap_or(0),
            objects: &mut self.objects,
            states: &mut self.states,
            ready: &mut self.ready,
            reports: &mut self.reports,
            groups: &self.groups,
            log,
            inherit: part.inherit,
            vdso: self.vdso,
        };
        let mut outcome = Ok("");
        for part in parts::of(context.is_dead()) {
            if let Err(fault) = (part.restart)(&mut context) {
                outcome = Err((part.name, fault));
                break;
            }
        }
        let leave = context.leave;
        match outcome {
            Ok(_) => Ok(leave),
            Err((part, fault)) => Err(tell(log, &self.reader, fault, Some(part))),
        }
    }

    /// Reads the end of the image.
    pub(crate) fn finish(&mut self, log: &Log) -> Result {
        let tail = self.reader.tail();
        self.reader.source_mut().finish();
        let settled = match &tail {
            Ok(_) => self.objects.settle(),
            Err(_) => Ok(()),
        };
        // Whoever closes a restored file has to be the last who holds it.
        self.objects.close();
        self.states = States::default();
        tail.map_err(|fault| tell(log, &self.reader, fault, None))?;
        settled.map_err(|error| refuse!(log, error, None, "a memfd cannot be sealed"))
    }

    /// Sets what could not be set before all was there.
    pub(crate) fn settle_late(&mut self, log: &Log) -> Result {
        let settled = self.ready.take().and_then(|()| self.reports.take());
        settled.map_err(|error| {
            refuse!(
                log,
                error,
                None,
                "what files wait for, tell or stand at cannot be set"
            )
        })
    }
}

/// HEADER, HEADER_ARCH, CONTAINER, TREE.
fn read_head(
    reader: &mut Reader<ImageSource>,
    log: &Log,
) -> Outcome<(arch::vdso::Identity, Clocks, Shape)> {
    let clocks = Clocks::of(&reader.header()?);
    let mut text = [0u8; 64];
    for _ in 0..3 {
        reader.string(&mut text)?;
    }
    let vdso = read_arch(reader, log)?;
    let container: Container = reader.record()?;
    if container.flags & !container_flag::ALL != 0 || container.root != 0 {
        return Err(reader.malformed(Problem::Value("unknown container")).into());
    }
    Ok((vdso, clocks, read_tree(reader)?))
}

fn read_tree(reader: &mut Reader<ImageSource>) -> Outcome<Shape> {
    let tree: Tree = reader.record()?;
    let count = tree.nr_tasks.saturating_add(tree.nr_ghosts);
    if tree.nr_tasks == 0 || count > limits::TASKS {
        return Err(reader.malformed(Problem::Count(count)).into());
    }
    let mut entries = KVVec::new();
    let mut depth = 0u32;
    reader.buffer_of::<TreeEntry>(count)?;
    for _ in 0..count {
        let entry: TreeEntry = reader.entry()?;
        depth = depth.saturating_add(entry.depth);
        entries.push(entry, GFP_KERNEL_ACCOUNT)?;
    }
    if let Some((_, what)) = ckpt_image::tree::problem(&entries, tree.nr_tasks) {
        return Err(reader.malformed(Problem::Value(what)).into());
    }
    if tree.nr_numbers != depth {
        return Err(reader.malformed(Problem::Count(tree.nr_numbers)).into());
    }
    let mut numbers = KVVec::new();
    if depth != 0 {
        reader.buffer_of::<PidNumber>(depth)?;
        for _ in 0..depth {
            let number: PidNumber = reader.entry()?;
            if !(1..=limits::PID).contains(&number.pid) {
                return Err(reader.malformed(Problem::Value("pid out of range")).into());
            }
            numbers.push(number, GFP_KERNEL_ACCOUNT)?;
        }
    }
    Ok(Shape {
        entries,
        numbers,
        nr_tasks: tree.nr_tasks,
    })
}

/// What the image needs of the processor. What it needs of the vDSO is compared where it is mapped.
fn read_arch(reader: &mut Reader<ImageSource>, log: &Log) -> Outcome<arch::vdso::Identity> {
    let head: HeaderArch = reader.record()?;
    let missing = head.xfeatures & !arch::fpu::features();
    if missing != 0 {
        let error = refuse!(
            log,
            errno::eopnotsupp(),
            None,
            "the image needs processor state that is not there: XSAVE components {:#x}",
            missing
        );
        return Err(error.into());
    }
    let wanted = arch::fpu::extended(head.xfeatures).count_u32();
    reader.buffer_of::<XstateComponent>(wanted)?;
    for id in arch::fpu::extended(head.xfeatures) {
        let theirs: XstateComponent = reader.entry()?;
        let ours = arch::fpu::component(id);
        if (theirs.id, theirs.offset, theirs.size) != (ours.id, ours.offset, ours.size) {
            let error = refuse!(
                log,
                errno::eopnotsupp(),
                None,
                "XSAVE component {} has another place on this processor",
                id
            );
            return Err(error.into());
        }
    }
    Ok(arch::vdso::Identity {
        text_len: head.vdso_len,
        crc: head.vdso_crc,
        data_len: head.vvar_len,
    })
}

/// Counting without the overflow check of `Iterator::count()`, which panics.
trait CountU32 {
    fn count_u32(self) -> u32;
}

impl<I: Iterator> CountU32 for I {
    fn count_u32(self) -> u32 {
        self.fold(0, |count: u32, _| count.saturating_add(1))
    }
}

/// Puts a fault into the log, unless the log knows of it, and gives its errno.
fn tell(
    log: &Log,
    reader: &Reader<ImageSource>,
    fault: Fault,
    part: Option<&'static str>,
) -> Error {
    let part = part.unwrap_or("the image");
    match fault {
        Fault::Kernel(error) | Fault::Unopened(error) if log.has_failure() => error,
        Fault::Kernel(error) | Fault::Unopened(error) => {
            refuse!(log, error, None, "{} cannot be restored", part)
        }
        Fault::End => refuse!(
            log,
            errno::ebadmsg(),
            None,
            "image: it ends after {} bytes, in {}",
            reader.position(),
            part
        ),
        Fault::Image(malformed) => refuse!(
            log,
            errno::ebadmsg(),
            None,
            "image: record {} ({}) at byte {}: {}",
            malformed.kind.name(),
            malformed.kind.0,
            malformed.position,
            format_args!("{}", malformed.problem)
        ),
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
        | Sort::Cred => None,
    };
    key.unwrap_or(0)
}
