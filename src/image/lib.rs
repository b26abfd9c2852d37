// SPDX-License-Identifier: GPL-2.0-only

//! The image format: the one definition of what a checkpoint looks like as bytes.
//!
//! Kbuild compiles this crate into the module and cargo compiles the same files for the tools and
//! the fuzzers. It has the records ([`record`]), the [`Writer`] and the [`Reader`] of a stream of them, and
//! the limits of every number in it ([`limits`]). It must not use kernel types, allocations, input or
//! output.
//!
//! An image is a stream of records, each `{ u32 kind; u32 len; }` and `len - 8` bytes of body, in
//! the byte order of the architecture that the header names. It is written and read from front to
//! back; the index at its end is for readers that can seek. `Documentation/image-format.md` describes the
//! order of records and their meaning.

// Kbuild passes `no_std` on the command line.
#![cfg_attr(not(CONFIG_RUST), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(any(test, feature = "testing"))]
extern crate std;

#[cfg(not(CONFIG_RUST))]
pub mod describe;
#[cfg(test)]
mod document;
mod error;
#[cfg(not(CONFIG_RUST))]
pub mod find;
mod flags;
mod index;
#[cfg(test)]
mod index_tests;
mod kind;
pub mod limits;
#[cfg(not(CONFIG_RUST))]
pub mod order;
mod reader;
pub mod record;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod tree;
mod writer;

pub use error::{
    Malformed,
    Problem, //
};
pub use index::{
    index_len,
    Mark, //
};
pub use kind::{
    Begins,
    Kind, //
};
pub use reader::{
    Hdr,
    Reader,
    Source, //
};
pub use record::{
    Objref,
    Record, //
};
pub use writer::{
    sums_len,
    Sink,
    Writer, //
};

/// First word of an image, the number that Linux-CR used.
pub const HEADER_MAGIC: u64 = 0x00fe_ed0c_c0a2_d200;

/// Last word but the totals of an image: the same digits mirrored.
pub const TAIL_MAGIC: u64 = 0x002d_2a0c_c0de_ef00;

/// Revision of the format. It changes with every change that a feature word cannot express.
pub const FORMAT: u32 = 4;

/// Architecture numbers, those of Linux-CR.
pub const ARCH_X86_64: u32 = 2;

/// Size in bytes of the prefix of each record.
pub const HDR_SIZE: usize = 8;

/// Size in bytes of a page in every image that this crate knows.
pub const PAGE_SIZE: u64 = 4096;

/// Incompatible features: a reader that does not know one of these must refuse the image.
pub mod incompat {
    /// The image ends without TAIL: an ERROR record tells why. Never set by a finished image.
    pub const BROKEN: u64 = 1 << 0;
    /// All bits that this crate knows how to read.
    pub const KNOWN: u64 = 0;

    /// The name of a bit, for the message that refuses it.
    pub fn name(bit: u32) -> &'static str {
        match bit {
            0 => "broken",
            _ => "unknown",
        }
    }
}

/// Compatible features: a reader may ignore what it does not know.
pub mod compat {
    /// All bits that this crate knows how to read.
    pub const KNOWN: u64 = 0;
}
