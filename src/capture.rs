// SPDX-License-Identifier: GPL-2.0-only

//! An image in kernel memory: records as bytes, and for page contents either copies or their places.
//!
//! Capturing and writing are two phases. While the tree stands still, records go into memory. If the tree
//! is to run on before the image is written, pages are copied into a pool; if it stands still until the
//! end, they stay where they are. Writing then streams both in the order of the image. It makes the
//! checksums on the way, so that the tree does not wait for them: those of pages stand behind the pages,
//! those of everything else in the index, which lists where sections and objects begin.

use kernel::{
    prelude::*,
    str::CString, //
};

use ckpt_image::{
    limits,
    record::{
        Index,
        IndexEntry,
        Run,
        Tail, //
    },
    sums_len,
    Kind,
    Mark,
    Sink,
    Writer, //
};
use zerocopy::IntoBytes;

use crate::sys::{
    self,
    file::File,
    page::{
        self,
        Pages, //
    },
    pool::{
        Bounce,
        CopiedPages,
        Owner,
        PagePool,
        PoolCursor, //
    },
    window::Window,
};

/// Bytes of records that are kept in one piece.
const CHUNK: usize = 32 * 1024;

/// A stretch of the image.
enum Segment {
    /// So many bytes of records.
    Bytes(u64),
    /// The next pages of the pool, and the runs that they make up.
    Copied(KVVec<Run>),
    /// Pages that are read when the image is written.
    Live(Owner, KVVec<Run>),
}

/// Marks that are kept in one piece.
const MARKS: usize = 1024;

/// Most runs of one PAGES record: memory for them is had in pieces of 64 KiB, however many there are.
const PIECE: usize = 4096;

/// Runs of pages that are to be written, in pieces each of which makes a PAGES record.
pub(crate) struct PageRuns {
    pieces: KVVec<Piece>,
    nr_pages: u64,
}

struct Piece {
    runs: KVVec<Run>,
    nr_pages: u32,
}

impl Default for PageRuns {
    fn default() -> Self {
        PageRuns {
            pieces: KVVec::new(),
            nr_pages: 0,
        }
    }
}

impl PageRuns {
    /// How many pages there are.
    pub(crate) fn nr_pages(&self) -> u64 {
        self.nr_pages
    }

    /// Adds a page. `floor` is where a run has to begin at the lowest.
    pub(crate) fn add(&mut self, floor: u64, address: u64) -> Result {
        let has_room = |piece: &Piece| {
            piece.nr_pages < limits::PAGES
                && (piece.runs.len() < PIECE || extends(&piece.runs, floor, address, 0))
        };
        if !self.pieces.last().is_some_and(has_room) {
            let piece = Piece {
                runs: KVVec::new(),
                nr_pages: 0,
            };
            self.pieces.push(piece, GFP_KERNEL_ACCOUNT)?;
        }
        let piece = self.pieces.last_mut().ok_or(EINVAL)?;
        add_page(&mut piece.runs, floor, address, 0)?;
        piece.nr_pages += 1;
        self.nr_pages += 1;
        Ok(())
    }
}

/// What has been captured.
pub(crate) struct Capture {
    chunks: KVVec<KVVec<u8>>,
    segments: KVVec<Segment>,
    /// Where things begin that have an entry in the index, in pieces of [`MARKS`].
    marks: KVVec<KVVec<Mark>>,
    nr_marks: u64,
    pool: PagePool,
}

impl Sink for Capture {
    type Error = Error;

    fn put(&mut self, bytes: &[u8]) -> Result {
        match self.segments.last_mut() {
            Some(Segment::Bytes(count)) => *count += bytes.len() as u64,
            _ => self
                .segments
                .push(Segment::Bytes(bytes.len() as u64), GFP_KERNEL_ACCOUNT)?,
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = self.chunks.last().map_or(0, |chunk| CHUNK - chunk.len());
            if room == 0 {
                let chunk = KVVec::with_capacity(CHUNK, GFP_KERNEL_ACCOUNT)?;
                self.chunks.push(chunk, GFP_KERNEL_ACCOUNT)?;
                continue;
            }
            let (now, later) = rest.split_at(rest.len().min(room));
            if let Some(chunk) = self.chunks.last_mut() {
                chunk.extend_from_slice(now, GFP_KERNEL_ACCOUNT)?;
            }
            rest = later;
        }
        Ok(())
    }

    fn begins(&mut self, mark: Mark) -> Result {
        if self.marks.last().is_none_or(|piece| piece.len() == MARKS) {
            self.marks.push(KVVec::new(), GFP_KERNEL_ACCOUNT)?;
        }
        let piece = self.marks.last_mut().ok_or(EIO)?;
        piece.push(mark, GFP_KERNEL_ACCOUNT)?;
        self.nr_marks += 1;
        Ok(())
    }

    fn too_long() -> Error {
        E2BIG
    }
}

impl Capture {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Capture {
            chunks: KVVec::new(),
            segments: KVVec::new(),
            marks: KVVec::new(),
            nr_marks: 0,
            pool: PagePool::new(),
        }
    }

    /// How many entries the index will have.
    pub(crate) fn nr_marks(&self) -> u64 {
        self.nr_marks
    }

    /// Copies a page of a window behind those that have been copied before.
    pub(crate) fn copy_page(&mut self, window: &Window, index: usize) -> Result {
        self.pool.add(window, index)
    }

    /// Copies a page of a batch behind those that have been copied before.
    pub(crate) fn copy_page_of(&mut self, pages: &Pages, index: usize) -> Result {
        self.pool.add_of(pages, index)
    }

    /// Adds pages: those that have been copied and not been added yet, or, with an owner, pages that
    /// are read when the image is written.
    fn pages(&mut self, owner: Option<Owner>, runs: KVVec<Run>) -> Result {
        let segment = match owner {
            None => Segment::Copied(runs),
            Some(owner) => Segment::Live(owner, runs),
        };
        self.segments.push(segment, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// Writes the image. When all is written but its end, for which checksums are still to be filled in,
    /// `check` says whether that may follow: without it, it is no complete image.
    pub(crate) fn write(&self, file: &File, tail: &Tail, check: impl FnOnce() -> Result) -> Result {
        self.play(file, |playback, position| {
            check()?;
            let end = playback.end(tail)?;
            Playback::new(&end).run(file, position)
        })
    }

    /// The checksum of what there is, which has no page contents, not inverted.
    fn checksum(&self) -> u32 {
        let chunks = self.chunks.iter();
        chunks.fold(!0, |crc, chunk| sys::checksum(crc, chunk))
    }

    /// Writes what there is, and what `end` adds to it.
    fn play(&self, file: &File, end: impl FnOnce(&mut Playback<'_>, &mut i64) -> Result) -> Result {
        let mut position = file.position();
        let mut playback = Playback::new(self);
        let result = playback
            .run(file, &mut position)
            .and_then(|()| end(&mut playback, &mut position));
        if file.has_position() {
            file.set_position(position);
        }
        result
    }
}

/// Page contents begin at a page boundary of the image when there are at least so many: then the
/// padding is worth its bytes.
const ALIGNED_FROM: u64 = 256;

/// Whether a page goes on where the last of the runs ends.
fn extends(runs: &[Run], floor: u64, address: u64, flags: u32) -> bool {
    runs.last().is_some_and(|last| {
        let end = last.address + u64::from(last.nr_pages) * page::SIZE;
        (end, last.flags) == (address, flags)
            && last.address >= floor
            && last.nr_pages < limits::PAGES
    })
}

/// Adds a page to runs of them. `floor` is where a run has to begin at the lowest.
pub(crate) fn add_page(runs: &mut KVVec<Run>, floor: u64, address: u64, flags: u32) -> Result {
    let extends = extends(runs, floor, address, flags);
    if let Some(last) = runs.last_mut().filter(|_| extends) {
        last.nr_pages += 1;
        return Ok(());
    }
    let run = Run {
        address,
        nr_pages: 1,
        flags,
    };
    runs.push(run, GFP_KERNEL_ACCOUNT)?;
    Ok(())
}

/// Writes as many PAGES records as there are pieces. Without an owner the pages have been copied
/// before.
pub(crate) fn write_pages(
    out: &mut Writer<Capture>,
    runs: PageRuns,
    owner: impl Fn() -> Option<Owner>,
) -> Result {
    let align = runs.nr_pages >= ALIGNED_FROM;
    for piece in runs.pieces {
        out.pages_head(&piece.runs, piece.nr_pages, align)?;
        out.sink_mut().pages(owner(), piece.runs)?;
    }
    Ok(())
}

/// The index, as it is made while the image is written.
struct IndexWriter {
    out: Writer<Capture>,
    entries: KVVec<IndexEntry>,
}

impl IndexWriter {
    fn add(&mut self, entry: IndexEntry) -> Result {
        self.entries.push(entry, GFP_KERNEL_ACCOUNT)?;
        if self.entries.len() < limits::INDEX as usize {
            return Ok(());
        }
        self.flush()
    }

    fn flush(&mut self) -> Result {
        if self.entries.is_empty() {
            return Ok(());
        }
        self.out.record(&Index {
            nr_entries: self.entries.len() as u32,
            reserved: 0,
        })?;
        self.out.buffer(self.entries.as_slice().as_bytes())?;
        self.entries.clear();
        Ok(())
    }
}

/// Writing a capture: how far each of its parts has been used up.
struct Playback<'a> {
    capture: &'a Capture,
    chunk: usize,
    offset: usize,
    cursor: PoolCursor,
    bounce: Option<Bounce>,
    /// The next of the marks: its piece, and its place in there.
    mark: (usize, usize),
    /// Where the stretch begins that is being written.
    open: Option<Mark>,
    /// Bytes written.
    here: u64,
    /// Checksum of the stretch as far as it has been written, without page contents, not inverted.
    crc: u32,
    index: IndexWriter,
    /// Checksums of the runs of a PAGES record.
    sums: KVVec<u32>,
}

impl<'a> Playback<'a> {
    fn new(capture: &'a Capture) -> Self {
        Playback {
            capture,
            chunk: 0,
            offset: 0,
            cursor: PoolCursor::default(),
            bounce: None,
            mark: (0, 0),
            open: None,
            here: 0,
            crc: !0,
            index: IndexWriter {
                out: Writer::new(Capture::new()),
                entries: KVVec::new(),
            },
            sums: KVVec::new(),
        }
    }

    fn run(&mut self, file: &File, position: &mut i64) -> Result {
        for segment in self.capture.segments.iter() {
            match segment {
                Segment::Bytes(count) => self.bytes(*count, file, position)?,
                Segment::Copied(runs) => {
                    self.copied(runs, file, position)?;
                    self.sums(file, position)?;
                }
                Segment::Live(owner, runs) => {
                    self.live(owner, runs, file, position)?;
                    self.sums(file, position)?;
                }
            }
        }
        Ok(())
    }

    fn bytes(&mut self, count: u64, file: &File, position: &mut i64) -> Result {
        let mut left = count as usize;
        while left > 0 {
            let chunk = self.capture.chunks.get(self.chunk).ok_or(EIO)?;
            let step = left.min(chunk.len() - self.offset);
            let end = self.offset + step;
            let bytes = chunk.get(self.offset..end).ok_or(EIO)?;
            self.sum(bytes)?;
            file.write_all(bytes, position)?;
            left -= step;
            self.offset = end;
            if self.offset == CHUNK {
                self.chunk += 1;
                self.offset = 0;
            }
        }
        Ok(())
    }

    /// Takes bytes of records into the checksums of the stretches that they belong to.
    fn sum(&mut self, mut bytes: &[u8]) -> Result {
        let marks = &self.capture.marks;
        while let Some(piece) = marks.get(self.mark.0) {
            let Some(mark) = piece.get(self.mark.1) else {
                self.mark = (self.mark.0 + 1, 0);
                continue;
            };
            let before = mark.offset.checked_sub(self.here).ok_or(EIO)?;
            if before >= bytes.len() as u64 {
                break;
            }
            let (ends, begins) = bytes.split_at(before as usize);
            self.add(ends);
            self.begin(Some(*mark))?;
            self.mark.1 += 1;
            bytes = begins;
        }
        self.add(bytes);
        Ok(())
    }

    /// Takes bytes of one stretch into its checksum.
    fn add(&mut self, bytes: &[u8]) {
        self.crc = sys::checksum(self.crc, bytes);
        self.here += bytes.len() as u64;
    }

    /// Ends a stretch, of which the index gets an entry, and begins the next.
    fn begin(&mut self, next: Option<Mark>) -> Result {
        if let Some(open) = core::mem::replace(&mut self.open, next) {
            self.index.add(open.entry(self.here, !self.crc))?;
        }
        self.crc = !0;
        Ok(())
    }

    /// The end of an image of which all else has been written: the index and TAIL.
    fn end(&mut self, tail: &Tail) -> Result<Capture> {
        if self.here != tail.bytes {
            return Err(EIO);
        }
        self.begin(None)?;
        self.index.flush()?;
        let mut out = core::mem::replace(&mut self.index.out, Writer::new(Capture::new()));
        let checksum = !out.sink().checksum();
        out.record(&Tail {
            bytes: tail.bytes + out.position(),
            records: tail.records + out.records(),
            checksum,
            ..*tail
        })?;
        Ok(out.into_sink())
    }

    fn copied(&mut self, runs: &[Run], file: &File, position: &mut i64) -> Result {
        let pool = &self.capture.pool;
        let mut pages = CopiedPages::new(pool, &mut self.cursor, file, position);
        for run in runs {
            let sum = pages.write(run.nr_pages.into())?;
            self.here += u64::from(run.nr_pages) * page::SIZE;
            self.sums.push(sum, GFP_KERNEL_ACCOUNT)?;
        }
        pages.finish()
    }

    fn live(&mut self, owner: &Owner, runs: &[Run], file: &File, position: &mut i64) -> Result {
        if self.bounce.is_none() {
            self.bounce = Some(Bounce::new()?);
        }
        let bounce = self.bounce.as_mut().ok_or(ENOMEM)?;
        for run in runs {
            let sum = bounce.write(owner, run.address, run.nr_pages.into(), file, position)?;
            self.here += u64::from(run.nr_pages) * page::SIZE;
            self.sums.push(sum, GFP_KERNEL_ACCOUNT)?;
        }
        bounce.finish(file, position)
    }

    /// Writes the checksums of the pages that have been written, zeros included.
    fn sums(&mut self, file: &File, position: &mut i64) -> Result {
        while size_of_val(self.sums.as_slice()) < sums_len(self.sums.len()) {
            self.sums.push(0, GFP_KERNEL_ACCOUNT)?;
        }
        let bytes = self.sums.as_slice().as_bytes();
        // Nothing begins here.
        self.crc = sys::checksum(self.crc, bytes);
        self.here += bytes.len() as u64;
        file.write_all(bytes, position)?;
        self.sums.clear();
        Ok(())
    }
}

/// Ends an image that could not be finished: an ERROR record and the reason. Its text begins with a
/// NUL-free line; nothing may follow.
pub(crate) fn write_error(file: &File, reason: Option<CString>) -> Result {
    let mut end = Writer::new(Capture::new());
    end.empty(Kind::ERROR)?;
    end.string(
        reason
            .as_ref()
            .map_or(b"unknown error", |line| line.to_bytes().trim_ascii()),
    )?;
    end.into_sink().play(file, |_, _| Ok(()))
}
