// SPDX-License-Identifier: GPL-2.0-only

//! The index at the end of an image: what it has entries of, and whether it agrees with what is read.
//!
//! A reader keeps no list, which an image could make as long as it likes: of the entries that there
//! have to be, and of those that come, it keeps the number and the checksums.

use zerocopy::IntoBytes;

use crate::{
    limits,
    record::{
        Index,
        IndexEntry, //
    },
    Begins,
    Kind,
    Problem,
    Source,
    HDR_SIZE, //
};

/// Bytes of the records of an index with so many entries.
pub fn index_len(nr_entries: u64) -> u64 {
    let prefixes = HDR_SIZE + size_of::<Index>() + HDR_SIZE + size_of::<u64>();
    let records = nr_entries.div_ceil(limits::INDEX.into());
    records * prefixes as u64 + nr_entries * size_of::<IndexEntry>() as u64
}

/// Where something begins that has an entry in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The kind of the record with which it begins.
    pub kind: Kind,
    /// The id of an object, the place of a task.
    pub id: u32,
    /// Bytes of the image before it.
    pub offset: u64,
}

impl Mark {
    /// The entry for it, which ends before byte `end` of the image.
    pub fn entry(&self, end: u64, checksum: u32) -> IndexEntry {
        IndexEntry {
            kind: self.kind.0,
            id: self.id,
            offset: self.offset,
            len: end.saturating_sub(self.offset),
            checksum,
            reserved: 0,
        }
    }
}

/// Counts what begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stretches {
    objects: u32,
    tasks: u32,
}

impl Stretches {
    /// What begins with a record of this kind at this offset, if anything does.
    pub(crate) fn mark(&mut self, kind: Kind, offset: u64) -> Option<Mark> {
        let id = match kind.begins()? {
            Begins::Head => 0,
            Begins::Task => {
                self.tasks = self.tasks.saturating_add(1);
                self.tasks.saturating_sub(1)
            }
            Begins::More => self.tasks.saturating_sub(1),
            Begins::Object => {
                self.objects = self.objects.saturating_add(1);
                self.objects
            }
        };
        Some(Mark { kind, id, offset })
    }
}

/// What is kept of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entries {
    count: u64,
    /// Checksum of all but their checksums, and checksum of these, neither inverted at its end.
    stretches: u32,
    sums: u32,
}

impl Default for Entries {
    fn default() -> Self {
        Entries {
            count: 0,
            stretches: !0,
            sums: !0,
        }
    }
}

impl Entries {
    fn add<S: Source>(&mut self, entry: &IndexEntry) {
        let stretch = IndexEntry {
            checksum: 0,
            ..*entry
        };
        self.count = self.count.saturating_add(1);
        self.stretches = S::crc32c(self.stretches, stretch.as_bytes());
        self.sums = S::crc32c(self.sums, entry.checksum.as_bytes());
    }
}

/// Follows a reader: what the index has to say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tracker {
    counts: Stretches,
    open: Option<Mark>,
    read: Entries,
    indexed: Entries,
    /// Where the first INDEX is.
    index: Option<u64>,
}

impl Tracker {
    /// Takes the next record, by its prefix, and the checksum of the stretch before it. Whether a stretch
    /// begins with it; the index counts as one.
    pub(crate) fn begins<S: Source>(&mut self, kind: Kind, position: u64, checksum: u32) -> bool {
        if self.index.is_some() {
            return false;
        }
        let mark = self.counts.mark(kind, position);
        if mark.is_none() && kind != Kind::INDEX {
            return false;
        }
        if let Some(open) = core::mem::replace(&mut self.open, mark) {
            self.read.add::<S>(&open.entry(position, checksum));
        }
        if mark.is_none() {
            self.index = Some(position);
        }
        true
    }

    /// Whether an INDEX may follow: all but the last are full.
    pub(crate) fn is_full(&self) -> bool {
        self.indexed.count % u64::from(limits::INDEX) == 0
    }

    /// Takes an entry of the index; whether there may be so many.
    pub(crate) fn indexed<S: Source>(&mut self, entry: &IndexEntry) -> bool {
        self.indexed.add::<S>(entry);
        self.indexed.count <= self.read.count
    }

    /// What is wrong with the index of an image that has been read, and whose TAIL says where it is.
    pub(crate) fn problem(&self, index: u64) -> Option<Problem> {
        let (read, indexed) = (&self.read, &self.indexed);
        if self.index.is_none() {
            Some(Problem::Wanted(Kind::INDEX))
        } else if self.index != Some(index) {
            Some(Problem::Totals)
        } else if (read.count, read.stretches) != (indexed.count, indexed.stretches) {
            Some(Problem::Index)
        } else if read.sums != indexed.sums {
            Some(Problem::Checksum)
        } else {
            None
        }
    }
}
