// SPDX-License-Identifier: GPL-2.0-only

//! An address space that has been saved or restored.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use ckpt_image::record::Vma;

use crate::{
    objhash::{
        Object,
        Sort, //
    },
    restoring::{
        self,
        Outcome, //
    },
    sys::{
        mm::Mm,
        task::Task, //
    },
};

/// An address space that has been saved or restored, and may be the base of others.
pub(crate) struct Space {
    /// Its id in the image.
    pub(crate) objref: u32,
    /// File object of its executable.
    pub(crate) exe: u32,
    /// Start of its vDSO.
    pub(crate) vdso: u64,
    /// Its mappings, in ascending order.
    pub(crate) vmas: KVVec<Vma>,
    /// It was restored under PR_SET_MDWE, so that nothing executable in it has been written.
    pub(crate) write_or_execute: bool,
    /// The address space.
    pub(crate) mm: Mm,
}

impl Object for Arc<Space> {}

/// Has the caller use this address space, which is for all tasks that were made with the same one.
pub(crate) fn enter(context: &restoring::Context<'_>, id: u32) -> Outcome {
    context.shares(id, Sort::Mm)?;
    let space = context.get::<Arc<Space>>(id)?;
    if Some(space.mm.key()) != Task::current().keys().mm {
        space.mm.enter()?;
    }
    Ok(())
}
