// SPDX-License-Identifier: GPL-2.0-only

//! The limits that every count and length in an image has to keep.
//!
//! A reader checks a number against its limit here, and against the bytes that really arrive, before it
//! allocates or loops by it.

use crate::PAGE_SIZE;

/// Longest record body that is neither BUFFER, STRING nor PAGES, in bytes.
pub const RECORD: u32 = 4096;

/// Longest STRING, in bytes: a path (PATH_MAX) without its NUL.
pub const STRING: u32 = 4095;

/// Longest release, version or machine of uname(2), in bytes (__NEW_UTS_LEN).
pub const UNAME: u32 = 64;

/// Most state components of a processor.
pub const COMPONENTS: u32 = 64;

/// Longest task name, in bytes, without its NUL (TASK_COMM_LEN).
pub const COMM: u32 = 15;

/// Most tasks in one image, ghosts included.
pub const TASKS: u32 = 65_536;

/// Most nested pid namespaces (MAX_PID_NS_LEVEL).
pub const PID_DEPTH: u32 = 32;

/// Largest pid number (PID_MAX_LIMIT less one).
pub const PID: i32 = 4_194_303;

/// Most descriptors in one table (the kernel's sysctl fs.nr_open at its default).
pub const FDS: u32 = 1_048_576;

/// Most locks that one descriptor table holds.
pub const LOCKS: u32 = 65_536;

/// Most items in one epoll set.
pub const EPOLL: u32 = 1 << 20;

/// Most watches of one inotify instance (what the sysctl fs.inotify.max_user_watches is at most by itself).
pub const WATCHES: u32 = 1 << 20;

/// Most events that one inotify instance keeps.
pub const EVENTS: u32 = 1 << 20;

/// Longest name of a file in its directory, in bytes (NAME_MAX).
pub const NAME: u32 = 255;

/// Largest pipe, in bytes (what F_SETPIPE_SZ can be told).
pub const PIPE: u32 = 1 << 31;

/// Most pseudo-terminals of one instance of devpts: their numbers are smaller.
pub const TTYS: u32 = 65_536;

/// What fits into the buffers of a line discipline, in bytes (N_TTY_BUF_SIZE).
pub const TTY_BUFFER: u32 = 4096;

/// Most bytes that wait for a line discipline (the limit of a pseudo-terminal's port, and what one
/// buffer may exceed it by, twice: buffers without flags use the room of these, too).
pub const TTY_WAITING: u32 = 2 * (8192 + 2048);

/// Most mappings in one address space (above the sysctl vm.max_map_count of any distribution).
pub const VMAS: u32 = 1 << 21;

/// Most guard runs in one mapping.
pub const GUARDS: u32 = 1 << 20;

/// Most runs in one PAGES_SHARED record.
pub const SHARED_RUNS: u32 = 1 << 24;

/// Most runs in one PAGES record.
pub const RUNS: u32 = 65_536;

/// Most pages in one PAGES record: 256 MiB, so that the record's length fits its prefix.
pub const PAGES: u32 = 65_536;

/// Most supplementary groups (NGROUPS_MAX).
pub const GROUPS: u32 = 65_536;

/// Most instructions of one seccomp filter (BPF_MAXINSNS).
pub const SECCOMP: u32 = 4096;

/// Number of signals.
pub const SIGNALS: u32 = 64;

/// Most pending signals in one queue.
pub const PENDING: u32 = 65_536;

/// Most POSIX timers of one process.
pub const TIMERS: u32 = 1 << 20;

/// Number of resource limits.
pub const RLIMITS: u32 = 16;

/// Words in the auxiliary vector (AT_VECTOR_SIZE on x86-64, rounded up).
pub const AUXV: u32 = 64;

/// Largest XSAVE area, in bytes.
pub const XSAVE: u32 = 16_384;

/// Largest CPU affinity mask, in bytes: 8192 processors.
pub const CPUMASK: u32 = 1024;

/// Most entries of one INDEX.
pub const INDEX: u32 = 1024;

/// Largest objref. Ids are given out in order, so it also bounds the table of objects.
pub const OBJREF: u32 = 1 << 24;

/// First address that no user mapping may reach: the end of the lower half with four-level page
/// tables, less the guard page. Larger address spaces are not used unless asked for.
pub const ADDRESS: u64 = (1 << 47) - PAGE_SIZE;
