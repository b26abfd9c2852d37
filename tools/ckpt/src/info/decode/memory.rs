// SPDX-License-Identifier: GPL-2.0-only

//! Address spaces: their mappings, and the pages that each has been promised.

use ckpt_image::{
    limits,
    record::run_flag,
    Problem,
    PAGE_SIZE, //
};

use super::{
    owe,
    Builder,
    Fit,
    OwedByMemory, //
};
use crate::info::{
    convert,
    items::{
        Item,
        Placed, //
    },
    model::*, //
};

impl Builder {
    pub(super) fn memories(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        match &placed.item {
            Item::Mm(body) => {
                self.define(hdr, body.objref)?;
                self.refer(hdr, body.exe);
                if body.base != 0 {
                    self.refer(hdr, body.base);
                }
                if body.nr_vmas > limits::VMAS {
                    return Err(hdr.malformed(Problem::Count(body.nr_vmas)));
                }
                let promised = OwedByMemory {
                    mappings: body.nr_vmas,
                    pages: body.nr_pages,
                    copied: body.nr_copied,
                };
                owe(hdr, &mut self.owed.memory, promised)?;
                self.image.memories.push(convert::memory(body));
            }
            Item::Auxv(words) => {
                self.memory(hdr)?.auxv = words.iter().map(|word| Hex(*word)).collect();
            }
            Item::Vma(body) => {
                Builder::pay(hdr, &mut self.owed.memory.mappings)?;
                if body.file != 0 {
                    self.refer(hdr, body.file);
                }
                let memory = self.memory(hdr)?;
                let floor = memory.mappings.last().map_or(0, |before| before.end.0);
                if body.start < floor
                    || body.start >= body.end
                    || (body.start | body.end) % PAGE_SIZE != 0
                {
                    return Err(hdr.malformed(Problem::Value("bad range of a mapping")));
                }
                // So a page is counted no more often than there are pages and runs.
                let size = (body.end - body.start) / PAGE_SIZE;
                if body.nr_pages > size || body.nr_shared > size {
                    return Err(hdr.malformed(Problem::Value("more pages than the mapping has")));
                }
                memory.mappings.push(convert::mapping(body));
            }
            Item::GuardRuns(runs) => {
                if let Some(mapping) = self.memory(hdr)?.mappings.last_mut() {
                    mapping.guards = runs.iter().map(|run| u64::from(run.nr_pages)).sum();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Where the pages of mappings come from.
    pub(super) fn pages(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        let many = hdr.malformed(Problem::Value("more pages than were announced"));
        let outside = hdr.malformed(Problem::Value("pages that no mapping has announced"));
        match &placed.item {
            Item::Pages(pages, _) if self.owed.stored > 0 => {
                let left = self.owed.stored.checked_sub(pages.nr_pages.into());
                self.owed.stored = left.ok_or(many)?;
            }
            Item::Pages(pages, runs) => {
                let left = self.owed.memory.pages.checked_sub(pages.nr_pages.into());
                self.owed.memory.pages = left.ok_or(many)?;
                let memory = self.memory(hdr)?;
                for run in runs {
                    let stored = |mapping: &mut Mapping, count| mapping.stored += count;
                    if !count(memory, run.address, run.nr_pages, stored) {
                        return Err(outside);
                    }
                }
            }
            Item::CopyRuns(runs) => {
                for run in runs {
                    let left = self.owed.memory.copied.checked_sub(run.nr_pages.into());
                    self.owed.memory.copied = left.ok_or(many)?;
                    self.refer(hdr, run.mm);
                    let copied = |mapping: &mut Mapping, count| mapping.copied += count;
                    if !count(self.memory(hdr)?, run.address, run.nr_pages, copied) {
                        return Err(outside);
                    }
                }
            }
            Item::SharedRuns(runs) => {
                let mapping = self.memory(hdr)?.mappings.last_mut().ok_or(outside)?;
                for run in runs {
                    match run.flags {
                        0 => mapping.shared += u64::from(run.nr_pages),
                        // Pages that the mapping has not.
                        run_flag::DROPPED => {}
                        _ => return Err(hdr.malformed(Problem::Value("unknown flags of a run"))),
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Counts the pages of a run for the mappings that they are in; tells whether all are in one, and announced
/// by it.
fn count(
    memory: &mut Memory,
    mut address: u64,
    nr_pages: u32,
    mut add: impl FnMut(&mut Mapping, u64),
) -> bool {
    let Some(end) = address.checked_add(u64::from(nr_pages) * PAGE_SIZE) else {
        return false;
    };
    let first = memory
        .mappings
        .partition_point(|mapping| mapping.end.0 <= address);
    for mapping in memory.mappings.iter_mut().skip(first) {
        if address >= end {
            break;
        }
        if mapping.start.0 > address {
            return false;
        }
        let stop = end.min(mapping.end.0);
        add(mapping, (stop - address) / PAGE_SIZE);
        if mapping.stored + mapping.copied > mapping.promised[0] {
            return false;
        }
        address = stop;
    }
    address >= end
}
