// SPDX-License-Identifier: GPL-2.0-only

//! A decoded image as plain structures, for the views that people read. The output for programs comes from
//! the records themselves ([`super::json`]).
//!
//! Shared objects stand in lists of their own, in the order of the ids by which other records name them.

mod files;
mod set;

use std::{
    ops::{
        Deref,
        DerefMut, //
    },
    sync::LazyLock, //
};

use ckpt_image::record::IndexEntry;
pub use files::*;
pub use set::*;

/// An address or a mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hex(pub u64);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// A whole image.
#[derive(Debug, Default)]
pub struct Image {
    /// Where it was made, and when.
    pub origin: Origin,
    /// What a machine needs to restart it.
    pub needs: Needs,
    /// The tasks, in the order in which they are restored.
    pub tasks: Vec<Task>,
    /// Numbers that are in use for a session or process group only.
    pub ghosts: Vec<Ghost>,
    /// Credentials.
    pub credentials: Vec<Credentials>,
    /// Descriptor tables.
    pub file_tables: Vec<FileTable>,
    /// Open files.
    pub files: Vec<OpenFile>,
    /// Pipes and FIFOs.
    pub pipes: Vec<Pipe>,
    /// Pseudo-terminals.
    pub terminals: Vec<Terminal>,
    /// What files hold that no path leads to.
    pub contents: Vec<Contents>,
    /// Address spaces.
    pub memories: Vec<Memory>,
    /// Roots and working directories.
    pub directories: Vec<Directories>,
    /// What stands where: an entry for each section and object.
    pub index: Vec<IndexEntry>,
    /// The totals at the end; none when the checkpoint had failed.
    pub totals: Option<Totals>,
    /// Why the checkpoint failed.
    pub failure: Option<String>,
    /// Bytes that stand behind the image and do not belong to it.
    pub bytes_behind: u64,
}

/// Where an image was made, and when.
#[derive(Debug, Default)]
pub struct Origin {
    /// Revision of the format.
    pub format: u32,
    /// Architecture.
    pub arch: &'static str,
    /// The id that the checkpoint returned.
    pub id: u32,
    /// Date and time, UTC.
    pub time: String,
    /// CLOCK_MONOTONIC of the processes at that instant, in nanoseconds.
    pub monotonic: i64,
    /// The same for CLOCK_BOOTTIME.
    pub boottime: i64,
    /// Release, version and machine, as uname(2) gives them.
    pub uname: Vec<String>,
    /// What the container record says.
    pub container: Set,
}

/// What a machine needs to restart an image.
#[derive(Debug, Default)]
pub struct Needs {
    /// State components of the processor, by name.
    pub features: Set,
}

/// A task.
#[derive(Debug, Default)]
pub struct Task {
    /// Thread id.
    pub pid: i32,
    /// Parent.
    pub ppid: i32,
    /// Thread group.
    pub tgid: i32,
    /// Process group.
    pub pgid: i32,
    /// Session.
    pub sid: i32,
    /// The entry in the tree.
    pub entry: Entry,
    /// What its section says.
    pub(super) section: Option<Box<Section>>,
}

/// What the section of a task says. It is there when the section is: a place in the tree alone, of
/// which an image may have many, takes no more than it says.
#[derive(Debug, Default)]
pub struct Section {
    /// Name.
    pub name: String,
    /// running, stopped or zombie.
    pub state: &'static str,
    /// Status for wait(2).
    pub exit_code: i32,
    /// General registers by name.
    pub registers: Vec<(&'static str, Hex)>,
    /// State components in use, by name.
    pub fpu: Set,
    /// Bytes of XSAVE area.
    pub fpu_bytes: usize,
    /// The interrupted system call's remainder, if there is one.
    pub restart: Option<Restart>,
    /// Processors that it may use; empty for all.
    pub affinity: Processors,
    /// How seccomp confines it.
    pub seccomp: Seccomp,
    /// Objects in use.
    pub uses: Uses,
}

/// A number that no task has, but a session or process group.
#[derive(Debug, Default)]
pub struct Ghost {
    /// The number.
    pub pid: i32,
    /// The entry in the tree.
    pub entry: Entry,
}

/// What the tree says of a task or ghost. Others are named by their places in the tree: tasks first,
/// then ghosts; `null` is what is outside.
#[derive(Debug, Default)]
pub struct Entry {
    /// Place of the parent, which may be a thread.
    pub parent: Option<Place>,
    /// Place of the leader of its thread group.
    pub leader: Option<Place>,
    /// Place of the task that gives the process group its number.
    pub group: Option<Place>,
    /// Place of the task that gives the session its number.
    pub session: Option<Place>,
    /// Place of the first that uses the same address space.
    pub memory: Option<Place>,
    /// Place of the first that uses the same signal handlers.
    pub handlers: Option<Place>,
    /// Place of the init of its pid namespace; `null` for the namespace of the root.
    pub pid_namespace: Option<Place>,
    /// Its pids in namespaces below that of the root, the outermost first.
    pub nested_pids: Vec<i32>,
    /// DEAD, GHOST.
    pub flags: Set,
}

/// What an interrupted system call still has to do.
#[derive(Debug)]
pub struct Restart {
    /// nanosleep, poll, futex …
    pub kind: &'static str,
    /// Time left, if there is a time-out.
    pub remaining: Option<i64>,
}

/// How seccomp confines a task.
#[derive(Debug, Default)]
pub struct Seccomp {
    /// strict or filter; empty when it does not.
    pub mode: &'static str,
    /// Id of the newest filter.
    pub filter: u32,
    /// How many filters there are.
    pub count: u32,
}

/// Ids of the objects that a task uses.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uses {
    /// Subjective credentials.
    pub credentials: u32,
    /// Descriptor table.
    pub files: u32,
    /// Address space.
    pub memory: u32,
    /// Root and working directory.
    pub directories: u32,
}

/// Credentials.
#[derive(Debug)]
pub struct Credentials {
    /// Id.
    pub id: u32,
    /// Real, effective, saved and file system user.
    pub uids: [u32; 4],
    /// Real, effective, saved and file system group.
    pub gids: [u32; 4],
}

/// An address space.
#[derive(Debug)]
pub struct Memory {
    /// Id.
    pub id: u32,
    /// Id of the executable.
    pub exe: u32,
    /// Id of the address space that it was forked from, or 0.
    pub base: u32,
    /// Pages stored.
    pub pages: u64,
    /// Pages resident at the checkpoint.
    pub resident: u64,
    /// Heap.
    pub brk: [Hex; 2],
    /// Mappings.
    pub mappings: Vec<Mapping>,
}

/// A mapping.
#[derive(Debug)]
pub struct Mapping {
    /// First address.
    pub start: Hex,
    /// First address after it.
    pub end: Hex,
    /// anonymous, file, vdso.
    pub kind: &'static str,
    /// As in /proc/PID/maps.
    pub permissions: String,
    /// Flags by name.
    pub flags: Set,
    /// Id of the file, or 0.
    pub file: u32,
    /// Offset in the file.
    pub offset: Hex,
    /// Pages that its record announces: stored, and shared with the base.
    pub promised: [u64; 2],
    /// Pages stored.
    pub stored: u64,
    /// Pages whose contents another address space of the image has.
    pub copied: u64,
    /// Pages that are still those of the base.
    pub shared: u64,
    /// Guard pages.
    pub guards: u64,
}

/// Root, working directory, umask.
#[derive(Debug)]
pub struct Directories {
    /// Id.
    pub id: u32,
    /// Root.
    pub root: String,
    /// Working directory.
    pub cwd: String,
}

/// The totals of an image.
#[derive(Debug)]
pub struct Totals {
    /// Bytes, TAIL left out.
    pub bytes: u64,
    /// Records, TAIL left out.
    pub records: u64,
    /// Pages.
    pub pages: u64,
    /// CRC32C of everything but pages.
    pub checksum: Hex,
}

impl Deref for Task {
    type Target = Section;

    fn deref(&self) -> &Section {
        static NONE: LazyLock<Section> = LazyLock::new(Section::default);
        self.section.as_deref().unwrap_or(&NONE)
    }
}

impl DerefMut for Task {
    fn deref_mut(&mut self) -> &mut Section {
        self.section.get_or_insert_default()
    }
}

impl Image {
    /// The processes: leaders of thread groups.
    pub fn processes(&self) -> impl Iterator<Item = &Task> {
        let tasks = self.tasks.iter().enumerate();
        tasks
            .filter(|(place, task)| task.entry.leader == Some(Place(*place as u32)))
            .map(|(_, task)| task)
    }

    /// How many processes there are, and how many threads beyond one in each.
    pub fn counts(&self) -> (usize, usize) {
        let processes = self.processes().count();
        (processes, self.tasks.len() - processes)
    }

    /// The task at a place.
    pub fn task(&self, place: Place) -> Option<&Task> {
        self.tasks.get(place.0 as usize)
    }

    /// The pipe with this id.
    pub fn pipe(&self, id: Option<u32>) -> Option<&Pipe> {
        by_id(&self.pipes, id?, |pipe| pipe.id)
    }

    /// The pseudo-terminal with this id.
    pub fn terminal(&self, id: Option<u32>) -> Option<&Terminal> {
        by_id(&self.terminals, id?, |terminal| terminal.id)
    }

    /// The contents with this id.
    pub fn contents(&self, id: Option<u32>) -> Option<&Contents> {
        by_id(&self.contents, id?, |contents| contents.id)
    }

    /// The credentials with this id.
    pub fn opener(&self, id: Option<u32>) -> Option<&Credentials> {
        by_id(&self.credentials, id?, |credentials| credentials.id)
    }

    /// The open file with this id.
    pub fn file(&self, id: u32) -> Option<&OpenFile> {
        by_id(&self.files, id, |file| file.id)
    }

    /// The same, to be filled.
    pub fn file_mut(&mut self, id: u32) -> Option<&mut OpenFile> {
        let at = self.files.binary_search_by_key(&id, |file| file.id).ok()?;
        self.files.get_mut(at)
    }

    /// The files that are mapped, the executable included, each once.
    pub fn mapped(&self) -> Vec<&OpenFile> {
        let mut ids: Vec<u32> = self
            .memories
            .iter()
            .flat_map(|memory| memory.mappings.iter().map(|m| m.file).chain([memory.exe]))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.file(id)).collect()
    }

    /// The path of the open file with this id, or nothing.
    pub fn path(&self, id: u32) -> &str {
        self.file(id).map_or("", OpenFile::path)
    }
}

fn by_id<T>(list: &[T], id: u32, id_of: impl Fn(&T) -> u32) -> Option<&T> {
    let at = list.binary_search_by_key(&id, id_of).ok()?;
    list.get(at)
}
