// SPDX-License-Identifier: GPL-2.0-only

//! Reads an image in memory, as strictly as this crate alone can.

use std::{
    vec,
    vec::Vec, //
};

use zerocopy::FromBytes;

use super::{
    crc32c,
    Error,
    Slice, //
};
use crate::{
    describe::{
        Layout,
        Payload, //
    },
    limits,
    order::{
        Order,
        Place, //
    },
    record::*,
    Kind,
    Problem,
    Reader,
    PAGE_SIZE, //
};

/// Reads a BUFFER and gives what it holds.
fn buffer(
    reader: &mut Reader<Slice<'_>>,
    payload: &Payload,
    count: Option<u64>,
) -> Result<Vec<u8>, Error> {
    let len = reader.begin_bytes()?;
    if let Some(problem) = payload.problem(count, len) {
        return Err(reader.malformed(problem).into());
    }
    // Only what is really there is allocated: the length may be anything.
    if len > reader.source_mut().0.len() as u64 {
        return Err(Error::End);
    }
    let mut bytes = vec![0; len as usize];
    reader.bytes(&mut bytes)?;
    reader.end_of_bytes(len)?;
    let mut entries = bytes.chunks_exact(payload.size);
    match entries.find_map(|entry| payload.entry_problem(entry)) {
        Some(problem) => Err(reader.malformed(problem).into()),
        None => Ok(bytes),
    }
}

/// Reads PAGES and gives how many there are.
fn pages(reader: &mut Reader<Slice<'_>>) -> Result<u64, Error> {
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
    reader.sums(&runs, &sums)?;
    Ok(pages.nr_pages.into())
}

/// Looks whether the entries of a tree agree.
fn tree(reader: &Reader<Slice<'_>>, nr_tasks: u64, bytes: &[u8]) -> Result<(), Error> {
    let entries = bytes.chunks_exact(size_of::<TreeEntry>());
    let entries: Vec<TreeEntry> = entries
        .filter_map(|entry| TreeEntry::read_from_bytes(entry).ok())
        .collect();
    let nr_tasks = u32::try_from(nr_tasks).unwrap_or(u32::MAX);
    if nr_tasks == 0 {
        return Err(reader.malformed(Problem::Count(nr_tasks)).into());
    }
    match crate::tree::problem(&entries, nr_tasks) {
        Some((_, what)) => Err(reader.malformed(Problem::Value(what)).into()),
        None => Ok(()),
    }
}

/// Takes the entries of an index.
fn index(reader: &mut Reader<Slice<'_>>, bytes: &[u8]) -> Result<(), Error> {
    let entries = bytes.chunks_exact(size_of::<IndexEntry>());
    let entries: Vec<IndexEntry> = entries
        .filter_map(|entry| IndexEntry::read_from_bytes(entry).ok())
        .collect();
    reader.index_of(&entries)
}

/// Reads an image to its TAIL and gives the number of records, TAIL included. All is checked that the
/// declarations say: order, lengths, growth, limits, bits and values; and runs of pages, what the entries of a
/// tree say of each other, the index, totals and checksums. Not whether what else they say makes sense.
pub fn walk(image: &[u8]) -> Result<u64, Error> {
    let mut reader = Reader::new(Slice(image));
    let mut order = Order::default();
    let mut text = [0u8; limits::STRING as usize];
    let mut body = [0u8; limits::RECORD as usize];
    let mut count = 0;
    let mut nr_tasks = 0;
    loop {
        let hdr = reader.peek()?;
        if count == 0 && hdr.kind != Kind::HEADER {
            return Err(hdr.malformed(Problem::Magic).into());
        }
        count += 1;
        match order.next(&hdr)? {
            Place::Fixed(info, _) if info.kind == Kind::HEADER => {
                reader.header()?;
                order.fixed(info, &[]);
            }
            Place::Fixed(info, _) if info.kind == Kind::TAIL => {
                return reader.tail().map(|_| count);
            }
            Place::Fixed(info, _) if info.kind == Kind::PAGES => {
                order.pages(&hdr, pages(&mut reader)?)?;
            }
            Place::Fixed(info, _) => {
                let body = reader.described(info, &mut body)?;
                if info.kind == Kind::TREE {
                    nr_tasks = info.get("nr_tasks", body);
                }
                order.fixed(info, body);
            }
            Place::Text(_, _, limit) => {
                let (room, _) = text.split_at_mut(limit.value as usize);
                order.text(reader.string(room)?.is_empty());
            }
            Place::Buffer(info, payload, entries) => {
                let bytes = buffer(&mut reader, &payload, entries)?;
                order.buffer(&hdr, info, &payload, &bytes)?;
                if payload.name == TreeEntry::NAME {
                    tree(&reader, nr_tasks, &bytes)?;
                }
                if payload.name == IndexEntry::NAME {
                    index(&mut reader, &bytes)?;
                }
            }
            Place::Error | Place::Reason => return Err(hdr.malformed(Problem::Failed).into()),
        }
    }
}
