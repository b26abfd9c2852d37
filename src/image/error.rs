// SPDX-License-Identifier: GPL-2.0-only

//! What can be wrong with an image.

use core::fmt;

use crate::Kind;

/// One thing that is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub problem: Problem,
    /// Offset in bytes of the record at fault, from the start of the image.
    pub position: u64,
    /// The record at fault; `Kind(0)` when its prefix could not be read.
    pub kind: Kind,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The first record is no HEADER with the right magic.
    Magic,
    /// The revision of the format is another one (its number).
    Format(u32),
    /// The image is of another architecture.
    Arch,
    /// An incompatible feature bit (its number) is not known.
    Feature(u32),
    /// A record's length is shorter than its kind needs, or longer than its kind may be.
    Length(u32),
    /// A record that should be there is not: this kind was wanted.
    Wanted(Kind),
    /// A part that this reader does not know is not zero.
    Growth,
    /// A count is over its limit, or does not fit its record.
    Count(u32),
    /// An objref is zero, over the limit, used twice or not defined.
    Objref(u32),
    /// A field holds a value that it may not have.
    Value(&'static str),
    /// This field says that the image has something that is the restarter's so far.
    Restarters(&'static str),
    /// The magic of TAIL is wrong.
    TailMagic,
    /// The totals in TAIL differ from what was read.
    Totals,
    /// The index differs from what was read.
    Index,
    /// The checksum in TAIL, or one in the index, differs from what was read.
    Checksum,
    /// The pages from one address to another (offsets, for contents of a file) are not those that
    /// were written.
    Contents(u64, u64),
    /// The image holds an ERROR record: the checkpoint had failed.
    Failed,
}

impl Problem {
    /// A few words for a message.
    pub fn what(&self) -> &'static str {
        match self {
            Problem::Magic => "not a ckpt image (wrong magic)",
            Problem::Format(_) => "another revision of the format",
            Problem::Arch => "made on another architecture",
            Problem::Feature(_) => "incompatible feature that is not known here",
            Problem::Length(_) => "wrong record length",
            Problem::Wanted(_) => "wrong record, another one was wanted",
            Problem::Growth => "unknown part of a record is not zero",
            Problem::Count(_) => "count over its limit",
            Problem::Objref(_) => "bad object reference",
            Problem::Value(what) => what,
            Problem::Restarters(_) => {
                "namespaces, control groups and mounts of an image are not supported"
            }
            Problem::TailMagic => "wrong magic at the end",
            Problem::Totals => "totals at the end do not agree with what was read",
            Problem::Index => "the index does not agree with what was read",
            Problem::Checksum => "checksum does not agree with what was read",
            Problem::Contents(..) => "pages do not agree with their checksum",
            Problem::Failed => "the checkpoint had failed: the image is not complete",
        }
    }
}

impl fmt::Display for Problem {
    /// The same words, and what is at fault in parentheses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what())?;
        match self {
            Problem::Format(n) => write!(f, " ({n}; {} is known here)", crate::FORMAT),
            Problem::Feature(bit) => write!(f, " (bit {bit}: {})", crate::incompat::name(*bit)),
            Problem::Length(n) | Problem::Count(n) | Problem::Objref(n) => write!(f, " ({n})"),
            Problem::Restarters(field) => write!(f, " ({field} is not 0)"),
            Problem::Wanted(kind) => write!(f, " ({})", kind.name()),
            Problem::Contents(start, end) => write!(f, " ({start:x}-{end:x})"),
            _ => Ok(()),
        }
    }
}
