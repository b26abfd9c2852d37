// SPDX-License-Identifier: GPL-2.0-only

//! Flags of open(2) (include/uapi/asm-generic/fcntl.h), and which of them an image may have.

pub(crate) const O_RDONLY: u32 = 0;
pub(crate) const O_RDWR: u32 = 2;
pub(crate) const O_ACCMODE: u32 = 0o3;
pub(crate) const O_NOCTTY: u32 = 0o400;
pub(crate) const O_APPEND: u32 = 0o2000;
pub(crate) const O_NONBLOCK: u32 = 0o4000;
pub(super) const O_DSYNC: u32 = 0o10000;
pub(crate) const FASYNC: u32 = 0o20000;
pub(crate) const O_DIRECT: u32 = 0o40000;
pub(crate) const O_LARGEFILE: u32 = 0o100000;
pub(crate) const O_DIRECTORY: u32 = 0o200000;
pub(crate) const O_NOFOLLOW: u32 = 0o400000;
pub(super) const O_NOATIME: u32 = 0o1000000;
pub(super) const O_SYNC: u32 = 0o4000000;
pub(crate) const O_PATH: u32 = 0o10000000;
/// The file was made without a name. The flag has a meaning for files only that still have none: on
/// others it would make one.
pub(crate) const O_TMPFILE: u32 = 0o20000000 | O_DIRECTORY;

/// Flags that a file is opened with again; those of creation are not among them.
pub(super) const FLAGS: u32 = O_ACCMODE
    | O_APPEND
    | O_NONBLOCK
    | O_DSYNC
    | O_DIRECT
    | O_LARGEFILE
    | O_DIRECTORY
    | O_NOFOLLOW
    | O_NOATIME
    | O_SYNC
    | O_PATH;

/// Flags that files without a path have to be given after they were made.
pub(crate) const SETTABLE: u32 = O_APPEND | O_NONBLOCK | O_DIRECT | O_LARGEFILE | O_NOATIME;
