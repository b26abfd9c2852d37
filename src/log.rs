// SPDX-License-Identifier: GPL-2.0-only

//! Messages of one operation: text for whoever asked, not for the kernel log.
//!
//! A line is `[err -N]` when something failed, `[pid N tsk NAME]` when it concerns a task, or
//! `[tsk NAME]` when that has been reaped and has no pid any more, and a sentence that names the object
//! at fault. The first failure is kept: it is the cause, what follows are consequences.

use kernel::{
    fmt, new_mutex,
    prelude::*,
    str::{
        BStr,
        CString, //
    },
    sync::{
        Arc,
        Mutex, //
    },
};

use crate::sys::{
    file::File,
    task::Task, //
};

/// Where messages go.
#[pin_data]
pub(crate) struct Log {
    file: Option<File>,
    #[pin]
    first: Mutex<Option<CString>>,
}

/// Says why something is refused or failed and gives the error back.
macro_rules! refuse {
    ($log:expr, $error:expr, $task:expr, $($message:tt)*) => {
        $log.fail($error, $task, ::kernel::prelude::fmt!($($message)*))
    };
}
pub(crate) use refuse;

impl Log {
    /// A log that is written to `file`, if there is one.
    pub(crate) fn new(file: Option<File>) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Log {
                file,
                first <- new_mutex!(None),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Says something that is no failure.
    pub(crate) fn say(&self, message: fmt::Arguments<'_>) {
        if let Ok(line) = CString::try_from_fmt(fmt!("{}\n", message)) {
            self.write(&line);
        }
    }

    /// Says what failed and gives `error` back.
    pub(crate) fn fail(
        &self,
        error: Error,
        task: Option<&Task>,
        message: fmt::Arguments<'_>,
    ) -> Error {
        let errno = error.to_errno();
        let line = match task {
            Some(task) => {
                let (name, len) = task.name_bytes();
                let name = BStr::from_bytes(name.get(..len).unwrap_or(&[]));
                match task.pid() {
                    0 => CString::try_from_fmt(fmt!("[err {}][tsk {}] {}\n", errno, name, message)),
                    pid => CString::try_from_fmt(fmt!(
                        "[err {}][pid {} tsk {}] {}\n",
                        errno,
                        pid,
                        name,
                        message
                    )),
                }
            }
            None => CString::try_from_fmt(fmt!("[err {}] {}\n", errno, message)),
        };
        if let Ok(line) = line {
            self.write(&line);
            let mut first = self.first.lock();
            if first.is_none() {
                *first = Some(line);
            }
        }
        error
    }

    fn write(&self, line: &CString) {
        if let Some(file) = &self.file {
            let mut position = file.position();
            // A log that cannot be written is no reason to fail.
            let _ = file.write_all(line.to_bytes(), &mut position);
            if file.has_position() {
                file.set_position(position);
            }
        }
    }

    /// Whether a failure has been told.
    pub(crate) fn has_failure(&self) -> bool {
        self.first.lock().is_some()
    }

    /// Takes the line of the first failure.
    pub(crate) fn take_failure(&self) -> Option<CString> {
        self.first.lock().take()
    }
}
