// SPDX-License-Identifier: GPL-2.0-only

//! Finding the index from the end of an image, for readers that can seek.
//!
//! What is found has been checked against the checksum in TAIL and is in order: stretches that cover all
//! of the image before the index, one behind the other. Whether the contents of a stretch agree with its
//! entry, a reader finds out when it reads the stretch; [`Found::check`] checks one of them alone.

use zerocopy::{
    FromZeros,
    IntoBytes, //
};

use crate::{
    limits,
    record::{
        Index,
        IndexEntry,
        Run,
        Tail, //
    },
    sums_len,
    Begins,
    Hdr,
    Kind,
    Problem,
    Reader,
    Source,
    HDR_SIZE,
    PAGE_SIZE, //
};

/// A source that can be read from anywhere.
pub trait Seekable: Source {
    /// Bytes that there are.
    fn size(&mut self) -> Result<u64, Self::Error>;

    /// Goes to a byte: it is the next that is read.
    fn seek(&mut self, offset: u64) -> Result<(), Self::Error>;
}

/// An index that has been found.
pub struct Found<S> {
    reader: Reader<S>,
    /// Where in the source the image begins.
    start: u64,
    tail: Tail,
    /// Where the next INDEX, or TAIL, is.
    next: u64,
    /// Entries of the last INDEX that are left.
    left: u32,
    /// How many have been read, and where the next stretch begins.
    count: u64,
    end: u64,
}

impl<S: Seekable> Found<S> {
    /// Looks for an image that ends where the source does.
    ///
    /// # Errors
    ///
    /// A malformed record when none ends there, or its index is damaged; those of the source.
    pub fn new(mut source: S) -> Result<Self, S::Error> {
        let size = source.size()?;
        let (tail, offset) = tail(&mut source, size)?;
        let hdr = Hdr {
            kind: Kind::TAIL,
            body: 0,
            position: tail.bytes,
        };
        let (Some(start), true) = (offset.checked_sub(tail.bytes), tail.index < tail.bytes) else {
            return Err(hdr.malformed(Problem::Totals).into());
        };
        let mut found = Found {
            reader: Reader::new(source),
            start,
            tail,
            next: tail.index,
            left: 0,
            count: 0,
            end: 0,
        };
        found.lose();
        // To the end once, for the checksum.
        while found.next_entry()?.is_some() {}
        if !found.reader.crc() != tail.checksum {
            return Err(hdr.malformed(Problem::Checksum).into());
        }
        found.rewind();
        Ok(found)
    }

    /// Where in the source the image begins: others may stand before it.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Begins with the first entry again.
    pub fn rewind(&mut self) {
        (self.next, self.left, self.count, self.end) = (self.tail.index, 0, 0, 0);
    }

    /// The next entry, until there is none.
    ///
    /// # Errors
    ///
    /// A malformed record when it does not fit those before it; those of the source.
    pub fn next_entry(&mut self) -> Result<Option<IndexEntry>, S::Error> {
        self.go(self.next)?;
        if self.left == 0 {
            let hdr = self.reader.peek()?;
            let is_end = hdr.kind == Kind::TAIL && self.count > 0;
            if is_end && (hdr.position, self.end) == (self.tail.bytes, self.tail.index) {
                return Ok(None);
            }
            let index: Index = self.reader.record()?;
            self.reader.buffer_of::<IndexEntry>(index.nr_entries)?;
            self.left = index.nr_entries;
            if self.left == 0 || self.count % u64::from(limits::INDEX) != 0 {
                return Err(self.reader.malformed(Problem::Index).into());
            }
        }
        let entry: IndexEntry = self.reader.entry()?;
        let end = entry.offset.checked_add(entry.len);
        let begins = Kind(entry.kind).begins();
        let is_first = self.count == 0;
        match end {
            Some(end)
                if entry.offset == self.end
                    && entry.len >= HDR_SIZE as u64
                    && end <= self.tail.index
                    && begins.is_some()
                    && (begins == Some(Begins::Head)) == is_first =>
            {
                self.end = end;
            }
            _ => return Err(self.reader.malformed(Problem::Index).into()),
        }
        self.left -= 1;
        self.count += 1;
        self.next = self.reader.position();
        Ok(Some(entry))
    }

    /// Looks whether a stretch is as it was written: its records by the checksum of the entry, and pages by
    /// theirs.
    ///
    /// # Errors
    ///
    /// A malformed record when it is not; those of the source.
    pub fn check(&mut self, entry: &IndexEntry) -> Result<(), S::Error> {
        self.lose();
        let result = self.stretch(entry);
        self.lose();
        result
    }

    fn stretch(&mut self, entry: &IndexEntry) -> Result<(), S::Error> {
        let end = entry.offset.saturating_add(entry.len);
        self.go(entry.offset)?;
        self.reader.resum(!0);
        while self.reader.position() < end {
            let hdr = self.reader.peek()?;
            // Before it is read: stretches with records that pass their ends would have all of the image
            // read for each of them.
            if u64::from(hdr.body) > end.saturating_sub(self.reader.position()) {
                return Err(hdr.malformed(Problem::Index).into());
            }
            match hdr.kind {
                Kind::PAGES => self.pages(&hdr)?,
                kind => {
                    self.reader.begin(kind)?;
                    self.reader.skip(&hdr)?;
                }
            }
        }
        if self.reader.position() != end || !self.reader.crc() != entry.checksum {
            return Err(self.reader.malformed(Problem::Checksum).into());
        }
        Ok(())
    }

    /// Reads a PAGES record run by run, going to and fro.
    fn pages(&mut self, hdr: &Hdr) -> Result<(), S::Error> {
        let pages = self.reader.pages()?;
        let at = |offset: u32| hdr.position + u64::from(offset);
        let (runs, contents) = (at(pages.runs_offset), at(pages.data_offset));
        self.reader.pass(contents - runs)?;
        let crc = self.reader.crc();
        let sums = contents + u64::from(pages.nr_pages) * PAGE_SIZE;
        let mut done = 0;
        for which in 0..u64::from(pages.nr_runs) {
            let mut run = Run::new_zeroed();
            self.raw(runs + which * size_of::<Run>() as u64, run.as_mut_bytes())?;
            let first = done;
            done += u64::from(run.nr_pages);
            let mut wanted = 0u32;
            self.raw(sums + which * 4, wanted.as_mut_bytes())?;
            if done > u64::from(pages.nr_pages)
                || self.sum(contents + first * PAGE_SIZE, run.nr_pages)? != wanted
            {
                let end = run
                    .address
                    .saturating_add(u64::from(run.nr_pages) * PAGE_SIZE);
                return Err(hdr.malformed(Problem::Contents(run.address, end)).into());
            }
        }
        self.go(sums)?;
        self.reader.resum(crc);
        self.reader.pass(sums_len(pages.nr_runs as usize) as u64)
    }

    /// The checksum of some pages.
    fn sum(&mut self, offset: u64, nr_pages: u32) -> Result<u32, S::Error> {
        let mut page = [0u8; PAGE_SIZE as usize];
        let mut crc = !0;
        self.reader.source_mut().seek(self.start + offset)?;
        for _ in 0..nr_pages {
            self.reader.source_mut().get(&mut page)?;
            crc = S::crc32c(crc, &page);
        }
        Ok(!crc)
    }

    fn raw(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), S::Error> {
        let source = self.reader.source_mut();
        source.seek(self.start + offset)?;
        source.get(bytes)
    }

    /// Forgets where the source is.
    fn lose(&mut self) {
        self.reader.moved(u64::MAX);
    }

    /// Has the reader go on at a byte of the image.
    fn go(&mut self, offset: u64) -> Result<(), S::Error> {
        if self.reader.position() != offset {
            self.reader.source_mut().seek(self.start + offset)?;
            self.reader.moved(offset);
        }
        Ok(())
    }
}

/// The TAIL that ends a source of this size, and where it is. It may have grown.
fn tail<S: Seekable>(source: &mut S, size: u64) -> Result<(Tail, u64), S::Error> {
    const LEAST: usize = HDR_SIZE + size_of::<Tail>();
    const MOST: usize = HDR_SIZE + limits::RECORD as usize;
    let mut end = [0u8; MOST];
    let have = size.min(MOST as u64) as usize;
    let (_, end) = end.split_at_mut(MOST - have);
    source.seek(size - have as u64)?;
    source.get(end)?;
    let none = Hdr {
        kind: Kind(0),
        body: 0,
        position: size,
    };
    for len in (LEAST..=have).step_by(8) {
        let record = end.get(have - len..).unwrap_or_default();
        let mut prefix = [0u32; 2];
        let (own, rest) = record.split_at(HDR_SIZE.min(record.len()));
        prefix.as_mut_bytes().copy_from_slice(own);
        if prefix != [Kind::TAIL.0, len as u32] {
            continue;
        }
        let mut tail = Tail::new_zeroed();
        let (known, grown) = rest.split_at(size_of::<Tail>());
        tail.as_mut_bytes().copy_from_slice(known);
        if tail.magic == crate::TAIL_MAGIC && grown.iter().all(|byte| *byte == 0) {
            return Ok((tail, size - len as u64));
        }
    }
    Err(none.malformed(Problem::Wanted(Kind::TAIL)).into())
}
