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
mod open;
mod signal;
mod task;
mod tty;

pub use cpu::*;
pub use files::*;
pub use head::*;
pub use mm::*;
pub use open::*;
pub use signal::*;
pub use task::*;
pub use tty::*;

/// What a reader can look at without knowing what a structure means.
pub trait Zeroed {
    /// Whether the fields are zero that wait for a meaning.
    fn reserved_is_zero(&self) -> bool;

    /// A count that is over the limit that the declaration names.
    fn over_limit(&self) -> Option<u32>;

    /// The name of a field that refers to what the restarter has, and does not.
    fn not_restarters(&self) -> Option<&'static str>;
}

/// A plain number has no such fields.
impl Zeroed for u64 {
    fn reserved_is_zero(&self) -> bool {
        true
    }

    fn over_limit(&self) -> Option<u32> {
        None
    }

    fn not_restarters(&self) -> Option<&'static str> {
        None
    }
}

/// A count that is over its limit, as a message tells it.
pub(crate) fn over(count: impl Into<u64>, limit: impl Into<u64>) -> Option<u32> {
    let (count, limit) = (count.into(), limit.into());
    (count > limit).then(|| u32::try_from(count).unwrap_or(u32::MAX))
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

/// Every record of fixed size, file by file.
#[cfg(not(CONFIG_RUST))]
pub(crate) const RECORDS: &[&[&crate::describe::Info]] = &[
    head::RECORDS,
    task::RECORDS,
    cpu::RECORDS,
    files::RECORDS,
    open::RECORDS,
    tty::RECORDS,
    mm::RECORDS,
    signal::RECORDS,
];

/// Declares what BUFFER records are arrays of: plain structures, their sizes, and of each field what
/// it is, unless it is just a number: one of the words that [`role`] knows.
macro_rules! entries {
    ($($(#[doc = $doc:literal])* $name:ident: $size:literal {
        $(
            $(#[doc = $field_doc:literal])*
            $field:ident: $ty:ty $(= $role:ident $(($($set:ident),+))?)?,
        )*
    })*) => {$(
        $(#[doc = $doc])*
        #[derive(
            Clone, Copy, Debug, zerocopy_derive::FromBytes, zerocopy_derive::IntoBytes,
            zerocopy_derive::Immutable, zerocopy_derive::KnownLayout,
        )]
        #[repr(C)]
        pub struct $name {
            $($(#[doc = $field_doc])* pub $field: $ty,)*
        }

        impl $crate::record::Zeroed for $name {
            fn reserved_is_zero(&self) -> bool {
                true $(&& $crate::record::may_be!(self.$field $(, $role)?))*
            }

            fn over_limit(&self) -> Option<u32> {
                None$(.or($crate::record::excess!(self.$field $(, $role $(($($set),+))?)?)))*
            }

            fn not_restarters(&self) -> Option<&'static str> {
                None$(.or($crate::record::alien!(self.$field, $field $(, $role)?)))*
            }
        }

        #[cfg(not(CONFIG_RUST))]
        impl $crate::describe::Layout for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [$crate::describe::Field] = &[
                $($crate::describe::Field {
                    name: stringify!($field),
                    offset: core::mem::offset_of!($name, $field),
                    size: size_of::<$ty>(),
                    words: stringify!($ty),
                    role: $crate::record::role!($($role $(($($set),+))?)?),
                    doc: &[$($field_doc),*],
                },)*
            ];
        }

        const _: () = assert!(size_of::<$name>() == $size && $size % 8 == 0);
    )*};
}

/// Declares record bodies: entries that have a kind, and behind which something may follow. What that
/// is, in order, and when: the words that [`what`] knows.
macro_rules! records {
    ($($(#[doc = $doc:literal])* $name:ident: $kind:ident, $size:literal {
        $($field:tt)*
    } $(=> [$($what:ident $args:tt $(if $on:ident $(. $bit:ident)? $(| $or:ident)*)?),*])?)*) => {
        $(
            $crate::record::entries! {
                $(#[doc = $doc])*
                $name: $size { $($field)* }
            }

            impl $crate::record::Record for $name {
                const KIND: $crate::Kind = $crate::Kind::$kind;
            }
        )*

        /// The records of this file.
        #[cfg(not(CONFIG_RUST))]
        pub(super) const RECORDS: &[&$crate::describe::Info] = &[
            $(&$crate::describe::Info {
                kind: $crate::Kind::$kind,
                name: stringify!($name),
                size: $size,
                fields: <$name as $crate::describe::Layout>::FIELDS,
                follows: &[$($($crate::describe::Follow {
                    what: $crate::record::what!($what $args),
                    fields: &[$(stringify!($on), $(stringify!($or),)*)?],
                    bit: $crate::record::bit!($($($bit)?)?),
                },)*)?],
                doc: &[$($doc),*],
            },)*
        ];
    };
}

/// Whether a field holds what one of its role may: those that wait for a meaning are zero.
macro_rules! may_be {
    ($value:expr, zero) => {
        $crate::record::is_zero(&$value)
    };
    ($value:expr $(, $role:ident)?) => {
        true
    };
}

/// What a field has more than its role allows: counts and sizes may name a limit.
macro_rules! excess {
    ($value:expr, count($limit:ident)) => {
        $crate::record::over($value, $crate::limits::$limit)
    };
    ($value:expr, bytes($limit:ident)) => {
        $crate::record::over($value, $crate::limits::$limit)
    };
    ($value:expr $(, $role:ident $(($($set:ident),+))?)?) => {
        None
    };
}

/// The name of a field that is to be 0, and is not.
macro_rules! alien {
    ($value:expr, $name:ident, restarters) => {
        (!$crate::record::is_zero(&$value)).then_some(stringify!($name))
    };
    ($value:expr, $name:ident $(, $role:ident)?) => {
        None
    };
}

/// What a field is, by the word for it.
#[cfg(not(CONFIG_RUST))]
macro_rules! role {
    () => {
        $crate::describe::Role::Number
    };
    (count) => {
        $crate::describe::Role::Count(None)
    };
    (count($limit:ident)) => {
        $crate::describe::Role::Count(Some($crate::record::limit!($limit)))
    };
    (bytes) => {
        $crate::describe::Role::Bytes(None)
    };
    (bytes($limit:ident)) => {
        $crate::describe::Role::Bytes(Some($crate::record::limit!($limit)))
    };
    (address) => {
        $crate::describe::Role::Address
    };
    (nanoseconds) => {
        $crate::describe::Role::Nanoseconds
    };
    (mask) => {
        $crate::describe::Role::Mask
    };
    (octal) => {
        $crate::describe::Role::Octal
    };
    (flags($set:ident)) => {
        $crate::describe::Role::Flags(&$set::SET)
    };
    (one_of($set:ident)) => {
        $crate::describe::Role::OneOf(&$set::SET)
    };
    (kind) => {
        $crate::describe::Role::Kind
    };
    (id) => {
        $crate::describe::Role::Id
    };
    (object($($kind:ident),+)) => {
        $crate::describe::Role::Object(&[$($crate::Kind::$kind),+])
    };
    (maybe($($kind:ident),+)) => {
        $crate::describe::Role::Maybe(&[$($crate::Kind::$kind),+])
    };
    (restarters) => {
        $crate::describe::Role::Restarters
    };
    (place) => {
        $crate::describe::Role::Place
    };
    (signal) => {
        $crate::describe::Role::Signal
    };
    (signals) => {
        $crate::describe::Role::Signals
    };
    (zero) => {
        $crate::describe::Role::Zero
    };
}

/// A limit, and its name.
#[cfg(not(CONFIG_RUST))]
macro_rules! limit {
    ($limit:ident) => {
        $crate::describe::Limit {
            name: stringify!($limit),
            value: $crate::limits::$limit as u64,
        }
    };
}

/// What follows a record: `text("of what"; LIMIT)`, `buffer("of what": Entry: counts; LIMIT)`, the same with
/// `within`, `record(KIND: count)`, `maybe(KIND)`, `pages(KIND: count)`. What stands behind `if` tells when: a field
/// that is not zero, a bit or a value that it has, or `text`, the text before it that is not empty.
#[cfg(not(CONFIG_RUST))]
macro_rules! what {
    (text($of:literal)) => {
        $crate::describe::What::Text($of, $crate::record::limit!(STRING))
    };
    (text($of:literal; $limit:ident)) => {
        $crate::describe::What::Text($of, $crate::record::limit!($limit))
    };
    (buffer($($of:tt)*)) => {
        $crate::describe::What::Buffer($crate::record::payload!($($of)*))
    };
    (within($($of:tt)*)) => {
        $crate::describe::What::Within($crate::record::payload!($($of)*))
    };
    (record($kind:ident)) => {
        $crate::describe::What::Record($crate::Kind::$kind, None)
    };
    (record($kind:ident: $count:ident)) => {
        $crate::describe::What::Record($crate::Kind::$kind, Some(stringify!($count)))
    };
    (maybe($kind:ident)) => { $crate::describe::What::Maybe($crate::Kind::$kind) };
    (pages($kind:ident: $count:ident)) => {
        $crate::describe::What::Pages($crate::Kind::$kind, stringify!($count))
    };
}

/// What a BUFFER is an array of.
#[cfg(not(CONFIG_RUST))]
macro_rules! payload {
    ($of:literal: $entry:ty $(: $($count:ident),*)? $(; $limit:ident)?) => {
        $crate::describe::Payload {
            of: $of,
            limit: $crate::record::most!($($limit)?),
            name: <$entry as $crate::describe::Layout>::NAME,
            fields: <$entry as $crate::describe::Layout>::FIELDS,
            size: size_of::<$entry>(),
            counts: &[$($(stringify!($count)),*)?],
        }
    };
}

/// A limit, if there is one.
#[cfg(not(CONFIG_RUST))]
macro_rules! most {
    () => {
        None
    };
    ($limit:ident) => {
        Some($crate::record::limit!($limit))
    };
}

/// The name of a bit, if there is one.
#[cfg(not(CONFIG_RUST))]
macro_rules! bit {
    () => {
        None
    };
    ($bit:ident) => {
        Some(stringify!($bit))
    };
}

/// Plain numbers, of which BUFFERs are arrays, too.
#[cfg(not(CONFIG_RUST))]
mod plain {
    use crate::describe::{
        Field,
        Layout, //
    };

    macro_rules! plain {
        ($($name:ident)*) => {$(
            impl Layout for $name {
                const NAME: &'static str = stringify!($name);
                const FIELDS: &'static [Field] = &[];
            }
        )*};
    }
    plain!(u8 u32 u64);
}

pub(crate) use {
    alien,
    entries,
    excess,
    may_be,
    records, //
};
#[cfg(not(CONFIG_RUST))]
pub(crate) use {
    bit,
    limit,
    most,
    payload,
    role,
    what, //
};
