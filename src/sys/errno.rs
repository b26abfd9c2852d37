// SPDX-License-Identifier: GPL-2.0-only

//! Error numbers that the kernel crate has no constant for.

use kernel::{
    bindings,
    error::Error, //
};

/// The case is known but not supported.
pub(crate) fn eopnotsupp() -> Error {
    Error::from_errno(-(bindings::EOPNOTSUPP as i32))
}

/// A path is too long.
pub(crate) fn enametoolong() -> Error {
    Error::from_errno(-(bindings::ENAMETOOLONG as i32))
}

/// The image is malformed.
pub(crate) fn ebadmsg() -> Error {
    Error::from_errno(-(bindings::EBADMSG as i32))
}

/// The kernel is another one than the module was built for.
pub(crate) fn enoexec() -> Error {
    kernel::error::code::ENOEXEC
}

/// Something has changed since the checkpoint.
pub(crate) fn estale() -> Error {
    Error::from_errno(-(bindings::ESTALE as i32))
}
