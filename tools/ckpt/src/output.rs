// SPDX-License-Identifier: GPL-2.0-only

//! Where an image goes, so that under its final name there is a whole image or none.
//!
//! A file has no name before it is complete (O_TMPFILE), so that nothing is left of one that is given
//! up, however the command ends. Where the file system cannot do that it has a temporary name, drawn by
//! lot, which is removed on every other way out; after SIGKILL by a [`Guardian`].

use std::{
    ffi::{
        OsStr,
        OsString, //
    },
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
            OwnedFd,
            RawFd, //
        },
        unix::{
            ffi::OsStrExt,
            fs::{
                FileTypeExt,
                MetadataExt, //
            },
        },
    },
    path::{
        Path,
        PathBuf, //
    },
    time::Duration,
};

use nix::{
    errno::Errno,
    fcntl::{
        openat,
        renameat,
        renameat2,
        AtFlags,
        OFlag,
        RenameFlags,
        AT_FDCWD, //
    },
    poll::{
        ppoll,
        PollFd,
        PollFlags, //
    },
    sys::stat::Mode,
    unistd::{
        linkat,
        unlinkat,
        UnlinkatFlags, //
    },
};

use crate::{
    advice,
    failure::{
        Doing,
        Exit,
        Failure,
        Result, //
    },
    guardian::Guardian,
    named, signals, sys,
};

/// How long a wait for a reader sleeps before it looks again: at first, and at most.
const FIRST_LOOK: Duration = Duration::from_millis(1);
const LAST_LOOK: Duration = Duration::from_millis(50);

/// An image is for its owner only: it holds all that a process had in memory.
const MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

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

/// The name that a file is to get.
#[derive(Debug)]
struct Target {
    directory: Directory,
    name: OsString,
    /// Whether it may take the place of another file.
    replace: bool,
    /// The name that it has until then, if it has one.
    temporary: Option<Temporary>,
}

/// A directory, and what to call it.
#[derive(Debug)]
struct Directory {
    fd: OwnedFd,
    path: PathBuf,
}

/// A name that a file has for a while. Dropping this removes it.
#[derive(Debug)]
struct Temporary {
    directory: OwnedFd,
    name: String,
    /// Removes it should this command be killed.
    _guardian: Guardian,
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

/// Nothing can be made in a directory.
fn cannot_write_in(directory: &Path, error: &io::Error) -> Failure {
    let failure = Failure::os(format!("cannot write in {}", directory.display()), error);
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR) => {
            failure.advise("Make the directory first, or give another place with --output.")
        }
        Some(libc::EACCES | libc::EPERM | libc::EROFS) => {
            failure.advise("Give a place where this user may write, with --output.")
        }
        Some(libc::ENOSPC | libc::EDQUOT) => {
            failure.advise("Make room, or give another place with --output.")
        }
        _ => failure,
    }
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
        if let Some(descriptor) = named::descriptor(path) {
            let file = descriptor.doing(|| format!("cannot write {}", path.display()))?;
            return Output::descriptor(file.into(), path.display().to_string());
        }
        match fs::symlink_metadata(path) {
            Ok(found) if is_stream(&found) => {
                if found.file_type().is_block_device() && !replace {
                    return Err(exists(path));
                }
                let target = Target::at(path, replace)?;
                let file = named::open_stream(&target.directory.fd, &target.name, path)?;
                let name = path.display().to_string();
                Ok(Output {
                    file,
                    place: Place::Stream(name),
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
        match target.directory.unnamed() {
            Ok(file) => Ok(Output {
                file,
                place: Place::File(target),
            }),
            // What those say that know no files without a name; EISDIR comes from FUSE.
            Err(Errno::EOPNOTSUPP | Errno::EISDIR | Errno::ENOSYS | Errno::EINVAL) => {
                Output::under_temporary_name(target)
            }
            Err(error) => Err(cannot_write_in(&target.directory.path, &error.into())),
        }
    }

    fn under_temporary_name(mut target: Target) -> Result<Output> {
        let temporary = Temporary::choose(&target.directory)?;
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
        let file = openat(&target.directory.fd, temporary.name.as_str(), flags, MODE)
            .map_err(|error| cannot_write_in(&target.directory.path, &error.into()))?;
        target.temporary = Some(temporary);
        Ok(Output {
            file: file.into(),
            place: Place::File(target),
        })
    }

    fn standard() -> Result<Output> {
        let file = stdout()
            .as_fd()
            .try_clone_to_owned()
            .doing(|| "cannot use standard output")?;
        Output::descriptor(file.into(), "standard output".to_owned())
    }

    fn descriptor(file: File, name: String) -> Result<Output> {
        if file.is_terminal() {
            return Err(Failure::usage("an image is nothing for a terminal")
                .advise("Redirect standard output, or give a file with --output."));
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
        let place = |file: &File| file.metadata().map(|found| (found.dev(), found.ino())).ok();
        let standard = stdout().as_fd().try_clone_to_owned().map(File::from).ok();
        matches!(self.place, Place::Stream(_))
            && standard.and_then(|file| place(&file)) == place(&self.file)
    }

    /// Waits until what reads the image has taken all of it, if it goes to a pipe or socket: only then may the
    /// processes end that it was made of.
    ///
    /// # Errors
    ///
    /// When the reader has gone before that, or a signal came.
    pub fn wait_until_taken(&self) -> Result<()> {
        let name = self.name();
        let what = || format!("cannot write {name}");
        let kind = self.file.metadata().doing(what)?.file_type();
        if !kind.is_fifo() && !kind.is_socket() {
            return Ok(());
        }
        let mut pause = FIRST_LOOK;
        loop {
            // In this order: one that has taken everything may go.
            let is_gone = self.wait_for_end_of_reader(pause).doing(what)?;
            let left = sys::untaken(self.file.as_fd(), kind.is_socket()).doing(what)?;
            if left == 0 {
                return Ok(());
            }
            if is_gone {
                let error = io::Error::from_raw_os_error(libc::EPIPE);
                return Err(Failure::os(what(), &error).advise(advice::READER_GONE));
            }
            signals::check()?;
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    /// Waits for so long; tells whether there is no reader any more.
    fn wait_for_end_of_reader(&self, pause: Duration) -> nix::Result<bool> {
        let mut fds = [PollFd::new(self.file.as_fd(), PollFlags::empty())];
        match ppoll(&mut fds, Some(pause.into()), None) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(false),
            Err(error) => return Err(error),
        }
        let gone = PollFlags::POLLERR | PollFlags::POLLHUP;
        Ok(fds[0]
            .revents()
            .is_some_and(|events| events.intersects(gone)))
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

impl Target {
    /// What a path means, of a file that is not there or may be replaced.
    fn at(path: &Path, replace: bool) -> Result<Target> {
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
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        Ok(Target {
            directory: Directory::open(directory)?,
            name,
            replace,
            temporary: None,
        })
    }

    fn path(&self) -> PathBuf {
        match self.directory.path == Path::new(".") {
            true => PathBuf::from(&self.name),
            false => self.directory.path.join(&self.name),
        }
    }

    /// Gives a file the name; gives the directory that it is in.
    fn take(mut self, file: &File) -> Result<Directory> {
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
                format_args!("cannot give the image its name {}", path.display()),
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

impl Directory {
    fn open(path: &Path) -> Result<Directory> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let fd = openat(AT_FDCWD, path, flags, Mode::empty())
            .map_err(|error| cannot_write_in(path, &error.into()))?;
        Ok(Directory {
            fd,
            path: path.to_owned(),
        })
    }

    /// Makes a file that has no name.
    fn unnamed(&self) -> nix::Result<File> {
        let flags = OFlag::O_TMPFILE | OFlag::O_WRONLY | OFlag::O_CLOEXEC;
        openat(&self.fd, ".", flags, MODE).map(File::from)
    }

    /// Gives a file that has no name one in this directory, which nothing may have.
    fn link(&self, file: &File, name: &OsStr) -> nix::Result<()> {
        match linkat(file, "", &self.fd, name, AtFlags::AT_EMPTY_PATH) {
            // Older kernels let nobody but root do that.
            Err(Errno::ENOENT) => {
                let path = format!("/proc/self/fd/{}", file.as_raw_fd());
                linkat(
                    AT_FDCWD,
                    path.as_str(),
                    &self.fd,
                    name,
                    AtFlags::AT_SYMLINK_FOLLOW,
                )
            }
            result => result,
        }
    }

    fn sync(&self) -> Result<()> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        openat(&self.fd, ".", flags, Mode::empty())
            .map_err(io::Error::from)
            .and_then(|fd| File::from(fd).sync_all())
            .doing(|| format!("cannot sync {}", self.path.display()))
    }
}

impl Temporary {
    /// Draws a name that nothing has and nobody can guess, and has it watched over.
    fn choose(directory: &Directory) -> Result<Temporary> {
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
            _guardian: guardian,
        })
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may have become the final one. Else the failure that led here is what has to be told.
        let _ = unlinkat(
            &self.directory,
            self.name.as_str(),
            UnlinkatFlags::NoRemoveDir,
        );
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

    /// As where files need a name.
    fn named(path: &Path, replace: bool) -> Output {
        Output::under_temporary_name(Target::at(path, replace).unwrap()).unwrap()
    }

    #[test]
    fn where_files_need_a_name_it_is_a_temporary_one() {
        let scratch = Scratch::new("named");
        let path = scratch.0.join("image");
        let output = named(&path, false);
        let [name] = &scratch.names()[..] else {
            panic!("{:?}", scratch.names());
        };
        assert!(name.starts_with(".ckpt-") && name.ends_with(".tmp"));
        assert!(!name.contains(&std::process::id().to_string()));
        drop(output);
        assert!(scratch.names().is_empty());
        named(&path, false).commit(true).unwrap();
        assert_eq!(scratch.names(), ["image"]);
        let failure = named(&path, false).commit(true).unwrap_err();
        assert!(failure.message.contains("is there already"));
        named(&path, true).commit(true).unwrap();
        assert_eq!(scratch.names(), ["image"]);
    }

    #[test]
    fn a_file_that_has_no_name_leaves_none_behind() {
        let scratch = Scratch::new("unnamed");
        let output = Output::create(&scratch.0.join("image"), false).unwrap();
        let can = Directory::open(&scratch.0).unwrap().unnamed().is_ok();
        assert!(!can || scratch.names().is_empty());
        drop(output);
    }

    #[test]
    fn a_directory_that_is_not_there_is_not_made() {
        let scratch = Scratch::new("slash");
        for name in ["new/", "new/image", "new/..", "link"] {
            std::os::unix::fs::symlink("nowhere", scratch.0.join("link")).ok();
            let failure = Output::create(&scratch.0.join(name), false).unwrap_err();
            assert!(failure.exit == Exit::Usage || failure.exit == Exit::Failed);
            assert!(failure.advice.is_some(), "{}", failure.message);
            assert_eq!(scratch.names(), ["link"], "{name}");
        }
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
    fn a_link_that_leads_nowhere_is_replaced_by_force_only() {
        let scratch = Scratch::new("dangling");
        let path = scratch.0.join("image");
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert!(Output::create(&path, false).is_err());
        Output::create(&path, true).unwrap().commit(false).unwrap();
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
        assert_eq!(scratch.names(), ["image"]);
    }

    #[test]
    fn a_pipe_is_done_when_all_is_taken() {
        use std::io::Read;
        let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
        let output = Output {
            file: write.into(),
            place: Place::Stream("a pipe".to_owned()),
        };
        output.wait_until_taken().unwrap();
        (&output.file).write_all(b"12345").unwrap();
        let mut read = File::from(read);
        let reader = std::thread::spawn(move || {
            read.read_exact(&mut [0; 5]).unwrap();
            read
        });
        output.wait_until_taken().unwrap();
        let read = reader.join().unwrap();
        (&output.file).write_all(b"6").unwrap();
        drop(read);
        let failure = output.wait_until_taken().unwrap_err();
        assert!(
            failure.message.contains("Broken pipe"),
            "{}",
            failure.message
        );
    }

    #[test]
    fn a_device_is_written_as_it_is() {
        let output = Output::create(Path::new("/dev/null"), false).unwrap();
        assert!(output.watch().is_none());
        assert_eq!(output.commit(true).unwrap(), None);
        assert!(Path::new("/dev/null").exists());
        // Not when nobody has named it.
        let failure = Output::file(Path::new("/dev/null"), true).unwrap_err();
        assert!(
            failure.message.contains("is no file"),
            "{}",
            failure.message
        );
    }

    #[test]
    fn what_a_link_leads_to_is_not_touched() {
        use std::os::unix::fs::symlink;
        let scratch = Scratch::new("link");
        let (path, other) = (scratch.0.join("image"), scratch.0.join("other"));
        fs::write(&other, "old").unwrap();
        for to in ["other", "/dev/null"] {
            symlink(to, &path).unwrap();
            assert!(Output::create(&path, false).is_err(), "{to}");
            Output::create(&path, true).unwrap().commit(false).unwrap();
            assert!(fs::symlink_metadata(&path).unwrap().is_file(), "{to}");
            assert_eq!(fs::read(&other).unwrap(), b"old", "{to}");
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_fifo_has_to_stand_where_others_cannot_exchange_it() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new("fifo");
        let path = scratch.0.join("image");
        nix::unistd::mkfifo(&path, MODE).unwrap();
        let open = |mode| {
            fs::set_permissions(&scratch.0, fs::Permissions::from_mode(mode)).unwrap();
            let reader = std::process::Command::new("cat").arg(&path).spawn();
            let output = Output::create(&path, false);
            let mut reader = reader.unwrap();
            reader.kill().unwrap();
            reader.wait().unwrap();
            output
        };
        assert!(open(0o700).is_ok());
        assert!(open(0o1777).is_ok());
        let failure = open(0o777).unwrap_err();
        assert!(failure.message.contains("of others"), "{}", failure.message);
        // The same by the number of a descriptor is for the caller to say.
        let output = Output::create(Path::new("/dev/fd/99"), false);
        assert!(output.unwrap_err().message.contains("/dev/fd/99"));
    }

    #[test]
    fn the_default_name_is_a_plain_one() {
        assert_eq!(default_name("python3", 7), Path::new("python3-7.ckpt"));
        assert_eq!(default_name("../a b", 7), Path::new("a-b-7.ckpt"));
        assert_eq!(default_name("", 7), Path::new("process-7.ckpt"));
    }
}
