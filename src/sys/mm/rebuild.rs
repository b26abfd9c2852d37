// SPDX-License-Identifier: GPL-2.0-only

//! Building another address space in place of the caller's.
//!
//! The new one is made where no other task can see it, and takes the place of the old one as it does in
//! execve(2): whatever belongs to an address space and is in no record (a local descriptor table, linear
//! address masking, contexts of asynchronous I/O, state of KSM and uprobes) goes with the old one, and a
//! task that has opened the old one, for example through /proc, keeps the old one.

use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

use ckpt_image::record;

use crate::sys::{
    self,
    bindings,
    file::File,
    mm::{
        Mm,
        DUMP_FILTER,
        DUMP_FILTER_SHIFT,
        MERGE_ANY,
        MM_FLAGS, //
    },
    vma::raw_flags, //
};

const MAP_ANONYMOUS: usize = 0x20;
const MAP_SHARED: usize = 0x01;
const MAP_PRIVATE: usize = 0x02;
const MAP_DROPPABLE: usize = 0x08;
const MAP_GROWSDOWN: usize = 0x0100;
const MAP_NORESERVE: usize = 0x4000;
const MAP_FIXED_NOREPLACE: usize = 0x10_0000;

/// Advice of madvise(2) and the flag of the image that it sets.
const ADVICE: &[(u64, i32)] = &[
    (record::vma_flag::SEQ_READ, 2),
    (record::vma_flag::RAND_READ, 1),
    (record::vma_flag::DONTFORK, 10),
    (record::vma_flag::MERGEABLE, 12),
    (record::vma_flag::HUGEPAGE, 14),
    (record::vma_flag::NOHUGEPAGE, 15),
    (record::vma_flag::DONTDUMP, 16),
    (record::vma_flag::WIPEONFORK, 18),
];

const MADV_DONTNEED: i32 = 4;
const MADV_UNMERGEABLE: i32 = 13;
const MADV_GUARD_INSTALL: i32 = 102;

/// An address space that no task uses yet.
pub(crate) struct Fresh(core::ptr::NonNull<bindings::mm_struct>);

impl Drop for Fresh {
    fn drop(&mut self) {
        // SAFETY: Gives back the only reference, which this value owns.
        unsafe { bindings::ckpt_drop_made_mm(self.0.as_ptr()) };
    }
}

impl Fresh {
    /// An empty one, or what fork(2) would make of `base`, whose tasks stand still.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, `EINTR` when the caller is being killed.
    pub(crate) fn make(base: Option<&Mm>) -> Result<Self> {
        let base = base.map_or(core::ptr::null_mut(), Mm::raw);
        // SAFETY: NULL or a valid address space; the result carries a reference or is an error.
        let made = from_err_ptr(unsafe { bindings::ckpt_make_mm(base) })?;
        core::ptr::NonNull::new(made).map(Fresh).ok_or(ENOMEM)
    }

    /// Puts it in place of the caller's. There is no way back to user mode after this but a complete
    /// restart.
    ///
    /// # Errors
    ///
    /// `EINTR` when the caller is being killed.
    pub(crate) fn enter(self) -> Result<Own> {
        // SAFETY: The caller is in a restart: nothing refers to its user memory. The reference becomes
        // the caller's if it is taken.
        to_result(unsafe { bindings::ckpt_enter_mm(self.0.as_ptr(), true) })?;
        let own = Own(self.0.as_ptr());
        core::mem::forget(self);
        Ok(own)
    }
}

/// What PR_SET_MDWE forbids the caller, and so whatever is restored onto it.
#[derive(Clone, Copy)]
pub(crate) struct WriteOrExecute {
    flags: u32,
}

impl WriteOrExecute {
    /// The setting of the caller, in the address space that it was made with.
    ///
    /// # Errors
    ///
    /// `EINTR` when the caller is being killed.
    pub(crate) fn of_caller(mm: &Mm) -> Result<Self> {
        let bits = record::mm_flag::MDWE | record::mm_flag::MDWE_NO_INHERIT;
        Ok(WriteOrExecute {
            flags: mm.fields()?.flags & bits,
        })
    }

    /// Whether anything is forbidden.
    pub(crate) fn is_set(self) -> bool {
        self.flags & record::mm_flag::MDWE != 0
    }

    /// Whether it stays in force with these flags of an address space. No call takes it back, nor keeps
    /// children from getting it.
    pub(crate) fn stays_with(self, flags: u32) -> bool {
        let weaker = flags & record::mm_flag::MDWE_NO_INHERIT & !self.flags;
        !self.is_set() || (flags & record::mm_flag::MDWE != 0 && weaker == 0)
    }
}

/// The caller's address space. No other task runs in it.
pub(crate) struct Own(*mut bindings::mm_struct);

impl Own {
    /// The structure, for the architecture's boundary.
    pub(crate) fn raw(&self) -> *mut bindings::mm_struct {
        self.0
    }

    fn write_lock(&self) -> Result<WriteLock> {
        // SAFETY: The address space is that of the caller; undone by `drop`.
        to_result(unsafe { bindings::ckpt_mmap_write_lock(self.0) })?;
        Ok(WriteLock(self.0))
    }

    /// Maps what the record says at exactly its addresses. With `writable` the mapping can be
    /// written for now, so that it can be filled.
    ///
    /// # Errors
    ///
    /// Those of mmap(2); `EEXIST` when something is there already.
    pub(crate) fn map(&self, vma: &record::Vma, file: Option<&File>, writable: bool) -> Result {
        use record::vma_flag::*;
        let len = vma.end.checked_sub(vma.start).ok_or(EINVAL)?;
        let has = |flag| vma.flags & flag != 0;
        let mut flags = MAP_FIXED_NOREPLACE;
        flags |= if has(DROPPABLE) {
            MAP_DROPPABLE
        } else if has(SHARED) {
            MAP_SHARED
        } else {
            MAP_PRIVATE
        };
        if file.is_none() {
            flags |= MAP_ANONYMOUS;
        }
        if has(GROWSDOWN) {
            flags |= MAP_GROWSDOWN;
        }
        if has(NORESERVE) || (writable && !has(ACCOUNT)) {
            flags |= MAP_NORESERVE;
        }
        let mut prot = sys::vma::protection(vma.flags);
        if writable {
            prot |= sys::vma::protection(READ | WRITE);
        }
        // SAFETY: Maps user memory of the caller, with the checks of mmap(2); a NULL file is
        // anonymous memory.
        let at = unsafe {
            bindings::vm_mmap(
                file.map_or(core::ptr::null_mut(), File::as_ptr),
                vma.start as usize,
                len as usize,
                prot,
                flags,
                vma.offset as usize,
            )
        };
        if at >= usize::MAX - 4094 {
            return Err(Error::from_errno(at as isize as i32));
        }
        if at as u64 != vma.start {
            return Err(EEXIST);
        }
        Ok(())
    }

    /// Sets protection and protection key (-1: as it is).
    pub(crate) fn protect(&self, start: u64, end: u64, flags: u64, pkey: i32) -> Result {
        // SAFETY: Changes user memory of the caller, with the checks of mprotect(2).
        to_result(unsafe {
            bindings::ckpt_sym_do_mprotect_pkey(
                start as usize,
                (end - start) as usize,
                sys::vma::protection(flags),
                pkey,
            )
        })
    }

    /// Gives the advice that the flags of a mapping stand for. `merges`: its pages are merged unless
    /// advised against (PR_SET_MEMORY_MERGE).
    pub(crate) fn advise(&self, start: u64, end: u64, flags: u64, merges: bool) -> Result {
        if merges && flags & record::vma_flag::MERGEABLE == 0 {
            self.madvise(start, end, MADV_UNMERGEABLE)?;
        }
        for (_, advice) in ADVICE.iter().filter(|(flag, _)| flags & flag != 0) {
            self.madvise(start, end, *advice)?;
        }
        Ok(())
    }

    /// Makes a guard region.
    pub(crate) fn guard(&self, start: u64, end: u64) -> Result {
        self.madvise(start, end, MADV_GUARD_INSTALL)
    }

    fn madvise(&self, start: u64, end: u64, advice: i32) -> Result {
        // SAFETY: Changes user memory of the caller, with the checks of madvise(2).
        to_result(unsafe {
            bindings::ckpt_sym_do_madvise(self.0, start as usize, (end - start) as usize, advice)
        })
    }

    /// Locks a mapping, with the checks of mlock(2).
    pub(crate) fn lock(&self, start: u64, end: u64, flags: u64) -> Result {
        const MLOCK_ONFAULT: usize = 1;
        let on_fault = flags & record::vma_flag::LOCKONFAULT != 0;
        let regs = bindings::pt_regs {
            di: start as usize,
            si: (end - start) as usize,
            dx: if on_fault { MLOCK_ONFAULT } else { 0 },
            ..Default::default()
        };
        // SAFETY: A system call whose arguments are plain numbers.
        to_result(unsafe { bindings::ckpt_sym___x64_sys_mlock2(&regs) } as i32)
    }

    /// Seals a mapping.
    pub(crate) fn seal(&self, start: u64, end: u64) -> Result {
        // SAFETY: Changes user memory of the caller; the symbol is there, or the image would have
        // been refused.
        to_result(unsafe { bindings::ckpt_sym_do_mseal(start as usize, (end - start) as usize, 0) })
    }

    /// Sets and clears flags of all mappings between two addresses that no system call can set.
    pub(crate) fn set_vma_flags(&self, start: u64, end: u64, set: u64, clear: u64) -> Result {
        // SAFETY: The address space is that of the caller.
        to_result(unsafe {
            bindings::ckpt_vm_flags_mod_range(
                self.0,
                start as usize,
                end as usize,
                raw_flags(set),
                raw_flags(clear),
            )
        })
    }

    /// The same for exactly what lies between two addresses: mappings that go on there are split.
    pub(crate) fn clear_vma_flags_within(&self, start: u64, end: u64, clear: u64) -> Result {
        // SAFETY: The address space is that of the caller.
        to_result(unsafe {
            bindings::ckpt_vm_flags_clear_within(
                self.0,
                start as usize,
                end as usize,
                raw_flags(clear),
            )
        })
    }

    /// Removes what is mapped between two addresses.
    pub(crate) fn unmap(&self, start: u64, end: u64) -> Result {
        // SAFETY: Unmaps user memory of the caller.
        to_result(unsafe { bindings::vm_munmap(start as usize, (end - start) as usize) })
    }

    /// Forgets the pages between two addresses.
    pub(crate) fn drop_pages(&self, start: u64, end: u64) -> Result {
        self.madvise(start, end, MADV_DONTNEED)
    }

    /// Sets what /proc/PID/exe shows. Nothing of the old one may be mapped any more.
    pub(crate) fn set_exe(&self, file: &File) -> Result {
        // SAFETY: The function takes its own reference.
        to_result(unsafe { bindings::ckpt_sym_replace_mm_exe_file(self.0, file.as_ptr()) })
    }

    /// Sets the fields that describe the layout. They have been validated.
    pub(crate) fn set_fields(&self, mm: &record::Mm, auxv: &[u64]) -> Result {
        let _guard = self.write_lock()?;
        // SAFETY: The mmap lock is held for writing, and the lock over these fields around them.
        unsafe {
            let raw = &mut (*self.0).__bindgen_anon_1;
            bindings::ckpt_arg_lock(self.0);
            raw.start_code = mm.start_code as usize;
            raw.end_code = mm.end_code as usize;
            raw.start_data = mm.start_data as usize;
            raw.end_data = mm.end_data as usize;
            raw.start_brk = mm.start_brk as usize;
            raw.brk = mm.brk as usize;
            raw.start_stack = mm.start_stack as usize;
            raw.arg_start = mm.arg_start as usize;
            raw.arg_end = mm.arg_end as usize;
            raw.env_start = mm.env_start as usize;
            raw.env_end = mm.env_end as usize;
            bindings::ckpt_arg_unlock(self.0);
            raw.mmap_base = mm.mmap_base as usize;
            raw.mmap_legacy_base = mm.mmap_legacy_base as usize;
            for (slot, word) in raw.saved_auxv.iter_mut().zip(auxv) {
                *slot = *word as usize;
            }
        }
        Ok(())
    }

    /// Makes protection keys usable: before any mapping gets one.
    pub(crate) fn set_pkeys(&self, allocated: u32, execute_only: i32) -> Result {
        let _guard = self.write_lock()?;
        // SAFETY: The lock is held for writing.
        unsafe { bindings::ckpt_set_pkeys(self.0, allocated, execute_only) };
        Ok(())
    }

    /// Has pages of all mappings merged, now and in future.
    pub(crate) fn merge(&self) -> Result {
        const PR_SET_MEMORY_MERGE: usize = 67;
        let regs = bindings::pt_regs {
            di: PR_SET_MEMORY_MERGE,
            si: 1,
            ..Default::default()
        };
        // SAFETY: A system call whose arguments are plain numbers.
        to_result(unsafe { bindings::ckpt_sym___x64_sys_prctl(&regs) } as i32)
    }

    /// Sets what would have been in the way while mappings were made: flags of the address space,
    /// of its future mappings, and the registrations of membarrier(2).
    pub(crate) fn finish(&self, mm: &record::Mm) -> Result {
        use record::membarrier::*;
        {
            let _guard = self.write_lock()?;
            let filter = DUMP_FILTER << DUMP_FILTER_SHIFT;
            let plain = || MM_FLAGS.iter().filter(|(bit, _)| *bit != MERGE_ANY);
            let mask = plain().fold(filter, |mask, (bit, _)| mask | bit);
            let set = plain().filter(|(_, bit)| mm.flags & bit != 0).fold(
                (mm.dump_filter as usize) << DUMP_FILTER_SHIFT,
                |set, (bit, _)| set | bit,
            );
            // SAFETY: The lock is held for writing.
            unsafe {
                bindings::ckpt_set_mm_flags(self.0, mask, set);
                (*self.0).__bindgen_anon_1.__bindgen_anon_2.def_flags = raw_flags(mm.def_flags);
            }
        }
        // Commands of include/uapi/linux/membarrier.h.
        for (bit, command) in [
            (GLOBAL_EXPEDITED, 1 << 2),
            (PRIVATE_EXPEDITED, 1 << 4),
            (SYNC_CORE, 1 << 6),
            (RSEQ, 1 << 8),
        ] {
            if mm.membarrier & bit != 0 {
                let regs = bindings::pt_regs {
                    di: command,
                    ..Default::default()
                };
                // SAFETY: A system call whose arguments are plain numbers.
                to_result(unsafe { bindings::ckpt_sym___x64_sys_membarrier(&regs) } as i32)?;
            }
        }
        Ok(())
    }
}

/// Copies bytes into the caller's memory.
pub(crate) fn copy_out(address: u64, bytes: &[u8]) -> Result {
    let address = UserPtr::from_addr(usize::try_from(address).map_err(|_| EFAULT)?);
    UserSlice::new(address, bytes.len())
        .writer()
        .write_slice(bytes)
}

/// The mmap lock, held for writing.
struct WriteLock(*mut bindings::mm_struct);

impl Drop for WriteLock {
    fn drop(&mut self) {
        // SAFETY: Taken by `Own::write_lock()`.
        unsafe { bindings::ckpt_mmap_write_unlock(self.0) };
    }
}
