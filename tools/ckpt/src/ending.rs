// SPDX-License-Identifier: GPL-2.0-only

//! Ending or stopping everything that has been saved.
//!
//! The kernel does it: it holds the tasks by reference, and knows whether one has run since. The command
//! looks for no process, and names none by its number.

use std::io;

use crate::{
    device::Device,
    failure::{
        note,
        signal_name,
        Exit,
        Failure,
        Result, //
    },
    log::Log,
    process, signals, uapi,
};

/// Milliseconds after which it is told that killed processes take their time.
const NOTICE: u32 = 10_000;
/// Milliseconds that the parents may take to reap them, so that their pids are free for a restart.
const REAPING: u32 = 500;

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    /// SIGKILL, and all are waited for.
    End,
    /// SIGSTOP.
    Stop,
}

impl Kill {
    fn signal(self) -> i32 {
        match self {
            Kill::End => libc::SIGKILL,
            Kill::Stop => libc::SIGSTOP,
        }
    }

    fn done(self) -> &'static str {
        match self {
            Kill::End => "killed",
            Kill::Stop => "stopped",
        }
    }
}

/// Ends or stops what a checkpoint has saved through this device. Those that are killed are waited for, as
/// long as that takes.
///
/// # Errors
///
/// When one has run since, or may not be sent the signal: nothing has been sent then. When one has died
/// before. When an ending signal came while they were waited for.
pub fn send(device: &Device, id: i32, kill: Kill, log: &mut Log) -> Result<()> {
    let request = uapi::Signal {
        size: 0,
        flags: 0,
        id,
        signal: kill.signal(),
        logfd: log.fd(),
        timeout: NOTICE,
        reap: REAPING,
        reserved: 0,
        error: 0,
    };
    let mut report = uapi::Error::NOTHING;
    let mut is_told = false;
    loop {
        let Err(error) = device.signal(request, &mut report) else {
            return Ok(());
        };
        if error.raw_os_error() != Some(libc::ETIMEDOUT) {
            let log = log.lines().unwrap_or_default();
            return Err(failure(kill, &error, &report, log));
        }
        if let Err(interrupted) = signals::check() {
            return Err(interrupted.with(vec![exiting(&report)]));
        }
        if !is_told {
            note("checkpoint", exiting(&report));
            is_told = true;
        }
        log.forget()?;
    }
}

fn exiting(report: &uapi::Error) -> String {
    let pid = report.pid;
    let place = process::place_of(pid);
    format!("the image is complete; process {pid} has been killed and is still exiting, {place}")
}

fn failure(kill: Kill, error: &io::Error, report: &uapi::Error, log: Vec<String>) -> Failure {
    let done = kill.done();
    let failure = match error.raw_os_error() {
        Some(libc::EINTR) => return interrupted(kill, error, report),
        Some(libc::EBUSY) => Failure::new(
            Exit::Failed,
            format!(
                "the image is complete, but nothing has been {done}: \
                 the processes are not as they were saved"
            ),
        )
        .advise("They go on. Do not restart the image beside them."),
        Some(libc::ESRCH) => Failure::new(
            Exit::Failed,
            format!(
                "the image is complete, and what was saved has been {done}, \
                 but one had died before, or run"
            ),
        )
        .advise("Look for what it may have left before the image is restarted."),
        _ => Failure::module(
            format_args!(
                "the image is complete, but the processes cannot be sent {}",
                signal_name(kill.signal())
            ),
            error,
        ),
    };
    Failure { log, ..failure }
}

/// A signal came, before the processes were sent theirs or while they were waited for.
fn interrupted(kill: Kill, error: &io::Error, report: &uapi::Error) -> Failure {
    let what = match report.reason {
        uapi::reason::RAN => exiting(report),
        _ => format!(
            "the image is complete, and nothing has been {}",
            kill.done()
        ),
    };
    match signals::check() {
        Err(interrupted) => interrupted.with(vec![what]),
        Ok(()) => Failure::module(what, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_become_of_them_is_told() {
        let report = uapi::Error::NOTHING;
        let of = |errno| {
            failure(
                Kill::End,
                &io::Error::from_raw_os_error(errno),
                &report,
                vec![],
            )
        };
        assert!(of(libc::EBUSY).message.contains("nothing has been killed"));
        assert!(of(libc::ESRCH).message.contains("has been killed"));
        assert!(of(libc::EPERM).message.contains("SIGKILL"));
        assert!(of(libc::EINTR).message.contains("nothing has been killed"));
        let report = uapi::Error {
            reason: uapi::reason::RAN,
            pid: 5,
            ..report
        };
        let failure = interrupted(
            Kill::End,
            &io::Error::from_raw_os_error(libc::EINTR),
            &report,
        );
        assert!(failure
            .message
            .contains("process 5 has been killed and is still exiting"));
    }
}
