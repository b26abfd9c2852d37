// SPDX-License-Identifier: GPL-2.0-only

//! The bodies of all records that have a fixed part.
//!
//! Each is a plain structure without padding, its size a multiple of 8 bytes. A record grows at its
//! end only; a reader takes a longer one when the part it does not know is zero. What varies in
//! length follows in a STRING or BUFFER record of its own.

use zerocopy::{
    FromBytes,
    Immutable,
    IntoBytes,
    KnownLayout, //
};

use crate::Kind;

mod cpu;
mod files;
mod head;
mod mm;
mod signal;
mod task;
mod tty;

pub use cpu::*;
pub use files::*;
pub use head::*;
pub use mm::*;
pub use signal::*;
pub use task::*;
pub use tty::*;

/// What has fields that wait for a meaning: until they have one, they are zero.
pub trait Zeroed {
    /// Whether they are.
    fn reserved_is_zero(&self) -> bool;
}

/// A plain number has no such fields.
impl Zeroed for u64 {
    fn reserved_is_zero(&self) -> bool {
        true
    }
}

/// Whether a field is zero.
pub(crate) fn is_zero<T: IntoBytes + Immutable>(field: &T) -> bool {
    field.as_bytes().iter().all(|byte| *byte == 0)
}

/// The body of a record of fixed size.
pub trait Record: FromBytes + IntoBytes + Immutable + KnownLayout + Zeroed + Copy {
    /// The kind that its prefix names.
    const KIND: Kind;
}

/// Names a shared object within an image. Ids start at 1 and are given out in the order of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objref(core::num::NonZeroU32);

impl Objref {
    /// Takes a number from an image; `None` for one that no object can have.
    pub fn new(raw: u32) -> Option<Self> {
        if raw > crate::limits::OBJREF {
            return None;
        }
        core::num::NonZeroU32::new(raw).map(Objref)
    }

    /// The number as it stands in the image.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// Declares what BUFFER records are arrays of: plain structures, their sizes, and which of their
/// fields have to be zero.
macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident: $size:literal {
        $($(#[$field_doc:meta])* $field:ident: $ty:ty,)*
    } $(= zero [$($zero:ident),*])?)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, zerocopy_derive::FromBytes, zerocopy_derive::IntoBytes,
            zerocopy_derive::Immutable, zerocopy_derive::KnownLayout,
        )]
        #[repr(C)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl $crate::record::Zeroed for $name {
            fn reserved_is_zero(&self) -> bool {
                true $($(&& $crate::record::is_zero(&self.$zero))*)?
            }
        }

        #[cfg(any(test, feature = "testing"))]
        impl $crate::testing::Layout for $name {
            const FIELDS: &'static [$crate::testing::Field] = &[
                $($crate::testing::Field {
                    name: stringify!($field),
                    offset: core::mem::offset_of!($name, $field),
                    size: size_of::<$ty>(),
                    words: stringify!($ty),
                },)*
            ];
        }

        const _: () = assert!(size_of::<$name>() == $size && $size % 8 == 0);
    )*};
}

/// Declares record bodies: entries that have a kind.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident: $kind:ident, $size:literal {
        $($field:tt)*
    } $(= zero [$($zero:ident),*])?)*) => {$(
        $crate::record::entries! {
            $(#[$doc])*
            $name: $size { $($field)* } $(= zero [$($zero),*])?
        }

        impl $crate::record::Record for $name {
            const KIND: $crate::Kind = $crate::Kind::$kind;
        }
    )*};
}

pub(crate) use {
    entries,
    records, //
};
