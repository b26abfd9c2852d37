// SPDX-License-Identifier: GPL-2.0-only

//! A decoded image as plain structures: what every view shows, and what `--json` prints.
//!
//! Shared objects stand in lists of their own, each with the `id` by which others name it, as in the
//! image. Addresses and masks are text in hexadecimal, because not every reader of JSON has integers
//! of 64 bits; times are nanoseconds.

mod files;
mod set;

use std::{
    ops::{
        Deref,
        DerefMut, //
    },
    sync::LazyLock, //
};

use serde::{
    Serialize,
    Serializer, //
};

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

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A whole image.
#[derive(Debug, Default, Serialize)]
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
    /// Signal handlers.
    pub handlers: Vec<Handlers>,
    /// What thread groups share.
    pub groups: Vec<Group>,
    /// The totals at the end; none when the checkpoint had failed.
    pub totals: Option<Totals>,
    /// Why the checkpoint failed.
    pub failure: Option<String>,
    /// Bytes that stand behind the image and do not belong to it.
    pub bytes_behind: u64,
}

/// Where an image was made, and when.
#[derive(Debug, Default, Serialize)]
pub struct Origin {
    /// Revision of the format.
    pub format: u32,
    /// Architecture.
    pub arch: &'static str,
    /// The id that the checkpoint returned.
    pub id: u32,
    /// Date and time, UTC.
    pub time: String,
    /// The same in nanoseconds since 1970.
    pub realtime: i64,
    /// CLOCK_MONOTONIC of the processes at that instant, in nanoseconds.
    pub monotonic: i64,
    /// The same for CLOCK_BOOTTIME.
    pub boottime: i64,
    /// Release, version and machine, as uname(2) gives them.
    pub uname: Vec<String>,
    /// LINUX_VERSION_CODE of the kernel, written with dots.
    pub kernel: String,
    /// Compatible features.
    pub compat: Hex,
    /// CHECKPOINT_* flags of the call.
    pub flags: u32,
    /// What the container record says.
    pub container: Set,
    /// Session of the root when it comes from outside; 0 when it cannot be seen.
    pub session: i32,
    /// Process group of the root, as its session.
    pub group: i32,
}

/// What a machine needs to restart an image.
#[derive(Debug, Default, Serialize)]
pub struct Needs {
    /// State components of the processor, by name.
    pub features: Set,
    /// The same as a mask like XCR0.
    pub xfeatures: Hex,
    /// Bits of MXCSR that may be set.
    pub mxcsr_mask: Hex,
    /// Bytes of the vDSO's text.
    pub vdso_len: u32,
    /// Its CRC32C.
    pub vdso_crc: Hex,
    /// Bytes of the data pages before it.
    pub vvar_len: u32,
    /// Where components stand in an XSAVE area.
    pub components: Vec<Component>,
}

/// Where a state component stands.
#[derive(Debug, Serialize)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Offset in bytes.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
}

/// A task.
#[derive(Debug, Default, Serialize)]
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
    #[serde(flatten)]
    pub(super) section: Option<Box<Section>>,
}

/// What the section of a task says. It is there when the section is: a place in the tree alone, of
/// which an image may have many, takes no more than it says.
#[derive(Debug, Default, Serialize)]
pub struct Section {
    /// Name.
    pub name: String,
    /// running, stopped or zombie.
    pub state: &'static str,
    /// Flags by name.
    pub flags: Set,
    /// Status for wait(2).
    pub exit_code: i32,
    /// Signal to the parent at exit.
    pub exit_signal: i32,
    /// Signal when the parent dies.
    pub pdeath_signal: i32,
    /// Execution domain.
    pub personality: Hex,
    /// set_tid_address(2).
    pub clear_child_tid: Hex,
    /// Alternate signal stack.
    pub altstack: Area,
    /// Robust futexes.
    pub robust_list: Hex,
    /// Restartable sequences: address.
    pub rseq: Hex,
    /// PR_GET_DUMPABLE.
    pub dumpable: u32,
    /// Adjustment of the out-of-memory score.
    pub oom_score_adj: i32,
    /// Timer slack.
    pub timer_slack: u64,
    /// CPU time in user mode.
    pub utime: u64,
    /// CPU time in the kernel.
    pub stime: u64,
    /// Start on CLOCK_BOOTTIME.
    pub start_time: u64,
    /// General registers by name.
    pub registers: Vec<(&'static str, Hex)>,
    /// State components in use, by name.
    pub fpu: Set,
    /// Bytes of XSAVE area.
    pub fpu_bytes: usize,
    /// The interrupted system call's remainder, if there is one.
    pub restart: Option<Restart>,
    /// Scheduling.
    pub sched: Sched,
    /// Blocked signals.
    pub blocked: Set,
    /// Pending signals of the task itself.
    pub pending: Vec<Pending>,
    /// Objects in use.
    pub uses: Uses,
}

/// A number that no task has, but a session or process group.
#[derive(Debug, Default, Serialize)]
pub struct Ghost {
    /// The number.
    pub pid: i32,
    /// The entry in the tree.
    pub entry: Entry,
}

/// What the tree says of a task or ghost. Others are named by their places in the tree: tasks first,
/// then ghosts; `null` is what is outside.
#[derive(Debug, Default, Serialize)]
pub struct Entry {
    /// Place of the parent, which may be a thread.
    pub parent: Option<Place>,
    /// Place of the leader of its thread group.
    pub leader: Option<Place>,
    /// Place of who gives the process group its number.
    pub group: Option<Place>,
    /// Place of who gives the session its number.
    pub session: Option<Place>,
    /// Place of the first that uses the same address space.
    pub memory: Option<Place>,
    /// Place of the first that uses the same signal handlers.
    pub handlers: Option<Place>,
    /// Place of the init of its pid namespace; `null` for the namespace of the root.
    pub pid_namespace: Option<Place>,
    /// The same for the namespace of its future children.
    pub children_pid_namespace: Option<Place>,
    /// Its pids in namespaces below that of the root, the outermost first.
    pub nested_pids: Vec<i32>,
    /// DEAD, GHOST.
    pub flags: Set,
}

/// A part of an address space.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Area {
    /// Lowest address.
    pub address: Hex,
    /// Bytes.
    pub size: u64,
}

/// What an interrupted system call still has to do.
#[derive(Debug, Serialize)]
pub struct Restart {
    /// nanosleep, poll, futex …
    pub kind: &'static str,
    /// Time left, if there is a time-out.
    pub remaining: Option<i64>,
    /// What it waits on.
    pub address: Hex,
}

/// Scheduling.
#[derive(Debug, Default, Serialize)]
pub struct Sched {
    /// SCHED_* policy by name.
    pub policy: &'static str,
    /// Nice value.
    pub nice: i32,
    /// Real-time priority.
    pub rt_priority: u32,
    /// I/O priority.
    pub ioprio: u32,
    /// Processors that it may use, as ranges; empty for all.
    pub affinity: Processors,
}

/// Ids of the objects that a task uses.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Uses {
    /// Objective credentials.
    pub real_credentials: u32,
    /// Subjective credentials.
    pub credentials: u32,
    /// Descriptor table.
    pub files: u32,
    /// Address space.
    pub memory: u32,
    /// Root and working directory.
    pub directories: u32,
    /// Signal handlers.
    pub handlers: u32,
    /// What the thread group shares.
    pub group: u32,
}

/// Credentials.
#[derive(Debug, Serialize)]
pub struct Credentials {
    /// Id.
    pub id: u32,
    /// Real, effective, saved and file system user.
    pub uids: [u32; 4],
    /// Real, effective, saved and file system group.
    pub gids: [u32; 4],
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// SECBIT_* flags.
    pub securebits: u32,
    /// Permitted capabilities.
    pub permitted: Hex,
    /// Effective capabilities.
    pub effective: Hex,
    /// Inheritable capabilities.
    pub inheritable: Hex,
    /// Bounding set.
    pub bounding: Hex,
    /// Ambient set.
    pub ambient: Hex,
}

/// An address space.
#[derive(Debug, Serialize)]
pub struct Memory {
    /// Id.
    pub id: u32,
    /// Id of the executable.
    pub exe: u32,
    /// Flags by name.
    pub flags: Set,
    /// Id of the address space that it was forked from, or 0.
    pub base: u32,
    /// Pages stored.
    pub pages: u64,
    /// Pages that other address spaces of the image have.
    pub copied: u64,
    /// Pages resident at the checkpoint.
    pub resident: u64,
    /// Code.
    pub code: [Hex; 2],
    /// Initialised data.
    pub data: [Hex; 2],
    /// Heap.
    pub brk: [Hex; 2],
    /// Bottom of the stack.
    pub stack: Hex,
    /// The vDSO's text.
    pub vdso: Hex,
    /// Registered membarrier commands.
    pub membarrier: Set,
    /// Auxiliary vector.
    pub auxv: Vec<Hex>,
    /// Mappings.
    pub mappings: Vec<Mapping>,
}

/// A mapping.
#[derive(Debug, Serialize)]
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
    /// Protection key.
    pub pkey: u32,
    /// Pages that its record announces: stored, and shared with the base.
    #[serde(skip)]
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
#[derive(Debug, Serialize)]
pub struct Directories {
    /// Id.
    pub id: u32,
    /// Root.
    pub root: String,
    /// Working directory.
    pub cwd: String,
    /// File mode creation mask.
    pub umask: u32,
}

/// Signal handlers.
#[derive(Debug, Serialize)]
pub struct Handlers {
    /// Id.
    pub id: u32,
    /// Those that are not the default.
    pub actions: Vec<Action>,
}

/// A signal handler.
#[derive(Debug, Serialize)]
pub struct Action {
    /// Signal by name.
    pub signal: Signal,
    /// Address, or 0x1 for ignored.
    pub handler: Hex,
    /// SA_* flags.
    pub flags: Hex,
    /// Signals blocked meanwhile.
    pub mask: Set,
}

/// What a thread group shares.
#[derive(Debug, Serialize)]
pub struct Group {
    /// Id.
    pub id: u32,
    /// Flags by name.
    pub flags: Set,
    /// Real, virtual and profiling timer: time left and interval.
    pub timers: [[u64; 2]; 3],
    /// POSIX timers, in the order in which they were made.
    pub posix_timers: Vec<Timer>,
    /// Resource limits, soft and hard; `null` for none.
    pub limits: Vec<[Option<u64>; 2]>,
    /// Signal that it is stopped by.
    pub stop_signal: u32,
    /// Pending signals of the group.
    pub pending: Vec<Pending>,
}

/// A POSIX timer. Times are in nanoseconds.
#[derive(Debug, Serialize)]
pub struct Timer {
    /// Its id.
    pub id: u32,
    /// The clock.
    pub clock: &'static str,
    /// The task whose CPU time the clock shows, by its place in the list of tasks.
    pub clock_of: Option<u32>,
    /// How it is told of (SIGEV_*).
    pub notify: &'static str,
    /// Signal.
    pub signal: i32,
    /// What goes with it.
    pub value: Hex,
    /// The thread that gets it, by its place in the list of tasks.
    pub thread: Option<u32>,
    /// Flags by name.
    pub flags: Set,
    /// What is left or, of a time of day, when it expires.
    pub expires: i64,
    /// Between two expirations, or 0.
    pub interval: u64,
    /// Expirations since its signal was queued, from -1.
    pub overrun: i64,
    /// The same of the last signal that was taken.
    pub last_overrun: i64,
}

/// A pending signal.
#[derive(Debug, Serialize)]
pub struct Pending {
    /// Signal by name.
    pub signal: Signal,
    /// SI_* code.
    pub code: i32,
    /// The id of the POSIX timer that it is part of.
    pub timer: Option<u32>,
}

/// The totals of an image.
#[derive(Debug, Serialize)]
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

    /// Puts the lists in the order that looking for an id needs. Images have it by nature, but nobody
    /// says so.
    pub(super) fn sort(&mut self) {
        self.files.sort_by_key(|file| file.id);
        self.pipes.sort_by_key(|pipe| pipe.id);
        self.terminals.sort_by_key(|terminal| terminal.id);
        self.contents.sort_by_key(|contents| contents.id);
        self.credentials.sort_by_key(|credentials| credentials.id);
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
