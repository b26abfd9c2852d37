// SPDX-License-Identifier: GPL-2.0-only

//! Reading an image in memory as strictly as the crate alone can.

use std::{
    vec,
    vec::Vec, //
};

use super::{
    crc32c,
    Error,
    Slice, //
};
use crate::{
    describe::info,
    limits,
    record::*,
    Hdr,
    Kind,
    Problem,
    Reader,
    PAGE_SIZE, //
};

/// Reads a record that has a fixed part and nothing else.
fn known(reader: &mut Reader<Slice<'_>>, hdr: &Hdr) -> Result<(), Error> {
    let unknown = hdr.malformed(Problem::Value("record of unknown kind"));
    let info = info(hdr.kind)
        .filter(|info| info.kind != Kind::HEADER)
        .ok_or(unknown)?;
    reader.described(info, &mut [0; limits::RECORD as usize])?;
    Ok(())
}

fn buffer(reader: &mut Reader<Slice<'_>>) -> Result<(), Error> {
    // Only what is really there is allocated: the length may be anything.
    let there = reader.source_mut().0;
    let len = there.first_chunk().ok_or(Error::End)?;
    let len = usize::try_from(u64::from_ne_bytes(*len)).map_err(|_| Error::End)?;
    if len > there.len() {
        return Err(Error::End);
    }
    reader.buffer(&mut vec![0; len])
}

fn pages(reader: &mut Reader<Slice<'_>>) -> Result<(), Error> {
    let pages = reader.pages()?;
    let mut runs: Vec<Run> = vec![
        Run {
            address: 0,
            nr_pages: 0,
            flags: 0,
        };
        pages.nr_runs as usize
    ];
    reader.runs(&pages, &mut runs)?;
    let mut sums = Vec::new();
    for run in &runs {
        let source = reader.source_mut();
        let len = run.nr_pages as usize * PAGE_SIZE as usize;
        let contents = source.0.get(..len).ok_or(Error::End)?;
        sums.push(!crc32c(!0, contents));
        source.skip(len)?;
        reader.took_pages(run.nr_pages);
    }
    reader.sums(&runs, &sums)
}

/// Reads TREE, what follows it, and looks whether the entries agree.
fn tree(reader: &mut Reader<Slice<'_>>) -> Result<(), Error> {
    let tree: Tree = reader.record()?;
    let count = tree.nr_tasks.saturating_add(tree.nr_ghosts);
    if tree.nr_tasks == 0 || count > limits::TASKS {
        return Err(reader.malformed(Problem::Count(count)).into());
    }
    reader.buffer_of::<TreeEntry>(count)?;
    let entries = (0..count)
        .map(|_| reader.entry())
        .collect::<Result<Vec<TreeEntry>, Error>>()?;
    if let Some((_, what)) = crate::tree::problem(&entries, tree.nr_tasks) {
        return Err(reader.malformed(Problem::Value(what)).into());
    }
    Ok(())
}

/// Reads an image to its TAIL and gives the number of records, TAIL included. Lengths, growth,
/// runs of pages, what the entries of a tree say of each other, totals and checksum are checked; the
/// order of records is not, save that HEADER is first and TAIL last, nor whether what else they say
/// makes sense.
pub fn walk(image: &[u8]) -> Result<u64, Error> {
    let mut reader = Reader::new(Slice(image));
    let mut text = [0u8; limits::STRING as usize];
    reader.header()?;
    let mut count = 1;
    loop {
        let hdr = reader.peek()?;
        count += 1;
        match hdr.kind {
            Kind::TAIL => return reader.tail().map(|_| count),
            Kind::STRING => reader.string(&mut text).map(|_| ())?,
            Kind::BUFFER => buffer(&mut reader)?,
            Kind::PAGES => pages(&mut reader)?,
            Kind::TREE => {
                tree(&mut reader)?;
                count += 1;
            }
            Kind::ERROR => return Err(hdr.malformed(Problem::Failed).into()),
            _ => known(&mut reader, &hdr)?,
        }
    }
}
