// SPDX-License-Identifier: GPL-2.0-only

//! Values that stay as small as in the image until they are shown: sets, processors, places.

use std::fmt;

use crate::info::names::{
    self,
    Names, //
};

/// Bits, and how those are named that are set.
#[derive(Clone, Copy)]
pub struct Set {
    bits: u64,
    name: fn(u64) -> Names,
}

impl Set {
    /// Bits that `name` knows the names of.
    pub fn new(bits: impl Into<u64>, name: fn(u64) -> Names) -> Set {
        Set {
            bits: bits.into(),
            name,
        }
    }

    /// The bits.
    pub fn bits(&self) -> u64 {
        self.bits
    }

    /// The names.
    pub fn names(&self) -> Names {
        (self.name)(self.bits)
    }

    /// Whether no bit is set.
    pub fn is_empty(&self) -> bool {
        self.bits == 0
    }

    /// Whether this one is in it.
    pub fn contains(&self, name: &str) -> bool {
        self.names().iter().any(|known| known == name)
    }

    /// The names, with something between them.
    pub fn join(&self, between: &str) -> String {
        self.names().join(between)
    }
}

impl Default for Set {
    fn default() -> Set {
        Set::new(0u64, |_| Names::new())
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names().fmt(f)
    }
}

/// A mask of processors.
#[derive(Debug, Default)]
pub struct Processors(pub Vec<u8>);

impl fmt::Display for Processors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&names::processors(&self.0))
    }
}

/// A place in the tree: tasks first, then ghosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub u32);
