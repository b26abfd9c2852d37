// SPDX-License-Identifier: GPL-2.0-only

//! Filling mappings with the pages of an image.
//!
//! Pages are read from the image straight into user memory. Where a run covers a whole huge page, the fault
//! at its first byte may allocate one. Elsewhere huge pages are prevented, so that memory which was never
//! touched is not allocated.

use core::ops::Range;

use kernel::{
    prelude::*,
    sync::Arc, //
};

use ckpt_image::{
    limits,
    record::{
        vma_flag,
        vma_kind,
        CopyRun,
        PagesCopied,
        Run, //
    },
    Problem, //
};

use super::{
    area::Area,
    space::Space, //
};
use crate::{
    restoring::{
        self,
        Outcome, //
    },
    stream::Runs,
    sys::{
        self,
        page::{
            self,
            Pages, //
        },
        rebuild::Own, //
    },
};

/// Bytes in a huge page.
const HUGE: u64 = 2 << 20;

/// Bytes that are read at once: between two of them a signal can end the restart, and what has been
/// read is still in the processor's caches when it is summed up.
const STEP: u64 = 256 << 10;

/// Whether huge pages may come into being in a mapping now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HugePages {
    Allowed,
    KeptOut,
}

/// Reads all PAGES records of an address space.
pub(super) fn fill(
    context: &mut restoring::Context<'_>,
    own: &Own,
    areas: &mut [Area],
    nr_pages: u64,
) -> Outcome {
    let mut left = nr_pages;
    while left > 0 {
        let mut runs = Runs::next(context.reader, &mut left)?;
        while let Some(run) = runs.here() {
            let area = find(areas, run.address, run.nr_pages.into())
                .ok_or_else(|| context.malformed(Problem::Value("pages outside of a mapping")))?;
            runs.done(fill_run(context, own, area, &run)?)?;
        }
        runs.verify(context.reader)?;
    }
    Ok(())
}

/// Checks that all pages have come.
pub(super) fn check_full(context: &restoring::Context<'_>, areas: &[Area]) -> Outcome {
    if areas.iter().any(|area| area.missing != 0) {
        return Err(context.malformed(Problem::Value("pages of a mapping are missing")));
    }
    Ok(())
}

/// Reads all PAGES_COPIED records of an address space.
pub(super) fn copy(
    context: &mut restoring::Context<'_>,
    own: &Own,
    areas: &mut [Area],
    nr_pages: u64,
) -> Outcome {
    let mut left = nr_pages;
    while left > 0 {
        let head: PagesCopied = context.reader.record()?;
        if head.nr_runs == 0 {
            return Err(context.malformed(Problem::Count(head.nr_runs)));
        }
        context.reader.buffer_of::<CopyRun>(head.nr_runs)?;
        for _ in 0..head.nr_runs {
            let run: CopyRun = context.reader.entry()?;
            let count = u64::from(run.nr_pages);
            left = left
                .checked_sub(count)
                .filter(|_| count != 0)
                .ok_or_else(|| context.malformed(Problem::Count(run.nr_pages)))?;
            let area = find(areas, run.address, count)
                .ok_or_else(|| context.malformed(Problem::Value("pages outside of a mapping")))?;
            copy_run(context, own, area, &run)?;
        }
    }
    Ok(())
}

fn copy_run(context: &restoring::Context<'_>, own: &Own, area: &Area, run: &CopyRun) -> Outcome {
    let source = context.get::<Arc<Space>>(run.mm)?.clone();
    if run.source % page::SIZE != 0 || run.source > limits::ADDRESS {
        return Err(context.malformed(Problem::Value("copy of a page that is not there")));
    }
    let mut batch = Pages::with_room(page::BATCH.min(run.nr_pages as usize))?;
    let end = run.address + u64::from(run.nr_pages) * page::SIZE;
    set_huge(own, area, run.address..end, HugePages::KeptOut)?;
    let (mut address, mut from) = (run.address, run.source);
    while address < end {
        let wanted = ((end - address) / page::SIZE) as usize;
        source
            .mm
            .peek_pages(from, wanted, &mut batch)
            .map_err(|_| context.malformed(Problem::Value("copy of a page that is not there")))?;
        batch.copy_out(address)?;
        let len = batch.len() as u64 * page::SIZE;
        address += len;
        from += len;
        sys::check_signal()?;
    }
    Ok(())
}

/// The mapping that pages lie in; they are taken off those that are missing.
fn find(areas: &mut [Area], address: u64, count: u64) -> Option<&mut Area> {
    let after = areas.partition_point(|area| area.vma.end <= address);
    let area = areas.get_mut(after)?;
    let end = address.checked_add(count.checked_mul(page::SIZE)?)?;
    if address % page::SIZE != 0 || address < area.vma.start || end > area.vma.end {
        return None;
    }
    area.missing = area.missing.checked_sub(count)?;
    Some(area)
}

/// Reads the pages of a run, and gives the checksum of what has come.
fn fill_run(
    context: &mut restoring::Context<'_>,
    own: &Own,
    area: &Area,
    run: &Run,
) -> Outcome<u32> {
    let mut sum = !0;
    let end = run.address + u64::from(run.nr_pages) * page::SIZE;
    let (first, last) = if area.vma.kind == vma_kind::ANON {
        (
            run.address.next_multiple_of(HUGE).min(end),
            end - end % HUGE,
        )
    } else {
        (end, end)
    };
    let mut address = run.address;
    while address < end {
        // Up to the first whole huge page, then the whole ones, then the rest.
        let (until, huge) = if address < first {
            (first, HugePages::KeptOut)
        } else if address < last {
            (last, HugePages::Allowed)
        } else {
            (end, HugePages::KeptOut)
        };
        set_huge(own, area, address..until, huge)?;
        while address < until {
            let len = (until - address).min(STEP);
            context.reader.source_mut().read_user(address, len)?;
            sum = page::sum_user(sum, address, len / page::SIZE)?;
            context.reader.took_pages((len / page::SIZE) as u32);
            address += len;
            sys::check_signal()?;
        }
    }
    Ok(sum)
}

fn set_huge(own: &Own, area: &Area, range: Range<u64>, huge: HugePages) -> Result {
    let first_huge = area.vma.start.next_multiple_of(HUGE);
    if area.vma.kind != vma_kind::ANON || first_huge.saturating_add(HUGE) > area.vma.end {
        // No huge page fits in.
        return Ok(());
    }
    let wanted = area.vma.flags & vma_flag::HUGEPAGE;
    match huge {
        HugePages::Allowed => {
            own.set_vma_flags(range.start, range.end, wanted, vma_flag::NOHUGEPAGE)
        }
        HugePages::KeptOut => own.set_vma_flags(
            range.start,
            range.end,
            vma_flag::NOHUGEPAGE,
            vma_flag::HUGEPAGE,
        ),
    }
}
