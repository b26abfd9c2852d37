// SPDX-License-Identifier: GPL-2.0-only

//! The fuzzer's target: whatever the bytes are, reading them ends, with an error or without one.
//!
//! Inputs are mostly changed by what knows the records ([`ckpt_mutate`]), else by libFuzzer, and kept
//! when they reach code that no other has. `tools/lab/fuzz` runs it.

#![no_main]

use ckpt_image::testing::{
    seal,
    split,
    walk, //
};
use ckpt_mutate::{
    mutate,
    Base, //
};
use libfuzzer_sys::{
    fuzz_crossover,
    fuzz_mutator,
    fuzz_target,
    fuzzer_mutate, //
};

fuzz_target!(|image: &[u8]| {
    let records = walk(image);
    // A reader that is content has seen all of it, so that it can be put together again.
    if records.is_ok() {
        let mut parts = split(image);
        parts.pop();
        assert!(
            walk(&seal(&parts)) == records,
            "taken apart and sealed, it is another image"
        );
    }
});

/// Writes a result, if there is room for it.
fn put(image: &[u8], out: &mut [u8]) -> Option<usize> {
    out.get_mut(..image.len())?.copy_from_slice(image);
    Some(image.len())
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let known = Base::new("", &data[..size]).filter(|_| seed % 8 != 0);
    let put = known.and_then(|base| {
        let mutated = mutate(seed.into(), &base.parts, &base.parts);
        put(&mutated.image, &mut data[..max_size])
    });
    put.unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
});

fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    let both = Base::new("", one).zip(Base::new("", other));
    let crossed = both
        .and_then(|(one, other)| put(&mutate(seed.into(), &one.parts, &other.parts).image, out));
    // Nothing of use: as it was.
    crossed.or_else(|| put(one, out)).unwrap_or(0)
});
