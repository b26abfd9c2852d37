// SPDX-License-Identifier: GPL-2.0-only

//! Where in a record something stands: for tests that change images by knowing them.
//!
//! The fields are those of the declarations in [`crate::record`]; what follows which record, and
//! which field counts it, is told here.

use crate::{
    record::*,
    Kind, //
};

/// One field of a record or of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// Its size in bytes.
    pub size: usize,
    /// Its type as it was written down: a number, or an array of numbers.
    pub words: &'static str,
}

impl Field {
    /// Size in bytes of one number in it.
    pub fn width(&self) -> usize {
        let bits = [("64", 8), ("32", 4), ("16", 2)];
        let wide = bits.iter().find(|(bits, _)| self.words.contains(bits));
        wide.map_or(1, |(_, width)| *width)
    }
}

/// What has fields.
pub trait Layout {
    /// All of them, in order.
    const FIELDS: &'static [Field];
}

/// Hands every record that is nothing but a fixed part to a macro: all but HEADER, which is first,
/// PAGES, whose pages are within it, and TAIL, which is last.
macro_rules! each_record {
    ($do:ident) => {
        $do! {
            HeaderArch, Container, Tree, Task, TaskObjs, RestartBlock, Thread, Cpu, Cred, TaskCreds,
            Sched, CpuFpu, FileTable, File, FileNode, FileLock, EventFd, TimerFd, SignalFd,
            Epoll, PidFd, Opener, Owner, Proc, Inotify, InotifyWatch, InotifyEvent, Pipe, PipePart, Tty,
            TtyEnd, Contents, Mm, Vma, PagesShared, PagesCopied,
            Guards, Fs, Sighand, Signal, SignalTask, SigPending,
        }
    };
}

pub(super) use each_record;

/// The fixed part of a record; nothing for those that have none.
pub fn fields(kind: Kind) -> &'static [Field] {
    macro_rules! look {
        ($($record:ident,)*) => {
            match kind {
                Header::KIND => Header::FIELDS,
                Pages::KIND => Pages::FIELDS,
                Tail::KIND => Tail::FIELDS,
                $($record::KIND => $record::FIELDS,)*
                _ => &[],
            }
        };
    }
    each_record!(look)
}

/// What a BUFFER, or what stands before the pages of PAGES, is an array of.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    /// The fields of an entry; none when it is a plain number.
    pub fields: &'static [Field],
    /// Size in bytes of an entry.
    pub size: usize,
    /// The fields of the record before it that add up to the number of entries.
    pub counts: &'static [&'static str],
}

const fn entries<E: Layout>(counts: &'static [&'static str]) -> Payload {
    Payload {
        fields: E::FIELDS,
        size: size_of::<E>(),
        counts,
    }
}

const fn plain(size: usize, counts: &'static [&'static str]) -> Payload {
    Payload {
        fields: &[],
        size,
        counts,
    }
}

/// What the BUFFER number `place`, counted from 0, behind a record of this kind holds.
pub fn payload(owner: Kind, place: usize) -> Option<Payload> {
    Some(match (owner, place) {
        (Kind::HEADER_ARCH, 0) => entries::<XstateComponent>(&[]),
        (Kind::TREE, 0) => entries::<TreeEntry>(&["nr_tasks", "nr_ghosts"]),
        (Kind::TREE, 1) => entries::<PidNumber>(&["nr_numbers"]),
        (Kind::CRED, 0) => plain(4, &["nr_groups"]),
        (Kind::SCHED, 0) => plain(1, &["affinity_len"]),
        (Kind::CPU_FPU, 0) => plain(1, &["size"]),
        (Kind::FILE_TABLE, 0) => entries::<FileDesc>(&["nr_fds"]),
        (Kind::EPOLL, 0) => entries::<EpollItem>(&["nr_items"]),
        (Kind::PIPE_PART, 0) => plain(1, &["len"]),
        (Kind::TTY_END, 0) => plain(1, &["nr_bytes", "nr_bytes", "nr_echoes", "nr_waiting"]),
        (Kind::MM, 0) => plain(8, &[]),
        (Kind::GUARDS, 0) | (Kind::PAGES_SHARED, 0) => entries::<Run>(&["nr_runs"]),
        (Kind::PAGES_COPIED, 0) => entries::<CopyRun>(&["nr_runs"]),
        (Kind::PAGES, 0) => entries::<Run>(&["nr_runs"]),
        (Kind::SIGHAND, 0) => entries::<SigAction>(&["nr_actions"]),
        (Kind::SIGNAL, 0) => entries::<Rlimit>(&["nr_rlimits"]),
        (Kind::SIGPENDING, 0) => entries::<SigInfo>(&["nr_entries"]),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_the_declaration() {
        let names =
            |kind| -> std::vec::Vec<&str> { fields(kind).iter().map(|field| field.name).collect() };
        assert_eq!(names(Kind::TASK_CREDS), ["real", "effective"]);
        let timers = fields(Kind::SIGNAL)[2];
        assert_eq!((timers.name, timers.offset), ("timer_remaining", 8));
        assert_eq!((timers.size, timers.width()), (24, 8));
        assert_eq!(names(Kind::STRING), [""; 0]);
    }

    #[test]
    fn every_kind_is_known_or_is_told_to_have_no_fields() {
        const WITHOUT: &[Kind] = &[Kind::BUFFER, Kind::STRING, Kind::ERROR];
        for kind in Kind::ALL {
            assert_eq!(fields(*kind).is_empty(), WITHOUT.contains(kind), "{kind:?}");
        }
    }

    #[test]
    fn counts_are_fields_of_the_owner() {
        for kind in Kind::ALL {
            for place in 0..3 {
                for count in payload(*kind, place).map_or(&[][..], |payload| payload.counts) {
                    assert!(fields(*kind).iter().any(|field| field.name == *count));
                }
            }
        }
    }
}
