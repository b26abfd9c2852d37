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
        task_state,
        Container,
        HeaderArch,
        RestartBlock,
        Signal,
        SignalTask,
        Task as TaskRecord,
        Tree,
        TreeEntry,
        XstateComponent, //
    },
    Problem,
    Reader, //
};

pub(crate) use crate::stream::Fault;
use crate::{
    arch,
    log::{
        refuse,
        Log, //
    },
    objhash::{
        Fail,
        Object,
        Objects,
        Sort, //
    },
    parts,
    stream::ImageSource,
    sys::{
        errno,
        file::File,
        me,
        restart_block,
        signal::{
            self,
            Queue, //
        },
        task::Task, //
    },
    task::{
        cpu::Registers,
        identity,
        pending::Pending, //
    },
};

/// What reading and restoring gives.
pub(crate) type Outcome<T = ()> = Result<T, Fault>;

/// An image that is being restored, and what of it is there already.
pub(crate) struct Stream {
    /// The image.
    pub(crate) reader: Reader<ImageSource>,
    objects: Objects,
    vdso: arch::vdso::Identity,
}

/// What the parts of a task's section work with.
pub(crate) struct Context<'a> {
    /// The image.
    pub(crate) reader: &'a mut Reader<ImageSource>,
    /// The open device that the task's call came through.
    pub(crate) device: &'a File,
    /// What is set at the end.
    pub(crate) leave: Leave,
    objects: &'a mut Objects,
    log: &'a Log,
    inherit: &'a [(i32, File)],
    vdso: arch::vdso::Identity,
}

/// What is set when the whole restart has succeeded, on the way back to user mode.
#[derive(Default)]
pub(crate) struct Leave {
    /// What the task is by itself.
    pub(crate) task: Option<TaskRecord>,
    /// Its registers.
    pub(crate) registers: Option<Registers>,
    /// Its interrupted system call.
    pub(crate) restart_block: Option<RestartBlock>,
    /// Timers and stop state of its group.
    pub(crate) group: Option<Signal>,
    /// Pending signals of its group.
    pub(crate) group_pending: Option<Pending>,
    /// Its masks.
    pub(crate) signals: Option<SignalTask>,
    /// Its own pending signals.
    pub(crate) task_pending: Option<Pending>,
}

impl Context<'_> {
    /// The error that something about the last record is wrong.
    pub(crate) fn malformed(&self, problem: Problem) -> Fault {
        Fault::Image(self.reader.malformed(problem))
    }

    /// Says what the kernel refused and gives the error back.
    pub(crate) fn fail(&self, error: Error, message: fmt::Arguments<'_>) -> Fault {
        Fault::Kernel(self.log.fail(error, Some(&Task::current()), message))
    }

    /// Says something that is no failure.
    pub(crate) fn say(&self, message: fmt::Arguments<'_>) {
        self.log.say(message);
    }

    /// Adds the shared object that the last record defines.
    pub(crate) fn define(&mut self, id: u32, object: Object) -> Outcome {
        self.objects.define(id, object).map_err(|fail| match fail {
            Fail::Image(problem) => self.malformed(problem),
            Fail::Kernel(error) => Fault::Kernel(error),
        })
    }

    /// Checks a reference to an object that has been installed.
    pub(crate) fn installed(&self, id: u32, sort: Sort) -> Outcome {
        self.objects
            .installed(id, sort)
            .map_err(|problem| self.malformed(problem))
    }

    /// The file with this id.
    pub(crate) fn file(&self, id: u32) -> Outcome<&Object> {
        self.objects
            .file(id)
            .map_err(|problem| self.malformed(problem))
    }

    /// Whether descriptors are given that may take the place of saved ones.
    pub(crate) fn may_replace_files(&self) -> bool {
        !self.inherit.is_empty()
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
    pub(crate) fn open(source: ImageSource, log: &Log) -> Result<(Self, KVVec<TreeEntry>)> {
        let mut reader = Reader::new(source);
        match read_head(&mut reader, log) {
            Ok((vdso, entries)) => {
                let stream = Stream {
                    reader,
                    objects: Objects::new(),
                    vdso,
                };
                Ok((stream, entries))
            }
            Err(fault) => Err(tell(log, &reader, fault, None)),
        }
    }

    /// Restores the next task of the image onto the caller.
    pub(crate) fn restore_task(
        &mut self,
        log: &Log,
        inherit: &[(i32, File)],
        device: &File,
    ) -> Result<Leave> {
        // Nothing but SIGKILL gets through until the saved mask is installed.
        signal::set_blocked(!0);
        let mut context = Context {
            reader: &mut self.reader,
            device,
            leave: Leave::default(),
            objects: &mut self.objects,
            log,
            inherit,
            vdso: self.vdso,
        };
        let mut outcome = Ok("");
        for part in parts::ALL {
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
        // Whoever closes a restored file has to be the last who holds it.
        self.objects = Objects::new();
        tail.map(|_| ())
            .map_err(|fault| tell(log, &self.reader, fault, None))
    }
}

/// HEADER, HEADER_ARCH, CONTAINER, TREE.
fn read_head(
    reader: &mut Reader<ImageSource>,
    log: &Log,
) -> Outcome<(arch::vdso::Identity, KVVec<TreeEntry>)> {
    reader.header()?;
    let mut text = [0u8; 64];
    for _ in 0..3 {
        reader.string(&mut text)?;
    }
    let vdso = read_arch(reader, log)?;
    let container: Container = reader.record()?;
    if container.flags & !container_flag::ALL != 0 || container.root != 0 {
        return Err(reader.malformed(Problem::Value("unknown container")).into());
    }
    let tree: Tree = reader.record()?;
    if tree.nr_tasks == 0 || tree.nr_tasks > limits::TASKS {
        return Err(reader.malformed(Problem::Count(tree.nr_tasks)).into());
    }
    let mut entries = KVVec::new();
    reader.buffer_of::<TreeEntry>(tree.nr_tasks)?;
    for _ in 0..tree.nr_tasks {
        let entry: TreeEntry = reader.entry()?;
        let numbers = [entry.pid, entry.tgid, entry.ppid, entry.pgid, entry.sid];
        if entry.pid < 1
            || numbers.iter().any(|pid| !(0..=limits::PID).contains(pid))
            || entry.flags != 0
        {
            return Err(reader.malformed(Problem::Value("pid out of range")).into());
        }
        entries.push(entry, GFP_KERNEL_ACCOUNT)?;
    }
    Ok((vdso, entries))
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
        Fault::Kernel(error) if log.has_failure() => error,
        Fault::Kernel(error) => refuse!(log, error, None, "{} cannot be restored", part),
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
            "image: record {} ({}) at byte {}: {}{}",
            malformed.kind.name(),
            malformed.kind.0,
            malformed.position,
            malformed.problem.what(),
            Number(malformed.problem.number())
        ),
    }
}

/// The number at fault, in parentheses.
struct Number(Option<u32>);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => f.write_fmt(fmt!(" ({})", number)),
            None => Ok(()),
        }
    }
}

impl Leave {
    /// Sets everything that is left. The caller goes on in the saved context when its system call,
    /// which came through `device`, returns. After an error there is no context to go on in.
    pub(crate) fn enter(self, device: &File) -> Result {
        let late = arch::regs::LateResult::new(device.clone())?;
        let (Some(task), Some(registers), Some(signals)) =
            (self.task, self.registers, self.signals)
        else {
            return Err(EINVAL);
        };
        for (queue, pending) in [
            (Queue::Group, self.group_pending),
            (Queue::Task, self.task_pending),
        ] {
            signal::flush_pending(queue)?;
            if let Some(pending) = pending {
                pending.queue(queue)?;
            }
        }
        if let Some(block) = self.restart_block {
            restart_block::set(&block);
        }
        identity::finish(&task, registers.was_in_user_mode())?;
        registers.set_state()?;
        if let Some(group) = self.group {
            signal::set_timers(&group.timer_remaining, &group.timer_interval)?;
            if task.state == task_state::STOPPED && signals.stop_signal != 0 {
                signal::set_stopped(signals.stop_signal, group.stop_signal != 0)?;
            }
        }
        signal::set_blocked(signals.blocked);
        let restore = signals.flags & ckpt_image::record::signal_task_flag::RESTORE_MASK != 0;
        signal::set_saved_mask(signals.saved, restore);
        registers.enter(late)?;
        me::set_sigpending();
        Ok(())
    }
}
