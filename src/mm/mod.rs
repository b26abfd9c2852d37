// SPDX-License-Identifier: GPL-2.0-only

//! MM: address spaces.
//!
//! `save` and `restore` hold one direction each, because each is long; what a checkpoint finds out
//! about an address space is in `survey`, what both directions know of a mapping in `area`, where page
//! contents go in `fill`, what forked processes share in `base`; `space` is one that has been saved or restored.

mod area;
pub(crate) mod base;
mod fill;
mod restore;
mod save;
pub(crate) mod space;
pub(crate) mod survey;

use crate::part::Part;

pub(crate) const PART: Part = Part {
    name: "memory",
    outlives: false,
    checkpoint: save::checkpoint,
    restart: restore::restart,
    all_saved: None,
};
