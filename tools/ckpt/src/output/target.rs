// SPDX-License-Identifier: GPL-2.0-only

//! The name of an image: the default one, and how the complete file gets its name.

use std::{
    ffi::{
        OsStr,
        OsString, //
    },
    fs::File,
    io::Read,
    os::unix::ffi::OsStrExt,
    path::{
        Path,
        PathBuf, //
    },
};

use nix::{
    errno::Errno,
    fcntl::{
        openat,
        renameat,
        renameat2,
        AtFlags,
        OFlag,
        RenameFlags, //
    },
    sys::stat::Mode,
    unistd::linkat,
};

use super::{
    directory::{
        cannot_make_in,
        Directory,
        MODE, //
    },
    temporary::Temporary,
};
use crate::{
    failure::{
        Exit,
        Failure,
        Result, //
    },
    named::{
        self,
        Purpose, //
    },
    source, //
};

/// The name that a file is to get.
#[derive(Debug)]
pub struct Target {
    directory: Directory,
    name: OsString,
    /// Whether it may take the place of another file.
    replace: bool,
    /// The name that it has until then, if it has one.
    temporary: Option<Temporary>,
}

/// The name of an image when none is given: `NAME-PID.ckpt`.
pub fn default_name(name: &str, pid: i32) -> PathBuf {
    let name: String = name
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '+' | '.' => c,
            _ => '-',
        })
        .collect();
    // A leading dot would hide it.
    let name = name.trim_start_matches(['.', '-']);
    format!(
        "{}-{pid}.ckpt",
        if name.is_empty() { "process" } else { name }
    )
    .into()
}

/// Something has the name.
pub fn exists(path: &Path) -> Failure {
    Failure::new(Exit::Failed, format!("{} is there already", path.display()))
        .advise("Give another name, or --force to replace it.")
}

/// The directory that a path is in.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

impl Target {
    /// What a path means, of a file that is not there or may be replaced.
    pub fn at(path: &Path, replace: bool) -> Result<Target> {
        let name = match path.file_name() {
            Some(name) if !path.as_os_str().as_bytes().ends_with(b"/") => name.to_owned(),
            _ => {
                return Err(
                    Failure::usage(format!("{} names a directory", path.display())).advise(
                        "Give the name of a file, which is made, in a directory that is there.",
                    ),
                );
            }
        };
        Ok(Target {
            directory: Directory::open(parent(path))?,
            name,
            replace,
            temporary: None,
        })
    }

    /// The path of it.
    pub fn path(&self) -> PathBuf {
        match self.directory.path == Path::new(".") {
            true => PathBuf::from(&self.name),
            false => self.directory.path.join(&self.name),
        }
    }

    /// Whether what has the name is no image: lines of text do not take the place of one.
    ///
    /// # Errors
    ///
    /// When it is one.
    pub fn spare_image(&self) -> Result<()> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let flags = flags | OFlag::O_CLOEXEC;
        let there = openat(&self.directory.fd, &*self.name, flags, Mode::empty()).map(File::from);
        let mut first = [0; source::FIRST_OF_IMAGE];
        let is_image = there.is_ok_and(|mut file| {
            file.metadata().is_ok_and(|found| found.is_file())
                && file.read_exact(&mut first).is_ok()
                && source::is_image(&first)
        });
        if !is_image {
            return Ok(());
        }
        let what = format!("{} is an image", self.path().display());
        Err(Failure::usage(what).advise("Give another name: a log or a map does not replace it."))
    }

    /// Opens what has the name already, and is no file.
    pub fn open_stream(&self, path: &Path, purpose: Purpose) -> Result<File> {
        named::open_stream(&self.directory.fd, &self.name, path, purpose)
    }

    /// Makes the file, without a name where that can be.
    pub fn make(self) -> Result<(File, Target)> {
        match self.directory.unnamed() {
            Ok(file) => Ok((file, self)),
            // What those say that know no files without a name; EISDIR comes from FUSE.
            Err(Errno::EOPNOTSUPP | Errno::EISDIR | Errno::ENOSYS | Errno::EINVAL) => {
                self.make_under_temporary_name()
            }
            Err(error) => Err(cannot_make_in(&self.directory.path, &error.into())),
        }
    }

    /// Makes the file under a name that it has until it is complete.
    pub fn make_under_temporary_name(mut self) -> Result<(File, Target)> {
        let temporary = Temporary::choose(&self.directory)?;
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
        let file = openat(&self.directory.fd, temporary.name.as_str(), flags, MODE)
            .map_err(|error| cannot_make_in(&self.directory.path, &error.into()))?;
        self.temporary = Some(temporary);
        Ok((file.into(), self))
    }

    /// Gives a file the name; gives the directory that it is in.
    pub fn take(mut self, file: &File) -> Result<Directory> {
        let path = self.path();
        let named = match self.temporary.take() {
            Some(temporary) => self.rename(&temporary),
            None => match self.directory.link(file, &self.name) {
                // A name can be taken over from another one only.
                Err(Errno::EEXIST) if self.replace => {
                    let temporary = Temporary::choose(&self.directory)?;
                    let linked = self.directory.link(file, OsStr::new(&temporary.name));
                    linked.and_then(|()| self.rename(&temporary))
                }
                linked => linked,
            },
        };
        match named {
            Ok(()) => Ok(self.directory),
            Err(Errno::EEXIST) => Err(exists(&path)),
            Err(error) => Err(Failure::os(
                format_args!("cannot give the file its name {}", path.display()),
                &error.into(),
            )),
        }
    }

    fn rename(&self, temporary: &Temporary) -> nix::Result<()> {
        let (fd, from, to) = (&self.directory.fd, temporary.name.as_str(), &*self.name);
        if self.replace {
            return renameat(fd, from, fd, to);
        }
        match renameat2(fd, from, fd, to, RenameFlags::RENAME_NOREPLACE) {
            // Some file systems cannot do that, but this: the other name goes with `temporary`.
            Err(Errno::EINVAL | Errno::ENOSYS) => linkat(fd, from, fd, to, AtFlags::empty()),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_name_is_a_plain_one() {
        assert_eq!(default_name("python3", 7), Path::new("python3-7.ckpt"));
        assert_eq!(default_name("../a b", 7), Path::new("a-b-7.ckpt"));
        assert_eq!(default_name("", 7), Path::new("process-7.ckpt"));
    }
}
