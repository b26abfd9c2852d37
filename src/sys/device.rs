// SPDX-License-Identifier: GPL-2.0-only

//! The misc device, with an owner.
//!
//! `kernel::miscdevice` leaves `file_operations.owner` empty, so a module could be unloaded while its
//! device is open. Here its operations are copied, and the copy gets the owner.

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

use super::{
    bindings,
    file::File, //
};

/// What an open device does. `Self` is one open file.
pub(crate) trait Device: Sized + Send + Sync + 'static {
    /// What all openers of the device share.
    type Shared: Send + Sync + 'static;

    /// Makes the state of a new open file.
    fn open(shared: Arc<Self::Shared>) -> impl PinInit<Self, Error>;

    /// An ioctl(2), through the open file `device`.
    fn ioctl(self: Pin<&Self>, device: File, cmd: u32, arg: usize) -> Result<isize>;

    /// The same from a 32-bit program.
    fn compat_ioctl(self: Pin<&Self>, device: File, cmd: u32, arg: usize) -> Result<isize>;
}

/// An open file of an [`OwnedDevice`].
#[pin_data]
struct Opened<D> {
    #[pin]
    device: D,
}

impl<D: Device> Opened<D> {
    fn device(self: Pin<&Self>) -> Pin<&D> {
        // SAFETY: The field is pinned structurally, as `#[pin]` says.
        unsafe { self.map_unchecked(|opened| &opened.device) }
    }
}

#[vtable]
impl<D: Device> MiscDevice for Opened<D> {
    type Ptr = Pin<KBox<Self>>;

    fn open(_file: &kernel::fs::File, misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        // SAFETY: `Opened` is private to this file, which registers it as part of an `OwnedDevice`
        // only: `misc` is its first field, and stays registered during this call.
        let owned = unsafe { &*core::ptr::from_ref(misc).cast::<OwnedDevice<D>>() };
        KBox::pin_init(
            try_pin_init!(Opened { device <- D::open(owned.shared.clone()) }? Error),
            GFP_KERNEL_ACCOUNT,
        )
    }

    // The descriptor may be closed while its file is in use in an ioctl: with a reference to it the
    // module stays loaded.

    fn ioctl(opened: Pin<&Self>, file: &kernel::fs::File, cmd: u32, arg: usize) -> Result<isize> {
        opened.device().ioctl(File::of(file), cmd, arg)
    }

    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(
        opened: Pin<&Self>,
        file: &kernel::fs::File,
        cmd: u32,
        arg: usize,
    ) -> Result<isize> {
        opened.device().compat_ioctl(File::of(file), cmd, arg)
    }
}

/// A registered misc device that pins its module while it is open, and what all openers share.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub(crate) struct OwnedDevice<D: Device> {
    // First: `Opened::open` goes from here to the whole.
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    #[pin]
    fops: Opaque<bindings::file_operations>,
    shared: Arc<D::Shared>,
}

// SAFETY: Registration and deregistration may happen on different threads.
unsafe impl<D: Device> Send for OwnedDevice<D> {}
// SAFETY: There is no method that changes anything through a shared reference.
unsafe impl<D: Device> Sync for OwnedDevice<D> {}

impl<D: Device> OwnedDevice<D> {
    /// Registers the device for `owner`.
    pub(crate) fn register(
        name: &'static CStr,
        mode: u16,
        owner: &'static ThisModule,
        shared: Arc<D::Shared>,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            shared,
            fops <- Opaque::ffi_init(|slot: *mut bindings::file_operations| {
                let options = MiscDeviceOptions { name };
                // SAFETY: The operations that the kernel crate makes are static; the slot is ours,
                // and nothing reads the variable before the device is registered.
                unsafe {
                    slot.write(*options.into_raw::<Opened<D>>().fops);
                    (*slot).owner = owner.as_ptr();
                    bindings::ckpt_device_fops = slot;
                }
            }),
            misc <- Opaque::try_ffi_init(|slot: *mut bindings::miscdevice| {
                let options = MiscDeviceOptions { name };
                // SAFETY: The slot is ours and pinned; `fops` was initialised above and lives as
                // long as it.
                unsafe {
                    let mut raw = options.into_raw::<Opened<D>>();
                    raw.fops = bindings::ckpt_device_fops;
                    raw.mode = mode;
                    slot.write(raw);
                    to_result(bindings::misc_register(slot))
                }
            }),
        })
    }
}

#[expect(unsafe_code)]
#[pinned_drop]
impl<D: Device> PinnedDrop for OwnedDevice<D> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: It is registered as long as this exists.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}
