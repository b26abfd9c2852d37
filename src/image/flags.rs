// SPDX-License-Identifier: GPL-2.0-only

//! How the named bits of a record are declared.

/// Declares a module of bits with the set of all of them and their names.
macro_rules! flag_set {
    (
        $(#[$doc:meta])*
        $name:ident: $ty:ty { $($(#[$bit_doc:meta])* $bit:ident = $shift:literal,)* }
    ) => {
        $(#[$doc])*
        pub mod $name {
            $($(#[$bit_doc])* pub const $bit: $ty = 1 << $shift;)*

            /// All bits that have a meaning.
            pub const ALL: $ty = 0 $(| $bit)*;

            /// The bits and their names, in ascending order.
            pub const NAMES: &[($ty, &str)] = &[$(($bit, stringify!($bit)),)*];
        }
    };
}

pub(crate) use flag_set;
