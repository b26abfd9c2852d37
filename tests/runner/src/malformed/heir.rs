// SPDX-License-Identifier: GPL-2.0-only

//! Damage to address spaces that begin as a copy of their parent's.

use ckpt_image::{
    record::{
        vma_kind,
        Mm,
        TaskObjs,
        Vma, //
    },
    testing::Part,
    PAGE_SIZE, //
};

use super::row::{
    parts,
    Row,
    Wanted::Refused, //
};

/// All rows.
pub fn rows() -> Vec<Row> {
    let rows = vec![
        parts("heir_offset", Refused, |good| {
            // What the parent has of the mapping is inherited, the page behind it is not: that is
            // mapped with the offset that it has in the whole.
            changed(good, |vma| {
                vma.end += PAGE_SIZE;
                vma.offset = u64::MAX - PAGE_SIZE + 1;
            })
        }),
        parts("heir_of_itself", Refused, heir_of_itself),
        parts("heir_base", Refused, |good| {
            bases(good)
                .into_iter()
                .flat_map(|heir| {
                    [0, u32::MAX, 1].map(|base| {
                        let mut parts = good.to_vec();
                        parts[heir].change::<Mm>(|mm| mm.base = mm.objref.wrapping_sub(base));
                        parts
                    })
                })
                .collect()
        }),
    ];
    rows.into_iter().map(Row::of_tasks).collect()
}

/// Where address spaces are that begin as a copy of another one.
fn bases(good: &[Part]) -> Vec<usize> {
    let is_heir = |part: &Part| part.get::<Mm>().is_some_and(|mm| mm.base != 0);
    (0..good.len()).filter(|at| is_heir(&good[*at])).collect()
}

/// A second thread defines its address space once more, as a copy of the one that it has: under the id
/// that it has, and under the next one.
fn heir_of_itself(good: &[Part]) -> Vec<Vec<Part>> {
    let users: Vec<(usize, TaskObjs)> = (0..good.len())
        .filter_map(|at| Some((at, good[at].get::<TaskObjs>()?)))
        .collect();
    let same = |pair: &&[(usize, TaskObjs)]| {
        (pair[0].1.mm, pair[0].1.signal) == (pair[1].1.mm, pair[1].1.signal)
    };
    let Some([(_, first), (at, _)]) = users.windows(2).find(same) else {
        return Vec::new();
    };
    let defines = |part: &Part| part.get::<Mm>().is_some_and(|body| body.objref == first.mm);
    let Some(begin) = good.iter().position(defines) else {
        return Vec::new();
    };
    // What a process shares is the last that its first task defines.
    let ids = [first.mm, first.signal + 1];
    let images = ids.iter().map(|objref| {
        // With its auxiliary vector and no mappings.
        let mut again = good[begin..begin + 2].to_vec();
        again[0].change::<Mm>(|body| {
            (body.objref, body.base) = (*objref, first.mm);
            (body.nr_vmas, body.nr_pages, body.nr_copied) = (0, 0, 0);
        });
        let mut parts = good.to_vec();
        parts.splice(*at..*at, again);
        parts
    });
    images.collect()
}

/// One image for each anonymous mapping of the first heir that has a free page behind it.
fn changed(good: &[Part], change: fn(&mut Vma)) -> Vec<Vec<Part>> {
    let is_heir = |part: &Part| part.get::<Mm>().is_some_and(|mm| mm.base != 0);
    let Some(heir) = good.iter().position(is_heir) else {
        return Vec::new();
    };
    let mappings: Vec<(usize, Vma)> = (heir + 1..good.len())
        .take_while(|at| good[*at].get::<Mm>().is_none())
        .filter_map(|at| Some((at, good[at].get::<Vma>()?)))
        .collect();
    mappings
        .windows(2)
        .filter(|pair| pair[0].1.kind == vma_kind::ANON && pair[0].1.end < pair[1].1.start)
        .map(|pair| {
            let mut parts = good.to_vec();
            parts[pair[0].0].change::<Vma>(change);
            parts
        })
        .collect()
}
