// SPDX-License-Identifier: GPL-2.0-only

//! How the fuzzers change their inputs: mostly by what knows the records ([`ckpt_mutate`]), else as
//! libFuzzer does.

use ckpt_mutate::{
    mutate,
    Base, //
};
use libfuzzer_sys::fuzzer_mutate;

/// Writes a result, if there is room for it.
fn put(image: &[u8], out: &mut [u8]) -> Option<usize> {
    out.get_mut(..image.len())?.copy_from_slice(image);
    Some(image.len())
}

/// For `fuzz_mutator!`.
pub fn change(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let known = Base::new("", &data[..size]).filter(|_| seed % 8 != 0);
    let put = known.and_then(|base| {
        let mutated = mutate(seed.into(), &base.parts, &base.parts);
        put(&mutated.image, &mut data[..max_size])
    });
    put.unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
}

/// For `fuzz_crossover!`.
pub fn cross(one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize {
    let both = Base::new("", one).zip(Base::new("", other));
    let crossed = both
        .and_then(|(one, other)| put(&mutate(seed.into(), &one.parts, &other.parts).image, out));
    // Nothing of use: as it was.
    crossed.or_else(|| put(one, out)).unwrap_or(0)
}
