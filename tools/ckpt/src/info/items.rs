// SPDX-License-Identifier: GPL-2.0-only

//! An image as a flat stream of records.
//!
//! The declarations of the image crate say what a record is and what may follow it; only the few records
//! that frame the image are named here. Page contents are compared with their checksums, and not kept.

use ckpt_image::{
    describe::{
        Info,
        Payload, //
    },
    limits,
    order::{
        Order,
        Place, //
    },
    record::{
        IndexEntry,
        Pages,
        Record,
        Run, //
    },
    Hdr,
    Kind,
    Problem,
    Reader,
    PAGE_SIZE, //
};
use zerocopy::{
    FromBytes,
    IntoBytes, //
};

use super::stream::Stream;
use crate::source::{
    self,
    ReadError, //
};

/// Bytes of a BUFFER that are read at a time: a length alone allocates nothing.
const STEP: u64 = 64 << 10;

/// What a record holds.
#[derive(Clone, Debug)]
pub enum Item {
    /// The fixed part of a record.
    Fixed(&'static Info, Vec<u8>),
    /// A text: of which record, of what, and the text itself.
    Text(&'static Info, &'static str, String),
    /// Entries behind a record: of which, what they are, and all of them.
    Entries(&'static Info, Payload, Vec<u8>),
    /// Pages of the record that they are a part of, and where those belong.
    Pages(&'static Info, Pages, Vec<Run>),
    /// The checkpoint failed here.
    Error,
    /// Why.
    Reason(String),
}

/// What stood where.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The record's prefix.
    pub hdr: Hdr,
    /// What it says.
    pub item: Item,
    /// How many records it is a part of, one within the other.
    pub depth: usize,
}

/// A structure out of its bytes.
pub fn body<T: FromBytes>(bytes: &[u8]) -> Option<T> {
    T::read_from_bytes(bytes).ok()
}

/// A list of structures out of its bytes.
pub fn list<T: FromBytes>(bytes: &[u8]) -> Vec<T> {
    let size = size_of::<T>().max(1);
    bytes.chunks_exact(size).filter_map(body).collect()
}

/// Gives the records of an image one by one.
pub struct Items {
    reader: Reader<Stream>,
    order: Order,
    /// The record that is read now.
    now: Option<Hdr>,
    depth: usize,
}

impl Items {
    /// Starts at the first byte of an image.
    pub fn new(stream: Stream) -> Items {
        Items {
            reader: Reader::new(stream),
            order: Order::default(),
            now: None,
            depth: 0,
        }
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.reader.position()
    }

    /// The first bytes, as far as any were read.
    pub fn first(&mut self) -> [u8; source::FIRST] {
        self.reader.source_mut().first.unwrap_or_default()
    }

    /// Bytes that the file has given.
    pub fn taken(&mut self) -> u64 {
        self.reader.source_mut().taken
    }

    /// Bytes behind the image, once it is read.
    pub fn rest(&mut self) -> u64 {
        self.reader.source_mut().rest()
    }

    /// For an image that ends too early: how many bytes there are, and the record in which it ends.
    pub fn end(&mut self) -> (u64, Option<Hdr>) {
        (self.reader.source_mut().taken, self.now)
    }

    /// Reads the next record; after TAIL or ERROR there is none that belongs to the image but the
    /// text of an ERROR.
    pub fn read(&mut self) -> Result<Placed, ReadError> {
        self.now = None;
        let hdr = self.reader.peek()?;
        self.now = Some(hdr);
        let item = if hdr.position == 0 {
            // Not even that may be sure.
            let header = self.reader.header()?;
            match self.order.next(&hdr)? {
                Place::Fixed(info, _) => self.fixed(info, header.as_bytes().to_vec()),
                _ => return Err(hdr.malformed(Problem::Magic).into()),
            }
        } else {
            self.item(&hdr)?
        };
        let depth = self.depth;
        Ok(Placed { hdr, item, depth })
    }

    fn item(&mut self, hdr: &Hdr) -> Result<Item, ReadError> {
        let place = self.order.next(hdr)?;
        self.depth = self.order.depth();
        Ok(match place {
            Place::Fixed(info, of) if info.kind == Kind::PAGES => {
                let of = of.ok_or_else(|| hdr.malformed(Problem::Wanted(Kind::MM)))?;
                self.pages(hdr, of)?
            }
            Place::Fixed(info, _) if info.kind == Kind::TAIL => {
                let tail = self.reader.tail()?;
                self.fixed(info, tail.as_bytes().to_vec())
            }
            Place::Fixed(info, _) => {
                let mut room = [0; limits::RECORD as usize];
                let body = self.reader.described(info, &mut room)?.to_vec();
                self.fixed(info, body)
            }
            Place::Text(info, of, limit) => {
                let text = self.text(limit.value as usize)?;
                self.order.text(text.is_empty());
                Item::Text(info, of, text)
            }
            Place::Buffer(info, payload, count) => self.entries(hdr, info, payload, count)?,
            Place::Error => {
                self.reader.begin(Kind::ERROR)?;
                self.reader.skip(hdr)?;
                Item::Error
            }
            Place::Reason => Item::Reason(self.text(limits::STRING as usize)?),
        })
    }

    fn fixed(&mut self, info: &'static Info, body: Vec<u8>) -> Item {
        self.order.fixed(info, &body);
        Item::Fixed(info, body)
    }

    fn text(&mut self, most: usize) -> Result<String, ReadError> {
        let mut text = [0u8; limits::STRING as usize];
        let room = text.get_mut(..most).unwrap_or_default();
        let text = self.reader.string(room)?;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    fn pages(&mut self, hdr: &Hdr, of: &'static Info) -> Result<Item, ReadError> {
        let pages = self.reader.pages()?;
        self.order.pages(hdr, pages.nr_pages.into())?;
        let mut runs = vec![
            Run {
                address: 0,
                nr_pages: 0,
                flags: 0,
            };
            pages.nr_runs as usize
        ];
        self.reader.runs(&pages, &mut runs)?;
        let mut sums = Vec::with_capacity(runs.len());
        for run in &runs {
            let contents = u64::from(run.nr_pages) * PAGE_SIZE;
            sums.push(self.reader.source_mut().sum(contents)?);
            self.reader.took_pages(run.nr_pages);
        }
        self.reader.sums(&runs, &sums)?;
        Ok(Item::Pages(of, pages, runs))
    }

    fn entries(
        &mut self,
        hdr: &Hdr,
        info: &'static Info,
        payload: Payload,
        count: Option<u64>,
    ) -> Result<Item, ReadError> {
        let len = self.reader.begin_bytes()?;
        if let Some(problem) = payload.problem(count, len) {
            return Err(hdr.malformed(problem).into());
        }
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < len {
            let filled = bytes.len();
            let step = STEP.min(len - filled as u64) as usize;
            bytes.resize(filled + step, 0);
            self.reader
                .bytes(bytes.get_mut(filled..).unwrap_or_default())?;
        }
        self.reader.end_of_bytes(len)?;
        for entry in bytes.chunks_exact(payload.size) {
            if let Some(problem) = payload.entry_problem(entry) {
                return Err(hdr.malformed(problem).into());
            }
        }
        self.order.buffer(hdr, info, &payload, &bytes)?;
        if info.kind == Kind::INDEX {
            self.reader.index_of(&list::<IndexEntry>(&bytes))?;
        }
        Ok(Item::Entries(info, payload, bytes))
    }
}

impl Placed {
    /// The fixed part, when it is such a record.
    pub fn body<R: Record>(&self) -> Option<R> {
        match &self.item {
            Item::Fixed(info, bytes) if info.kind == R::KIND => body(bytes),
            _ => None,
        }
    }
}
