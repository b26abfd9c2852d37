// SPDX-License-Identifier: GPL-2.0-only

//! Keeps the system's own files from restored programs.
//!
//! A hostile image may say that a program of the superuser had any file open, and mapped; the program
//! then writes to it as it did to its own, by right. As long as a shelter lives that cannot be done.

use std::path::Path;

use anyhow::{
    Context,
    Result, //
};
use nix::mount::{
    mount,
    umount2,
    MntFlags,
    MsFlags, //
};

/// What the programs are made of, and what the machine needs.
const SHELTERED: &[&str] = &["/usr", "/etc", "/ckpt"];

/// Folders that can only be read.
pub struct Shelter(Vec<&'static str>);

impl Shelter {
    /// Makes them so, for everybody.
    pub fn new() -> Result<Self> {
        let mut shelter = Shelter(Vec::new());
        let nothing = None::<&str>;
        for dir in SHELTERED.iter().filter(|dir| Path::new(dir).is_dir()) {
            let place = || format!("make {dir} read-only");
            // With what is mounted below it, which stays as it is.
            let bind = MsFlags::MS_BIND | MsFlags::MS_REC;
            mount(Some(*dir), *dir, nothing, bind, nothing).with_context(place)?;
            shelter.0.push(dir);
            let lock = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
            mount(nothing, *dir, nothing, lock, nothing).with_context(place)?;
        }
        Ok(shelter)
    }
}

impl Drop for Shelter {
    fn drop(&mut self) {
        for dir in self.0.iter().rev() {
            let _ = umount2(*dir, MntFlags::MNT_DETACH);
        }
    }
}
