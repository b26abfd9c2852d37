// SPDX-License-Identifier: GPL-2.0-only

//! Work that is put off until more has been restored than the record at hand.
//!
//! This file only keeps the steps and does them in order. The kind of object decides what they do, the
//! holder when they are done.

use kernel::prelude::*;

/// Something that is done once.
trait Step: Send {
    fn take(&mut self) -> Result;
}

/// Empty when it has been done.
struct Once<F>(Option<F>);

impl<F: FnOnce() -> Result + Send> Step for Once<F> {
    fn take(&mut self) -> Result {
        self.0.take().map_or(Ok(()), |step| step())
    }
}

/// Steps that wait, in the order in which they have been put off.
#[derive(Default)]
pub(crate) struct Steps(KVVec<KBox<dyn Step>>);

impl Steps {
    /// Puts one off.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn add(&mut self, step: impl FnOnce() -> Result + Send + 'static) -> Result {
        let step = KBox::new(Once(Some(step)), GFP_KERNEL_ACCOUNT)?;
        Ok(self.0.push(step, GFP_KERNEL_ACCOUNT)?)
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all of them, up to the first that fails.
    ///
    /// # Errors
    ///
    /// Those of the step.
    pub(crate) fn take(&mut self) -> Result {
        let steps = core::mem::replace(&mut self.0, KVVec::new());
        steps.into_iter().try_for_each(|mut step| step.take())
    }
}
