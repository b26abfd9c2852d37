// SPDX-License-Identifier: GPL-2.0-only

//! Argument structures that start with their own size and grow at the end.

use kernel::{
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

use super::bindings;

/// A structure of the ABI whose first word is its size.
///
/// # Safety
///
/// Any bit pattern is a valid value and there is no padding.
pub(crate) unsafe trait Sized32 {}

// SAFETY: Integers only; the sizes in the header leave no holes.
unsafe impl Sized32 for bindings::ckpt_checkpoint {}
// SAFETY: As above.
unsafe impl Sized32 for bindings::ckpt_write {}
// SAFETY: As above.
unsafe impl Sized32 for bindings::ckpt_freeze {}
// SAFETY: As above.
unsafe impl Sized32 for bindings::ckpt_signal {}
// SAFETY: As above.
unsafe impl Sized32 for bindings::ckpt_error {}
// SAFETY: As above.
unsafe impl Sized32 for bindings::ckpt_restart {}
// SAFETY: As above.
unsafe impl Sized32 for bindings::ckpt_info {}

fn address(arg: usize) -> UserPtr {
    UserPtr::from_addr(arg)
}

/// Reads the size of a structure, which it starts with.
///
/// # Errors
///
/// `EINVAL` when it is shorter than `min` bytes, `E2BIG` when it is longer than a page, `EFAULT`.
pub(crate) fn size(arg: usize, min: usize) -> Result<usize> {
    let mut size = [0u8; 4];
    UserSlice::new(address(arg), size.len())
        .reader()
        .read_slice(&mut size)?;
    let size = u32::from_ne_bytes(size) as usize;
    if size < min {
        return Err(EINVAL);
    }
    if size > kernel::page::PAGE_SIZE {
        return Err(E2BIG);
    }
    Ok(size)
}

/// Reads a structure that may be shorter or longer than the one known here, as
/// `copy_struct_from_user()` does.
///
/// # Errors
///
/// `EINVAL` when it is shorter than `min` bytes, `E2BIG` when it is longer than a page or what is
/// not known of it is not zero, `EFAULT`.
pub(crate) fn read<T: Sized32>(arg: usize, min: usize) -> Result<T> {
    let size = size(arg, min)?;
    let mut value = core::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: The memory is that of `value`, all of it is initialised, and `T` has no padding.
    let bytes =
        unsafe { core::slice::from_raw_parts_mut(value.as_mut_ptr().cast::<u8>(), size_of::<T>()) };
    let known = size.min(size_of::<T>());
    let mut reader = UserSlice::new(address(arg), size).reader();
    let (head, _) = bytes.split_at_mut(known);
    reader.read_slice(head)?;
    let mut left = size - known;
    let mut unknown = [0u8; 64];
    while left > 0 {
        let (part, _) = unknown.split_at_mut(left.min(64));
        reader.read_slice(part)?;
        if part.iter().any(|byte| *byte != 0) {
            return Err(E2BIG);
        }
        left -= part.len();
    }
    // SAFETY: `Sized32` promises that any bit pattern is a value.
    Ok(unsafe { value.assume_init() })
}

/// Writes as much of the structure as the caller has room for; what the caller knows of beyond it is zero,
/// as with `copy_struct_to_user()`.
pub(crate) fn write<T: Sized32>(arg: usize, value: &T, room: usize) -> Result {
    // SAFETY: `Sized32` promises that there is no padding, so all bytes are initialised.
    let bytes = unsafe {
        core::slice::from_raw_parts(core::ptr::from_ref(value).cast::<u8>(), size_of::<T>())
    };
    let (head, _) = bytes.split_at(room.min(bytes.len()));
    let mut writer = UserSlice::new(address(arg), room).writer();
    writer.write_slice(head)?;
    for _ in head.len()..room {
        writer.write_slice(&[0])?;
    }
    Ok(())
}

/// Bytes that are read in one go, and then signals are looked at.
const STEP: usize = kernel::page::PAGE_SIZE * 16;

/// Reads `len` bytes. The caller has checked `len` against a limit; memory grows as bytes arrive.
///
/// # Errors
///
/// `EFAULT`, `ENOMEM`, `EINTR`.
pub(crate) fn read_bytes(arg: u64, len: usize) -> Result<KVVec<u8>> {
    let mut bytes = KVVec::new();
    let mut reader =
        UserSlice::new(address(usize::try_from(arg).map_err(|_| EFAULT)?), len).reader();
    let mut left = len;
    while left > 0 {
        super::check_signal()?;
        let step = left.min(STEP);
        let start = bytes.len();
        bytes.resize(start + step, 0, GFP_KERNEL_ACCOUNT)?;
        let part = bytes.get_mut(start..).ok_or(EFAULT)?;
        reader.read_slice(part)?;
        left -= step;
    }
    Ok(bytes)
}

/// Reads an array of pairs of 32-bit numbers. The caller has checked `count` against a limit; memory
/// grows as they arrive.
///
/// # Errors
///
/// Those of [`read_bytes`].
pub(crate) fn read_pairs(arg: u64, count: u32) -> Result<KVVec<(i32, i32)>> {
    const PAIR: usize = 8;
    let mut pairs = KVVec::new();
    let mut at = arg;
    let mut left = count as usize * PAIR;
    while left > 0 {
        let bytes = read_bytes(at, left.min(STEP))?;
        for pair in bytes.chunks_exact(PAIR) {
            if let [a, b, c, d, e, f, g, h] = *pair {
                let pair = (
                    i32::from_ne_bytes([a, b, c, d]),
                    i32::from_ne_bytes([e, f, g, h]),
                );
                pairs.push(pair, GFP_KERNEL_ACCOUNT)?;
            }
        }
        at = at.checked_add(bytes.len() as u64).ok_or(EFAULT)?;
        left -= bytes.len();
    }
    Ok(pairs)
}

/// Writes one of an array of pairs of 32-bit numbers.
pub(crate) fn write_pair(arg: u64, index: usize, pair: (i32, i32)) -> Result {
    let offset = index.checked_mul(8).ok_or(EFAULT)?;
    let arg = usize::try_from(arg).map_err(|_| EFAULT)?;
    let at = address(arg.checked_add(offset).ok_or(EFAULT)?);
    let mut writer = UserSlice::new(at, 8).writer();
    writer.write_slice(&pair.0.to_ne_bytes())?;
    writer.write_slice(&pair.1.to_ne_bytes())
}
