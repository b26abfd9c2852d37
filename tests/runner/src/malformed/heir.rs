// SPDX-License-Identifier: GPL-2.0-only

//! Damage to address spaces that begin as a copy of their parent's.

use ckpt_image::{
    record::{
        vma_kind,
        Mm,
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
    let rows = vec![parts("heir_offset", Refused, |good| {
        // What the parent has of the mapping is inherited, the page behind it is not: that is
        // mapped with the offset that it has in the whole.
        changed(good, |vma| {
            vma.end += PAGE_SIZE;
            vma.offset = u64::MAX - PAGE_SIZE + 1;
        })
    })];
    rows.into_iter().map(Row::of_tasks).collect()
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
