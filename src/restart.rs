// SPDX-License-Identifier: GPL-2.0-only

//! The order in which one task restores itself.
//!
//! A task restores itself in its own context, part by part ([`crate::parts`]), each of which reads
//! its records and acts on them. What refers to user memory, or would get in the way of later parts,
//! is kept in [`Leave`] and set when every task of the restart is ready.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        container_flag,
        Container,
        HeaderArch,
        PidNumber,
        Tree,
        TreeEntry,
        XstateComponent, //
    },
    Problem,
    Reader, //
};

use crate::{
    arch,
    clocks::Clocks,
    index::{
        Groups,
        Lazy, //
    },
    leave::Leave,
    log::{
        refuse,
        Log, //
    },
    objhash::Objects,
    parts,
    restoring::{
        Context,
        Fault,
        Outcome,
        Part, //
    },
    shape::Shape,
    states::States,
    steps::Steps,
    stream::ImageSource,
    sys::{
        errno,
        signal,
        task::Task, //
    },
};
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
            own: States::default(),
            start: Steps::default(),
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
        let leave = Leave::of(context.own, context.start);
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
        // The task that closes a restored file has to be the last that holds it.
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
            match malformed.problem {
                Problem::Restarters(_) => errno::eopnotsupp(),
                _ => errno::ebadmsg(),
            },
            None,
            "image: record {} ({}) at byte {}: {}",
            malformed.kind.name(),
            malformed.kind.0,
            malformed.position,
            format_args!("{}", malformed.problem)
        ),
    }
}
