// SPDX-License-Identifier: GPL-2.0-only

//! Files that are open with O_PATH and are neither regular files nor directories: FIFOs, sockets, device
//! nodes, symbolic links. They only stand for a place; the module looks at nothing behind it.

use kernel::prelude::*;

use ckpt_image::{
    record::file_kind,
    Problem, //
};

use super::{
    flags::O_PATH,
    kind::Kind,
    opened::Opened,
    saved::{
        self,
        Saved, //
    },
    stat::{
        self,
        S_IFDIR,
        S_IFMT,
        S_IFREG, //
    },
};
use crate::{
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::file::{
        File,
        Stat, //
    },
};

/// The kind of open files for files that are open with O_PATH.
pub(crate) struct Path;

fn is_other(mode: u32) -> bool {
    ![S_IFREG, S_IFDIR].contains(&(mode & S_IFMT))
}

impl Kind for Path {
    fn number(&self) -> u16 {
        file_kind::PATH
    }

    fn takes(&self, _context: &saving::Context<'_>, file: &File, stat: &Stat) -> bool {
        file.flags() & O_PATH != 0 && is_other(stat.mode)
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
        if saved.head.flags & O_PATH == 0 || !is_other(saved.node.mode) {
            return Err(context.malformed(Problem::Value("kind and flags of a file disagree")));
        }
        let file = saved::reopen(context, saved, path, saved.node.mode & S_IFMT)?;
        Ok(Opened::File(file, saved::contents(saved)))
    }
}
