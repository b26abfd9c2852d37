// SPDX-License-Identifier: GPL-2.0-only

//! The temporary name of a file: until it is complete, where the file system has no files without a name,
//! or until it takes the place of another file.

use std::{
    fs,
    io,
    os::fd::OwnedFd, //
};

use nix::unistd::{
    unlinkat,
    UnlinkatFlags, //
};

use super::directory::Directory;
use crate::{
    failure::{
        Doing,
        Result, //
    },
    guardian::Guardian,
    sys,
};

/// A name that a file has for a while. Dropping this removes it.
#[derive(Debug)]
pub struct Temporary {
    directory: OwnedFd,
    /// The name in that directory.
    pub name: String,
    /// Removes it should this command be killed.
    guardian: Guardian,
}

impl Temporary {
    /// Draws a name that is free and cannot be guessed, and has a guardian watch over it.
    pub fn choose(directory: &Directory) -> Result<Temporary> {
        let what = || format!("cannot write in {}", directory.path.display());
        let name = format!(".ckpt-{:016x}.tmp", sys::random().doing(what)?);
        let path = directory.path.join(&name);
        let guardian = Guardian::post(|| match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).doing(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        })?;
        Ok(Temporary {
            directory: directory.fd.try_clone().doing(what)?,
            name,
            guardian,
        })
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // A copy of the process that made it has no say.
        if !self.guardian.is_ours() {
            return;
        }
        // It may have become the final one. Else the failure that led here is what has to be told.
        let _ = unlinkat(
            &self.directory,
            self.name.as_str(),
            UnlinkatFlags::NoRemoveDir,
        );
    }
}
