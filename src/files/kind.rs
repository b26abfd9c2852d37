// SPDX-License-Identifier: GPL-2.0-only

//! The kinds of open files, and what each of them does in both directions.

use kernel::prelude::*;

use ckpt_image::record;

use super::{
    chardev,
    device,
    directory,
    external,
    regular, //
};
use crate::{
    checkpoint,
    objhash::Object,
    restart::{
        self,
        Outcome, //
    },
    sys::file::{
        File,
        Stat, //
    },
};

/// One kind.
pub(crate) trait Kind: Sync {
    /// Its number in the image.
    fn number(&self) -> u32;

    /// Whether a file is of this kind. The first kind that says so takes it.
    fn takes(&self, context: &checkpoint::Context<'_>, file: &File, stat: &Stat) -> bool;

    /// Why this file cannot be saved although it is of this kind.
    fn refusal(&self, file: &File, stat: &Stat) -> Option<&'static str>;

    /// Makes the file again. `path` has no NUL before its end.
    fn restore(
        &self,
        context: &mut restart::Context<'_>,
        saved: &record::File,
        path: &CStr,
    ) -> Outcome<Object>;
}

/// All kinds. A new one is one new file and one line here.
pub(crate) const ALL: &[&dyn Kind] = &[
    &device::Device,
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

/// In words, what a file of no kind above is.
pub(crate) fn describe(stat: &Stat) -> &'static str {
    /// Major numbers of terminals: tty and console, unix98 ptys.
    const TERMINALS: [u32; 3] = [4, 5, 136];
    match stat.mode & S_IFMT {
        _ if stat.is_device => "checkpoint device",
        S_IFIFO => "pipe or FIFO",
        S_IFSOCK => "socket",
        S_IFCHR if TERMINALS.contains(&stat.rdev_major) => "terminal",
        S_IFCHR => "device",
        S_IFBLK => "block device",
        _ => "special file",
    }
}
