// SPDX-License-Identifier: GPL-2.0-only

//! From records to the model, and whether they fit together.
//!
//! Beyond what a reader of records checks, the counts that records promise, the ids of shared
//! objects and the references to them are verified. The order within a task's section is not:
//! that is the kernel's to say.

mod files;
mod memory;

use std::collections::HashSet;

use ckpt_image::{
    record::{
        self,
        container_flag,
        Objref, //
    },
    Hdr,
    Kind,
    Malformed,
    Problem, //
};
use zerocopy::FromZeros;

use super::{
    convert,
    items::{
        Item,
        Items,
        Placed, //
    },
    model::*,
    names, //
};
use crate::{
    source::ReadError,
    tree::Tree, //
};

/// Where the next STRING goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    /// Nowhere: there should be none.
    Nowhere,
    Uname,
    TaskName,
    FilePath,
    WatchPath,
    EventName,
    FifoPath,
    TtyPath,
    ContentsName,
    Root,
    Cwd,
    Failure,
}

/// Whose queue the next SIGPENDING is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Queue {
    Group,
    Task,
}

/// Counts that a record promised and that have not been met yet.
#[derive(Debug, Default)]
struct Owed {
    tasks: u32,
    table: OwedByTable,
    memory: OwedByMemory,
    /// Pages of contents, which come before anything else.
    stored: u64,
    pipe_parts: u32,
    inotify: OwedByInotify,
}

/// What is owed by the descriptor table that came last.
#[derive(Debug, Default, PartialEq, Eq)]
struct OwedByTable {
    descriptors: u32,
    locks: u32,
}

/// What is owed by the address space that came last.
#[derive(Debug, Default, PartialEq, Eq)]
struct OwedByMemory {
    mappings: u32,
    pages: u64,
    copied: u64,
}

/// What is owed by the inotify instance that came last.
#[derive(Debug, Default, PartialEq, Eq)]
struct OwedByInotify {
    watches: u32,
    events: u32,
}

/// Notes what a record promises, in the place of what the last one of its sort did: that one has to have
/// been given all of its own.
fn owe<T: Default + PartialEq>(hdr: &Hdr, owed: &mut T, promised: T) -> Fit {
    if *owed != T::default() {
        return Err(hdr.malformed(Problem::Value(
            "the one before has fewer records or pages than it announced",
        )));
    }
    *owed = promised;
    Ok(())
}

/// Puts records together.
#[derive(Debug)]
struct Builder {
    image: Image,
    container: record::Container,
    tree: record::Tree,
    entries: Vec<record::TreeEntry>,
    text: Text,
    queue: Queue,
    /// Signals of the queue that are pending without an entry, so far.
    bare: u64,
    /// The epoll set that is being filled.
    filled: u32,
    owed: Owed,
    task: Option<usize>,
    ids: HashSet<u32>,
    references: Vec<(u32, Hdr)>,
}

type Fit = Result<(), Malformed>;

/// Reads an image to its end, or to the ERROR record of a checkpoint that failed.
pub fn decode(items: &mut Items) -> Result<Image, ReadError> {
    let mut builder = Builder {
        image: Image::default(),
        container: record::Container::new_zeroed(),
        tree: record::Tree::new_zeroed(),
        entries: Vec::new(),
        text: Text::Nowhere,
        queue: Queue::Task,
        bare: 0,
        filled: 0,
        owed: Owed::default(),
        task: None,
        ids: HashSet::new(),
        references: Vec::new(),
    };
    loop {
        let placed = items.read()?;
        builder.add(&placed)?;
        if builder.image.totals.is_some() {
            builder.finish(&placed.hdr)?;
            builder.image.bytes_behind = items.rest();
            return Ok(builder.image);
        }
        if builder.image.failure.is_some() {
            return Ok(builder.image);
        }
    }
}

impl Text {
    /// Whether a record has to be followed by this one.
    fn is_owed(self) -> bool {
        // An event has a name or none.
        !matches!(self, Text::Nowhere | Text::EventName | Text::Failure)
    }
}

impl Builder {
    /// Notes that the record defines an object.
    fn define(&mut self, hdr: &Hdr, id: u32) -> Fit {
        if Objref::new(id).is_none() || !self.ids.insert(id) {
            return Err(hdr.malformed(Problem::Objref(id)));
        }
        Ok(())
    }

    /// Notes that the record refers to an object.
    fn refer(&mut self, hdr: &Hdr, id: u32) {
        self.references.push((id, *hdr));
    }

    fn task(&mut self, hdr: &Hdr) -> Result<&mut Task, Malformed> {
        let index = self.task.unwrap_or(usize::MAX);
        let stray = hdr.malformed(Problem::Wanted(Kind::TASK));
        self.image.tasks.get_mut(index).ok_or(stray)
    }

    fn memory(&mut self, hdr: &Hdr) -> Result<&mut Memory, Malformed> {
        let stray = hdr.malformed(Problem::Wanted(Kind::MM));
        self.image.memories.last_mut().ok_or(stray)
    }

    fn table(&mut self, hdr: &Hdr) -> Result<&mut FileTable, Malformed> {
        let stray = hdr.malformed(Problem::Wanted(Kind::FILE_TABLE));
        self.image.file_tables.last_mut().ok_or(stray)
    }

    /// Takes one off a count that was promised.
    fn pay(hdr: &Hdr, owed: &mut u32) -> Fit {
        match owed.checked_sub(1) {
            Some(left) => {
                *owed = left;
                Ok(())
            }
            None => Err(hdr.malformed(Problem::Value("more records than were announced"))),
        }
    }

    fn add(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        match placed.item {
            // Only texts follow each other.
            Item::Text(_) => {}
            // A checkpoint may fail anywhere.
            Item::Error => {}
            _ if self.text.is_owed() => return Err(hdr.malformed(Problem::Wanted(Kind::STRING))),
            _ => self.text = Text::Nowhere,
        }
        match &placed.item {
            Item::Header(body) => {
                self.text = Text::Uname;
                self.image.origin = convert::origin(body);
            }
            Item::Text(text) => self.text(hdr, text)?,
            Item::HeaderArch(body) => self.image.needs = convert::needs(body),
            Item::Components(list) => {
                self.image.needs.components = list.iter().map(convert::component).collect();
            }
            Item::Container(body) => {
                let flags = body.flags;
                let origin = &mut self.image.origin;
                origin.container = Set::new(flags, |bits| names::bits(bits, container_flag::NAMES));
                origin.session = body.sid;
                origin.group = body.pgid;
                self.container = *body;
            }
            Item::Tree(_) | Item::Tasks(_) | Item::Numbers(_) => self.tree(placed)?,
            Item::Task(body) => self.start_task(hdr, body)?,
            Item::Fs(body) => {
                self.define(hdr, body.objref)?;
                for contents in [body.root, body.pwd] {
                    if contents != 0 {
                        self.refer(hdr, contents);
                    }
                }
                self.text = Text::Root;
                self.image.directories.push(convert::directories(body));
            }
            Item::Tail(body) => self.image.totals = Some(convert::totals(body)),
            Item::Error => self.text = Text::Failure,
            Item::Cred(_) | Item::Groups(_) | Item::TaskCreds(_) | Item::TaskObjs(_) => {
                self.identity(placed)?;
            }
            Item::FileTable(_)
            | Item::Descriptors(_)
            | Item::File(_)
            | Item::FileNode(_)
            | Item::FileLock(_)
            | Item::Opener(_)
            | Item::Owner(_) => self.files(placed)?,
            Item::EventFd(_)
            | Item::TimerFd(_)
            | Item::SignalFd(_)
            | Item::Epoll
            | Item::PidFd(_)
            | Item::Inotify(_)
            | Item::Proc(_) => self.special(placed)?,
            Item::EpollSet(body) => self.filled = body.set,
            Item::EpollItems(list) => self.fill(hdr, list)?,
            Item::InotifyWatch(_) | Item::InotifyEvent => self.watches(placed)?,
            Item::Pipe(_) | Item::PipePart(_) | Item::PipeBytes => {
                self.pipes(placed)?;
            }
            Item::Tty(_) | Item::TtyEnd(_) | Item::TtyBytes => self.terminals(placed)?,
            Item::Contents(body) => {
                self.define(hdr, body.objref)?;
                self.text = Text::ContentsName;
                owe(hdr, &mut self.owed.stored, body.nr_pages)?;
                self.image.contents.push(convert::contents(body));
            }
            Item::Mm(_) | Item::Auxv(_) | Item::Vma(_) | Item::GuardRuns(_) => {
                self.memories(placed)?;
            }
            Item::SharedRuns(_) | Item::CopyRuns(_) | Item::Pages(..) => self.pages(placed)?,
            Item::Sighand(_)
            | Item::Actions(_)
            | Item::Signal(_)
            | Item::Rlimits(_)
            | Item::SignalTask(_)
            | Item::SigPending(_)
            | Item::Infos(_) => self.signals(placed)?,
            Item::Guards | Item::PagesShared | Item::PagesCopied => {
                self.memory(hdr)?;
            }
            _ => self.processor(placed)?,
        }
        Ok(())
    }

    fn text(&mut self, hdr: &Hdr, text: &str) -> Fit {
        let text = text.to_owned();
        let stray = hdr.malformed(Problem::Value("text that belongs to no record"));
        match self.text {
            Text::Nowhere => return Err(stray),
            Text::Uname => {
                let uname = &mut self.image.origin.uname;
                uname.push(text);
                if uname.len() >= 3 {
                    self.text = Text::Nowhere;
                }
                return Ok(());
            }
            Text::TaskName => self.task(hdr)?.name = text,
            Text::FilePath => {
                let file = self.image.files.last_mut();
                file.and_then(|file| file.node.as_deref_mut())
                    .ok_or(stray)?
                    .path = text;
            }
            Text::TtyPath => self.image.terminals.last_mut().ok_or(stray)?.path = text,
            Text::EventName => {}
            Text::WatchPath => {
                let file = self.image.files.last_mut();
                match file.and_then(|file| file.special.as_deref_mut()) {
                    Some(Special::Inotify { watches, .. }) => {
                        watches.last_mut().ok_or(stray)?.path = text;
                    }
                    _ => return Err(stray),
                }
            }
            Text::FifoPath => self.image.pipes.last_mut().ok_or(stray)?.path = Some(text),
            Text::ContentsName => self.image.contents.last_mut().ok_or(stray)?.name = text,
            Text::Root => {
                self.image.directories.last_mut().ok_or(stray)?.root = text;
                self.text = Text::Cwd;
                return Ok(());
            }
            Text::Cwd => self.image.directories.last_mut().ok_or(stray)?.cwd = text,
            Text::Failure => self.image.failure = Some(text),
        }
        self.text = Text::Nowhere;
        Ok(())
    }

    /// The tree is complete when as many numbers have come as it announces.
    fn tree(&mut self, placed: &Placed) -> Fit {
        let numbers = match &placed.item {
            Item::Tree(body) => {
                self.tree = *body;
                self.owed.tasks = body.nr_tasks;
                return Ok(());
            }
            Item::Tasks(list) => {
                self.entries.clone_from(list);
                if self.tree.nr_numbers > 0 {
                    return Ok(());
                }
                Vec::new()
            }
            Item::Numbers(list) => list.clone(),
            _ => return Ok(()),
        };
        let entries = std::mem::take(&mut self.entries);
        let tree = Tree::new(self.container, &self.tree, entries, numbers)
            .map_err(|fault| placed.hdr.malformed(Problem::Value(fault)))?;
        (self.image.tasks, self.image.ghosts) = convert::tree(&tree);
        Ok(())
    }

    fn start_task(&mut self, hdr: &Hdr, body: &record::Task) -> Fit {
        Builder::pay(hdr, &mut self.owed.tasks)?;
        self.task = Some(self.task.map_or(0, |index| index + 1));
        self.text = Text::TaskName;
        convert::task(self.task(hdr)?, body);
        Ok(())
    }

    fn identity(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        match &placed.item {
            Item::Cred(body) => {
                self.define(hdr, body.objref)?;
                self.image.credentials.push(convert::credentials(body));
            }
            Item::Groups(groups) => {
                if let Some(credentials) = self.image.credentials.last_mut() {
                    credentials.groups.clone_from(groups);
                }
            }
            Item::TaskCreds(body) => {
                self.refer(hdr, body.real);
                self.refer(hdr, body.effective);
                let uses = &mut self.task(hdr)?.uses;
                uses.real_credentials = body.real;
                uses.credentials = body.effective;
            }
            Item::TaskObjs(body) => {
                let ids = [body.files, body.mm, body.fs, body.sighand, body.signal];
                for id in ids {
                    self.refer(hdr, id);
                }
                let uses = &mut self.task(hdr)?.uses;
                uses.files = body.files;
                uses.memory = body.mm;
                uses.directories = body.fs;
                uses.handlers = body.sighand;
                uses.group = body.signal;
            }
            _ => {}
        }
        Ok(())
    }

    fn processor(&mut self, placed: &Placed) -> Fit {
        let task = self.task(&placed.hdr)?;
        match &placed.item {
            Item::RestartBlock(body) => task.restart = convert::restart(body),
            Item::Thread(body) => task.registers.extend(convert::segments(body)),
            Item::Cpu(body) => task.registers.extend(convert::registers(body)),
            Item::CpuFpu(body) => task.fpu = Set::new(body.xfeatures, names::xfeatures),
            Item::Xsave(area) => task.fpu_bytes = area.len(),
            Item::Sched(body) => task.sched = convert::sched(body),
            Item::Affinity(mask) => task.sched.affinity = Processors(mask.clone()),
            _ => {}
        }
        Ok(())
    }

    fn signals(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        match &placed.item {
            Item::Sighand(body) => {
                self.define(hdr, body.objref)?;
                self.image.handlers.push(Handlers {
                    id: body.objref,
                    actions: Vec::new(),
                });
            }
            Item::Actions(actions) => {
                if let Some(handlers) = self.image.handlers.last_mut() {
                    handlers.actions = actions.iter().map(convert::action).collect();
                }
            }
            Item::Signal(body) => {
                self.define(hdr, body.objref)?;
                self.queue = Queue::Group;
                self.image.groups.push(convert::group(body));
            }
            Item::Rlimits(limits) => {
                if let Some(group) = self.image.groups.last_mut() {
                    group.limits = limits.iter().map(convert::limit).collect();
                }
            }
            Item::SignalTask(body) => {
                self.queue = Queue::Task;
                self.task(hdr)?.blocked = Set::new(body.blocked, names::signals);
            }
            Item::SigPending(body) => {
                // A signal may be pending without an entry.
                self.bare = body.pending;
                let numbers = (1..=64).filter(|number| body.pending >> (number - 1) & 1 == 1);
                let signal = |number| Pending {
                    signal: Signal(number),
                    code: 0,
                };
                self.pending(hdr)?.extend(numbers.map(signal));
            }
            Item::Infos(infos) => self.entries(hdr, infos)?,
            _ => {}
        }
        Ok(())
    }

    /// The queue that is being read.
    fn pending(&mut self, hdr: &Hdr) -> Result<&mut Vec<Pending>, Malformed> {
        let stray = hdr.malformed(Problem::Wanted(Kind::SIGNAL));
        Ok(match self.queue {
            Queue::Group => &mut self.image.groups.last_mut().ok_or(stray)?.pending,
            Queue::Task => &mut self.task(hdr)?.pending,
        })
    }

    /// Adds entries to a queue, which take the places of bare signals.
    fn entries(&mut self, hdr: &Hdr, infos: &[record::SigInfo]) -> Fit {
        let bit = |signal: Signal| match signal.0 {
            number @ 1..=64 => 1u64 << (number - 1),
            _ => 0,
        };
        let all = infos.iter().map(convert::pending);
        let queued = all.clone().fold(0, |mask, entry| mask | bit(entry.signal));
        let bare = std::mem::take(&mut self.bare);
        let queue = self.pending(hdr)?;
        queue.retain(|known| bit(known.signal) & bare & queued == 0 || known.code != 0);
        queue.extend(all);
        Ok(())
    }

    /// Looks whether everything that was promised has come. `tail` is the last record.
    fn finish(&mut self, tail: &Hdr) -> Fit {
        let owed = &self.owed;
        let few = owed.tasks > 0
            || owed.table != OwedByTable::default()
            || owed.memory != OwedByMemory::default()
            || owed.inotify != OwedByInotify::default()
            || owed.stored > 0
            || owed.pipe_parts > 0
            || self.text.is_owed();
        if few {
            return Err(
                tail.malformed(Problem::Value("fewer records or pages than were announced"))
            );
        }
        for mapping in self
            .image
            .memories
            .iter()
            .flat_map(|memory| &memory.mappings)
        {
            if [mapping.stored + mapping.copied, mapping.shared] != mapping.promised {
                return Err(tail.malformed(Problem::Value("pages of a mapping are missing")));
            }
        }
        for (id, hdr) in &self.references {
            if !self.ids.contains(id) {
                return Err(hdr.malformed(Problem::Objref(*id)));
            }
        }
        self.image.sort();
        Ok(())
    }
}
