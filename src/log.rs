// SPDX-License-Identifier: GPL-2.0-only

//! Messages of one operation: text for the caller, not for the kernel log.
//!
//! A line is `[err -N]` when something failed, `[pid N tsk NAME]` when it concerns a task, or
//! `[tsk NAME]` when that has been reaped or has no number in the caller's pid namespace, and a sentence
//! that names the object at fault. The first failure is kept: it is the cause, later ones are its
//! consequences.

use kernel::{
    fmt, new_mutex,
    prelude::*,
    str::{
        BStr,
        CString, //
    },
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};

use crate::sys::{
    bindings,
    file::File,
    pid::{
        self,
        PidNs, //
    },
    task::Task, //
};

/// What a program may do something about.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum Reason {
    /// The errno, and the message, tell.
    None = bindings::CKPT_REASON_NONE,
    /// A task does not stand still.
    NotFrozen = bindings::CKPT_REASON_NOT_FROZEN,
    /// A task is in the middle of a system call.
    InCall = bindings::CKPT_REASON_IN_CALL,
    /// A task is traced or traces.
    Traced = bindings::CKPT_REASON_TRACED,
    /// Another caller is at it.
    Busy = bindings::CKPT_REASON_BUSY,
    /// A task ran, came, went or is exiting.
    Ran = bindings::CKPT_REASON_RAN,
    /// A process outside of the tree has it, too.
    Outside = bindings::CKPT_REASON_OUTSIDE,
    /// A descriptor that has to be left out, or given.
    External = bindings::CKPT_REASON_EXTERNAL,
    /// A socket.
    Socket = bindings::CKPT_REASON_SOCKET,
    /// A descriptor that is to be left out is not there.
    NotOpen = bindings::CKPT_REASON_NOT_OPEN,
    /// Another namespace than the caller's.
    Namespace = bindings::CKPT_REASON_NAMESPACE,
    /// A security label.
    Label = bindings::CKPT_REASON_LABEL,
    /// A session keyring.
    Keyring = bindings::CKPT_REASON_KEYRING,
    /// Other credentials than the caller's.
    Credentials = bindings::CKPT_REASON_CREDENTIALS,
    /// The contents of a file may not be read.
    Unreadable = bindings::CKPT_REASON_UNREADABLE,
    /// Not the init of a container.
    Container = bindings::CKPT_REASON_CONTAINER,
    /// The terminal controls another session.
    Session = bindings::CKPT_REASON_SESSION,
    /// A clock would go back.
    Clocks = bindings::CKPT_REASON_CLOCKS,
    /// A file has changed.
    Changed = bindings::CKPT_REASON_CHANGED,
    /// One that is mapped privately, or executed.
    ChangedMapped = bindings::CKPT_REASON_CHANGED_MAPPED,
}

/// What of a task is at fault.
#[derive(Clone, Copy)]
pub(crate) enum Site {
    /// Nothing that a program could name.
    Task,
    /// A descriptor of the task.
    Fd(u32),
    /// Where a mapping of the task begins.
    Address(u64),
}

/// Why something failed, for programs.
#[derive(Clone, Copy)]
pub(crate) struct Cause {
    /// What a program may do something about.
    pub(crate) reason: Reason,
    /// Where.
    pub(crate) site: Site,
}

impl From<Reason> for Cause {
    fn from(reason: Reason) -> Self {
        Cause {
            reason,
            site: Site::Task,
        }
    }
}

/// The first failure: it is the cause, what follows are consequences.
#[derive(Clone, Copy)]
struct First {
    error: Error,
    cause: Cause,
    pid: Option<i32>,
}

/// After how many obstacles a look for all of them ends.
const OBSTACLES: u32 = 4096;

/// Where messages go.
#[pin_data]
pub(crate) struct Log {
    file: Option<File>,
    /// The caller's, in which tasks are told by their numbers.
    ns: Option<PidNs>,
    #[pin]
    failure: Mutex<Option<First>>,
    #[pin]
    first: Mutex<Option<CString>>,
    /// 1 where all that stands in the way is asked for, rather than the first thing.
    collects: Atomic<u32>,
    obstacles: Atomic<u32>,
}

/// What a message says of a task.
pub(crate) enum Words<'a> {
    /// The same of any task: that is told also of one that the caller may not look into.
    Fixed(&'a str),
    /// With values of the task.
    Filled(fmt::Arguments<'a>),
}

impl<'a> From<fmt::Arguments<'a>> for Words<'a> {
    fn from(message: fmt::Arguments<'a>) -> Self {
        message
            .as_str()
            .map_or(Words::Filled(message), Words::Fixed)
    }
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Words::Fixed(words) => f.write_str(words),
            Words::Filled(message) => f.write_fmt(*message),
        }
    }
}

/// Says why something is refused or failed and gives the error back. What a program is to know of the
/// cause may stand behind the error; the message is a format, or a variable with fixed words.
macro_rules! refuse {
    ($log:expr, $error:expr => $cause:expr, $task:expr, $words:ident) => {
        $log.fail_because($error, $cause.into(), $task, $crate::log::Words::Fixed($words))
    };
    ($log:expr, $error:expr, $task:expr, $words:ident) => {
        $log.fail($error, $task, $crate::log::Words::Fixed($words))
    };
    ($log:expr, $error:expr => $cause:expr, $task:expr, $($message:tt)*) => {
        $log.fail_because($error, $cause.into(), $task, ::kernel::prelude::fmt!($($message)*).into())
    };
    ($log:expr, $error:expr, $task:expr, $($message:tt)*) => {
        $log.fail($error, $task, ::kernel::prelude::fmt!($($message)*).into())
    };
}
pub(crate) use refuse;

impl Log {
    /// A log for the caller that is written to `file`, if there is one.
    pub(crate) fn new(file: Option<File>) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Log {
                file,
                ns: PidNs::of(&Task::current()),
                failure <- new_mutex!(None),
                first <- new_mutex!(None),
                collects: Atomic::new(0),
                obstacles: Atomic::new(0),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Has obstacles counted from now on.
    pub(crate) fn collect(&self) {
        self.collects.store(1, Relaxed);
    }

    /// How many there have been.
    pub(crate) fn obstacles(&self) -> u32 {
        self.obstacles.load(Relaxed)
    }

    /// What a look at one thing has given. Where all obstacles are asked for, the log has told of this one,
    /// which is counted, and the caller turns to the next thing: `None`. Only the task of the call counts.
    ///
    /// # Errors
    ///
    /// What is no obstacle: `EINTR`, `ENOMEM`. Any error where the first obstacle ends the call.
    pub(crate) fn go_on<T>(&self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if !self.is_obstacle(error) => Err(error),
            Err(error) => {
                // What has not been told is a consequence of what has been.
                if self.has_failure() || self.obstacles() == 0 {
                    self.count();
                }
                match self.obstacles() < OBSTACLES {
                    true => Ok(None),
                    false => Err(error),
                }
            }
        }
    }

    /// An obstacle that has been told: it ends the call, or is counted.
    ///
    /// # Errors
    ///
    /// As [`Log::go_on`].
    pub(crate) fn obstacle(&self, error: Error) -> Result {
        self.go_on(Err::<(), _>(error)).map(drop)
    }

    /// Whether an error is one that is counted where all obstacles are asked for.
    pub(crate) fn is_obstacle(&self, error: Error) -> bool {
        self.collects.load(Relaxed) != 0 && ![EINTR, ENOMEM].contains(&error)
    }

    /// Counts an obstacle that has been told.
    pub(crate) fn count(&self) {
        self.obstacles
            .store(self.obstacles().saturating_add(1), Relaxed);
        // What comes next is no consequence.
        drop(self.take_failure());
    }

    /// Says something that is no failure.
    pub(crate) fn say(&self, message: fmt::Arguments<'_>) {
        if let Ok(line) = CString::try_from_fmt(fmt!("{}\n", message)) {
            self.write(&line);
        }
    }

    /// Says what failed and gives `error` back.
    pub(crate) fn fail(&self, error: Error, task: Option<&Task>, words: Words<'_>) -> Error {
        self.fail_because(error, Reason::None.into(), task, words)
    }

    /// The same with what a program is to know.
    pub(crate) fn fail_because(
        &self,
        error: Error,
        cause: Cause,
        task: Option<&Task>,
        words: Words<'_>,
    ) -> Error {
        // Asked behind all that the message is made of: a task that has meanwhile executed
        // something that the caller may not look into is out of reach by now.
        let is_known = task.is_none_or(|task| task.is_current() || task.may_be_read());
        let pid = task.map_or(0, |task| self.number(task));
        {
            let mut failure = self.failure.lock();
            if failure.is_none() {
                *failure = Some(First {
                    error,
                    cause: match is_known {
                        true => cause,
                        false => cause.reason.into(),
                    },
                    pid: Some(pid).filter(|pid| *pid != 0),
                });
            }
        }
        let line = match (task, &words) {
            (Some(task), _) if is_known => line_of_known(error, pid, task, &words),
            (Some(_), Words::Filled(_)) => line_of_any(
                error,
                pid,
                &Words::Fixed("the caller may not look into the task"),
            ),
            _ => line_of_any(error, pid, &words),
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

    /// The number of a task for the caller, whichever task says something of it; 0 when it has none there.
    fn number(&self, task: &Task) -> i32 {
        let number = |ns: &PidNs| ns.number_of(task, pid::Kind::Task);
        self.ns.as_ref().map_or(0, number)
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

    /// The first failure, as a program is told of it.
    pub(crate) fn report(&self) -> bindings::ckpt_error {
        let mut report = bindings::ckpt_error {
            size: size_of::<bindings::ckpt_error>() as u32,
            fd: bindings::CKPT_FD_NONE,
            ..Default::default()
        };
        let Some(first) = *self.failure.lock() else {
            return report;
        };
        report.error = first.error.to_errno().saturating_neg();
        report.reason = first.cause.reason as u32;
        if let Some(pid) = first.pid {
            report.objects |= bindings::CKPT_OBJECT_TASK;
            report.pid = pid;
        }
        match first.cause.site {
            Site::Task => {}
            Site::Fd(fd) => {
                report.objects |= bindings::CKPT_OBJECT_FD;
                report.fd = fd as i32;
            }
            Site::Address(address) => {
                report.objects |= bindings::CKPT_OBJECT_ADDRESS;
                report.address = address;
            }
        }
        report
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

/// A line about a task that the caller may look into.
fn line_of_known(error: Error, pid: i32, task: &Task, words: &Words<'_>) -> Result<CString> {
    let errno = error.to_errno();
    let (name, len) = task.name_bytes();
    let name = BStr::from_bytes(name.get(..len).unwrap_or(&[]));
    match pid {
        0 => CString::try_from_fmt(fmt!("[err {}][tsk {}] {}\n", errno, name, words)),
        _ => CString::try_from_fmt(fmt!(
            "[err {}][pid {} tsk {}] {}\n",
            errno,
            pid,
            name,
            words
        )),
    }
}

/// A line about no task, or about one of which no more than its number is told.
fn line_of_any(error: Error, pid: i32, words: &Words<'_>) -> Result<CString> {
    let errno = error.to_errno();
    match pid {
        0 => CString::try_from_fmt(fmt!("[err {}] {}\n", errno, words)),
        _ => CString::try_from_fmt(fmt!("[err {}][pid {}] {}\n", errno, pid, words)),
    }
}
