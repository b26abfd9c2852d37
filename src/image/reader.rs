// SPDX-License-Identifier: GPL-2.0-only

//! Reads a stream of records and trusts none of it.
//!
//! Every length is checked against the limit of its kind before a byte of the body is read, and
//! the reader never holds more than one small record. Payloads whose length varies are read
//! straight into memory that the caller has sized by a checked count.

use zerocopy::{
    FromBytes,
    FromZeros,
    IntoBytes, //
};

use crate::{
    index::Tracker,
    limits,
    record::{
        Header,
        Index,
        IndexEntry,
        Pages,
        Record,
        Run,
        Tail,
        Zeroed, //
    },
    sums_len,
    Kind,
    Malformed,
    Problem,
    HDR_SIZE,
    PAGE_SIZE, //
};

/// Where the bytes of an image come from.
pub trait Source {
    /// What can go wrong; a malformed image is one of these things.
    type Error: From<Malformed>;

    /// Fills all of `bytes`; the end of the stream is an error.
    fn get(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error>;

    /// Continues a CRC32C (Castagnoli, not inverted at either end) over `bytes`.
    fn crc32c(crc: u32, bytes: &[u8]) -> u32;
}

/// The prefix of a record, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Hdr {
    /// What the record is.
    pub kind: Kind,
    /// Bytes of body.
    pub body: u32,
    /// Offset of the prefix from the start of the image.
    pub position: u64,
}

impl Hdr {
    /// The error that this record is wrong in this way.
    pub fn malformed(&self, problem: Problem) -> Malformed {
        Malformed {
            problem,
            position: self.position,
            kind: self.kind,
        }
    }
}

/// Reads records from a [`Source`].
pub struct Reader<S> {
    source: S,
    position: u64,
    records: u64,
    pages: u64,
    /// Checksum of the stretch that is being read, without page contents.
    crc: u32,
    tracker: Tracker,
    peeked: Option<Hdr>,
    last: Hdr,
}

impl<S: Source> Reader<S> {
    /// Starts at the first byte of an image.
    pub fn new(source: S) -> Self {
        Reader {
            source,
            position: 0,
            records: 0,
            pages: 0,
            crc: !0,
            tracker: Tracker::default(),
            peeked: None,
            last: Hdr {
                kind: Kind(0),
                body: 0,
                position: 0,
            },
        }
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The source, for what is not read through records: page contents.
    pub fn source_mut(&mut self) -> &mut S {
        &mut self.source
    }

    /// The record that was read last.
    pub fn last(&self) -> &Hdr {
        &self.last
    }

    /// The error that something about the last record is wrong.
    pub fn malformed(&self, problem: Problem) -> Malformed {
        self.last.malformed(problem)
    }

    fn get(&mut self, bytes: &mut [u8]) -> Result<(), S::Error> {
        self.source.get(bytes)?;
        self.crc = S::crc32c(self.crc, bytes);
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// The checksum of the stretch that is being read, not inverted.
    #[cfg(not(CONFIG_RUST))]
    pub(crate) fn crc(&self) -> u32 {
        self.crc
    }

    /// Goes on with another checksum.
    #[cfg(not(CONFIG_RUST))]
    pub(crate) fn resum(&mut self, crc: u32) {
        self.crc = crc;
    }

    /// Notes that the source has gone to another byte of the image.
    #[cfg(not(CONFIG_RUST))]
    pub(crate) fn moved(&mut self, position: u64) {
        self.position = position;
        self.peeked = None;
    }

    /// Looks at the prefix of the next record.
    pub fn peek(&mut self) -> Result<Hdr, S::Error> {
        if let Some(hdr) = self.peeked {
            return Ok(hdr);
        }
        let position = self.position;
        let crc = self.crc;
        let mut raw = [0u32; 2];
        self.get(raw.as_mut_bytes())?;
        let [kind, len] = raw;
        let mut hdr = Hdr {
            kind: Kind(kind),
            body: 0,
            position,
        };
        if len < HDR_SIZE as u32 || len % 8 != 0 {
            return Err(hdr.malformed(Problem::Length(len)).into());
        }
        hdr.body = len - HDR_SIZE as u32;
        if hdr.kind == Kind::TAIL {
            // The checksum covers what is before this record.
            self.crc = crc;
        } else if hdr.kind == Kind::INDEX && !self.tracker.is_full() {
            return Err(hdr.malformed(Problem::Index).into());
        } else if self.tracker.begins::<S>(hdr.kind, position, !crc) {
            self.crc = S::crc32c(!0, raw.as_bytes());
        }
        self.peeked = Some(hdr);
        Ok(hdr)
    }

    /// Takes the prefix of the next record, which has to be of this kind.
    pub fn begin(&mut self, kind: Kind) -> Result<Hdr, S::Error> {
        let hdr = self.peek()?;
        self.peeked = None;
        self.records += 1;
        self.last = hdr;
        if hdr.kind == kind {
            Ok(hdr)
        } else if hdr.kind == Kind::ERROR {
            Err(hdr.malformed(Problem::Failed).into())
        } else {
            Err(hdr.malformed(Problem::Wanted(kind)).into())
        }
    }

    /// Reads the next record, which has to be of this kind.
    pub fn record<R: Record>(&mut self) -> Result<R, S::Error> {
        let hdr = self.begin(R::KIND)?;
        self.body(&hdr)
    }

    fn body<R: Record>(&mut self, hdr: &Hdr) -> Result<R, S::Error> {
        if (hdr.body as usize) < size_of::<R>() || hdr.body > limits::RECORD {
            return Err(hdr.malformed(Problem::Length(hdr.body)).into());
        }
        let mut body = R::new_zeroed();
        self.get(body.as_mut_bytes())?;
        self.zeros(hdr, hdr.body as usize - size_of::<R>())?;
        if !body.reserved_is_zero() {
            return Err(hdr.malformed(Problem::Growth).into());
        }
        if let Some(count) = body.over_limit() {
            return Err(hdr.malformed(Problem::Count(count)).into());
        }
        match body.not_restarters() {
            Some(field) => Err(hdr.malformed(Problem::Restarters(field)).into()),
            None => Ok(body),
        }
    }

    /// Reads the next record without knowing its type, into the front of `body`, and gives that part. Beyond
    /// what [`Reader::record`] looks at, bits and values of enumerations have to be known.
    #[cfg(not(CONFIG_RUST))]
    pub fn described<'a>(
        &mut self,
        info: &crate::describe::Info,
        body: &'a mut [u8],
    ) -> Result<&'a [u8], S::Error> {
        let hdr = self.begin(info.kind)?;
        let wrong = hdr.malformed(Problem::Length(hdr.body));
        if (hdr.body as usize) < info.size || hdr.body > limits::RECORD {
            return Err(wrong.into());
        }
        let fixed = body.get_mut(..info.size).ok_or(wrong)?;
        self.get(fixed)?;
        self.zeros(&hdr, hdr.body as usize - info.size)?;
        if !info.reserved_is_zero(fixed) {
            return Err(hdr.malformed(Problem::Growth).into());
        }
        match crate::describe::problem(info.fields, fixed) {
            Some(problem) => Err(hdr.malformed(problem).into()),
            None => Ok(fixed),
        }
    }

    /// Reads `left` bytes that have to be zero.
    fn zeros(&mut self, hdr: &Hdr, mut left: usize) -> Result<(), S::Error> {
        let mut chunk = [0u8; 64];
        while left > 0 {
            let step = left.min(chunk.len());
            let (part, _) = chunk.split_at_mut(step);
            self.get(part)?;
            if part.iter().any(|byte| *byte != 0) {
                return Err(hdr.malformed(Problem::Growth).into());
            }
            left -= step;
        }
        Ok(())
    }

    /// Reads a HEADER and checks that the image is one that this crate can read.
    pub fn header(&mut self) -> Result<Header, S::Error> {
        let hdr = self.peek()?;
        if hdr.kind != Kind::HEADER {
            return Err(hdr.malformed(Problem::Magic).into());
        }
        let header: Header = self.record()?;
        let unknown = header.incompat & !crate::incompat::KNOWN;
        let problem = if header.magic != crate::HEADER_MAGIC {
            Problem::Magic
        } else if header.format != crate::FORMAT {
            Problem::Format(header.format)
        } else if header.arch != crate::ARCH_X86_64 {
            Problem::Arch
        } else if unknown != 0 {
            Problem::Feature(unknown.trailing_zeros())
        } else if u64::from(header.page_size) != PAGE_SIZE {
            Problem::Value("another page size")
        } else if header.nr_signals != limits::SIGNALS {
            Problem::Value("another number of signals")
        } else if header.nr_rlimits != limits::RLIMITS {
            Problem::Value("another number of resource limits")
        } else if header.monotonic < 0 || header.boottime < 0 {
            Problem::Value("a clock before its beginning")
        } else if header.reserved != 0 {
            Problem::Growth
        } else {
            return Ok(header);
        };
        Err(hdr.malformed(problem).into())
    }

    fn padded(&mut self, kind: Kind, limit: u32) -> Result<(Hdr, usize), S::Error> {
        let hdr = self.begin(kind)?;
        if hdr.body < 8 || hdr.body > limit.next_multiple_of(8) + 8 {
            return Err(hdr.malformed(Problem::Length(hdr.body)).into());
        }
        let mut len = 0u64;
        self.get(len.as_mut_bytes())?;
        if len > u64::from(limit) || len.next_multiple_of(8) + 8 != u64::from(hdr.body) {
            return Err(hdr.malformed(Problem::Length(hdr.body)).into());
        }
        Ok((hdr, len as usize))
    }

    fn payload(&mut self, hdr: &Hdr, bytes: &mut [u8]) -> Result<(), S::Error> {
        self.get(bytes)?;
        self.zeros(hdr, bytes.len().next_multiple_of(8) - bytes.len())
    }

    /// Reads a STRING into `buffer` and returns the part that it fills. It holds no NUL.
    pub fn string<'a>(&mut self, buffer: &'a mut [u8]) -> Result<&'a [u8], S::Error> {
        let limit = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let (hdr, len) = self.padded(Kind::STRING, limit.min(limits::STRING))?;
        let text = buffer
            .get_mut(..len)
            .ok_or_else(|| hdr.malformed(Problem::Length(hdr.body)))?;
        self.payload(&hdr, text)?;
        if text.contains(&0) {
            return Err(hdr.malformed(Problem::Value("text holds a NUL")).into());
        }
        Ok(text)
    }

    /// Reads a BUFFER that has to be exactly as long as `bytes`, which the caller has sized by a
    /// count that it checked.
    pub fn buffer(&mut self, bytes: &mut [u8]) -> Result<(), S::Error> {
        let limit = u32::try_from(bytes.len()).unwrap_or(u32::MAX - 16);
        let (hdr, len) = self.padded(Kind::BUFFER, limit.min(u32::MAX - 16))?;
        if len != bytes.len() {
            return Err(hdr.malformed(Problem::Length(hdr.body)).into());
        }
        self.payload(&hdr, bytes)
    }

    /// Starts reading a BUFFER of whatever length, which it gives in bytes: so many have to be taken with
    /// [`Reader::bytes`], and what is left with [`Reader::end_of_bytes`].
    #[cfg(not(CONFIG_RUST))]
    pub fn begin_bytes(&mut self) -> Result<u64, S::Error> {
        let (_, len) = self.padded(Kind::BUFFER, u32::MAX - 16)?;
        Ok(len as u64)
    }

    /// Takes some bytes of a BUFFER.
    #[cfg(not(CONFIG_RUST))]
    pub fn bytes(&mut self, bytes: &mut [u8]) -> Result<(), S::Error> {
        self.get(bytes)
    }

    /// Takes what stands behind the `len` bytes of a BUFFER.
    #[cfg(not(CONFIG_RUST))]
    pub fn end_of_bytes(&mut self, len: u64) -> Result<(), S::Error> {
        let hdr = self.last;
        self.zeros(&hdr, (len.next_multiple_of(8) - len) as usize)
    }

    /// Starts reading a BUFFER of `count` entries; they are then taken one by one with
    /// [`Reader::entry`]. The count has to be checked against its limit by the caller.
    pub fn buffer_of<E>(&mut self, count: u32) -> Result<(), S::Error> {
        let wanted = u64::from(count) * size_of::<E>() as u64;
        let (hdr, len) = self.padded(Kind::BUFFER, u32::MAX - 16)?;
        if len as u64 != wanted {
            return Err(hdr.malformed(Problem::Length(hdr.body)).into());
        }
        Ok(())
    }

    /// Reads one entry of a BUFFER of entries, whose sizes are multiples of 8.
    pub fn entry<E: FromBytes + IntoBytes + Zeroed>(&mut self) -> Result<E, S::Error> {
        const { assert!(size_of::<E>() % 8 == 0) };
        let mut entry = E::new_zeroed();
        self.get(entry.as_mut_bytes())?;
        if !entry.reserved_is_zero() {
            return Err(self.malformed(Problem::Growth).into());
        }
        if let Some(field) = entry.not_restarters() {
            return Err(self.malformed(Problem::Restarters(field)).into());
        }
        Ok(entry)
    }

    /// Reads the fixed part of a PAGES record and checks it against the limits. The runs have to be
    /// taken with [`Reader::runs`] next.
    pub fn pages(&mut self) -> Result<Pages, S::Error> {
        let hdr = self.begin(Kind::PAGES)?;
        if (hdr.body as usize) < size_of::<Pages>() {
            return Err(hdr.malformed(Problem::Length(hdr.body)).into());
        }
        let mut pages = Pages::new_zeroed();
        self.get(pages.as_mut_bytes())?;
        if let Some(count) = pages.over_limit() {
            return Err(hdr.malformed(Problem::Count(count)).into());
        }
        if pages.nr_runs == 0 || pages.nr_pages < pages.nr_runs {
            return Err(hdr.malformed(Problem::Count(pages.nr_pages)).into());
        }
        let fixed = (HDR_SIZE + size_of::<Pages>()) as u64;
        let runs = u64::from(pages.nr_runs) * size_of::<Run>() as u64;
        let data = u64::from(pages.nr_pages) * PAGE_SIZE + sums_len(pages.nr_runs as usize) as u64;
        let start = u64::from(pages.runs_offset);
        let offset = u64::from(pages.data_offset);
        if start < fixed
            || start - fixed > u64::from(limits::RECORD)
            || offset < start + runs
            || offset - (start + runs) >= PAGE_SIZE
            || offset + data != u64::from(hdr.body) + HDR_SIZE as u64
        {
            return Err(hdr
                .malformed(Problem::Value("offsets in PAGES disagree"))
                .into());
        }
        self.zeros(&hdr, (start - fixed) as usize)?;
        Ok(pages)
    }

    /// Reads the runs of a PAGES record into `runs`, which has to hold exactly `nr_runs`, and the
    /// padding behind them: what the source gives next are the pages, which the caller takes from it,
    /// and after them [`Reader::sums`]. Each run is page aligned, not
    /// empty, and within the address limit; together they are `nr_pages`.
    pub fn runs(&mut self, pages: &Pages, runs: &mut [Run]) -> Result<(), S::Error> {
        let hdr = self.last;
        if runs.len() != pages.nr_runs as usize {
            return Err(hdr.malformed(Problem::Count(pages.nr_runs)).into());
        }
        self.get(runs.as_mut_bytes())?;
        let mut total = 0u64;
        for run in runs.iter() {
            let bytes = u64::from(run.nr_pages) * PAGE_SIZE;
            let end = run.address.checked_add(bytes);
            if run.nr_pages == 0
                || run.flags != 0
                || run.address % PAGE_SIZE != 0
                || end.is_none_or(|end| end > limits::ADDRESS)
            {
                return Err(hdr.malformed(Problem::Value("bad run of pages")).into());
            }
            total += u64::from(run.nr_pages);
        }
        if total != u64::from(pages.nr_pages) {
            return Err(hdr.malformed(Problem::Count(pages.nr_pages)).into());
        }
        let used = u64::from(pages.runs_offset) + size_of_val(runs) as u64;
        self.zeros(&hdr, (u64::from(pages.data_offset) - used) as usize)
    }

    /// Notes that the caller has taken `count` pages from the source.
    pub fn took_pages(&mut self, count: u32) {
        self.position += u64::from(count) * PAGE_SIZE;
        self.pages += u64::from(count);
    }

    /// Reads the checksums behind the pages of a PAGES record and compares them with `sums`, those of
    /// what the caller has read: one for each of its runs, inverted at both ends as in TAIL.
    pub fn sums(&mut self, runs: &[Run], sums: &[u32]) -> Result<(), S::Error> {
        let hdr = self.last;
        if runs.len() != sums.len() {
            return Err(hdr.malformed(Problem::Count(sums.len() as u32)).into());
        }
        let mut chunk = [0u32; 32];
        for (runs, sums) in runs.chunks(chunk.len()).zip(sums.chunks(chunk.len())) {
            let (stored, _) = chunk.split_at_mut(sums.len());
            self.get(stored.as_mut_bytes())?;
            let mut each = runs.iter().zip(stored.iter().zip(sums));
            if let Some((run, _)) = each.find(|(_, (stored, sum))| stored != sum) {
                let end = run.address + u64::from(run.nr_pages) * PAGE_SIZE;
                return Err(hdr.malformed(Problem::Contents(run.address, end)).into());
            }
        }
        self.zeros(&hdr, sums_len(sums.len()) - size_of_val(sums))
    }

    fn indexed(&mut self, entry: &IndexEntry) -> Result<(), S::Error> {
        match self.tracker.indexed::<S>(entry) {
            true => Ok(()),
            false => Err(self.malformed(Problem::Index).into()),
        }
    }

    /// Takes the entries of an INDEX that has been read. [`Reader::tail`] takes those that are left.
    #[cfg(not(CONFIG_RUST))]
    pub fn index_of(&mut self, entries: &[IndexEntry]) -> Result<(), S::Error> {
        if entries.is_empty() {
            return Err(self.malformed(Problem::Index).into());
        }
        entries.iter().try_for_each(|entry| self.indexed(entry))
    }

    /// Reads an INDEX and its entries.
    fn index(&mut self) -> Result<(), S::Error> {
        let index: Index = self.record()?;
        if index.nr_entries == 0 {
            return Err(self.malformed(Problem::Index).into());
        }
        self.buffer_of::<IndexEntry>(index.nr_entries)?;
        for _ in 0..index.nr_entries {
            let entry = self.entry()?;
            self.indexed(&entry)?;
        }
        Ok(())
    }

    /// Reads the index, unless its entries have been taken, and the TAIL, and compares totals and
    /// checksums with what was read.
    pub fn tail(&mut self) -> Result<Tail, S::Error> {
        while self.peek()?.kind == Kind::INDEX {
            self.index()?;
        }
        let hdr = self.peek()?;
        let crc = !self.crc;
        let (records, pages) = (self.records, self.pages);
        let tail: Tail = self.record()?;
        let problem = if tail.magic != crate::TAIL_MAGIC {
            Problem::TailMagic
        } else if tail.bytes != hdr.position || tail.records != records || tail.pages != pages {
            Problem::Totals
        } else if tail.checksum != crc {
            Problem::Checksum
        } else if let Some(problem) = self.tracker.problem(tail.index) {
            problem
        } else if tail.reserved != 0 {
            Problem::Growth
        } else {
            return Ok(tail);
        };
        Err(hdr.malformed(problem).into())
    }

    /// Reads the body of the record that [`Reader::begin`] announced and forgets it.
    pub fn skip(&mut self, hdr: &Hdr) -> Result<(), S::Error> {
        self.pass(hdr.body.into())
    }

    /// Reads so many bytes and forgets them.
    pub(crate) fn pass(&mut self, mut left: u64) -> Result<(), S::Error> {
        let mut chunk = [0u8; 256];
        while left > 0 {
            let (part, _) = chunk.split_at_mut(left.min(256) as usize);
            self.get(part)?;
            left -= part.len() as u64;
        }
        Ok(())
    }
}
