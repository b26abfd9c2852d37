// SPDX-License-Identifier: GPL-2.0-only

//! The view of the sections and objects of an image, from the index at its end.
//!
//! If a damaged image is a file, the index is found without reading what stands before it, and each section
//! and object is checked by itself. So the view can tell which of them are damaged.

use std::{
    fs::File,
    io::{
        self,
        BufReader,
        Read,
        Seek,
        SeekFrom,
        Write, //
    },
};

use ckpt_image::{
    find::{
        Found,
        Seekable, //
    },
    record::IndexEntry,
    Source, //
};

use super::names;
use crate::{
    source::{
        self,
        ReadError, //
    },
    text::printable,
};

/// A file that is read once more, and where the image begins in it.
pub struct Again {
    file: BufReader<File>,
    size: u64,
    start: u64,
}

/// Another look at a file that is about to be read; `None` for what cannot be read twice.
pub fn again(file: &File) -> Option<Again> {
    let data = file.metadata().ok().filter(|data| data.is_file())?;
    let mut file = file.try_clone().ok()?;
    Some(Again {
        start: file.stream_position().ok()?,
        size: data.len(),
        file: BufReader::new(file),
    })
}

impl Source for Again {
    type Error = ReadError;

    fn get(&mut self, bytes: &mut [u8]) -> Result<(), ReadError> {
        self.file
            .read_exact(bytes)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => ReadError::End,
                _ => error.into(),
            })
    }

    fn crc32c(crc: u32, bytes: &[u8]) -> u32 {
        !crc32c::crc32c_append(!crc, bytes)
    }
}

impl Seekable for Again {
    fn size(&mut self) -> Result<u64, ReadError> {
        Ok(self.size)
    }

    fn seek(&mut self, offset: u64) -> Result<(), ReadError> {
        self.file.seek(SeekFrom::Start(offset))?;
        Ok(())
    }
}

fn title(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<13} {:>8} {:>12} {:>12} {:>8}",
        "KIND", "ID", "OFFSET", "LENGTH", "CHECKSUM"
    )
}

fn line(entry: &IndexEntry) -> String {
    format!(
        "{:<13} {:>8} {:>12} {:>12} {:08x}",
        names::kind(entry.kind.into()),
        entry.id,
        entry.offset,
        entry.len,
        entry.checksum
    )
}

/// One line for each entry.
pub fn show(out: &mut dyn Write, index: &[IndexEntry]) -> io::Result<()> {
    title(out)?;
    index
        .iter()
        .try_for_each(|entry| writeln!(out, "{}", line(entry)))
}

/// The same for an image that is damaged, with what is wrong with each entry. Nothing when there is no index
/// to be found.
pub fn show_damage(out: &mut dyn Write, file: Again) -> io::Result<()> {
    let start = file.start;
    let Ok(mut found) = Found::new(file) else {
        return Ok(());
    };
    // Another image may stand at the end.
    if found.start() != start {
        return Ok(());
    }
    title(out)?;
    while let Ok(Some(entry)) = found.next_entry() {
        let damage = match found.check(&entry) {
            Ok(()) => String::new(),
            Err(ReadError::Malformed(malformed)) => {
                format!("  damaged: {}", source::describe(&malformed))
            }
            Err(error) => format!("  {error}"),
        };
        writeln!(out, "{}{}", line(&entry), printable(&damage))?;
    }
    Ok(())
}
