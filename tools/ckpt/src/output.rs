// SPDX-License-Identifier: GPL-2.0-only

//! Where an image goes, so that under its final name there is a whole image or none.
//!
//! A file is written under a temporary name beside the final one and renamed when it is complete;
//! on every other way out the temporary file is removed.

use std::{
    fs::{
        self,
        File,
        Metadata, //
    },
    io::{
        self,
        stdout,
        IsTerminal, //
    },
    os::{
        fd::{
            AsFd,
            AsRawFd,
            RawFd, //
        },
        unix::fs::{
            FileTypeExt,
            OpenOptionsExt, //
        },
    },
    path::{
        Path,
        PathBuf, //
    },
};

use nix::{
    errno::Errno,
    fcntl::{
        renameat2,
        RenameFlags,
        AT_FDCWD, //
    },
};

use crate::failure::{
    Doing,
    Exit,
    Failure,
    Result, //
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
    /// A file under a temporary name.
    Temporary {
        temporary: Option<PathBuf>,
        target: PathBuf,
        replace: bool,
    },
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

fn is_stream(found: &Metadata) -> bool {
    let kind = found.file_type();
    kind.is_fifo() || kind.is_char_device() || kind.is_block_device()
}

fn exists(path: &Path) -> Failure {
    Failure::new(Exit::Failed, format!("{} is there already", path.display()))
        .advise("Give another name, or --force to replace it.")
}

impl Output {
    /// Opens the output; `-` is standard output. `replace` says whether an image may be replaced.
    ///
    /// # Errors
    ///
    /// When a file is there that may not be replaced, or nothing can be written there.
    pub fn create(path: &Path, replace: bool) -> Result<Output> {
        if path == Path::new("-") {
            return Output::standard();
        }
        let target = match fs::metadata(path) {
            Ok(found) if is_stream(&found) => return Output::stream(path),
            Ok(found) if found.is_dir() => {
                return Err(Failure::usage(format!("{} is a directory", path.display())));
            }
            Ok(_) if !replace => return Err(exists(path)),
            // Replace the file itself, not a symbolic link to it.
            Ok(_) => fs::canonicalize(path).doing(|| format!("cannot find {}", path.display()))?,
            Err(_) => path.to_owned(),
        };
        let temporary = directory(&target).join(format!(".ckpt-{}.tmp", std::process::id()));
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .doing(|| format!("cannot write in {}", directory(&target).display()))?;
        Ok(Output {
            file,
            place: Place::Temporary {
                temporary: Some(temporary),
                target,
                replace,
            },
        })
    }

    fn standard() -> Result<Output> {
        if stdout().is_terminal() {
            return Err(Failure::usage("an image is nothing for a terminal")
                .advise("Redirect standard output, or give a file with --output."));
        }
        let file = stdout()
            .as_fd()
            .try_clone_to_owned()
            .doing(|| "cannot use standard output")?;
        Ok(Output {
            file: file.into(),
            place: Place::Stream("standard output".to_owned()),
        })
    }

    fn stream(path: &Path) -> Result<Output> {
        let file = File::options()
            .write(true)
            .open(path)
            .doing(|| format!("cannot write {}", path.display()))?;
        Ok(Output {
            file,
            place: Place::Stream(path.display().to_string()),
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
            Place::Temporary { .. } => self.file.try_clone().ok(),
        }
    }

    /// What to call it in a message.
    pub fn name(&self) -> String {
        match &self.place {
            Place::Stream(name) => name.clone(),
            Place::Temporary { target, .. } => target.display().to_string(),
        }
    }

    /// Whether the image goes to standard output.
    pub fn is_standard(&self) -> bool {
        matches!(&self.place, Place::Stream(name) if name == "standard output")
    }

    /// Gives the complete image its final name. With `sync` it is on the disk when this returns.
    /// Gives its size in bytes, when it has one.
    ///
    /// # Errors
    ///
    /// When the disk is full after all, or a file has come under the final name meanwhile.
    pub fn commit(mut self, sync: bool) -> Result<Option<u64>> {
        let Place::Temporary {
            temporary,
            target,
            replace,
        } = &mut self.place
        else {
            return Ok(None);
        };
        let what = || format!("cannot write {}", target.display());
        let bytes = self.file.metadata().doing(what)?.len();
        if sync {
            self.file.sync_all().doing(what)?;
        }
        if let Some(from) = temporary {
            rename(from, target, *replace)?;
            *temporary = None;
        }
        if sync {
            let directory = directory(target);
            File::open(&directory)
                .and_then(|directory| directory.sync_all())
                .doing(|| format!("cannot sync {}", directory.display()))?;
        }
        Ok(Some(bytes))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Place::Temporary {
            temporary: Some(temporary),
            ..
        } = &self.place
        {
            // The failure that led here is what has to be told.
            let _ = fs::remove_file(temporary);
        }
    }
}

fn directory(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => ".".into(),
    }
}

fn rename(from: &Path, to: &Path, replace: bool) -> Result<()> {
    let what = || format!("cannot give the image its name {}", to.display());
    if replace {
        return fs::rename(from, to).doing(what);
    }
    match renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::RENAME_NOREPLACE) {
        Ok(()) => Ok(()),
        Err(Errno::EEXIST) => Err(exists(to)),
        // Some file systems cannot do that: look, then rename.
        Err(Errno::EINVAL | Errno::ENOSYS) => match fs::symlink_metadata(to) {
            Ok(_) => Err(exists(to)),
            Err(_) => fs::rename(from, to).doing(what),
        },
        Err(error) => Err(Failure::os(what(), &io::Error::from(error))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let dir = std::env::temp_dir().join(format!("ckpt-{name}-{}", std::process::id()));
            fs::create_dir(&dir).unwrap();
            Scratch(dir)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            entries
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn an_image_appears_when_it_is_complete() {
        let scratch = Scratch::new("output");
        let path = scratch.0.join("image");
        let mut output = Output::create(&path, false).unwrap();
        output.file.write_all(b"12345").unwrap();
        assert!(!path.exists());
        assert_eq!(output.commit(true).unwrap(), Some(5));
        assert_eq!(scratch.names(), ["image"]);
    }

    #[test]
    fn nothing_is_left_of_an_image_that_was_not_completed() {
        let scratch = Scratch::new("dropped");
        drop(Output::create(&scratch.0.join("image"), false).unwrap());
        assert!(scratch.names().is_empty());
    }

    #[test]
    fn an_image_is_replaced_by_force_only() {
        let scratch = Scratch::new("force");
        let path = scratch.0.join("image");
        fs::write(&path, "old").unwrap();
        let failure = Output::create(&path, false).unwrap_err();
        assert!(failure.advice.unwrap().contains("--force"));
        Output::create(&path, true).unwrap().commit(false).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        assert_eq!(scratch.names(), ["image"]);
    }

    #[test]
    fn a_file_that_came_meanwhile_is_not_replaced() {
        let scratch = Scratch::new("race");
        let path = scratch.0.join("image");
        let output = Output::create(&path, false).unwrap();
        fs::write(&path, "new").unwrap();
        assert!(output.commit(false).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(scratch.names(), ["image"]);
    }

    #[test]
    fn an_image_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new("mode");
        let path = scratch.0.join("image");
        Output::create(&path, false).unwrap().commit(false).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_device_is_written_as_it_is() {
        let output = Output::create(Path::new("/dev/null"), false).unwrap();
        assert!(output.watch().is_none());
        assert_eq!(output.commit(true).unwrap(), None);
        assert!(Path::new("/dev/null").exists());
    }

    #[test]
    fn the_default_name_is_a_plain_one() {
        assert_eq!(default_name("python3", 7), Path::new("python3-7.ckpt"));
        assert_eq!(default_name("../a b", 7), Path::new("a-b-7.ckpt"));
        assert_eq!(default_name("", 7), Path::new("process-7.ckpt"));
    }
}
