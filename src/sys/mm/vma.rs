// SPDX-License-Identifier: GPL-2.0-only

//! Mappings: what a `vm_area_struct` says, in the terms of the image.

use kernel::str::{
    CStr,
    CStrExt, //
};

use ckpt_image::record::vma_flag;

use crate::sys::{
    bindings,
    file::File, //
};

/// A copy of what a mapping is; the mapping itself may be gone.
pub(crate) struct Mapping {
    /// First address.
    pub(crate) start: u64,
    /// First address after it.
    pub(crate) end: u64,
    /// Offset in the file, in bytes.
    pub(crate) offset: u64,
    /// Bits of [`vma_flag`].
    pub(crate) flags: u64,
    /// Protection key.
    pub(crate) pkey: u32,
    /// What is mapped; `None` for anonymous memory.
    pub(crate) file: Option<File>,
    /// Part of the vDSO.
    pub(crate) is_vdso: bool,
    /// Why it cannot be saved.
    pub(crate) unsupported: Option<&'static str>,
}

/// Bits of `vm_flags` that have a bit in the image.
const FLAGS: &[(usize, u64)] = &[
    (bindings::VM_READ, vma_flag::READ),
    (bindings::VM_WRITE, vma_flag::WRITE),
    (bindings::VM_EXEC, vma_flag::EXEC),
    // VM_SHARED itself is missing from a shared mapping of a file that is open for reading only.
    (MAYSHARE, vma_flag::SHARED),
    (MAYREAD, vma_flag::MAYREAD),
    (MAYWRITE, vma_flag::MAYWRITE),
    (MAYEXEC, vma_flag::MAYEXEC),
    (GROWSDOWN, vma_flag::GROWSDOWN),
    (LOCKED, vma_flag::LOCKED),
    (bindings::VM_LOCKONFAULT, vma_flag::LOCKONFAULT),
    (SEQ_READ, vma_flag::SEQ_READ),
    (RAND_READ, vma_flag::RAND_READ),
    (bindings::VM_DONTCOPY, vma_flag::DONTFORK),
    (bindings::VM_WIPEONFORK, vma_flag::WIPEONFORK),
    (bindings::VM_DONTDUMP, vma_flag::DONTDUMP),
    (bindings::VM_HUGEPAGE, vma_flag::HUGEPAGE),
    (bindings::VM_NOHUGEPAGE, vma_flag::NOHUGEPAGE),
    (bindings::VM_MERGEABLE, vma_flag::MERGEABLE),
    (bindings::VM_NORESERVE, vma_flag::NORESERVE),
    (DROPPABLE, vma_flag::DROPPABLE),
    (SEALED, vma_flag::SEALED),
    (bindings::VM_ACCOUNT, vma_flag::ACCOUNT),
];

// Numbers that the kernel crate gets wrong or does not have (include/linux/mm.h).
const MAYREAD: usize = 1 << 4;
const MAYWRITE: usize = 1 << 5;
const MAYEXEC: usize = 1 << 6;
const MAYSHARE: usize = 1 << 7;
const GROWSDOWN: usize = 1 << 8;
const UFFD_MISSING: usize = 1 << 9;
const MAYBE_GUARD: usize = 1 << 11;
const UFFD_WP: usize = 1 << 12;
const LOCKED: usize = 1 << 13;
const SEQ_READ: usize = 1 << 15;
const RAND_READ: usize = 1 << 16;
const PKEY_SHIFT: u32 = 32;
const PKEY_MASK: usize = 0xf << PKEY_SHIFT;
const DROPPABLE: usize = 1 << 40;
const UFFD_MINOR: usize = 1 << 41;
const SEALED: usize = 1 << 42;

/// Bits that need nothing done at restart.
const HARMLESS: usize = bindings::VM_SOFTDIRTY | bindings::VM_SHARED | MAYBE_GUARD | PKEY_MASK;

/// Why a mapping with these bits cannot be saved.
const REFUSED: &[(usize, &str)] = &[
    (bindings::VM_HUGETLB, "huge page (hugetlb) mapping"),
    (
        UFFD_MISSING | UFFD_WP | UFFD_MINOR,
        "mapping registered with userfaultfd",
    ),
    (
        bindings::VM_IO | bindings::VM_PFNMAP | bindings::VM_MIXEDMAP,
        "mapping of a device",
    ),
    (bindings::VM_DONTEXPAND, "mapping made by a driver"),
    (bindings::VM_SYNC, "MAP_SYNC mapping"),
];

fn image_flags(raw: usize) -> u64 {
    FLAGS
        .iter()
        .filter(|(bit, _)| raw & bit != 0)
        .fold(0, |flags, (_, bit)| flags | bit)
}

/// The bits of `vm_flags` that stand for bits of the image.
pub(in crate::sys) fn raw_flags(image: u64) -> usize {
    FLAGS
        .iter()
        .filter(|(_, bit)| image & bit != 0)
        .fold(0, |flags, (bit, _)| flags | bit)
}

fn refusal(
    raw: usize,
    file: Option<&File>,
    vma: *mut bindings::vm_area_struct,
) -> Option<&'static str> {
    let known = raw_flags(vma_flag::ALL) | HARMLESS;
    if let Some((_, why)) = REFUSED.iter().find(|(bits, _)| raw & bits != 0) {
        return Some(*why);
    }
    if raw & !known != 0 {
        return Some("mapping with an attribute that is not known");
    }
    // SAFETY: The mmap lock is held.
    if unsafe { bindings::ckpt_vma_has_policy(vma) } {
        return Some("mapping with a NUMA memory policy");
    }
    // SAFETY: As above.
    let anonymous = unsafe { bindings::ckpt_vma_is_anonymous(vma) };
    if raw & MAYSHARE != 0 && file.is_none() {
        return Some("shared anonymous memory");
    }
    if file.is_none() && !anonymous {
        return Some("mapping made by a driver");
    }
    None
}

impl Mapping {
    /// # Safety
    ///
    /// The mmap lock of the mapping's address space is held.
    pub(in crate::sys) unsafe fn of(vma: *mut bindings::vm_area_struct) -> Self {
        // SAFETY: The lock is held, so the mapping does not change; a name is a string literal.
        let (raw, start, end, pgoff, file, special) = unsafe {
            let name = bindings::ckpt_special_mapping_name(vma);
            (
                bindings::ckpt_vm_flags(vma),
                (*vma).__bindgen_anon_1.__bindgen_anon_1.vm_start as u64,
                (*vma).__bindgen_anon_1.__bindgen_anon_1.vm_end as u64,
                (*vma).vm_pgoff as u64,
                File::from_borrowed((*vma).vm_file),
                (!name.is_null()).then(|| CStr::from_char_ptr(name)),
            )
        };
        let is_vdso =
            special.is_some_and(|name| [c"[vdso]", c"[vvar]", c"[vvar_vclock]"].contains(&name));
        let unsupported = if is_vdso {
            None
        } else if special.is_some() {
            Some("special mapping of the kernel")
        } else {
            refusal(raw, file.as_ref(), vma)
        };
        Mapping {
            start,
            end,
            offset: pgoff << 12,
            flags: image_flags(raw),
            pkey: ((raw & PKEY_MASK) >> PKEY_SHIFT) as u32,
            file,
            is_vdso,
            unsupported,
        }
    }
}

/// PROT_* bits of flags of the image.
pub(crate) fn protection(flags: u64) -> usize {
    (flags & (vma_flag::READ | vma_flag::WRITE | vma_flag::EXEC)) as usize
}

/// The flags for every new mapping, as far as an image holds them: the marks of mlockall(2).
pub(in crate::sys) fn locked_flags(raw: usize) -> u64 {
    image_flags(raw) & (vma_flag::LOCKED | vma_flag::LOCKONFAULT)
}
