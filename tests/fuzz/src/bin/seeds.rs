// SPDX-License-Identifier: GPL-2.0-only

//! Makes what the fuzzer begins with: a made-up image, and images of a folder without most of their
//! pages, since it is records that matter.
//!
//! usage: seeds OUT [IMAGES]

use std::{
    env,
    fs,
    io,
    path::Path, //
};

use ckpt_image::{
    testing::{
        minimal,
        seal, //
    },
    Kind, //
};
use ckpt_mutate::Base;

/// Largest image that the fuzzer is given, in bytes.
const LARGEST: usize = 64 << 10;

/// Largest PAGES record that is left in.
const PAGES: usize = 16 << 10;

fn main() -> io::Result<()> {
    let mut args = env::args_os().skip(1);
    let out = args.next().unwrap_or_else(|| "seeds".into());
    let out = Path::new(&out);
    fs::create_dir_all(out)?;
    fs::write(out.join("minimal"), seal(&minimal()))?;
    let (mut kept, mut left) = (1, 0);
    for folder in args {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(mut base) = Base::new("", &fs::read(entry.path())?) else {
                left += 1;
                continue;
            };
            base.parts
                .retain(|part| part.kind != Kind::PAGES || part.size() <= PAGES);
            let image = seal(&base.parts);
            if image.len() > LARGEST {
                left += 1;
                continue;
            }
            fs::write(out.join(name), image)?;
            kept += 1;
        }
    }
    println!("{kept} images to begin with, {left} left out");
    Ok(())
}
