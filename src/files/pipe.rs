// SPDX-License-Identifier: GPL-2.0-only

//! PIPE: pipes and FIFOs, what is in them, and their ends.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        self,
        file_kind,
        file_mark,
        part_flag,
        pipe_flag,
        PipePart, //
    },
    Problem, //
};
use zerocopy::IntoBytes;

use super::{
    census::{
        Census,
        Counted, //
    },
    flags::{
        self,
        O_ACCMODE,
        O_DIRECT,
        O_NONBLOCK,
        O_RDONLY,
        O_RDWR, //
    },
    kind::{
        Kind,
        Met,
        OpenOn, //
    },
    late,
    opened::Opened,
    saved::{
        self,
        Saved, //
    },
    stat::{
        S_IFIFO,
        S_IFMT, //
    },
};
use crate::{
    log::refuse,
    objhash::{
        Held,
        Object,
        Sort, //
    },
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        errno,
        file::{
            File,
            Stat, //
        },
        fs::PathBuffer,
        page,
        pipe::{
            self,
            State, //
        },
    },
};

const O_WRONLY: u32 = 1;
/// Permissions in `st_mode`.
const PERMISSIONS: u32 = 0o7777;

/// The kind of open files for ends of pipes and FIFOs.
pub(crate) struct Pipe;

/// A pipe that has been restored.
pub(crate) struct Ends {
    reader: File,
    writer: File,
    /// Whether they have become one of the saved files.
    given: [bool; 2],
    named: bool,
}

impl Kind for Pipe {
    fn number(&self) -> u16 {
        file_kind::PIPE
    }

    fn takes(&self, _context: &saving::Context<'_>, file: &File, _stat: &Stat) -> bool {
        pipe::key(file) != 0
    }

    fn noun(&self) -> &'static str {
        "a pipe"
    }

    fn refusal(&self, file: &File, stat: &Stat) -> Option<&'static str> {
        if pipe::notifies(file) {
            Some("a pipe for notifications (O_NOTIFICATION_PIPE)")
        } else if stat.unlinked && pipe::is_named(file) {
            Some("a deleted FIFO")
        } else {
            None
        }
    }

    fn has_path(&self) -> bool {
        false
    }

    fn has_node(&self, file: &File) -> bool {
        pipe::is_named(file)
    }

    fn own_marks(&self) -> u16 {
        file_mark::QUIET | file_mark::FRESH
    }

    fn marks(&self, file: &File) -> u16 {
        match pipe::is_quiet(file) {
            true => file_mark::QUIET,
            false => 0,
        }
    }

    fn is_on_object(&self) -> bool {
        true
    }

    fn object(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result<OpenOn> {
        let key = pipe::key(met.file);
        let ends = (
            u32::from(met.file.is_readable()),
            u32::from(met.file.is_writable()),
        );
        let what = Counted {
            key: pipe::key,
            ends: |file| pipe::state(file).map(|state| (state.readers, state.writers)),
        };
        let (objref, new) = context
            .objects
            .add(Sort::Pipe, key, || Held::File(met.file.clone()))?;
        context
            .states
            .get::<Census>()?
            .add(met, objref, ends, what)?;
        let is_fresh = new && !save(context, objref, met)?;
        Ok(OpenOn { objref, is_fresh })
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        path: &CStr,
    ) -> Outcome<Opened> {
        if saved.head.marks & file_mark::FRESH != 0 {
            if saved.head.object.checked_add(1) != Some(saved.head.objref) {
                return Err(context.malformed(Problem::Objref(saved.head.object)));
            }
            make(context, &record::Pipe::fresh(saved.head.object))?;
        }
        let kept = context.get_mut::<Ends>(saved.head.object)?;
        let file = if kept.named {
            let key = pipe::key(&kept.reader);
            let file = saved::reopen(context, saved, path, S_IFIFO)?;
            if pipe::key(&file) != key {
                return Err(context.fail(errno::estale(), fmt!("{} is another FIFO", path)));
            }
            file
        } else {
            let end = kept.end(saved.head.flags);
            end.map_err(|error| context.fail(error, fmt!("an end of a pipe cannot be opened")))?
        };
        if saved.head.marks & file_mark::QUIET != 0 {
            context.when_ready(late::last(file.clone(), pipe::quieten))?;
        }
        Ok(Opened::File(file, saved::contents(saved)))
    }
}

/// Writes a pipe and what is in it, unless there is nothing to be said of it: tells whether there was.
fn save(context: &mut saving::Context<'_>, objref: u32, met: &Met<'_>) -> Result<bool> {
    let state = pipe::state(met.file).ok_or(EIO)?;
    let named = pipe::is_named(met.file);
    // What others have put in, the caller might not have got out.
    if state.used != 0 {
        met.check_readable(context.log)?;
    }
    let (parts, bytes) = held(met.file, &state).map_err(|error| {
        refuse!(
            context.log,
            error,
            Some(met.task),
            "{}: what is in the pipe cannot be read",
            met.place
        )
    })?;
    let saved = record::Pipe {
        objref,
        size: state.slots.checked_mul(page::SIZE as u32).ok_or(E2BIG)?,
        nr_parts: parts.len() as u32,
        mode: (state.mode & PERMISSIONS) as u16,
        flags: if named { pipe_flag::NAMED } else { 0 },
        mount: record::RESTARTERS,
        reserved: 0,
    };
    if saved.as_bytes() == record::Pipe::fresh(objref).as_bytes() {
        return Ok(false);
    }
    context.out.record(&saved)?;
    if named {
        let mut buffer = PathBuffer::new()?;
        context.out.string(met.file.path(&mut buffer)?.to_bytes())?;
    }
    let mut rest = bytes.as_slice();
    for part in parts.iter() {
        let (now, later) = rest.split_at_checked(part.len as usize).ok_or(EIO)?;
        context.out.record(part)?;
        context.out.buffer(now)?;
        rest = later;
    }
    Ok(true)
}

/// What is in a pipe. Bytes that are no packets are put together as a writer of so many would have
/// them.
fn held(file: &File, state: &State) -> Result<(KVVec<PipePart>, KVVec<u8>)> {
    let mut parts: KVVec<PipePart> = KVVec::new();
    let mut bytes = KVVec::new();
    if state.used == 0 {
        return Ok((parts, bytes));
    }
    let mut page = KBox::<[u8; page::SIZE as usize]>::zeroed(GFP_KERNEL_ACCOUNT)?;
    for nth in 0..state.used {
        let (len, packet) = pipe::peek(file, nth, &mut page)?;
        bytes.extend_from_slice(page.get(..len).ok_or(EIO)?, GFP_KERNEL_ACCOUNT)?;
        let mut left = len as u32;
        if !packet {
            if let Some(last) = parts.last_mut().filter(|last| last.flags == 0) {
                let more = left.min(page::SIZE as u32 - last.len);
                last.len += more;
                left -= more;
            }
        }
        if left > 0 {
            let part = PipePart {
                len: left,
                flags: if packet { part_flag::PACKET } else { 0 },
            };
            parts.push(part, GFP_KERNEL_ACCOUNT)?;
        }
    }
    Ok((parts, bytes))
}

/// Reads a PIPE record and restores what it says.
pub(crate) fn restore(context: &mut restoring::Context<'_>) -> Outcome {
    let saved: record::Pipe = context.reader.record()?;
    make(context, &saved)
}

fn make(context: &mut restoring::Context<'_>, saved: &record::Pipe) -> Outcome {
    let fits = saved.size.is_power_of_two()
        && saved.size >= page::SIZE as u32
        && saved.size <= limits::PIPE;
    if !fits || saved.nr_parts > saved.size / page::SIZE as u32 {
        return Err(context.malformed(Problem::Value("room of a pipe, or what is in it")));
    }
    let mode = u32::from(saved.mode);
    if saved.flags & !pipe_flag::ALL != 0 || mode & !PERMISSIONS != 0 {
        return Err(context.malformed(Problem::Value("flags or permissions of a pipe")));
    }
    let named = saved.flags & pipe_flag::NAMED != 0;
    let (reader, writer) = match named {
        true => open_fifo(context)?,
        false => {
            pipe::create().map_err(|error| context.fail(error, fmt!("a pipe cannot be made")))?
        }
    };
    let state = pipe::state(&reader).ok_or(EIO)?;
    if state.slots != saved.size / page::SIZE as u32 {
        pipe::resize(&writer, saved.size).map_err(|error| {
            let size = saved.size;
            context.fail(error, fmt!("a pipe for {} bytes cannot be made", size))
        })?;
    }
    if !named && state.mode & PERMISSIONS != mode {
        reader.set_permissions(mode).map_err(|error| {
            context.fail(
                error,
                fmt!("permissions {:#o} of a pipe cannot be set", mode),
            )
        })?;
    }
    fill(context, &writer, saved.nr_parts)?;
    let ends = Ends {
        reader,
        writer,
        given: [false; 2],
        named,
    };
    context.define(saved.objref, ends)
}

/// Opens a FIFO that no process has open: other bytes would be mixed with the saved ones.
fn open_fifo(context: &mut restoring::Context<'_>) -> Outcome<(File, File)> {
    let mut text = saved::PathText::new()?;
    let path = text.read(context)?;
    saved::check_absolute(context, path)?;
    let fifo = File::open(path, O_RDWR | O_NONBLOCK)
        .map_err(|error| context.fail(error, fmt!("{} cannot be opened", path)))?;
    let state = match pipe::state(&fifo) {
        Some(state) if fifo.stat().mode & S_IFMT == S_IFIFO && pipe::is_named(&fifo) => state,
        _ => return Err(context.fail(errno::estale(), fmt!("{} is no FIFO any more", path))),
    };
    if (state.readers, state.writers, state.used) != (1, 1, 0) {
        return Err(context.fail(EBUSY, fmt!("{} is in use", path)));
    }
    Ok((fifo.clone(), fifo))
}

fn fill(context: &mut restoring::Context<'_>, writer: &File, nr_parts: u32) -> Outcome {
    if nr_parts == 0 {
        return Ok(());
    }
    let before = writer.flags();
    let mut page = KBox::<[u8; page::SIZE as usize]>::zeroed(GFP_KERNEL_ACCOUNT)?;
    let mut after_bytes = false;
    for _ in 0..nr_parts {
        let part: PipePart = context.reader.record()?;
        if !(1..=page::SIZE as u32).contains(&part.len) || part.flags & !part_flag::ALL != 0 {
            return Err(context.malformed(Problem::Value("part of a pipe out of range")));
        }
        let packet = match part.flags & part_flag::PACKET {
            0 => 0,
            _ => O_DIRECT,
        };
        let bytes = page.get_mut(..part.len as usize).ok_or(EIO)?;
        context.reader.buffer(bytes)?;
        // A packet would go to the page of the bytes before it, and its end be lost.
        if packet != 0 && after_bytes {
            pipe::end_slot(writer)?;
        }
        after_bytes = packet == 0;
        writer.set_flags(O_DIRECT | O_NONBLOCK, packet | O_NONBLOCK)?;
        writer
            .write_all(bytes, &mut 0)
            .map_err(|error| context.fail(error, fmt!("a pipe cannot be filled")))?;
    }
    Ok(writer.set_flags(O_DIRECT | O_NONBLOCK, before)?)
}

impl Object for Ends {
    /// Forgets it. A task that waits for the end of the data has to learn of it before any task runs.
    fn close(self) {
        self.reader.close_now();
        self.writer.close_now();
    }
}

impl Ends {
    /// An open file for an end, or for both, of a pipe without a name.
    fn end(&mut self, flags: u32) -> Result<File> {
        let file = match (flags & O_ACCMODE, self.given) {
            (O_RDONLY, [false, _]) => self.reader.clone(),
            (O_WRONLY, [_, false]) => self.writer.clone(),
            _ => self.reader.open_again(flags & O_ACCMODE | O_NONBLOCK)?,
        };
        match flags & O_ACCMODE {
            O_RDONLY => self.given[0] = true,
            O_WRONLY => self.given[1] = true,
            _ => {}
        }
        file.set_flags(flags::SETTABLE, flags)?;
        Ok(file)
    }
}
