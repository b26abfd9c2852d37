// SPDX-License-Identifier: GPL-2.0-only

//! Regular files: reopened by their path. Their contents are theirs, not the image's.

use kernel::prelude::*;

use ckpt_image::record::file_kind;

use super::{
    kind::Kind,
    opened::Opened,
    saved::{
        self,
        Saved, //
    },
    stat::{
        self,
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

/// The kind of open files for regular files.
pub(crate) struct Regular;

impl Kind for Regular {
    fn number(&self) -> u16 {
        file_kind::REGULAR
    }

    fn takes(&self, _context: &saving::Context<'_>, _file: &File, stat: &Stat) -> bool {
        stat.mode & S_IFMT == S_IFREG
    }

    fn refusal(&self, _file: &File, stat: &Stat) -> Option<&'static str> {
        /// Magic number of hugetlbfs (include/uapi/linux/magic.h).
        const HUGE_PAGES: u64 = 0x9584_58f6;
        if stat.fs_magic == HUGE_PAGES && stat.nlink == 0 {
            return Some("a memfd of huge pages (MFD_HUGETLB)");
        }
        // Contents that no name leads to are of another kind.
        let other = "a deleted file that has another name";
        stat::refusal(stat).map(|why| if stat.unlinked { other } else { why })
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        path: &CStr,
    ) -> Outcome<Opened> {
        let file = saved::reopen(context, saved, path, S_IFREG)?;
        saved::seek(context, &file, saved, path)?;
        Ok(Opened::File(file, saved::contents(saved)))
    }
}
