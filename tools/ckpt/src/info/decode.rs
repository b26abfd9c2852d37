// SPDX-License-Identifier: GPL-2.0-only

//! From records to the model, with a check whether they fit together.
//!
//! The order of the records has been checked before ([`super::items`]). This file verifies the tree, the
//! objects and the references to them, and the places of pages, as the module does. The module also checks
//! whether the machine can restore the image.

mod files;
mod memory;
mod objects;
mod seccomp;

use ckpt_image::{
    limits,
    record::{
        self,
        container_flag,
        task_state,
        tree_flag, //
    },
    Hdr,
    Kind,
    Malformed,
    Problem, //
};
use zerocopy::FromZeros;

use self::{
    objects::{
        Objects,
        Shared,
        Sharing, //
    },
    seccomp::Filters, //
};
use super::{
    convert,
    items::{
        list,
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

/// Puts records together.
#[derive(Debug)]
struct Builder {
    /// What is there so far.
    image: Image,
    objects: Objects,
    sharing: Sharing,
    filters: Filters,
    container: record::Container,
    tree: record::Tree,
    entries: Vec<record::TreeEntry>,
    components: u32,
    /// Signals of the queue that is being read.
    pending: u64,
    /// The epoll set that is being filled.
    filled: u32,
    task: Option<usize>,
    /// Whether the last record has come, that of a checkpoint that failed included.
    is_complete: bool,
}

type Fit = Result<(), Malformed>;

/// Reads an image to its end, or to the ERROR record of a checkpoint that failed. `each` is given each
/// record as it comes, before it is known whether it fits.
pub fn decode<E: From<ReadError>>(
    items: &mut Items,
    mut each: impl FnMut(&Placed) -> Result<(), E>,
) -> Result<Image, E> {
    let mut builder = Builder::default();
    while !builder.is_complete {
        let placed = items.read()?;
        each(&placed)?;
        builder.add(&placed).map_err(ReadError::from)?;
    }
    Ok(builder.complete(items))
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            image: Image::default(),
            objects: Objects::default(),
            sharing: Sharing::default(),
            filters: Filters::default(),
            container: record::Container::new_zeroed(),
            tree: record::Tree::new_zeroed(),
            entries: Vec::new(),
            components: 0,
            pending: 0,
            filled: 0,
            task: None,
            is_complete: false,
        }
    }
}

impl Builder {
    /// The image, whose records have been read.
    fn complete(mut self, items: &mut Items) -> Image {
        if self.image.totals.is_some() {
            self.image.bytes_behind = items.rest();
        }
        self.image
    }

    /// Adds a record.
    fn add(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        match &placed.item {
            Item::Fixed(info, body) => {
                self.objects.record(hdr, info, body)?;
                self.fixed(placed)
            }
            Item::Text(info, of, text) => self.text(hdr, info.kind, of, text),
            Item::Entries(info, payload, bytes) => {
                if info.kind != Kind::TREE {
                    for entry in bytes.chunks_exact(payload.size) {
                        self.objects.fields(hdr, payload.fields, entry)?;
                    }
                }
                self.entries(hdr, info.kind, payload.of, bytes)
            }
            Item::Pages(of, _, runs) if of.kind == Kind::MM => self.stored(hdr, runs),
            Item::Pages(_, _, runs) => self.contents_pages(hdr, runs),
            Item::Error => Ok(()),
            Item::Reason(text) => {
                self.image.failure = Some(text.clone());
                self.is_complete = true;
                Ok(())
            }
        }
    }

    fn task(&mut self, hdr: &Hdr) -> Result<&mut Task, Malformed> {
        let index = self.task.unwrap_or(usize::MAX);
        let stray = hdr.malformed(Problem::Wanted(Kind::TASK));
        self.image.tasks.get_mut(index).ok_or(stray)
    }

    fn fixed(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        match hdr.kind {
            Kind::HEADER => {
                if let Some(body) = placed.body() {
                    self.image.origin = convert::origin(&body);
                }
            }
            Kind::HEADER_ARCH => {
                if let Some(body) = placed.body::<record::HeaderArch>() {
                    self.components = (body.xfeatures & !3).count_ones();
                    self.image.needs = convert::needs(&body);
                }
            }
            Kind::CONTAINER => {
                if let Some(body) = placed.body() {
                    self.container(hdr, &body)?;
                }
            }
            Kind::TREE => {
                if let Some(body) = placed.body() {
                    self.tree = body;
                }
            }
            Kind::TASK => {
                if let Some(body) = placed.body() {
                    self.start_task(hdr, &body)?;
                }
            }
            // Whether it agrees with what was read the reader looks at.
            Kind::INDEX => {}
            Kind::TAIL => {
                if let Some(body) = placed.body() {
                    self.check_pages(hdr)?;
                    self.image.totals = Some(convert::totals(&body));
                    self.is_complete = true;
                }
            }
            Kind::CRED | Kind::TASK_CREDS | Kind::TASK_OBJS => self.identity(placed)?,
            Kind::SECCOMP_FILTER | Kind::TASK_SECCOMP => self.seccomp(placed)?,
            Kind::SIGHAND | Kind::SIGNAL | Kind::SIGNAL_TASK | Kind::SIGPENDING => {
                self.signals(placed)?;
            }
            Kind::MM | Kind::VMA | Kind::GUARDS | Kind::PAGES_SHARED | Kind::PAGES_COPIED => {
                self.memories(placed)?;
            }
            Kind::RESTART_BLOCK | Kind::THREAD | Kind::CPU | Kind::CPU_FPU => {
                self.processor(placed)?;
            }
            _ => self.files(placed)?,
        }
        Ok(())
    }

    fn container(&mut self, hdr: &Hdr, body: &record::Container) -> Fit {
        if body.root != 0 {
            return Err(hdr.malformed(Problem::Value("the root is not the first task")));
        }
        let flags = body.flags;
        let origin = &mut self.image.origin;
        origin.container = Set::new(flags, |bits| names::bits(bits, container_flag::NAMES));
        self.container = *body;
        Ok(())
    }

    fn text(&mut self, hdr: &Hdr, owner: Kind, of: &str, text: &str) -> Fit {
        let text = text.to_owned();
        let stray = hdr.malformed(Problem::Value("text that belongs to no record"));
        match owner {
            Kind::HEADER => self.image.origin.uname.push(text),
            Kind::TASK => self.task(hdr)?.name = text,
            Kind::FS => {
                let directories = self.image.directories.last_mut().ok_or(stray)?;
                match of {
                    "root" => directories.root = text,
                    _ => directories.cwd = text,
                }
            }
            _ => self.file_text(hdr, owner, text)?,
        }
        Ok(())
    }

    fn entries(&mut self, hdr: &Hdr, owner: Kind, of: &str, bytes: &[u8]) -> Fit {
        match owner {
            Kind::HEADER_ARCH => {
                let count = list::<record::XstateComponent>(bytes).len() as u32;
                if count != self.components {
                    return Err(hdr.malformed(Problem::Count(count)));
                }
            }
            Kind::TREE => self.tree(hdr, of, bytes)?,
            Kind::INDEX => self.image.index.extend(list::<record::IndexEntry>(bytes)),
            Kind::SCHED => self.task(hdr)?.affinity = Processors(bytes.to_vec()),
            Kind::CPU_FPU => self.task(hdr)?.fpu_bytes = bytes.len(),
            Kind::SIGPENDING => self.queued(hdr, &list(bytes))?,
            Kind::GUARDS | Kind::PAGES_SHARED | Kind::PAGES_COPIED => {
                self.memory_entries(hdr, owner, bytes)?;
            }
            _ => self.file_entries(hdr, owner, bytes)?,
        }
        Ok(())
    }

    /// The tree is complete when as many numbers have come as it announces.
    fn tree(&mut self, hdr: &Hdr, of: &str, bytes: &[u8]) -> Fit {
        let numbers = match of {
            "entries" => {
                self.entries = list(bytes);
                if self.tree.nr_numbers > 0 {
                    return Ok(());
                }
                Vec::new()
            }
            _ => list(bytes),
        };
        let entries = std::mem::take(&mut self.entries);
        self.objects.tree(entries.len());
        let tree = Tree::new(self.container, &self.tree, entries, numbers)
            .map_err(|fault| hdr.malformed(Problem::Value(fault)))?;
        (self.image.tasks, self.image.ghosts) = convert::tree(&tree);
        Ok(())
    }

    fn start_task(&mut self, hdr: &Hdr, body: &record::Task) -> Fit {
        self.task = Some(self.task.map_or(0, |index| index + 1));
        let task = self.task(hdr)?;
        if task.pid != body.pid {
            return Err(hdr.malformed(Problem::Value("section of another task")));
        }
        let is_dead = task.entry.flags.bits() & u64::from(tree_flag::DEAD) != 0;
        if is_dead != (body.state == task_state::ZOMBIE) {
            return Err(hdr.malformed(Problem::Value("dead task that is alive, or the reverse")));
        }
        convert::task(task, body);
        Ok(())
    }

    fn identity(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        if let Some(body) = placed.body() {
            self.image.credentials.push(convert::credentials(&body));
        } else if let Some(body) = placed.body::<record::TaskCreds>() {
            let uses = &mut self.task(hdr)?.uses;
            uses.credentials = body.effective;
        } else if let Some(body) = placed.body::<record::TaskObjs>() {
            let [memory, handlers, group] = self.first_sharers(hdr)?;
            let sharing = &mut self.sharing;
            sharing.check(hdr, Shared::Memory, memory, body.mm)?;
            sharing.check(hdr, Shared::Handlers, handlers, body.sighand)?;
            sharing.check(hdr, Shared::Group, group, body.signal)?;
            let uses = &mut self.task(hdr)?.uses;
            uses.files = body.files;
            uses.memory = body.mm;
            uses.directories = body.fs;
        }
        Ok(())
    }

    /// The places of the first that have address space, handlers and thread group of the task.
    fn first_sharers(&mut self, hdr: &Hdr) -> Result<[u32; 3], Malformed> {
        let entry = &self.task(hdr)?.entry;
        let place = |place: Option<Place>| place.map_or(0, |place| place.0);
        Ok([entry.memory, entry.handlers, entry.leader].map(place))
    }

    fn processor(&mut self, placed: &Placed) -> Fit {
        let task = self.task(&placed.hdr)?;
        if let Some(body) = placed.body() {
            task.restart = convert::restart(&body);
        } else if let Some(body) = placed.body() {
            task.registers.extend(convert::segments(&body));
        } else if let Some(body) = placed.body() {
            task.registers.extend(convert::registers(&body));
        } else if let Some(body) = placed.body::<record::CpuFpu>() {
            task.fpu = Set::new(body.xfeatures, names::xfeatures);
        }
        Ok(())
    }

    fn signals(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        if let Some(body) = placed.body::<record::Sighand>() {
            let [_, first, _] = self.first_sharers(hdr)?;
            self.sharing
                .define(hdr, Shared::Handlers, first, body.objref)?;
        } else if let Some(body) = placed.body::<record::Signal>() {
            let [.., first] = self.first_sharers(hdr)?;
            self.sharing
                .define(hdr, Shared::Group, first, body.objref)?;
            if body.nr_rlimits != limits::RLIMITS {
                return Err(hdr.malformed(Problem::Count(body.nr_rlimits)));
            }
        } else if let Some(body) = placed.body::<record::SigPending>() {
            self.pending = body.pending;
        }
        Ok(())
    }

    /// The entries of a queue, each for a signal that is pending.
    fn queued(&self, hdr: &Hdr, infos: &[record::SigInfo]) -> Fit {
        let is_pending = |info: &record::SigInfo| match info.signo {
            number @ 1..=64 => self.pending >> (number - 1) & 1 == 1,
            _ => false,
        };
        match infos.iter().all(is_pending) {
            true => Ok(()),
            false => Err(hdr.malformed(Problem::Value("queued signal that is not pending"))),
        }
    }
}
