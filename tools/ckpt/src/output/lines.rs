// SPDX-License-Identifier: GPL-2.0-only

//! A text file that the command line names, a log or a map. It gets its name when there is something in it,
//! by the rules of an image.

use std::{
    fs::{
        self,
        File, //
    },
    io::Write,
    path::Path,
};

use super::{
    stream::is_stream,
    target::Target, //
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
    patient::Patient,
};

/// The file. It has its name from the first time on that something is written to it, and takes the place of a
/// regular file that had the name. Nothing is left of one that is dropped before.
#[derive(Debug)]
pub struct Lines {
    file: Patient<File>,
    name: String,
    /// The name that it does not have yet.
    target: Option<Target>,
}

impl Lines {
    /// Opens it; `-` is standard output.
    ///
    /// # Errors
    ///
    /// When nothing can be written there, or others have a hand in what stands there.
    pub fn open(path: &Path) -> Result<Lines> {
        let (file, target) = open(path)?;
        Ok(Lines {
            file: Patient::new(file),
            name: path.display().to_string(),
            target,
        })
    }

    /// Adds to what is written. What a descriptor of the caller leads to keeps what it holds.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or a signal came while nothing read it.
    pub fn write(&mut self, text: &[u8]) -> Result<()> {
        self.file
            .write_all(text)
            .doing(|| format!("cannot write {}", self.name))?;
        if let Some(target) = self.target.take() {
            // It may have come meanwhile, from this very command through a pipe.
            target.spare_image()?;
            target.take(self.file.file())?;
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<(File, Option<Target>)> {
    let name = path.display().to_string();
    let number = match path == Path::new("-") {
        true => Some((1, "standard output")),
        false => named::number(path).map(|number| (number, name.as_str())),
    };
    if let Some((number, name)) = number {
        let file = named::descriptor(number, name, Purpose::Text)?;
        return Ok((file, None));
    }
    let found = fs::symlink_metadata(path);
    let is_there = found.is_ok();
    match found {
        Ok(found) if is_stream(&found) => {
            let file = Target::at(path, true)?.open_stream(path, Purpose::Text)?;
            return Ok((file, None));
        }
        // Another user may have put it there, and it leads to where that user wants.
        Ok(found) if found.is_symlink() => {
            return Err(
                Failure::new(Exit::Failed, format!("{name} is a symbolic link"))
                    .advise("Give the name that it leads to: links are not followed here."),
            );
        }
        Ok(found) if !found.is_file() => {
            return Err(
                Failure::usage(format!("{name} is there already, and is no file"))
                    .advise("Give another name."),
            );
        }
        // It is replaced, not written to: it may have other names.
        _ => {}
    }
    let target = Target::at(path, true)?;
    target.spare_image()?;
    // A name can be taken over from another one only: that is drawn now, when nothing has been made yet.
    let (file, target) = match is_there {
        true => target.make_under_temporary_name()?,
        false => target.make()?,
    };
    Ok((file, Some(target)))
}
