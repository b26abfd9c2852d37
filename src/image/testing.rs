// SPDX-License-Identifier: GPL-2.0-only

//! Images made up for tests and fuzzers (feature `testing`, with std).
//!
//! [`minimal()`] gives the records of one small task, each a [`Part`] that a test may change, drop or
//! move; [`seal`] turns parts into an image whose index, totals and checksums are right, so that only what
//! the test changed is wrong. [`processes()`] gives the records of several processes. [`walk()`] checks an
//! image as far as this crate can; [`fields`] and [`payload`] tell where in a record a value stands. The
//! module uses none of this, and nothing here touches a file.

mod document;
mod layout;
mod minimal;
mod processes;
mod walk;

use std::{
    ops::Range,
    vec::Vec, //
};

use zerocopy::{
    FromBytes,
    IntoBytes, //
};

use crate::{
    index::Stretches,
    limits,
    record::{
        Index,
        IndexEntry,
        Pages,
        Record,
        Run,
        Tail, //
    },
    Kind,
    Malformed,
    Mark,
    Sink,
    Source,
    Writer,
    HDR_SIZE,
    PAGE_SIZE, //
};

pub use document::with_tables;
pub use layout::{
    fields,
    payload,
    Field,
    Payload, //
};
pub use minimal::{
    minimal,
    pages,
    MINIMAL_PAGES,
    MINIMAL_PID, //
};
pub use processes::{
    processes,
    structures, //
};
pub use walk::walk;

/// What a read of bytes in memory can end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The bytes ended in the middle.
    End,
    /// A record is wrong.
    Malformed(Malformed),
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Error::Malformed(malformed)
    }
}

/// Bytes in memory, read from the front.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a>(pub &'a [u8]);

impl Slice<'_> {
    /// Drops `count` bytes.
    pub fn skip(&mut self, count: usize) -> Result<(), Error> {
        self.0 = self.0.get(count..).ok_or(Error::End)?;
        Ok(())
    }
}

impl Source for Slice<'_> {
    type Error = Error;

    fn get(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        let (now, rest) = self.0.split_at_checked(bytes.len()).ok_or(Error::End)?;
        bytes.copy_from_slice(now);
        self.0 = rest;
        Ok(())
    }

    fn crc32c(crc: u32, bytes: &[u8]) -> u32 {
        crc32c(crc, bytes)
    }
}

/// Bytes in memory, written at the end.
#[derive(Clone, Debug, Default)]
pub struct Bytes(pub Vec<u8>);

impl Sink for Bytes {
    type Error = Error;

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn too_long() -> Error {
        Error::End
    }
}

/// CRC32C over `bytes`, continued from `crc`, not inverted at either end.
pub fn crc32c(crc: u32, bytes: &[u8]) -> u32 {
    !crc32c::crc32c_append(!crc, bytes)
}

/// One record as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What its prefix says that it is.
    pub kind: Kind,
    /// What follows the prefix.
    pub body: Vec<u8>,
    /// Where in the body page contents are, which the checksum of TAIL leaves out. Behind them stand
    /// their own.
    pub contents: Range<usize>,
}

impl Part {
    /// A record of fixed size.
    pub fn of<R: Record>(body: &R) -> Part {
        Part {
            kind: R::KIND,
            body: body.as_bytes().to_vec(),
            contents: 0..0,
        }
    }

    /// A STRING or a BUFFER.
    pub fn padded(kind: Kind, bytes: &[u8]) -> Part {
        let mut body = (bytes.len() as u64).as_bytes().to_vec();
        body.extend_from_slice(bytes);
        body.resize(body.len().next_multiple_of(8), 0);
        Part {
            kind,
            body,
            contents: 0..0,
        }
    }

    /// A STRING.
    pub fn string(text: &str) -> Part {
        Part::padded(Kind::STRING, text.as_bytes())
    }

    /// A BUFFER of entries.
    pub fn buffer<E: IntoBytes + zerocopy::Immutable>(entries: &[E]) -> Part {
        Part::padded(Kind::BUFFER, entries.as_bytes())
    }

    /// The fixed part of the body; `None` when the record is of another kind or too short.
    pub fn get<R: Record>(&self) -> Option<R> {
        if self.kind != R::KIND {
            return None;
        }
        R::read_from_prefix(&self.body).ok().map(|(body, _)| body)
    }

    /// Changes the fixed part of the body. Does nothing to a record of another kind.
    pub fn change<R: Record>(&mut self, change: impl FnOnce(&mut R)) {
        if let Some(mut body) = self.get::<R>() {
            change(&mut body);
            self.body[..size_of::<R>()].copy_from_slice(body.as_bytes());
        }
    }

    /// Bytes of the whole record.
    pub fn size(&self) -> usize {
        HDR_SIZE + self.body.len()
    }

    /// Makes the checksums of a PAGES record agree with its runs and pages, as far as they are there.
    pub fn resum(&mut self) {
        if self.kind != Kind::PAGES || self.contents.end > self.body.len() {
            return;
        }
        let runs = size_of::<Pages>()..self.contents.start;
        let (body, sums) = self.body.split_at_mut(self.contents.end);
        let mut pages = &body[self.contents.clone()];
        let runs = body.get(runs).unwrap_or_default();
        for (run, sum) in runs.chunks(size_of::<Run>()).zip(sums.chunks_mut(4)) {
            let Ok((run, _)) = Run::read_from_prefix(run) else {
                break;
            };
            let len = (run.nr_pages as usize).saturating_mul(PAGE_SIZE as usize);
            let (now, later) = pages.split_at(len.min(pages.len()));
            pages = later;
            let crc = !crc32c(!0, now);
            let len = sum.len();
            sum.copy_from_slice(&crc.as_bytes()[..len]);
        }
    }

    fn write(&self, image: &mut Vec<u8>) {
        image.extend_from_slice(self.kind.0.as_bytes());
        image.extend_from_slice((self.size() as u32).as_bytes());
        image.extend_from_slice(&self.body);
    }
}

/// Puts parts behind each other, without a TAIL of its own.
pub fn join(parts: &[Part]) -> Vec<u8> {
    let mut image = Vec::new();
    for part in parts {
        part.write(&mut image);
    }
    image
}

/// Continues a checksum over a record that begins at byte `start` of the image: page contents are left out.
fn sum_of(crc: u32, part: &Part, image: &[u8], start: usize) -> u32 {
    // A part that has been cut may end before them.
    let at = |offset: usize| start + HDR_SIZE + offset.min(part.body.len());
    let crc = crc32c(crc, &image[start..at(part.contents.start)]);
    crc32c(crc, &image[at(part.contents.end)..])
}

/// The index of these parts.
pub fn index_of(parts: &[Part]) -> Vec<IndexEntry> {
    let mut counts = Stretches::default();
    let mut open: Option<Mark> = None;
    let mut index = Vec::new();
    let mut image = Vec::new();
    let mut crc = !0;
    for part in parts {
        let start = image.len();
        if let Some(mark) = counts.mark(part.kind, start as u64) {
            index.extend(open.map(|open| open.entry(start as u64, !crc)));
            (open, crc) = (Some(mark), !0);
        }
        part.write(&mut image);
        crc = sum_of(crc, part, &image, start);
    }
    index.extend(open.map(|open| open.entry(image.len() as u64, !crc)));
    index
}

/// An index as records.
pub fn index(entries: &[IndexEntry]) -> Vec<Part> {
    let records = entries.chunks(limits::INDEX as usize).flat_map(|entries| {
        let index = Index {
            nr_entries: entries.len() as u32,
            reserved: 0,
        };
        [Part::of(&index), Part::buffer(entries)]
    });
    records.collect()
}

/// Puts parts behind each other and ends them with an index and a TAIL that agree with them.
pub fn seal(parts: &[Part]) -> Vec<u8> {
    let mut parts = parts.to_vec();
    parts.extend(index(&index_of(&parts)));
    close(&parts)
}

/// Puts parts behind each other, which end with an index, and ends them with a TAIL that agrees with them.
pub fn close(parts: &[Part]) -> Vec<u8> {
    let mut image = Vec::new();
    let mut index = None;
    let mut crc = !0;
    let mut pages = 0u64;
    for part in parts {
        let start = image.len();
        if part.kind == Kind::INDEX && index.is_none() {
            (index, crc) = (Some(start), !0);
        }
        part.write(&mut image);
        crc = sum_of(crc, part, &image, start);
        pages += part
            .get::<Pages>()
            .map_or(0, |body| u64::from(body.nr_pages));
    }
    let tail = Tail {
        magic: crate::TAIL_MAGIC,
        bytes: image.len() as u64,
        records: parts.len() as u64,
        pages,
        index: index.unwrap_or(image.len()) as u64,
        checksum: !crc,
        reserved: 0,
    };
    Part::of(&tail).write(&mut image);
    image
}

/// The records of a complete image without what [`seal`] adds; `None` when it does not end with TAIL.
pub fn unsealed(image: &[u8]) -> Option<Vec<Part>> {
    let mut parts = split(image);
    if parts.pop()?.kind != Kind::TAIL {
        return None;
    }
    if let Some(index) = parts.iter().position(|part| part.kind == Kind::INDEX) {
        parts.truncate(index);
    }
    Some(parts)
}

/// Takes an image apart by the prefixes alone, as far as they make sense.
pub fn split(image: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = image;
    while let Some((prefix, after)) = rest.split_first_chunk::<HDR_SIZE>() {
        let [a, b, c, d, e, f, g, h] = *prefix;
        let kind = Kind(u32::from_ne_bytes([a, b, c, d]));
        let len = u32::from_ne_bytes([e, f, g, h]) as usize;
        let Some(body) = len.checked_sub(HDR_SIZE).and_then(|len| after.get(..len)) else {
            break;
        };
        let mut part = Part {
            kind,
            body: body.to_vec(),
            contents: 0..0,
        };
        if let Some(pages) = part.get::<Pages>() {
            let start = (pages.data_offset as usize).clamp(HDR_SIZE, len) - HDR_SIZE;
            let most = part.body.len() - start;
            let bytes = (pages.nr_pages as usize).saturating_mul(PAGE_SIZE as usize);
            part.contents = start..start + bytes.min(most);
        }
        parts.push(part);
        rest = &after[len - HDR_SIZE..];
    }
    parts
}

/// Offsets in bytes at which a record of the image starts, and the end of the last.
pub fn boundaries(image: &[u8]) -> Vec<usize> {
    let mut offset = 0;
    let mut offsets = Vec::from([0]);
    for part in split(image) {
        offset += part.size();
        offsets.push(offset);
    }
    offsets
}

/// Writes with a [`Writer`] and gives the bytes.
pub fn written(
    write: impl FnOnce(&mut Writer<Bytes>) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new(Bytes::default());
    write(&mut writer)?;
    Ok(writer.into_sink().0)
}
