// SPDX-License-Identifier: GPL-2.0-only

//! How the named bits and the enumerations of records are declared.

/// Declares a module of bits with the set of all of them and their names.
macro_rules! flag_set {
    (
        $(#[$doc:meta])*
        $name:ident: $ty:ty { $($(#[doc = $bit_doc:literal])* $bit:ident = $shift:literal,)* }
    ) => {
        $(#[$doc])*
        pub mod $name {
            $($(#[doc = $bit_doc])* pub const $bit: $ty = 1 << $shift;)*

            /// All bits that have a meaning.
            pub const ALL: $ty = 0 $(| $bit)*;

            /// The bits and their names, in ascending order.
            pub const NAMES: &[($ty, &str)] = &[$(($bit, stringify!($bit)),)*];

            /// The same for what does not know the set.
            #[cfg(not(CONFIG_RUST))]
            pub const SET: $crate::describe::Set = $crate::describe::Set {
                name: stringify!($name),
                members: &[$($crate::describe::Member {
                    name: stringify!($bit),
                    value: $bit as u64,
                    doc: &[$($bit_doc),*],
                },)*],
            };
        }
    };
}

/// Declares a module of values, one of which a field has.
macro_rules! enumeration {
    (
        $(#[$doc:meta])*
        $name:ident: $ty:ty { $($(#[doc = $value_doc:literal])* $value:ident = $number:literal,)* }
    ) => {
        $(#[$doc])*
        pub mod $name {
            $($(#[doc = $value_doc])* pub const $value: $ty = $number;)*

            /// The values and their names, in ascending order.
            #[cfg(not(CONFIG_RUST))]
            pub const SET: $crate::describe::Set = $crate::describe::Set {
                name: stringify!($name),
                members: &[$($crate::describe::Member {
                    name: stringify!($value),
                    value: $value as u64,
                    doc: &[$($value_doc),*],
                },)*],
            };
        }
    };
}

pub(crate) use {
    enumeration,
    flag_set, //
};
