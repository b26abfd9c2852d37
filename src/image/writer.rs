// SPDX-License-Identifier: GPL-2.0-only

//! Turning records into bytes.

use zerocopy::IntoBytes;

use crate::{
    index::{
        Mark,
        Stretches, //
    },
    record::{
        Pages,
        Record,
        Run, //
    },
    Kind,
    HDR_SIZE,
    PAGE_SIZE, //
};

/// Where the bytes of an image go.
pub trait Sink {
    /// What can go wrong.
    type Error;

    /// Takes all of `bytes`.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Is told of what begins with the bytes that come next.
    fn begins(&mut self, _mark: Mark) -> Result<(), Self::Error> {
        Ok(())
    }

    /// The error for a body that no record can hold.
    fn too_long() -> Self::Error;
}

/// Bytes that the checksums behind the pages of so many runs take, one u32 for each, zeros included.
pub const fn sums_len(nr_runs: usize) -> usize {
    (nr_runs * size_of::<u32>()).next_multiple_of(8)
}

/// Writes records to a [`Sink`] and knows where in the image it is.
pub struct Writer<S> {
    sink: S,
    position: u64,
    records: u64,
    pages: u64,
    stretches: Stretches,
}

impl<S: Sink> Writer<S> {
    /// Starts an image.
    pub fn new(sink: S) -> Self {
        Writer {
            sink,
            position: 0,
            records: 0,
            pages: 0,
            stretches: Stretches::default(),
        }
    }

    /// Bytes of image so far, page contents included.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Records so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Pages so far.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// The sink.
    pub fn sink(&self) -> &S {
        &self.sink
    }

    /// The sink, to add what is not written through records: page contents.
    pub fn sink_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Gives the sink back.
    pub fn into_sink(self) -> S {
        self.sink
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        self.sink.put(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    fn hdr(&mut self, kind: Kind, body: usize) -> Result<(), S::Error> {
        let len = u32::try_from(HDR_SIZE + body).map_err(|_| S::too_long())?;
        self.put([kind.0, len].as_bytes())?;
        self.records += 1;
        Ok(())
    }

    /// Writes a record of fixed size.
    pub fn record<R: Record>(&mut self, body: &R) -> Result<(), S::Error> {
        if let Some(mark) = self.stretches.mark(R::KIND, self.position) {
            self.sink.begins(mark)?;
        }
        self.hdr(R::KIND, size_of::<R>())?;
        self.put(body.as_bytes())
    }

    /// Writes a record without a body of its own.
    pub fn empty(&mut self, kind: Kind) -> Result<(), S::Error> {
        self.hdr(kind, 0)
    }

    fn padded(&mut self, kind: Kind, bytes: &[u8]) -> Result<(), S::Error> {
        let padding = bytes.len().next_multiple_of(8) - bytes.len();
        self.hdr(kind, 8 + bytes.len() + padding)?;
        self.put((bytes.len() as u64).as_bytes())?;
        self.put(bytes)?;
        self.put(&[0u8; 8][..padding])
    }

    /// Writes a STRING. Its length is written before it; the record is padded to 8 bytes.
    pub fn string(&mut self, text: &[u8]) -> Result<(), S::Error> {
        self.padded(Kind::STRING, text)
    }

    /// Writes a BUFFER, in the manner of [`Writer::string`].
    pub fn buffer(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        self.padded(Kind::BUFFER, bytes)
    }

    /// Starts a PAGES record: everything but the page contents, which the caller then hands to the
    /// sink in the order of `runs`, and as many bytes as [`sums_len`] says behind them. With `align`
    /// the pages begin at a multiple of the page size, counted from the start of the image.
    pub fn pages_head(&mut self, runs: &[Run], nr_pages: u32, align: bool) -> Result<(), S::Error> {
        let head = size_of::<Pages>() + size_of_val(runs);
        let start = self.position + (HDR_SIZE + head) as u64;
        let padding = if align {
            (start.next_multiple_of(PAGE_SIZE) - start) as usize
        } else {
            0
        };
        let data = nr_pages as usize * PAGE_SIZE as usize + sums_len(runs.len());
        let offset = u32::try_from(HDR_SIZE + head + padding).map_err(|_| S::too_long())?;
        let nr_runs = u32::try_from(runs.len()).map_err(|_| S::too_long())?;

        self.hdr(Kind::PAGES, head + padding + data)?;
        self.put(
            Pages {
                nr_runs,
                nr_pages,
                runs_offset: (HDR_SIZE + size_of::<Pages>()) as u32,
                data_offset: offset,
            }
            .as_bytes(),
        )?;
        self.put(runs.as_bytes())?;
        let zero = [0u8; 64];
        let mut left = padding;
        while left > 0 {
            let step = left.min(zero.len());
            self.put(&zero[..step])?;
            left -= step;
        }
        self.position += data as u64;
        self.pages += u64::from(nr_pages);
        Ok(())
    }
}
