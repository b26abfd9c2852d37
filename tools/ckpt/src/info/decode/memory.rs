// SPDX-License-Identifier: GPL-2.0-only

//! Address spaces: their mappings, and the pages that each announces.

use ckpt_image::{
    limits,
    record::{
        self,
        run_flag,
        CopyRun,
        Run, //
    },
    Hdr,
    Kind,
    Malformed,
    Problem,
    PAGE_SIZE, //
};

use super::{
    Builder,
    Fit,
    Shared, //
};
use crate::info::{
    convert,
    items::{
        list,
        Placed, //
    },
    model::*, //
};

/// Pages of a run that lie in no mapping, or in two.
const OUTSIDE: Problem = Problem::Value("run of pages outside of its mapping");

impl Builder {
    fn memory(&mut self, hdr: &Hdr) -> Result<&mut Memory, Malformed> {
        let stray = hdr.malformed(Problem::Wanted(Kind::MM));
        self.image.memories.last_mut().ok_or(stray)
    }

    fn last_mapping(&mut self, hdr: &Hdr) -> Result<&mut Mapping, Malformed> {
        let stray = hdr.malformed(Problem::Wanted(Kind::VMA));
        self.memory(hdr)?.mappings.last_mut().ok_or(stray)
    }

    pub(super) fn memories(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        if let Some(body) = placed.body::<record::Mm>() {
            let [first, ..] = self.first_sharers(hdr)?;
            self.sharing
                .define(hdr, Shared::Memory, first, body.objref)?;
            self.image.memories.push(convert::memory(&body));
        } else if let Some(body) = placed.body() {
            self.mapping(hdr, &body)?;
        } else if let Some(body) = placed.body::<record::Guards>() {
            if u64::from(body.nr_runs) != self.last_mapping(hdr)?.guards {
                return Err(hdr.malformed(Problem::Count(body.nr_runs)));
            }
        } else if let Some(body) = placed.body::<record::PagesShared>() {
            if self.memory(hdr)?.base == 0 {
                return Err(hdr.malformed(Problem::Value("pages shared with no base")));
            }
            check_runs(hdr, body.nr_runs)?;
        } else if let Some(body) = placed.body::<record::PagesCopied>() {
            check_runs(hdr, body.nr_runs)?;
        }
        Ok(())
    }

    fn mapping(&mut self, hdr: &Hdr, body: &record::Vma) -> Fit {
        let memory = self.memory(hdr)?;
        let floor = memory.mappings.last().map_or(0, |before| before.end.0);
        if body.start < floor
            || body.start >= body.end
            || body.end > limits::ADDRESS
            || (body.start | body.end) % PAGE_SIZE != 0
        {
            return Err(hdr.malformed(Problem::Value("bad range of a mapping")));
        }
        let size = (body.end - body.start) / PAGE_SIZE;
        if body.nr_pages.saturating_add(body.nr_shared) > size || u64::from(body.nr_guards) > size {
            return Err(hdr.malformed(Problem::Value("more pages than the mapping has")));
        }
        if body.nr_shared > 0 && memory.base == 0 {
            return Err(hdr.malformed(Problem::Value("pages shared with no base")));
        }
        memory.mappings.push(convert::mapping(body));
        Ok(())
    }

    pub(super) fn memory_entries(&mut self, hdr: &Hdr, owner: Kind, bytes: &[u8]) -> Fit {
        match owner {
            Kind::GUARDS => {
                let mapping = self.last_mapping(hdr)?;
                mapping.guards = 0;
                for run in &list::<Run>(bytes) {
                    if run.flags != 0 || !is_within(mapping, run.address, run.nr_pages) {
                        return Err(hdr.malformed(OUTSIDE));
                    }
                    mapping.guards += u64::from(run.nr_pages);
                }
            }
            Kind::PAGES_SHARED => {
                let mapping = self.last_mapping(hdr)?;
                for run in &list::<Run>(bytes) {
                    if !is_within(mapping, run.address, run.nr_pages) {
                        return Err(hdr.malformed(OUTSIDE));
                    }
                    // Others are pages that the mapping has not.
                    if run.flags & run_flag::DROPPED == 0 {
                        mapping.shared += u64::from(run.nr_pages);
                    }
                }
            }
            _ => {
                for run in &list::<CopyRun>(bytes) {
                    if run.source % PAGE_SIZE != 0 || run.source > limits::ADDRESS {
                        let nowhere = Problem::Value("copy of a page that is not there");
                        return Err(hdr.malformed(nowhere));
                    }
                    let mapping = self.mapping_of(hdr, run.address, run.nr_pages)?;
                    mapping.copied += u64::from(run.nr_pages);
                }
            }
        }
        Ok(())
    }

    /// Pages that the image stores for the address space.
    pub(super) fn stored(&mut self, hdr: &Hdr, runs: &[Run]) -> Fit {
        for run in runs {
            let mapping = self.mapping_of(hdr, run.address, run.nr_pages)?;
            mapping.stored += u64::from(run.nr_pages);
        }
        Ok(())
    }

    /// The mapping that all pages of a run lie in.
    fn mapping_of(
        &mut self,
        hdr: &Hdr,
        address: u64,
        nr_pages: u32,
    ) -> Result<&mut Mapping, Malformed> {
        let mappings = &mut self.memory(hdr)?.mappings;
        let after = mappings.partition_point(|mapping| mapping.end.0 <= address);
        let mapping = mappings.get_mut(after);
        mapping
            .filter(|mapping| is_within(mapping, address, nr_pages))
            .ok_or_else(|| hdr.malformed(OUTSIDE))
    }

    /// Looks whether each mapping has got the pages that it announced.
    pub(super) fn check_pages(&self, tail: &Hdr) -> Fit {
        let mut mappings = self
            .image
            .memories
            .iter()
            .flat_map(|memory| &memory.mappings);
        let is_full = |mapping: &Mapping| {
            [mapping.stored + mapping.copied, mapping.shared] == mapping.promised
        };
        match mappings.all(is_full) {
            true => Ok(()),
            false => Err(tail.malformed(Problem::Value("pages of a mapping are missing"))),
        }
    }
}

/// A number of runs that has to be there.
fn check_runs(hdr: &Hdr, count: u32) -> Fit {
    match count {
        0 => Err(hdr.malformed(Problem::Count(count))),
        _ => Ok(()),
    }
}

/// Whether pages lie in a mapping: some, and whole ones.
fn is_within(mapping: &Mapping, address: u64, nr_pages: u32) -> bool {
    let end = address.checked_add(u64::from(nr_pages) * PAGE_SIZE);
    nr_pages > 0
        && address % PAGE_SIZE == 0
        && address >= mapping.start.0
        && end.is_some_and(|end| end <= mapping.end.0)
}
