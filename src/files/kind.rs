// SPDX-License-Identifier: GPL-2.0-only

//! The kinds of open files, and what each of them does in both directions.

use kernel::{
    fmt,
    prelude::*, //
};

use super::{
    chardev,
    contents,
    device,
    directory,
    epoll,
    eventfd,
    external,
    inotify,
    open::Saved,
    opened::Opened,
    path,
    pidfd,
    pipe,
    place::Place,
    procfs,
    regular,
    signalfd,
    timerfd,
    tty, //
};
use crate::{
    log::{
        refuse,
        Cause,
        Log,
        Reason, //
    },
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        self,
        errno,
        file::{
            File,
            Stat, //
        },
        fs::PathBuffer,
        task::Task, //
    },
};

/// An open file, and where it was met first.
pub(crate) struct Met<'a> {
    /// The file.
    pub(crate) file: &'a File,
    /// Who has it.
    pub(crate) task: &'a Task,
    /// As what.
    pub(crate) place: Place,
}

impl Met<'_> {
    /// Puts into the log why this file cannot be saved, with place and path, and gives the error.
    pub(crate) fn refuse(&self, log: &Log, error: Error, why: fmt::Arguments<'_>) -> Error {
        self.refuse_because(log, error, Reason::None, why)
    }

    /// The same with what a program is to know.
    pub(crate) fn refuse_because(
        &self,
        log: &Log,
        error: Error,
        reason: Reason,
        why: fmt::Arguments<'_>,
    ) -> Error {
        let cause = Cause {
            reason,
            site: self.place.site(),
        };
        let mut buffer = PathBuffer::new();
        let path = match &mut buffer {
            Ok(buffer) => self.file.path(buffer).unwrap_or(c"?"),
            Err(_) => c"?",
        };
        refuse!(
            log,
            error => cause,
            Some(self.task),
            "{}: {}: {}",
            self.place,
            path,
            why
        )
    }

    /// Refuses a file with contents that the caller could not read: an image tells no more than its maker may
    /// know.
    pub(crate) fn check_readable(&self, log: &Log) -> Result {
        if sys::contents::is_readable(self.file) {
            return Ok(());
        }
        let why = fmt!("what is in it may not be read");
        Err(self.refuse_because(log, EACCES, Reason::Unreadable, why))
    }

    /// The same for what is not supported.
    pub(crate) fn unsupported(&self, log: &Log, what: fmt::Arguments<'_>) -> Error {
        self.refuse(log, errno::eopnotsupp(), fmt!("{} is not supported", what))
    }
}

/// An object that a file is open on.
#[derive(Default)]
pub(crate) struct OpenOn {
    /// Its id; 0 for none.
    pub(crate) objref: u32,
    /// What there is to say of it goes without saying: it has no record.
    pub(crate) is_fresh: bool,
}

impl From<u32> for OpenOn {
    fn from(objref: u32) -> Self {
        OpenOn {
            objref,
            is_fresh: false,
        }
    }
}

/// One kind.
pub(crate) trait Kind: Sync {
    /// Its number in the image.
    fn number(&self) -> u16;

    /// Whether a file is of this kind. The first kind that says so takes it.
    fn takes(&self, context: &saving::Context<'_>, file: &File, stat: &Stat) -> bool;

    /// What people call one, for messages.
    fn noun(&self) -> &'static str {
        "a file"
    }

    /// Why this file cannot be saved although it is of this kind.
    fn refusal(&self, _file: &File, _stat: &Stat) -> Option<&'static str> {
        None
    }

    /// Whether it is made without a path, and what its kind writes is all that there is to say of it.
    fn is_anonymous(&self) -> bool {
        false
    }

    /// Whether it is found again by its path, with the rights of the caller of the restart.
    fn has_path(&self) -> bool {
        !self.is_anonymous()
    }

    /// Whether there is something to be said about what it is open on, beside its path.
    fn has_node(&self, _file: &File) -> bool {
        !self.is_anonymous()
    }

    /// Flags of open(2) that only files of this kind have, in the image.
    fn own_flags(&self) -> u32 {
        0
    }

    /// Marks ([`record::file_mark`]) that only files of this kind have.
    fn own_marks(&self) -> u16 {
        0
    }

    /// Those of them that a file has.
    fn marks(&self, _file: &File) -> u16 {
        0
    }

    /// Whether files of this kind may be open on an object of the image.
    fn is_on_object(&self) -> bool {
        false
    }

    /// Writes the object that it is open on, unless the image has it already, and gives its id; 0
    /// when there is no such thing.
    fn object(&self, _context: &mut saving::Context<'_>, _met: &Met<'_>) -> Result<OpenOn> {
        Ok(OpenOn::default())
    }

    /// Writes what it has beside FILE and path.
    fn checkpoint(&self, _context: &mut saving::Context<'_>, _met: &Met<'_>) -> Result {
        Ok(())
    }

    /// Makes the file again. `path` has no NUL before its end.
    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        path: &CStr,
    ) -> Outcome<Opened>;
}

/// All kinds. A new one is one new file and one line here. Pipes, of which there may be many, are told
/// apart from everything else at a glance.
pub(crate) const ALL: &[&dyn Kind] = &[
    &pipe::Pipe,
    &device::Device,
    &eventfd::EventFd,
    &timerfd::TimerFd,
    &signalfd::SignalFd,
    &epoll::Epoll,
    &pidfd::PidFd,
    &inotify::Inotify,
    &path::Path,
    &tty::MASTER,
    &tty::SLAVE,
    &contents::Contents,
    &procfs::ProcFs,
    &regular::Regular,
    &directory::Directory,
    &chardev::CharDev,
    &external::External,
];

/// File types in `st_mode`.
pub(crate) const S_IFMT: u32 = 0o170000;
/// Regular file.
pub(crate) const S_IFREG: u32 = 0o100000;
/// Directory.
pub(crate) const S_IFDIR: u32 = 0o040000;
/// Character device.
pub(crate) const S_IFCHR: u32 = 0o020000;
/// FIFO or pipe.
pub(crate) const S_IFIFO: u32 = 0o010000;
/// Socket.
pub(crate) const S_IFSOCK: u32 = 0o140000;
/// Block device.
pub(crate) const S_IFBLK: u32 = 0o060000;

/// File systems whose files are windows into the kernel, not stored bytes, by their magic numbers
/// (include/uapi/linux/magic.h). `true`: only the instance that nobody can mount.
const WINDOWS: &[(u64, bool, &str)] = &[
    (
        0x0102_1994,
        true,
        "a System V segment or memory of a driver",
    ),
    (0x6367_7270, false, "a control group file"),
    (0x0027_e0eb, false, "a control group file"),
    (0x6462_6720, false, "a file of debugfs"),
    (0x7472_6163, false, "a file of tracefs"),
    (0x7363_6673, false, "a file of securityfs"),
    (0xcafe_4a11, false, "a file of bpffs"),
    (0x6e73_6673, false, "a namespace (nsfs)"),
    (0x1980_0202, false, "a POSIX message queue (mqueue)"),
    (0x5049_4446, false, "a pidfd"),
    (0x5345_434d, false, "secret memory (memfd_secret)"),
];

/// File systems that look at the credentials of whoever has opened a file whenever it is used: /proc
/// and /sys, and those that ask somebody else (include/uapi/linux/magic.h). For all others they count
/// when a file is opened.
const ASKING: &[u64] = &[
    0x9fa0,
    0x6265_6572,
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x6573_5546,
    0x0102_1997,
    0x00c3_6400,
    0x5346_414f,
    0x7375_7245,
];

/// Whether it matters later with what credentials a file was opened.
pub(crate) fn looks_at_opener(stat: &Stat) -> bool {
    ASKING.contains(&stat.fs_magic)
}

/// What a file that only looks like one is; `None` for a file that stores bytes.
pub(crate) fn window(stat: &Stat) -> Option<&'static str> {
    let known = WINDOWS
        .iter()
        .find(|(magic, internal, _)| stat.fs_magic == *magic && (!internal || stat.fs_internal));
    match known {
        Some((_, _, what)) => Some(*what),
        None if stat.fs_internal => Some("a file of the kernel's own"),
        None => None,
    }
}

/// Anonymous inodes by the name that stands in their paths, and what people call them.
const ANONYMOUS: &[(&str, &str)] = &[
    ("anon_inode:[eventfd]", "an eventfd"),
    ("anon_inode:[eventpoll]", "an epoll instance"),
    ("anon_inode:[fanotify]", "a fanotify group"),
    ("anon_inode:[io_uring]", "an io_uring"),
    ("anon_inode:[perf_event]", "a perf event"),
    ("anon_inode:[pidfd]", "a pidfd"),
    ("anon_inode:[signalfd]", "a signalfd"),
    ("anon_inode:[timerfd]", "a timerfd"),
    ("anon_inode:[userfaultfd]", "a userfaultfd"),
    ("anon_inode:bpf-map", "a BPF map"),
    ("anon_inode:bpf-prog", "a BPF program"),
];

/// What a program is to know of a file of no kind above.
pub(crate) fn reason(stat: &Stat) -> Reason {
    match stat.mode & S_IFMT {
        S_IFSOCK => Reason::Socket,
        _ => Reason::None,
    }
}

/// In words, what a file of no kind above is.
pub(crate) fn describe(file: &File, stat: &Stat) -> &'static str {
    /// Major numbers of terminals: tty and console, unix98 ptys.
    const TERMINALS: [u32; 3] = [4, 5, 136];
    match stat.mode & S_IFMT {
        _ if stat.is_device => "the checkpoint device",
        S_IFIFO => "a pipe or FIFO",
        S_IFSOCK => "a socket",
        S_IFCHR if TERMINALS.contains(&stat.rdev_major) => "a terminal",
        S_IFCHR => "a device",
        S_IFBLK => "a block device",
        _ => anonymous(file).unwrap_or("a special file"),
    }
}

/// The same for an anonymous inode that is known.
fn anonymous(file: &File) -> Option<&'static str> {
    let mut buffer = PathBuffer::new().ok()?;
    let path = file.path(&mut buffer).ok()?;
    let known = ANONYMOUS
        .iter()
        .find(|(name, _)| name.as_bytes() == path.to_bytes())?;
    Some(known.1)
}
