// SPDX-License-Identifier: GPL-2.0-only

//! Address spaces that cannot be.

use ckpt_image::{
    limits,
    record::{
        vma_kind,
        File,
        Guards,
        Mm,
        Pages,
        Vma, //
    },
    testing::Part, //
};

use super::row::{
    damaged_pages, fields, fields_where, parts, payload_where, position, put, Row,
    Wanted::{
        Either,
        Refused, //
    },
};

const KERNEL: u64 = 0xffff_8880_0000_0000;
const O_PATH: u32 = 0o1000_0000;

fn is_anon(vma: &Vma) -> bool {
    vma.kind == vma_kind::ANON
}

fn is_file(vma: &Vma) -> bool {
    vma.kind == vma_kind::FILE
}

/// All rows.
pub fn rows() -> Vec<Row> {
    let mut rows = mappings();
    rows.extend(contents());
    rows.extend(numbers());
    rows
}

fn mappings() -> Vec<Row> {
    vec![
        fields_where::<Vma>(
            "mapping_range",
            Refused,
            is_anon,
            &[
                |vma| vma.end = vma.start,
                |vma| (vma.start, vma.end) = (vma.end, vma.start),
                |vma| vma.start += 1,
                |vma| vma.end -= 8,
                |vma| (vma.start, vma.end) = (0, 4096),
                |vma| vma.start = 0,
                |vma| vma.end = limits::ADDRESS + 4096,
                |vma| (vma.start, vma.end) = (KERNEL, KERNEL + 4096),
                |vma| vma.end = u64::MAX - 4095,
            ],
        ),
        parts("mappings_overlap", Refused, |good| {
            // The one behind begins one page too early, or both are the same.
            let Some(first) = position::<Vma>(good, |_| true) else {
                return Vec::new();
            };
            let Some(second) = position_after(good, first) else {
                return Vec::new();
            };
            let Some(before) = good[first].get::<Vma>() else {
                return Vec::new();
            };
            let mut early = good.to_vec();
            early[second].change::<Vma>(|vma| vma.start = before.end - 4096);
            let mut same = good.to_vec();
            same[second].change::<Vma>(|vma| (vma.start, vma.end) = (before.start, before.end));
            vec![early, same]
        }),
        fields::<Vma>(
            "mapping_kind",
            Refused,
            &[
                |vma| vma.kind = 0,
                |vma| vma.kind = 9,
                |vma| vma.kind = u32::MAX,
            ],
        ),
        fields::<Vma>(
            "mapping_flags",
            Refused,
            &[
                |vma| vma.flags |= 1 << 63,
                |vma| vma.flags |= 1 << 40,
                |vma| vma.flags = u64::MAX,
            ],
        ),
        fields_where::<Vma>(
            "mapping_offset",
            Refused,
            is_file,
            &[
                |vma| vma.offset += 1,
                |vma| vma.offset = u64::MAX - 4095,
                |vma| vma.offset = i64::MAX as u64 + 1,
            ],
        ),
        fields_where::<Vma>(
            "mapping_offset_of_memory",
            Refused,
            is_anon,
            &[|vma| vma.offset = 4096, |vma| vma.offset = u64::MAX - 4095],
        ),
        fields_where::<Vma>(
            "mapping_key",
            Refused,
            is_anon,
            &[
                |vma| vma.pkey = 16,
                |vma| vma.pkey = 15,
                |vma| vma.pkey = u32::MAX,
            ],
        ),
        fields_where::<Vma>(
            "mapping_of_the_wrong_sort",
            Refused,
            is_file,
            &[
                |vma| vma.kind = vma_kind::VDSO,
                |vma| vma.flags |= ckpt_image::record::vma_flag::GROWSDOWN,
                |vma| vma.flags |= ckpt_image::record::vma_flag::DROPPABLE,
            ],
        ),
        // Nothing of it is stored.
        fields_where::<Vma>(
            "droppable_with_pages",
            Refused,
            |vma| is_anon(vma) && vma.nr_pages != 0,
            &[|vma| vma.flags |= ckpt_image::record::vma_flag::DROPPABLE],
        ),
        fields_where::<Vma>(
            "anonymous_with_file",
            Either,
            is_anon,
            &[
                |vma| vma.file = 1,
                |vma| vma.offset = 12345,
                |vma| vma.flags |= ckpt_image::record::vma_flag::SHARED,
            ],
        ),
        payload_where::<Guards>(
            "guard_runs",
            Refused,
            |_| true,
            0,
            &[
                |runs| put(runs, 0, 4096u64.to_ne_bytes()),
                |runs| put(runs, 0, KERNEL.to_ne_bytes()),
                |runs| put(runs, 8, 0u32.to_ne_bytes()),
                |runs| put(runs, 8, u32::MAX.to_ne_bytes()),
                |runs| put(runs, 12, 1u32.to_ne_bytes()),
            ],
        ),
        fields_where::<Vma>(
            "vdso_elsewhere",
            Refused,
            |vma| vma.kind == vma_kind::VDSO,
            &[
                |vma| vma.start += 4096,
                |vma| (vma.start, vma.end) = (vma.start - 0x10000, vma.end - 0x10000),
            ],
        ),
    ]
}

fn position_after(parts: &[Part], first: usize) -> Option<usize> {
    (first + 1..parts.len()).find(|at| parts[*at].get::<Vma>().is_some())
}

/// Where the first PAGES record of memory is; contents of files have such, too.
fn first_pages(parts: &[Part], is: impl Fn(&Pages) -> bool) -> Option<usize> {
    let memory = position::<Mm>(parts, |_| true)?;
    let found = |part: &Part| part.get::<Pages>().is_some_and(|pages| is(&pages));
    Some(memory + parts[memory..].iter().position(found)?)
}

/// Changes the runs of the first PAGES record of memory; they stand behind its fixed part.
fn runs(name: &'static str, wanted: super::row::Wanted, change: fn(&[Vma], &mut [u8])) -> Row {
    parts(name, wanted, move |good| {
        let vmas: Vec<Vma> = good.iter().filter_map(Part::get::<Vma>).collect();
        let Some(at) = first_pages(good, |_| true) else {
            return Vec::new();
        };
        let mut parts = good.to_vec();
        change(&vmas, &mut parts[at].body[size_of::<Pages>()..]);
        vec![parts]
    })
}

fn contents() -> Vec<Row> {
    vec![
        runs("run_outside", Refused, |_, run| {
            put(run, 0, 0x1_0000u64.to_ne_bytes())
        }),
        runs("run_in_kernel", Refused, |_, run| {
            put(run, 0, KERNEL.to_ne_bytes())
        }),
        runs("run_unaligned", Refused, |_, run| {
            put(run, 0, 0x40_0800u64.to_ne_bytes())
        }),
        runs("run_empty", Refused, |_, run| {
            put(run, 8, 0u32.to_ne_bytes())
        }),
        runs("run_too_long", Refused, |_, run| {
            put(run, 8, u32::MAX.to_ne_bytes())
        }),
        runs("run_with_flags", Refused, |_, run| {
            put(run, 12, 2u32.to_ne_bytes())
        }),
        runs("run_over_the_end", Refused, |vmas, run| {
            // It begins on the last page of a mapping with nothing behind it.
            let hole = vmas
                .windows(2)
                .find(|pair| pair[0].kind == vma_kind::ANON && pair[1].start > pair[0].end);
            if let Some([vma, _]) = hole {
                put(run, 0, (vma.end - 4096).to_ne_bytes());
                put(run, 8, 2u32.to_ne_bytes());
            } else {
                put(run, 0, 0u64.to_ne_bytes());
            }
        }),
        runs("run_in_vdso", Refused, |vmas, run| {
            if let Some(vma) = vmas.iter().find(|vma| vma.kind == vma_kind::VDSO) {
                put(run, 0, vma.start.to_ne_bytes());
            }
        }),
        parts("page_contents", Refused, |good| {
            damaged_pages(good, position::<Mm>(good, |_| true))
        }),
        parts("run_across_mappings", Either, |good| {
            // Two neighbours without a gap: contents for both in one run.
            let vmas: Vec<Vma> = good.iter().filter_map(Part::get::<Vma>).collect();
            let pair = vmas.windows(2).find(|pair| pair[0].end == pair[1].start);
            let (Some([first, _]), Some(at)) = (pair, first_pages(good, |p| p.nr_pages > 1)) else {
                return Vec::new();
            };
            let mut parts = good.to_vec();
            let body = &mut parts[at].body[size_of::<Pages>()..];
            put(body, 0, (first.end - 4096).to_ne_bytes());
            vec![parts]
        }),
    ]
}

fn numbers() -> Vec<Row> {
    vec![
        fields::<Mm>(
            "mm_flags",
            Refused,
            &[
                |mm| mm.flags |= 1 << 31,
                |mm| mm.def_flags |= 1 << 63,
                |mm| mm.membarrier |= 1 << 31,
                |mm| mm.pkeys |= 1 << 31,
                |mm| mm.execute_only_pkey = 99,
            ],
        ),
        fields::<Mm>(
            "mm_addresses",
            Refused,
            &[
                |mm| mm.start_code = KERNEL,
                |mm| mm.end_code = KERNEL,
                |mm| mm.start_data = KERNEL,
                |mm| mm.end_data = KERNEL,
                |mm| mm.start_brk = KERNEL,
                |mm| mm.brk = KERNEL,
                |mm| mm.start_stack = KERNEL,
                |mm| mm.arg_start = KERNEL,
                |mm| mm.arg_end = KERNEL,
                |mm| mm.env_start = KERNEL,
                |mm| mm.env_end = KERNEL,
                |mm| mm.mmap_base = KERNEL,
                |mm| mm.mmap_legacy_base = KERNEL,
                |mm| mm.vdso = KERNEL,
                |mm| mm.mmap_base += 1,
                |mm| mm.mmap_legacy_base += 2048,
            ],
        ),
        parts("executable_path_only", Refused, |good| {
            // A file that is not open for anything: PR_SET_MM_EXE_FILE would not take it either.
            let exe = good.iter().find_map(|part| Some(part.get::<Mm>()?.exe));
            let Some(at) = position::<File>(good, |file| Some(file.objref) == exe) else {
                return Vec::new();
            };
            let mut parts = good.to_vec();
            parts[at].change::<File>(|file| file.flags |= O_PATH);
            vec![parts]
        }),
        fields::<Mm>(
            "mm_order",
            Refused,
            &[
                |mm| mm.brk = mm.start_brk - 4096,
                |mm| (mm.arg_start, mm.arg_end) = (mm.arg_end, mm.arg_start),
                |mm| (mm.env_start, mm.env_end) = (mm.env_end, mm.env_start),
                |mm| (mm.start_code, mm.end_code) = (mm.end_code, mm.start_code),
            ],
        ),
        payload_where::<Mm>(
            "auxiliary_vector",
            Refused,
            |_| true,
            0,
            &[
                |auxv| auxv.resize(100 * 8, 1),
                |auxv| auxv.resize(1 << 20, 0),
                |auxv| auxv.truncate(9),
            ],
        ),
        payload_where::<Mm>(
            "auxiliary_vector_values",
            Either,
            |_| true,
            0,
            &[|auxv| auxv.fill(0xff), |auxv| auxv.fill(0)],
        ),
        fields::<Mm>("dump_filter", Either, &[|mm| mm.dump_filter = u32::MAX]),
    ]
}
