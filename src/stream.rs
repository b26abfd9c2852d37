// SPDX-License-Identifier: GPL-2.0-only

//! The image as a restart reads it: first the bytes that the caller had read already, then the file.

use kernel::prelude::*;

use ckpt_image::{
    record::Run,
    Malformed,
    Problem,
    Reader,
    Source, //
};
use zerocopy::FromZeros;

use crate::sys::{
    self,
    file::File,
    rebuild, //
};

/// Why a part of an image could not be restored.
pub(crate) enum Fault {
    /// The image is wrong.
    Image(Malformed),
    /// The image ends too early.
    End,
    /// The kernel said no. The log knows more, unless it was memory or a signal.
    Kernel(Error),
    /// A file cannot be opened, of which the log does not know yet: that is no matter as long as nothing
    /// needs it.
    Unopened(Error),
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Fault::Image(malformed)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Kernel(error)
    }
}

impl From<kernel::alloc::AllocError> for Fault {
    fn from(error: kernel::alloc::AllocError) -> Self {
        Fault::Kernel(error.into())
    }
}

/// Bytes that are read ahead of a seekable file: more than a small process has records.
const AHEAD: usize = 16 * 1024;

/// Where an image comes from.
pub(crate) struct ImageSource {
    file: File,
    position: i64,
    /// Bytes that come before what the file gives next: those between `used` and `filled`.
    buffer: KVVec<u8>,
    used: usize,
    filled: usize,
    /// A pipe may hold more than the image: nothing is read ahead of it.
    read_ahead: bool,
}

impl ImageSource {
    /// `head` is what the caller has read already.
    pub(crate) fn new(file: File, head: KVVec<u8>) -> Self {
        let position = file.position();
        ImageSource {
            read_ahead: file.has_position(),
            file,
            position,
            filled: head.len(),
            buffer: head,
            used: 0,
        }
    }

    fn buffered(&self) -> &[u8] {
        self.buffer.get(self.used..self.filled).unwrap_or(&[])
    }

    /// Copies what is buffered and tells how much that was.
    fn drain(&mut self, bytes: &mut [u8]) -> usize {
        let have = self.buffered();
        let count = have.len().min(bytes.len());
        if let (Some(to), Some(from)) = (bytes.get_mut(..count), have.get(..count)) {
            to.copy_from_slice(from);
        }
        self.used += count;
        count
    }

    /// Fills the buffer, which is empty, as far as the file gives.
    fn refill(&mut self) -> Result<usize> {
        self.used = 0;
        self.filled = 0;
        // Once: what is in it need not be cleared before it is read over.
        if self.buffer.len() != AHEAD {
            self.buffer = KVVec::with_capacity(AHEAD, GFP_KERNEL_ACCOUNT)?;
            self.buffer.resize(AHEAD, 0, GFP_KERNEL_ACCOUNT)?;
        }
        self.filled = self.file.read_some(&mut self.buffer, &mut self.position)?;
        Ok(self.filled)
    }

    /// Leaves the file where the image ends.
    pub(crate) fn finish(&mut self) {
        if self.file.has_position() {
            let unused = self.buffered().len() as i64;
            // What was handed over in memory need not have come from the file.
            let position = self.position.saturating_sub(unused).max(0);
            self.file.set_position(position);
        }
    }

    /// Reads `len` bytes straight into the caller's memory.
    pub(crate) fn read_user(&mut self, address: u64, len: u64) -> Result<(), Fault> {
        let mut done = 0u64;
        let have = (self.buffered().len() as u64).min(len);
        if have > 0 {
            let part = self.buffered().get(..have as usize).ok_or(EIO)?;
            rebuild::copy_out(address, part)?;
            self.used += have as usize;
            done = have;
        }
        while done < len {
            let wanted = (len - done) as usize;
            match self
                .file
                .read_user(address + done, wanted, &mut self.position)?
            {
                0 => return Err(Fault::End),
                count => done += count as u64,
            }
            sys::check_signal()?;
        }
        Ok(())
    }
}

impl Source for ImageSource {
    type Error = Fault;

    fn get(&mut self, bytes: &mut [u8]) -> Result<(), Fault> {
        let mut done = 0;
        while done < bytes.len() {
            let rest = bytes.get_mut(done..).unwrap_or(&mut []);
            let count = if !self.buffered().is_empty() {
                self.drain(rest)
            } else if self.read_ahead && rest.len() < AHEAD {
                match self.refill()? {
                    0 => 0,
                    _ => self.drain(rest),
                }
            } else {
                self.file.read_some(rest, &mut self.position)?
            };
            if count == 0 {
                return Err(Fault::End);
            }
            done += count;
        }
        Ok(())
    }

    fn crc32c(crc: u32, bytes: &[u8]) -> u32 {
        sys::checksum(crc, bytes)
    }
}

/// The runs of a PAGES record, and the checksums of those that have been read.
pub(crate) struct Runs {
    runs: KVVec<Run>,
    sums: KVVec<u32>,
}

impl Runs {
    /// Reads the next PAGES record, whose pages are taken off those that are still to come: what the
    /// source gives next are the pages of these runs.
    pub(crate) fn next(reader: &mut Reader<ImageSource>, left: &mut u64) -> Result<Self, Fault> {
        let pages = reader.pages()?;
        let Some(later) = left.checked_sub(pages.nr_pages.into()) else {
            return Err(reader.malformed(Problem::Count(pages.nr_pages)).into());
        };
        let count = pages.nr_runs as usize;
        let mut runs = KVVec::from_elem(Run::new_zeroed(), count, GFP_KERNEL_ACCOUNT)?;
        reader.runs(&pages, &mut runs)?;
        *left = later;
        let sums = KVVec::with_capacity(count, GFP_KERNEL_ACCOUNT)?;
        Ok(Runs { runs, sums })
    }

    /// The run whose pages come next, until there is none.
    pub(crate) fn here(&self) -> Option<Run> {
        self.runs.get(self.sums.len()).copied()
    }

    /// Notes the checksum of the pages that have come, not inverted yet, and turns to the next run.
    pub(crate) fn done(&mut self, sum: u32) -> Result<(), Fault> {
        Ok(self.sums.push(!sum, GFP_KERNEL_ACCOUNT)?)
    }

    /// Reads what stands behind the pages: whether they are those that were written.
    pub(crate) fn verify(&self, reader: &mut Reader<ImageSource>) -> Result<(), Fault> {
        reader.sums(&self.runs, &self.sums)
    }
}
