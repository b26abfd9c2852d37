// SPDX-License-Identifier: GPL-2.0-only

//! State that a kind of object keeps during a checkpoint or a restart: one value of each type, which only
//! the kind knows.

use core::any::Any;

use kernel::prelude::*;

/// One value of each type.
#[derive(Default)]
pub(crate) struct States(KVVec<KBox<dyn Any + Send>>);

impl States {
    /// The value of this type, made when it is asked for first.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn get<T: Default + Send + 'static>(&mut self) -> Result<&mut T> {
        let place = match self.0.iter().position(|state| state.is::<T>()) {
            Some(place) => place,
            None => {
                let state = KBox::new(T::default(), GFP_KERNEL_ACCOUNT)?;
                self.0.push(state, GFP_KERNEL_ACCOUNT)?;
                self.0.len() - 1
            }
        };
        let state = self.0.get_mut(place).and_then(|state| state.downcast_mut());
        state.ok_or(ENOMEM)
    }

    /// Takes the value of this type out.
    pub(crate) fn take<T: Default + Send + 'static>(&mut self) -> T {
        let state = self.0.iter_mut().find_map(|state| state.downcast_mut());
        state.map_or_else(T::default, core::mem::take)
    }
}
