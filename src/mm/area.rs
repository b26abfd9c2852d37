// SPDX-License-Identifier: GPL-2.0-only

//! Mappings as an image describes them: which values are allowed, and what remains to be set when the pages
//! are there.

use core::ops::Range;

use ckpt_image::{
    limits,
    record::{
        vma_flag,
        vma_kind,
        Vma, //
    },
};

use crate::{
    arch,
    sys::{
        page,
        symbols, //
    },
};

/// A mapping that has been made and is being filled.
pub(super) struct Area {
    /// What the image says of it.
    pub(super) vma: Vma,
    /// Pages that are still to come.
    pub(super) missing: u64,
}

impl Area {
    /// Pages of its own are stored for it: it is writable until they are there.
    pub(super) fn is_filled(vma: &Vma) -> bool {
        vma.nr_pages != 0
    }

    /// Whether its protection differs from that of a mapping that is being filled.
    pub(super) fn needs_protection(&self) -> bool {
        const ALL: u64 = vma_flag::READ | vma_flag::WRITE | vma_flag::EXEC;
        Self::is_filled(&self.vma)
            && self.vma.flags & ALL != (self.vma.flags & ALL) | vma_flag::READ | vma_flag::WRITE
    }
}

/// Bytes that the vDSO and its data take.
pub(super) fn vdso_bytes<'a>(vmas: impl Iterator<Item = &'a Vma>) -> u64 {
    vmas.filter(|vma| vma.kind == vma_kind::VDSO)
        .fold(0, |sum, vma| sum + (vma.end - vma.start))
}

/// Whether a mapping is executable memory that was written, or can be: what PR_SET_MDWE forbids. The
/// contents of anonymous memory have been written.
pub(super) fn executes_what_was_written(vma: &Vma) -> bool {
    let has_own = vma.nr_pages != 0 || vma.nr_shared != 0 || vma.kind == vma_kind::ANON;
    vma.kind != vma_kind::VDSO
        && vma.flags & vma_flag::EXEC != 0
        && (vma.flags & vma_flag::WRITE != 0 || has_own)
}

/// What is wrong with a mapping of an image, `floor` being the end of the one before it.
pub(super) fn problem(vma: &Vma, floor: u64) -> Option<&'static str> {
    let has = |flags| vma.flags & flags != 0;
    let aligned = [vma.start, vma.end, vma.offset]
        .iter()
        .all(|number| number % page::SIZE == 0);
    let pages = vma.end.saturating_sub(vma.start) / page::SIZE;
    let private = !has(vma_flag::SHARED);
    if !aligned || vma.start >= vma.end || vma.end > limits::ADDRESS {
        Some("mapping out of range or not aligned")
    } else if vma.offset > i64::MAX as u64 - vma.end {
        // Of any kind: a part of a mapping has an offset of its own, which is a sum.
        Some("offset out of range")
    } else if vma.start < floor {
        Some("mappings overlap or are out of order")
    } else if vma.flags & !vma_flag::ALL != 0 {
        Some("mapping with unknown flags")
    } else if vma.nr_pages.saturating_add(vma.nr_shared) > pages || u64::from(vma.nr_guards) > pages
    {
        Some("mapping with more pages than it is long")
    } else if vma.nr_pages != 0 && (!private || vma.kind == vma_kind::VDSO) {
        Some("pages for a mapping that has none of its own")
    } else if has(vma_flag::DROPPABLE) && vma.nr_pages.saturating_add(vma.nr_shared) != 0 {
        Some("pages for a mapping whose contents may be dropped")
    } else if vma.pkey > 15 || (vma.pkey != 0 && !arch::fpu::has_pkeys()) {
        Some("protection key that this processor does not have")
    } else if has(vma_flag::SEALED) && vma.kind != vma_kind::VDSO && !symbols::has(c"do_mseal") {
        Some("sealed mapping, which this kernel cannot seal again")
    } else {
        kind_problem(vma)
    }
}

fn kind_problem(vma: &Vma) -> Option<&'static str> {
    let shared = vma.flags & vma_flag::SHARED != 0;
    let on_file = vma_flag::GROWSDOWN | vma_flag::DROPPABLE;
    match vma.kind {
        vma_kind::ANON if vma.file != 0 || shared => Some("anonymous mapping with a file"),
        vma_kind::ANON if vma.offset != 0 => Some("anonymous mapping with an offset"),
        vma_kind::FILE if vma.flags & on_file != 0 => Some("file mapping with flags of memory"),
        vma_kind::VDSO if vma.file != 0 || vma.nr_guards != 0 => Some("vDSO with a file"),
        vma_kind::ANON | vma_kind::FILE | vma_kind::VDSO => None,
        _ => Some("unknown kind of mapping"),
    }
}

/// A mapping and which of the runs of the survey are its own.
pub(super) struct Surveyed {
    /// As the image has it.
    pub(super) vma: Vma,
    /// Guard regions.
    pub(super) guards: Range<usize>,
    /// Pages that are those of the base, and pages that only the base has.
    pub(super) shared: Range<usize>,
}
