// SPDX-License-Identifier: GPL-2.0-only

//! FPU and vector registers, as an XSAVE area in the standard format.

use kernel::{
    error::to_result,
    prelude::*, //
};

use ckpt_image::{
    limits,
    record::{
        CpuFpu,
        XstateComponent, //
    },
};

use crate::sys::{
    self,
    bindings,
    task::Task, //
};

const NT_X86_XSTATE: u32 = 0x202;

/// Where the XSAVE header starts, in bytes, and its length; what is before it is the legacy area.
const HEADER: usize = 512;
const HEADER_LEN: usize = 64;
/// Where MXCSR is in the legacy area, in bytes.
const MXCSR: usize = 24;

/// Length of the area on this machine, in bytes.
pub(crate) fn area_size() -> usize {
    // SAFETY: Reads a constant of the kernel.
    unsafe { bindings::ckpt_xsave_size() as usize }
}

/// Components that this machine has.
pub(crate) fn features() -> u64 {
    // SAFETY: Reads a constant of the kernel.
    unsafe { bindings::ckpt_xfeatures() }
}

/// Bits of MXCSR that may be set.
pub(crate) fn mxcsr_mask() -> u32 {
    // SAFETY: Reads a constant of the kernel.
    unsafe { bindings::ckpt_mxcsr_mask() }
}

/// Whether there are protection keys.
pub(crate) fn has_pkeys() -> bool {
    // SAFETY: Reads a feature bit.
    unsafe { bindings::ckpt_has_pkeys() }
}

/// Marks a task that sleeps, until it returns to user mode; gives 0 for one that may run.
pub(crate) fn mark_absent(task: &Task) -> u32 {
    // SAFETY: The task is valid, and its FPU state is part of it. It is written under `pi_lock`, while
    // the task is off its processor and cannot be woken.
    unsafe { bindings::ckpt_mark_absent(task.raw()) }
}

/// Whether a task has not been in user mode since it was marked.
pub(crate) fn is_absent(task: &Task, mark: u32) -> bool {
    // SAFETY: As above; words that are read once.
    unsafe { bindings::ckpt_is_absent(task.raw(), mark) }
}

/// Finds out where components stand. To be called when the module is loaded.
pub(crate) fn init() {
    // SAFETY: No task reads the table yet.
    unsafe { bindings::ckpt_find_xstate_places() };
}

/// Where a component stands on this machine.
pub(crate) fn component(id: u32) -> XstateComponent {
    let (mut offset, mut size) = (0, 0);
    // SAFETY: Reads a table that is filled when the module is loaded.
    unsafe { bindings::ckpt_xstate_component(id, &mut offset, &mut size) };
    XstateComponent {
        id,
        offset,
        size,
        reserved: 0,
    }
}

/// The numbers of the components in `features` that are not in the legacy area.
pub(crate) fn extended(features: u64) -> impl Iterator<Item = u32> {
    (2..64).filter(move |id| features & (1 << id) != 0)
}

fn word(area: &[u8], offset: usize) -> Option<u64> {
    let bytes = area.get(offset..offset.checked_add(8)?)?;
    Some(u64::from_ne_bytes(bytes.try_into().ok()?))
}

fn is_zero(bytes: &[u8]) -> bool {
    // SAFETY: The slice is valid for its length.
    unsafe { bindings::ckpt_is_zero(bytes.as_ptr().cast(), bytes.len()) }
}

/// The components of an area that have to be kept, and how long it has to be for them. Beyond the
/// legacy area the initial state is zero, so what is zero need not be kept; the protection-key
/// rights are kept elsewhere.
fn in_use(area: &[u8]) -> Option<(u64, usize)> {
    let all = word(area, HEADER)? & !(1 << PKRU);
    let mut kept = all;
    let mut end = HEADER + HEADER_LEN;
    for id in extended(all) {
        let part = component(id);
        let until = (part.offset as usize).checked_add(part.size as usize)?;
        if is_zero(area.get(part.offset as usize..until)?) {
            kept &= !(1 << id);
        } else {
            end = end.max(until);
        }
    }
    Some((kept, end))
}

/// Number of the component that holds the protection-key rights.
const PKRU: u32 = 9;

/// The state of a task: the record and the area, cut after the last component in use.
///
/// # Errors
///
/// `ESRCH` when the task has been killed, `EIO` when it is none of 64 bits.
pub(crate) fn get(task: &Task) -> Result<(CpuFpu, KVec<u8>)> {
    let size = area_size();
    let mut area = KVec::with_capacity(size, GFP_KERNEL_ACCOUNT)?;
    // SAFETY: The buffer has the size that is said, all of which is written when that is what the
    // function gives; the task is off its processor or the caller.
    unsafe {
        let room = area.spare_capacity_mut().as_mut_ptr().cast();
        let n = bindings::ckpt_get_regset(task.raw(), NT_X86_XSTATE, room, size as u32);
        to_result(n.min(0))?;
        if n != size as i32 {
            return Err(EIO);
        }
        area.inc_len(size);
    }
    let (xfeatures, end) = in_use(&area).ok_or(EIO)?;
    area.truncate(end);
    area.get_mut(HEADER..HEADER + 8)
        .ok_or(EIO)?
        .copy_from_slice(&xfeatures.to_ne_bytes());
    // SAFETY: The task is valid.
    let pkru = unsafe { bindings::ckpt_get_pkru(task.raw()) };
    let record = CpuFpu {
        xfeatures,
        pkru,
        size: area.len() as u32,
        reserved: 0,
    };
    Ok((record, area))
}

/// What is wrong with an area from an image.
pub(crate) fn problem(record: &CpuFpu, area: &[u8]) -> Option<&'static str> {
    let header = area.get(HEADER + 8..HEADER + HEADER_LEN);
    let mxcsr = word(area, MXCSR).map(|word| word as u32);
    if word(area, HEADER) != Some(record.xfeatures) {
        Some("XSAVE header and record disagree")
    } else if record.xfeatures & !features() != 0 {
        Some("FPU state that this processor does not have")
    } else if header.is_none_or(|rest| rest.iter().any(|byte| *byte != 0)) {
        Some("reserved part of the XSAVE header is not zero")
    } else if mxcsr.is_none_or(|mxcsr| mxcsr & !mxcsr_mask() != 0) {
        Some("MXCSR with bits that this processor does not have")
    } else if extended(record.xfeatures).any(|id| {
        let part = component(id);
        part.offset as usize + part.size as usize > area.len()
    }) {
        Some("XSAVE area is too short for its components")
    } else {
        None
    }
}

/// The longest area that an image may hold here, in bytes.
pub(crate) fn area_limit() -> u32 {
    limits::XSAVE.min(area_size() as u32)
}

/// Sets the state of the caller. The area has been validated.
pub(crate) fn set(record: &CpuFpu, area: &[u8]) -> Result {
    let mut whole = sys::zeroed_bytes(area_size())?;
    whole
        .get_mut(..area.len())
        .ok_or(EINVAL)?
        .copy_from_slice(area);
    // SAFETY: The buffer is as long as the kernel expects; it validates what is in it again.
    to_result(unsafe { bindings::ckpt_set_fpu(whole.as_ptr().cast(), record.pkru) })
}

/// Sets the protection-key rights of the caller. From here on its user memory may be out of reach.
pub(crate) fn set_pkru(record: &CpuFpu) {
    if has_pkeys() {
        // SAFETY: Any value is valid.
        unsafe { bindings::ckpt_set_pkru(record.pkru) };
    }
}
