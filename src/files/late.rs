// SPDX-License-Identifier: GPL-2.0-only

//! What is set last: when the image has been read, the ends of pipes that nobody took are closed and
//! the dead have died, and before anybody runs. All of that wakes those who wait for files.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use crate::sys::{
    epoll,
    file::File,
    pipe, //
};

/// Something that is set last.
pub(crate) enum Late {
    /// Items of an epoll set, by file and number of descriptor: the events that they wait for, and
    /// whether what is there has been seen.
    Set(File, RBTree<(usize, i32), (u32, bool)>),
    /// A reading end that does not know of any writer yet.
    Quiet(File),
}

impl Late {
    /// Sets it. Gives its file up for good.
    ///
    /// # Errors
    ///
    /// `EINTR`.
    pub(crate) fn settle(self) -> Result {
        let (file, result) = match self {
            Late::Set(set, items) => {
                let result = epoll::settle(&set, |file, fd| items.get(&(file, fd)).copied());
                (set, result)
            }
            Late::Quiet(end) => {
                let result = pipe::quieten(&end);
                (end, result)
            }
        };
        file.close_now();
        result
    }
}
