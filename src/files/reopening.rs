// SPDX-License-Identifier: GPL-2.0-only

//! Files that are bound to an address space when they are opened (/proc/PID/maps, mem and the like).
//!
//! Descriptors are restored before memory is, and each restored process gets a new address space. A file
//! that was opened before would show the old one. So such a file only holds its numbers until all memory is
//! there; then the owner of each descriptor table opens it again and exchanges it.

use kernel::{
    new_mutex,
    prelude::*,
    rbtree::RBTree,
    str::CString,
    sync::{
        Arc,
        Mutex, //
    },
};

use crate::sys::{
    cred::Cred,
    file::{
        self,
        File, //
    },
};

/// A file that is opened once all memory is restored. Numbers that stood for one open file get the same
/// one again.
#[pin_data]
pub(crate) struct Reopening {
    path: CString,
    flags: u32,
    position: i64,
    /// Credentials that the file goes by; `None` for those of the task that opens it.
    opener: Option<Cred>,
    #[pin]
    file: Mutex<Option<File>>,
}

impl Reopening {
    /// Not opened yet.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(
        path: CString,
        flags: u32,
        position: i64,
        opener: Option<Cred>,
    ) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Reopening {
                path,
                flags,
                position,
                opener,
                file <- new_mutex!(None),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    fn file(&self) -> Result<File> {
        let mut file = self.file.lock();
        if let Some(file) = &*file {
            return Ok(file.clone());
        }
        let open = || File::open(&self.path, self.flags);
        let new = match &self.opener {
            Some(opener) => opener.act(open),
            None => open(),
        }?;
        if self.position != 0 {
            new.seek(self.position)?;
        }
        *file = Some(new.clone());
        Ok(new)
    }
}

/// All of them, by the address of the file that holds the numbers.
#[derive(Default)]
pub(crate) struct Reopenings(RBTree<usize, Arc<Reopening>>);

impl Reopenings {
    /// Notes that a file is opened anew.
    pub(super) fn add(&mut self, file: &File, what: Arc<Reopening>) -> Result {
        self.0
            .try_create_and_insert(file.key(), what, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// The file that is opened anew.
    pub(super) fn of(&self, file: &File) -> Option<Arc<Reopening>> {
        self.0.get(&file.key()).cloned()
    }
}

/// A number of the caller's table that such a file is to have.
pub(crate) struct Number {
    /// The number.
    pub(crate) fd: u32,
    /// Whether exec closes it.
    pub(crate) cloexec: bool,
    /// What it stands for.
    pub(crate) what: Arc<Reopening>,
}

impl Number {
    /// Puts the file there.
    ///
    /// # Errors
    ///
    /// Those of open(2) and lseek(2).
    pub(crate) fn install(&self) -> Result {
        file::install(self.fd, &self.what.file()?, self.cloexec)
    }
}
