// SPDX-License-Identifier: GPL-2.0-only

//! Addresses that have been met, and how often.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

/// A set of addresses.
pub(crate) struct Set(RBTree<usize, u32>);

impl Default for Set {
    fn default() -> Self {
        Set::new()
    }
}

impl Set {
    /// Nothing is in it yet.
    pub(crate) fn new() -> Self {
        Set(RBTree::new())
    }

    /// Adds an address, which may be there already, and tells how many times it has been added.
    pub(crate) fn add(&mut self, key: usize) -> Result<u32> {
        if let Some(count) = self.0.get_mut(&key) {
            *count = count.saturating_add(1);
            return Ok(*count);
        }
        self.0.try_create_and_insert(key, 1, GFP_KERNEL_ACCOUNT)?;
        Ok(1)
    }

    /// Whether an address is in it.
    pub(crate) fn has(&self, key: usize) -> bool {
        self.0.get(&key).is_some()
    }

    /// How many times an address has been added.
    pub(crate) fn count(&self, key: usize) -> u32 {
        self.0.get(&key).copied().unwrap_or(0)
    }
}
