// SPDX-License-Identifier: GPL-2.0-only

//! An image in kernel memory: records as bytes, page contents as copies or as where they are.
//!
//! Capturing and writing are two phases. While the tree stands still, records go into memory and
//! pages are copied into a pool, when the tree is to run on before the image is written, or stay where
//! they are, when it stands still until the end. Writing then streams both in the order of the
//! image, pages without another copy.

use kernel::{
    prelude::*,
    str::CString, //
};

use ckpt_image::{
    limits,
    record::Run,
    Kind,
    Sink,
    Writer, //
};

use crate::sys::{
    self,
    file::File,
    page::{
        self,
        Owner,
        PagePool,
        Pages,
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
    /// So many pages of the pool.
    Copied(u64),
    /// Pages of somebody who stands still until the image is written.
    Live(Owner, KVVec<Run>),
}

/// What has been captured.
pub(crate) struct Capture {
    chunks: KVVec<KVVec<u8>>,
    segments: KVVec<Segment>,
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
            pool: PagePool::new(),
        }
    }

    /// CRC32C of the records so far.
    pub(crate) fn checksum(&self) -> u32 {
        let chunks = self.chunks.iter();
        !chunks.fold(!0, |crc, chunk| sys::checksum(crc, chunk))
    }

    /// Copies a page of a window behind those that have been copied before.
    pub(crate) fn copy_page(&mut self, window: &Window, index: usize) -> Result {
        self.pool.add(window, index)
    }

    /// Copies a page of a batch behind those that have been copied before.
    pub(crate) fn copy_page_of(&mut self, pages: &Pages, index: usize) -> Result {
        self.pool.add_of(pages, index)
    }

    /// Adds pages that have been copied, the first of those that have not been added yet.
    fn copied(&mut self, nr_pages: u64) -> Result {
        self.segments
            .push(Segment::Copied(nr_pages), GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// Adds pages that are read when the image is written.
    fn live(&mut self, owner: Owner, runs: &[Run]) -> Result {
        let mut kept = KVVec::with_capacity(runs.len(), GFP_KERNEL_ACCOUNT)?;
        kept.extend_from_slice(runs, GFP_KERNEL_ACCOUNT)?;
        self.segments
            .push(Segment::Live(owner, kept), GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// Writes the image. When all but its last `tail` bytes are written, `check` says whether they
    /// may follow: without them it is no complete image.
    pub(crate) fn write(&self, file: &File, tail: u64, check: impl FnOnce() -> Result) -> Result {
        let mut position = file.position();
        let mut playback = Playback::new(self);
        let result = playback
            .run(file, tail, &mut position)
            .and_then(|()| check())
            .and_then(|()| playback.bytes(tail, file, &mut position));
        if file.has_position() {
            file.set_position(position);
        }
        result
    }
}

/// Page contents begin at a page boundary of the image when there are at least so many: then the
/// padding is worth its bytes.
const ALIGNED_FROM: u64 = 256;

/// Adds a page to runs of them. `floor` is where a run has to begin at the lowest.
pub(crate) fn add_page(runs: &mut KVVec<Run>, floor: u64, address: u64, flags: u32) -> Result {
    if let Some(last) = runs.last_mut() {
        let end = last.address + u64::from(last.nr_pages) * page::SIZE;
        if (end, last.flags) == (address, flags)
            && last.address >= floor
            && last.nr_pages < limits::PAGES
        {
            last.nr_pages += 1;
            return Ok(());
        }
    }
    let run = Run {
        address,
        nr_pages: 1,
        flags,
    };
    runs.push(run, GFP_KERNEL_ACCOUNT)?;
    Ok(())
}

/// Writes as many PAGES records as their limits ask for. Without an owner the pages have been copied
/// before.
pub(crate) fn write_pages(
    out: &mut Writer<Capture>,
    runs: &[Run],
    nr_pages: u64,
    owner: impl Fn() -> Option<Owner>,
) -> Result {
    let align = nr_pages >= ALIGNED_FROM;
    let mut rest = runs;
    while !rest.is_empty() {
        let mut nr_pages = 0u32;
        let mut count = 0;
        for run in rest.iter().take(limits::RUNS as usize) {
            if nr_pages + run.nr_pages > limits::PAGES {
                break;
            }
            nr_pages += run.nr_pages;
            count += 1;
        }
        let (now, later) = rest.split_at_checked(count).ok_or(EIO)?;
        out.pages_head(now, nr_pages, align)?;
        match owner() {
            None => out.sink_mut().copied(u64::from(nr_pages))?,
            Some(owner) => out.sink_mut().live(owner, now)?,
        }
        rest = later;
    }
    Ok(())
}

/// Writing a capture: how far each of its parts has been used up.
struct Playback<'a> {
    capture: &'a Capture,
    chunk: usize,
    offset: usize,
    cursor: PoolCursor,
}

impl<'a> Playback<'a> {
    fn new(capture: &'a Capture) -> Self {
        Playback {
            capture,
            chunk: 0,
            offset: 0,
            cursor: PoolCursor::default(),
        }
    }

    /// Everything but the last `tail` bytes, which belong to the last segment.
    fn run(&mut self, file: &File, tail: u64, position: &mut i64) -> Result {
        let mut batch = Pages::with_room(page::BATCH)?;
        let last = self.capture.segments.len().saturating_sub(1);
        for (index, segment) in self.capture.segments.iter().enumerate() {
            match segment {
                Segment::Bytes(count) => {
                    let held_back = if index == last { tail } else { 0 };
                    self.bytes(count.saturating_sub(held_back), file, position)?;
                }
                Segment::Copied(nr_pages) => {
                    let pool = &self.capture.pool;
                    pool.write(&mut self.cursor, *nr_pages, file, position)?;
                }
                Segment::Live(owner, runs) => {
                    for run in runs.iter() {
                        let count = u64::from(run.nr_pages);
                        page::write_live(owner, run.address, count, &mut batch, file, position)?;
                    }
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
            file.write_all(chunk.get(self.offset..end).ok_or(EIO)?, position)?;
            left -= step;
            self.offset = end;
            if self.offset == CHUNK {
                self.chunk += 1;
                self.offset = 0;
            }
        }
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
    end.into_sink().write(file, 0, || Ok(()))
}
