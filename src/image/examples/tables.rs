// SPDX-License-Identifier: GPL-2.0-only

//! `make tables`: writes the tables of `Documentation/image-format.md` from the declarations of the
//! records.

use std::{
    error::Error,
    fs, //
};

use ckpt_image::testing::with_tables;

fn main() -> Result<(), Box<dyn Error>> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../Documentation/image-format.md"
    );
    let old = fs::read_to_string(path)?;
    let new = with_tables(&old)?;
    if new != old {
        fs::write(path, new)?;
    }
    Ok(())
}
