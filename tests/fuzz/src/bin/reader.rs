// SPDX-License-Identifier: GPL-2.0-only

//! The fuzzer's target: whatever the bytes are, reading them ends, with an error or without one.
//! `tools/lab/fuzz` runs it.

#![no_main]

use ckpt_image::testing::{
    seal,
    unsealed,
    walk, //
};
use libfuzzer_sys::{
    fuzz_crossover,
    fuzz_mutator,
    fuzz_target, //
};

fuzz_target!(|image: &[u8]| {
    let records = walk(image);
    // A reader that is content has seen all of it, so that it can be put together again.
    if records.is_ok() {
        let parts = unsealed(image).unwrap_or_default();
        assert!(
            walk(&seal(&parts)) == records,
            "taken apart and sealed, it is another image"
        );
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    ckpt_fuzz::change(data, size, max_size, seed)
});

fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    ckpt_fuzz::cross(one, other, out, seed)
});
