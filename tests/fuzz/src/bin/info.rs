// SPDX-License-Identifier: GPL-2.0-only

//! The fuzzer's target for `ckptinfo`: whatever the bytes are, each of its views ends, within the time and
//! memory that `tools/lab/fuzz` allows.

#![no_main]

use std::{
    fs::File,
    io::{
        Seek,
        Write, //
    },
    sync::{
        LazyLock,
        Mutex, //
    },
};

use libfuzzer_sys::{
    fuzz_crossover,
    fuzz_mutator,
    fuzz_target, //
};

/// What the image is put into.
static IMAGE: LazyLock<Mutex<File>> = LazyLock::new(|| {
    let name = c"image";
    let made = nix::sys::memfd::memfd_create(name, nix::sys::memfd::MFdFlags::MFD_CLOEXEC);
    Mutex::new(made.expect("memfd_create").into())
});

fuzz_target!(|image: &[u8]| {
    let mut file = IMAGE.lock().expect("nothing panics with it");
    file.set_len(0).expect("ftruncate");
    file.rewind().expect("lseek");
    file.write_all(image).expect("write");
    ckpt_tools::show_in_all_ways(&file).expect("nothing but the image is wrong");
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    ckpt_fuzz::change(data, size, max_size, seed)
});

fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    ckpt_fuzz::cross(one, other, out, seed)
});
