// SPDX-License-Identifier: GPL-2.0-only

//! What stat(2) tells of a file: its type, whether it is a window into the kernel, its name in messages.

use crate::{
    log::Reason,
    sys::{
        file::{
            File,
            Stat, //
        },
        fs::PathBuffer, //
    },
};

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
/// (include/uapi/linux/magic.h). `true`: only the instance that cannot be mounted.
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

/// File systems that look at the credentials of the opener of a file whenever it is used: /proc
/// and /sys, and those that ask a server (include/uapi/linux/magic.h). All others look at them only when a
/// file is opened.
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

/// Why a file that is reopened by its path cannot be.
pub(crate) fn refusal(stat: &Stat) -> Option<&'static str> {
    let window = window(stat);
    if window.is_some() {
        window
    } else {
        stat.unlinked.then_some("a deleted file")
    }
}
