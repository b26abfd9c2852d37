// SPDX-License-Identifier: GPL-2.0-only

//! The file or stream that an image goes to: under its final name there is a whole image or none.
//! [`Lines`], a log or a map, keep to the same rules.
//!
//! A file has no name before it is complete (O_TMPFILE), so that nothing is left of it when the command
//! gives up, however it ends. Where the file system cannot do that, it has a random temporary name, which
//! is removed on every other way out; after SIGKILL, a [`Guardian`](crate::guardian::Guardian) removes it.

mod directory;
mod lines;
mod spot;
mod stream;
mod target;
mod temporary;
#[cfg(test)]
mod tests;

use std::{
    fs::{
        self,
        File, //
    },
    io::{
        stdout,
        IsTerminal, //
    },
    os::{
        fd::{
            AsFd,
            AsRawFd,
            RawFd, //
        },
        unix::fs::FileTypeExt, //
    },
    path::Path,
};

pub use self::{
    lines::Lines,
    spot::{
        Identity,
        Spot, //
    },
    target::default_name, //
};
use self::{
    spot::identity,
    stream::is_stream,
    target::{
        exists,
        Target, //
    },
};
use crate::{
    failure::{
        Doing,
        Exit,
        Failure,
        Result, //
    },
    named::{
        self,
        Purpose, //
    },
    sys,
};

/// Where an image goes.
#[derive(Debug)]
pub struct Output {
    file: File,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// A pipe, a device, a socket: what is written is out of our hands.
    Stream(String),
    /// A file that gets its name when it is complete.
    File(Target),
}

impl Output {
    /// Opens the output that was named; `-` is standard output. `replace` says whether an image may be
    /// replaced. A FIFO or device is written to when it is the caller's.
    ///
    /// # Errors
    ///
    /// When a file is there that may not be replaced, or nothing can be written there.
    pub fn create(path: &Path, replace: bool) -> Result<Output> {
        if path == Path::new("-") {
            return Output::standard();
        }
        if let Some(number) = named::number(path) {
            return Output::descriptor(number, path.display().to_string());
        }
        match fs::symlink_metadata(path) {
            Ok(found) if is_stream(&found) => {
                if found.file_type().is_block_device() && !replace {
                    return Err(exists(path));
                }
                Ok(Output {
                    file: Target::at(path, replace)?.open_stream(path, Purpose::Image)?,
                    place: Place::Stream(path.display().to_string()),
                })
            }
            _ => Output::file(path, replace),
        }
    }

    /// Opens the output that was not named, so that whatever stands there was put there by others: it is
    /// never written to, nor followed.
    ///
    /// # Errors
    ///
    /// As [`Output::create`].
    pub fn file(path: &Path, replace: bool) -> Result<Output> {
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(Failure::usage(format!("{} is a directory", path.display())));
            }
            // The name itself is replaced, and where a link leads to is not touched.
            Ok(found) if replace && (found.is_file() || found.is_symlink()) => {}
            Ok(found) if found.is_file() || found.is_symlink() => return Err(exists(path)),
            Ok(_) => {
                return Err(Failure::new(
                    Exit::Failed,
                    format!("{} is there already, and is no file", path.display()),
                )
                .advise("Give another name with --output."));
            }
            Err(_) => {}
        }
        let target = Target::at(path, replace)?;
        let (file, target) = target.make()?;
        Ok(Output {
            file,
            place: Place::File(target),
        })
    }

    fn standard() -> Result<Output> {
        Output::descriptor(stdout().as_raw_fd(), "standard output".to_owned())
    }

    fn descriptor(number: i32, name: String) -> Result<Output> {
        let terminal = sys::duplicate(number).is_ok_and(|fd| fd.is_terminal());
        if terminal {
            return Err(Failure::usage(format!(
                "an image is nothing for a terminal, as {name} is"
            ))
            .advise("Redirect standard output, or give a file with --output."));
        }
        let file = named::descriptor(number, &name, Purpose::Image)?;
        // What was closed by the caller is that, too: the runtime of this command has opened it.
        if file.metadata().is_ok_and(|found| named::is_null(&found)) {
            return Err(Failure::usage(format!(
                "{name} is closed, or the null device: the image would be lost"
            ))
            .advise(
                "Redirect it, or give a file with --output; --output /dev/null keeps nothing.",
            ));
        }
        Ok(Output {
            file,
            place: Place::Stream(name),
        })
    }

    /// The descriptor for the kernel.
    pub fn fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// Another handle on the file, when its size tells how much is written.
    pub fn watch(&self) -> Option<File> {
        match self.place {
            Place::Stream(_) => None,
            Place::File(_) => self.file.try_clone().ok(),
        }
    }

    /// What to call it in a message.
    pub fn name(&self) -> String {
        match &self.place {
            Place::Stream(name) => name.clone(),
            Place::File(target) => target.path().display().to_string(),
        }
    }

    /// Whether the image goes to where standard output goes.
    pub fn is_standard(&self) -> bool {
        let standard = stdout().as_fd().try_clone_to_owned().map(File::from).ok();
        standard.is_some_and(|standard| self.is_at(&standard))
    }

    fn is_at(&self, other: &File) -> bool {
        let place = |file: &File| Some(identity(&file.metadata().ok()?));
        matches!(self.place, Place::Stream(_)) && place(other) == place(&self.file)
    }

    /// Waits until what reads the image has taken all of it, if it goes to a pipe or socket: only then may the
    /// processes end that it was made of.
    ///
    /// # Errors
    ///
    /// When the reader has gone before that, or a signal came.
    pub fn wait_until_taken(&self) -> Result<()> {
        stream::wait_until_taken(&self.file, &self.name())
    }

    /// Gives the complete image its final name. With `sync` it is on the disk when this returns, if it
    /// is a file. Gives its size in bytes, when it has one.
    ///
    /// # Errors
    ///
    /// When the disk is full after all, or a file has come under the final name meanwhile.
    pub fn commit(self, sync: bool) -> Result<Option<u64>> {
        let name = self.name();
        let what = || format!("cannot write {name}");
        let found = self.file.metadata().doing(what)?;
        if sync && (found.is_file() || found.file_type().is_block_device()) {
            self.file.sync_all().doing(what)?;
        }
        let Place::File(target) = self.place else {
            return Ok(None);
        };
        let directory = target.take(&self.file)?;
        if sync {
            directory.sync()?;
        }
        Ok(Some(found.len()))
    }
}
