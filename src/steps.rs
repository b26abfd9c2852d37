// SPDX-License-Identifier: GPL-2.0-only

//! Work that is put off: what a kind has to set when more is there than its own record tells of.
//!
//! Here is only that it is kept and done in order. What it is the kind knows, and when it is done
//! the holder.

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
