// SPDX-License-Identifier: GPL-2.0-only

//! `/dev/ckpt` as an object.

use std::{
    fs::File,
    io,
    os::fd::{
        AsFd,
        BorrowedFd, //
    },
};

use crate::{
    failure::{
        Exit,
        Failure,
        Result, //
    },
    sys,
    uapi, //
};

/// The open device. Captures that were made through it live as long as it does.
#[derive(Debug)]
pub struct Device(File);

impl Device {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// Exit code 5 when the module is not there, 4 when the node may not be opened.
    pub fn open() -> Result<Device> {
        let result = File::options().read(true).write(true).open(uapi::DEVICE);
        result.map(Device).map_err(|error| refusal(&error))
    }

    /// Asks what the module can do.
    pub fn info(&self) -> Result<uapi::Info> {
        sys::info(self.as_fd()).map_err(|error| {
            Failure::os(format_args!("{} does not answer", uapi::DEVICE), &error)
                .advise("Is the loaded module as new as this command (modinfo ckpt)?")
        })
    }

    /// Saves, or only captures; gives the id.
    pub fn checkpoint(
        &self,
        capture: bool,
        request: uapi::Checkpoint,
        inherit: &[uapi::Inherit],
        report: &mut uapi::Error,
    ) -> io::Result<i32> {
        sys::checkpoint(self.as_fd(), capture, request, inherit, report)
    }

    /// Freezes a tree until this is closed; gives how many processes it has.
    pub fn freeze(&self, request: uapi::Freeze, report: &mut uapi::Error) -> io::Result<usize> {
        sys::freeze(self.as_fd(), request, report)
    }

    /// Ends or stops what was saved through this.
    pub fn signal(&self, request: uapi::Signal, report: &mut uapi::Error) -> io::Result<()> {
        sys::signal_saved(self.as_fd(), request, report)
    }

    /// Writes a capture.
    pub fn write(&self, id: i32, fd: i32, logfd: i32) -> io::Result<()> {
        sys::write(
            self.as_fd(),
            uapi::Write {
                size: 0,
                flags: 0,
                id,
                fd,
                logfd,
                reserved: 0,
            },
        )
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn refusal(error: &io::Error) -> Failure {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENXIO | libc::ENODEV) => Failure::new(
            Exit::NoModule,
            format!(
                "there is no {}: the kernel module is not loaded",
                uapi::DEVICE
            ),
        )
        .advise("Load it with: modprobe ckpt"),
        Some(libc::EACCES | libc::EPERM) => {
            Failure::os(format_args!("cannot open {}", uapi::DEVICE), error)
                .advise("Run this as root, or have access to the device granted.")
        }
        _ => Failure::os(format_args!("cannot open {}", uapi::DEVICE), error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_module_has_its_own_exit_code() {
        let of = |errno| refusal(&io::Error::from_raw_os_error(errno)).exit;
        assert_eq!(of(libc::ENOENT), Exit::NoModule);
        assert_eq!(of(libc::EACCES), Exit::Permission);
        assert_eq!(of(libc::EMFILE), Exit::Failed);
    }
}
