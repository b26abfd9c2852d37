// SPDX-License-Identifier: GPL-2.0-only

//! The misc device, with an owner.
//!
//! `kernel::miscdevice` leaves `file_operations.owner` empty, so nothing keeps a module loaded
//! whose device is open. Here the operations it makes are copied and given the owner.

use core::marker::PhantomData;

use kernel::{
    error::to_result,
    miscdevice::{
        MiscDevice,
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

use super::bindings;

/// A registered misc device that pins its module while it is open, and what all who open it share.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub(crate) struct OwnedDevice<T: MiscDevice, S: 'static> {
    // First: `MiscDevice::open` is handed a reference to it, and `shared()` goes back from there.
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    #[pin]
    fops: Opaque<bindings::file_operations>,
    shared: Arc<S>,
    _t: PhantomData<T>,
}

// SAFETY: Registration and deregistration may happen on different threads.
unsafe impl<T: MiscDevice, S: Send + Sync> Send for OwnedDevice<T, S> {}
// SAFETY: There is no method that changes anything through a shared reference.
unsafe impl<T: MiscDevice, S: Send + Sync> Sync for OwnedDevice<T, S> {}

impl<T: MiscDevice, S: 'static> OwnedDevice<T, S> {
    /// Registers the device for `owner`.
    pub(crate) fn register(
        name: &'static CStr,
        mode: u16,
        owner: &'static ThisModule,
        shared: Arc<S>,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            shared,
            fops <- Opaque::ffi_init(|slot: *mut bindings::file_operations| {
                let options = MiscDeviceOptions { name };
                // SAFETY: The operations that the kernel crate makes are static; the slot is ours,
                // and nobody reads the variable before the device is registered.
                unsafe {
                    slot.write(*options.into_raw::<T>().fops);
                    (*slot).owner = owner.as_ptr();
                    bindings::ckpt_device_fops = slot;
                }
            }),
            misc <- Opaque::try_ffi_init(|slot: *mut bindings::miscdevice| {
                let options = MiscDeviceOptions { name };
                // SAFETY: The slot is ours and pinned; `fops` was initialised above and lives as
                // long as it.
                unsafe {
                    let mut raw = options.into_raw::<T>();
                    raw.fops = bindings::ckpt_device_fops;
                    raw.mode = mode;
                    slot.write(raw);
                    to_result(bindings::misc_register(slot))
                }
            }),
            _t: PhantomData,
        })
    }

    /// What all who open the device share.
    ///
    /// # Safety
    ///
    /// `misc` is what `T::open` was handed, and `T` is registered as an `OwnedDevice<T, S>` only.
    pub(crate) unsafe fn shared(misc: &MiscDeviceRegistration<T>) -> Arc<S> {
        // SAFETY: The promise above: the registration is the first field of an `OwnedDevice`, which
        // stays registered during `open`.
        let device = unsafe { &*core::ptr::from_ref(misc).cast::<Self>() };
        device.shared.clone()
    }
}

#[expect(unsafe_code)]
#[pinned_drop]
impl<T: MiscDevice, S: 'static> PinnedDrop for OwnedDevice<T, S> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: It is registered as long as this exists.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}
