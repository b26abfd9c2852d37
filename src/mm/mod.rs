// SPDX-License-Identifier: GPL-2.0-only

//! MM: address spaces.
//!
//! `save` and `restore` hold one direction each, because each is long. `survey` examines an address space
//! for a checkpoint, `area` has what both directions know of a mapping, `fill` brings page contents into
//! mappings, `base` handles memory that forked processes share, and `space` is an address space that has
//! been saved or restored.

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
