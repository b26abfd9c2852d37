// SPDX-License-Identifier: GPL-2.0-only

//! The bytes of an image, from a file or a pipe, read ahead.

use std::{
    fs::File,
    io::Seek, //
};

use ckpt_image::Source;

use crate::source::{
    self,
    ReadError, //
};

/// Bytes that are read at a time.
const STEP: usize = 256 << 10;

/// A file or stream, read ahead.
#[derive(Debug)]
pub struct Stream {
    file: File,
    ahead: Vec<u8>,
    at: usize,
    /// What it begins with.
    pub(super) first: Option<[u8; source::FIRST]>,
    /// Bytes that have been read of it.
    pub(super) taken: u64,
    /// Bytes of the file, when that is known; else 0.
    size: u64,
}

impl Stream {
    /// Reads from where the file stands.
    pub fn new(file: File) -> Stream {
        let size = match file.metadata() {
            Ok(data) if data.is_file() => data.len(),
            _ => 0,
        };
        Stream {
            file,
            ahead: Vec::new(),
            at: 0,
            first: None,
            taken: 0,
            size,
        }
    }

    fn fill(&mut self) -> Result<(), ReadError> {
        self.ahead.resize(STEP, 0);
        self.at = 0;
        let result = source::read(&mut self.file, &mut self.ahead);
        self.ahead.truncate(*result.as_ref().unwrap_or(&0));
        self.taken += self.ahead.len() as u64;
        self.first.get_or_insert_with(|| {
            let mut first = [0; source::FIRST];
            for (kept, byte) in first.iter_mut().zip(&self.ahead) {
                *kept = *byte;
            }
            first
        });
        match result? {
            0 => Err(ReadError::End),
            _ => Ok(()),
        }
    }

    fn left(&self) -> &[u8] {
        self.ahead.get(self.at..).unwrap_or_default()
    }

    /// The CRC32C of the next `count` bytes, which have to be there.
    pub(super) fn sum(&mut self, mut count: u64) -> Result<u32, ReadError> {
        let mut sum = 0;
        while count > 0 {
            if self.left().is_empty() {
                self.fill()?;
            }
            let step = (self.left().len() as u64).min(count) as usize;
            sum = crc32c::crc32c_append(sum, self.left().get(..step).unwrap_or_default());
            self.at += step;
            count -= step as u64;
        }
        Ok(sum)
    }

    /// Bytes behind the image, as far as that is known.
    pub(super) fn rest(&mut self) -> u64 {
        let unread = match self.file.stream_position() {
            Ok(position) if self.size > 0 => self.size.saturating_sub(position),
            _ => 0,
        };
        self.left().len() as u64 + unread
    }
}

impl Source for Stream {
    type Error = ReadError;

    fn get(&mut self, mut bytes: &mut [u8]) -> Result<(), ReadError> {
        while !bytes.is_empty() {
            if self.left().is_empty() {
                self.fill()?;
            }
            let step = self.left().len().min(bytes.len());
            let (now, later) = bytes.split_at_mut(step);
            now.copy_from_slice(self.left().get(..step).unwrap_or_default());
            self.at += step;
            bytes = later;
        }
        Ok(())
    }

    fn crc32c(crc: u32, bytes: &[u8]) -> u32 {
        !crc32c::crc32c_append(!crc, bytes)
    }
}
