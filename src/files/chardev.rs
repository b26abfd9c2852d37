// SPDX-License-Identifier: GPL-2.0-only

//! Device nodes without state: null, zero, full, random, urandom.

use kernel::prelude::*;

use ckpt_image::{
    record::file_kind,
    Problem, //
};

use super::{
    kind::Kind,
    opened::Opened,
    saved::{
        self,
        Saved, //
    },
    stat::{
        self,
        S_IFCHR,
        S_IFMT, //
    },
};
use crate::{
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        errno,
        file::{
            File,
            Stat, //
        },
    },
};

/// The kind of open files for device nodes without state.
pub(crate) struct CharDev;

/// Device numbers (Documentation/admin-guide/devices.txt).
const STATELESS: [(u32, u32); 5] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9)];

impl Kind for CharDev {
    fn number(&self) -> u16 {
        file_kind::CHARDEV
    }

    fn takes(&self, _context: &saving::Context<'_>, _file: &File, stat: &Stat) -> bool {
        stat.mode & S_IFMT == S_IFCHR && STATELESS.contains(&(stat.rdev_major, stat.rdev_minor))
    }

    fn refusal(&self, _file: &File, stat: &Stat) -> Option<&'static str> {
        stat::refusal(stat)
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        path: &CStr,
    ) -> Outcome<Opened> {
        let number = (saved.node.rdev_major, saved.node.rdev_minor);
        if !STATELESS.contains(&number) {
            return Err(context.malformed(Problem::Value("device that has state")));
        }
        let file = saved::reopen(context, saved, path, S_IFCHR)?;
        let stat = file.stat();
        if (stat.rdev_major, stat.rdev_minor) != number {
            return Err(context.fail(
                errno::estale(),
                fmt!(
                    "{} is device {}:{} now, it was {}:{}",
                    path,
                    stat.rdev_major,
                    stat.rdev_minor,
                    saved.node.rdev_major,
                    saved.node.rdev_minor
                ),
            ));
        }
        Ok(Opened::File(file, saved::contents(saved)))
    }
}
