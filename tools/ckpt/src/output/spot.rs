// SPDX-License-Identifier: GPL-2.0-only

//! Finds out whether two names on the command line lead to the same file, however they are spelled: image,
//! log and map have to be different files.

use std::{
    ffi::OsString,
    fs::{
        self,
        File,
        Metadata, //
    },
    os::unix::fs::{
        FileTypeExt,
        MetadataExt, //
    },
    path::Path,
};

use super::target::parent;
use crate::{
    named,
    sys, //
};

/// A file by the numbers of its device and inode.
pub type Identity = (u64, u64);

/// The identity of a file.
pub fn identity(found: &Metadata) -> Identity {
    (found.dev(), found.ino())
}

/// A place. What cannot be looked at is told when it is opened.
#[derive(Debug, Default)]
pub struct Spot {
    /// The file there. `None` for a character device: a terminal and the null device mix nothing up.
    file: Option<Identity>,
    /// The same, if it is a regular file.
    regular: Option<Identity>,
    /// The directory and the name that a file is to get.
    name: Option<(Identity, OsString)>,
}

impl Spot {
    /// Where a path leads that is to be written to; `-` is standard output. A link is not followed: its
    /// name is what is taken over.
    pub fn written(path: &Path) -> Spot {
        let number = match path == Path::new("-") {
            true => Some(1),
            false => named::number(path),
        };
        if let Some(number) = number {
            let file = sys::duplicate(number).map(File::from);
            let found = file.and_then(|file| file.metadata());
            return found.map_or(Spot::default(), |found| Spot::of(&found));
        }
        let mut spot = fs::symlink_metadata(path).map_or(Spot::default(), |found| Spot::of(&found));
        let directory = fs::metadata(parent(path)).ok();
        spot.name = directory
            .zip(path.file_name())
            .map(|(directory, name)| (identity(&directory), name.to_owned()));
        spot
    }

    /// An open file that is read. A socket has two directions, which do not meet.
    pub fn read(file: &File) -> Spot {
        match file.metadata() {
            Ok(found) if !found.file_type().is_socket() => Spot::of(&found),
            _ => Spot::default(),
        }
    }

    fn of(found: &Metadata) -> Spot {
        let file = Some(identity(found));
        Spot {
            file: file.filter(|_| !found.file_type().is_char_device()),
            regular: file.filter(|_| found.is_file()),
            name: None,
        }
    }

    /// Whether what goes to one is mixed with what the other has, or takes its place.
    pub fn meets(&self, other: &Spot) -> bool {
        let same_file = self.file.is_some() && self.file == other.file;
        same_file || (self.name.is_some() && self.name == other.name)
    }

    /// Whether a name is taken over, from what has it.
    pub fn takes_name(&self) -> bool {
        self.name.is_some()
    }

    /// The regular file that is there.
    pub fn regular(&self) -> Option<Identity> {
        self.regular
    }
}

#[cfg(test)]
mod tests {
    use std::os::{
        fd::AsRawFd,
        unix::fs::symlink, //
    };

    use super::*;

    #[test]
    fn places_are_told_apart_by_what_they_are() {
        let dir = std::env::temp_dir().join(format!("ckpt-spot-{}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        symlink(".", dir.join("here")).unwrap();
        let spot = |name: &str| Spot::written(&dir.join(name));
        assert!(spot("new").meets(&spot("here/.//here/new")));
        assert!(!spot("new").meets(&spot("other")));
        // By another name, by a descriptor, and as what is read.
        fs::write(dir.join("a"), "").unwrap();
        fs::hard_link(dir.join("a"), dir.join("b")).unwrap();
        assert!(spot("a").meets(&spot("b")));
        let file = File::options().write(true).open(dir.join("a")).unwrap();
        let number = Spot::written(Path::new(&format!("/dev/fd/{}", file.as_raw_fd())));
        assert!(number.meets(&spot("b")) && !number.meets(&spot("new")));
        assert!(Spot::read(&file).meets(&spot("a")));
        // Nothing is mixed up there, nor where nothing can be.
        for path in ["/dev/null", "/nowhere/at/all", "/dev/fd/999"] {
            let path = Path::new(path);
            assert!(path.exists() || !Spot::written(path).meets(&Spot::written(path)));
        }
        assert!(!Spot::default().meets(&Spot::default()));
        fs::remove_dir_all(&dir).unwrap();
    }
}
