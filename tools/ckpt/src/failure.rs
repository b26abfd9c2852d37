// SPDX-License-Identifier: GPL-2.0-only

//! How the tools fail: the exit codes, and errors that are a sentence with a next step.
//!
//! `advice.rs` has the advice for errors of the kernel.

use std::io::{
    self,
    Write, //
};

use crate::{
    patient::standard_error,
    text::escaped, //
};

/// Exit codes. 0 is success; `restart --wait` exits with the program's own status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The operation failed.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The image is damaged, not complete or not acceptable here.
    Image = 3,
    /// Not permitted.
    Permission = 4,
    /// The kernel module is not there.
    NoModule = 5,
    /// There is no such image.
    NoImage,
}

/// The exit codes of the commands together, for `--help` and the manual pages.
pub const EXIT_STATUS: &str = "\
Exit status:
  0  success
  1  the operation failed
  2  the command line makes no sense
  3  the image is damaged, not complete or not acceptable here
  4  not permitted
  5  the kernel module is not there";

/// Those of `checkpoint`.
pub const EXIT_STATUS_CHECKPOINT: &str = "\
Exit status:
  0  the image is complete; with --check: nothing stands in the way of saving the processes
  1  the checkpoint failed; the processes run on as before, unless the message says that the
     image is complete; with --check: something stands in the way, or it cannot be found out
  2  the command line makes no sense
  4  not permitted; the processes run on as before
  5  the kernel module is not there";

/// Those of `restart`.
pub const EXIT_STATUS_RESTART: &str = "\
Exit status:
  N    that of the program; when a signal ended it, restart dies by the same signal
  125  the restart failed, and nothing of the program is left, unless the message says that it
       runs; the kernel module is not there, or the command line makes no sense
  126  not permitted, or the image is damaged, not complete or not acceptable here
  127  there is no such image
  with --detach, or with --frozen and without --wait:
  0    the program is restored
  1    the restart failed; nothing of the program is left, unless the message says that it runs
  2    the command line makes no sense
  3    the image is damaged, not complete or not acceptable here
  4    not permitted
  5    the kernel module is not there";

/// Those of `ckptinfo`.
pub const EXIT_STATUS_INFO: &str = "\
Exit status:
  0  the image is complete and verified
  1  the image cannot be read
  2  the command line makes no sense
  3  the image is damaged, not complete, of a failed checkpoint (0 with --error), or
     none at all
  4  the image may not be read";

impl Exit {
    /// The code.
    pub fn code(self) -> u8 {
        match self {
            Exit::NoImage => Exit::Failed as u8,
            other => other as u8,
        }
    }

    /// The code of a command that otherwise exits as a program does: as those of timeout(1) and of shells.
    pub fn beside_program(self) -> u8 {
        match self {
            Exit::Failed | Exit::Usage | Exit::NoModule => 125,
            Exit::Image | Exit::Permission => 126,
            Exit::NoImage => 127,
        }
    }

    /// The code for an error of the operating system.
    pub fn of(error: &io::Error) -> Exit {
        match error.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => Exit::Permission,
            Some(libc::EBADMSG) => Exit::Image,
            _ => Exit::Failed,
        }
    }
}

/// Why a command ends without success.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What the command exits with.
    pub exit: Exit,
    /// What went wrong: a sentence without its full stop.
    pub message: String,
    /// More about it, a line for each thing that there is to tell.
    pub details: Vec<String>,
    /// What the kernel said about it, line by line.
    pub log: Vec<String>,
    /// What to do next, in one line or several.
    pub advice: Option<String>,
    /// The signal that ended it; the command then dies by it.
    pub signal: Option<i32>,
}

/// What nearly everything returns.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure with this exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure {
            exit,
            message: message.into(),
            details: Vec::new(),
            log: Vec::new(),
            advice: None,
            signal: None,
        }
    }

    /// A command line that makes no sense.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }

    /// An error of the operating system while doing `what`.
    pub fn os(what: impl std::fmt::Display, error: &io::Error) -> Failure {
        Failure::new(Exit::of(error), format!("{what}: {}", reason(error)))
    }

    /// An error of the module while doing `what`.
    pub fn module(what: impl std::fmt::Display, error: &io::Error) -> Failure {
        Failure::new(Exit::of(error), format!("{what}: {}", module_reason(error)))
    }

    /// A signal came.
    pub fn interrupted(signal: i32) -> Failure {
        Failure {
            signal: Some(signal),
            ..Failure::new(Exit::Failed, format!("ended by {}", signal_name(signal)))
        }
    }

    /// The same with more to tell.
    pub fn with(mut self, details: Vec<String>) -> Failure {
        self.details = details;
        self
    }

    /// The same with advice.
    pub fn advise(mut self, advice: impl Into<String>) -> Failure {
        self.advice = Some(advice.into());
        self
    }

    /// Prints it on standard error in the name of a command.
    pub fn report(&self, command: &str) {
        let mut text = format!("{command}: {}\n", escaped(&self.message));
        for line in &self.details {
            text += &format!("    {}\n", escaped(line));
        }
        for line in &self.log {
            text += &format!("  kernel: {}\n", escaped(line));
        }
        for line in self.advice.iter().flat_map(|advice| advice.lines()) {
            text += &format!("  {}\n", escaped(line));
        }
        // In one piece, so that it does not mix with what other processes print. If no process reads it,
        // the exit code has to do.
        let _ = standard_error().write_all(text.as_bytes());
    }
}

/// Tells on standard error, in the name of a command, what a user had better know although it is no
/// failure.
pub fn note(command: &str, text: impl std::fmt::Display) {
    // If no process reads it, that is no reason to fail.
    let text = format!("{command}: {}\n", escaped(&text.to_string()));
    let _ = standard_error().write_all(text.as_bytes());
}

/// Text for an error of the module, for which it has borrowed a number of the system's: the system's text
/// would mislead.
pub fn module_reason(error: &io::Error) -> String {
    let text = match error.raw_os_error() {
        Some(libc::EBADMSG) => "the image is damaged",
        Some(libc::ESTALE) => "a file is not what it was at the checkpoint",
        Some(libc::ERANGE) => "a clock would go back",
        Some(libc::ENOTTY) => "a terminal is missing",
        _ => return reason(error),
    };
    text.to_owned()
}

/// Text for an error without Rust's "(os error N)".
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

/// The name of a signal, such as SIGINT.
pub fn signal_name(signal: i32) -> String {
    match nix::sys::signal::Signal::try_from(signal) {
        Ok(known) => known.as_str().to_owned(),
        Err(_) => format!("signal {signal}"),
    }
}

/// Adds to an error what was being done.
pub trait Doing<T> {
    /// Turns the error into a [`Failure`] with this sentence before it.
    fn doing<D: std::fmt::Display>(self, what: impl FnOnce() -> D) -> Result<T>;
}

impl<T, E: Into<io::Error>> Doing<T> for std::result::Result<T, E> {
    fn doing<D: std::fmt::Display>(self, what: impl FnOnce() -> D) -> Result<T> {
        self.map_err(|error| Failure::os(what(), &error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_choose_the_exit_code() {
        let of = |errno| Exit::of(&io::Error::from_raw_os_error(errno));
        assert_eq!(of(libc::EPERM), Exit::Permission);
        assert_eq!(of(libc::EBADMSG), Exit::Image);
        assert_eq!(of(libc::EBUSY), Exit::Failed);
        assert_eq!(Exit::NoImage.code(), 1);
        assert_eq!(Exit::Permission.code(), 4);
        assert_eq!(Exit::Permission.beside_program(), 126);
    }

    #[test]
    fn a_reason_has_no_number() {
        let error = io::Error::from_raw_os_error(libc::ENOSPC);
        assert_eq!(reason(&error), "No space left on device");
        assert_eq!(module_reason(&error), "No space left on device");
    }

    #[test]
    fn what_the_module_means_is_told_in_its_own_words() {
        let stale = io::Error::from_raw_os_error(libc::ESTALE);
        assert!(module_reason(&stale).contains("not what it was"));
        // A file system may say the same, and mean it.
        assert!(reason(&stale).contains("Stale"));
        let text = Failure::module("cannot restart a", &stale).message;
        assert_eq!(text, format!("cannot restart a: {}", module_reason(&stale)));
    }
}
