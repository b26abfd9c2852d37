// SPDX-License-Identifier: GPL-2.0-only

//! Address spaces as they are read: mappings, which pages hold data, the pages themselves.

pub(crate) mod page;
pub(crate) mod pool;
pub(crate) mod rebuild;
pub(crate) mod vma;
pub(crate) mod window;

use core::mem::ManuallyDrop;

use kernel::{
    error::to_result,
    prelude::*,
    types::NotThreadSafe, //
};

use ckpt_image::record;

use crate::sys::{
    self,
    bindings::{
        self,
        btf, //
    },
    file::File,
    page::Pages,
    task::Task,
    vma::Mapping, //
};

/// An address space that cannot be torn down as long as this exists.
pub(crate) struct Mm(core::ptr::NonNull<bindings::mm_struct>);

// SAFETY: References may be held and dropped on any thread.
unsafe impl Send for Mm {}
// SAFETY: Everything is read under the mmap lock.
unsafe impl Sync for Mm {}

impl Drop for Mm {
    fn drop(&mut self) {
        // SAFETY: Gives back the reference that this value owns. May sleep.
        unsafe { bindings::mmput(self.0.as_ptr()) };
    }
}

impl Clone for Mm {
    fn clone(&self) -> Self {
        // SAFETY: The address space is valid; the reference is the clone's.
        unsafe { bindings::ckpt_mmget(self.as_ptr()) };
        Mm(self.0)
    }
}

/// The structure of an address space, the memory of which may go.
pub(crate) struct Grabbed(core::ptr::NonNull<bindings::mm_struct>);

// SAFETY: References may be held and dropped on any thread.
unsafe impl Send for Grabbed {}
// SAFETY: It gives nothing.
unsafe impl Sync for Grabbed {}

impl Drop for Grabbed {
    fn drop(&mut self) {
        // SAFETY: Gives back the reference that this value owns.
        unsafe { bindings::mmdrop(self.0.as_ptr()) };
    }
}

/// The mmap lock, held for reading.
struct ReadLock<'a>(&'a Mm, NotThreadSafe);

impl<'a> ReadLock<'a> {
    /// # Errors
    ///
    /// `EINTR` when the caller is being killed.
    fn lock(mm: &'a Mm) -> Result<Self> {
        // SAFETY: The address space is valid; undone by `drop`.
        to_result(unsafe { bindings::ckpt_mmap_read_lock(mm.as_ptr()) })?;
        Ok(ReadLock(mm, NotThreadSafe))
    }

    /// `None` when a task has the lock for writing, or waits for it.
    fn try_lock(mm: &'a Mm) -> Option<Self> {
        // SAFETY: The address space is valid; undone by `drop`.
        unsafe { bindings::mmap_read_trylock(mm.as_ptr()) }.then_some(ReadLock(mm, NotThreadSafe))
    }
}

impl Drop for ReadLock<'_> {
    fn drop(&mut self) {
        // SAFETY: Taken by `lock()` on this thread.
        unsafe { bindings::ckpt_mmap_read_unlock(self.0.as_ptr()) };
    }
}

impl Mm {
    /// The address space of a task; `None` when it has none any more.
    pub(crate) fn of(task: &Task) -> Option<Self> {
        // SAFETY: The task is valid; the result carries a reference or is NULL.
        core::ptr::NonNull::new(unsafe { bindings::get_task_mm(task.raw()) }).map(Mm)
    }

    pub(in crate::sys) fn as_ptr(&self) -> *mut bindings::mm_struct {
        self.0.as_ptr()
    }

    /// The structure, for the architecture's boundary.
    pub(crate) fn raw(&self) -> *mut bindings::mm_struct {
        self.0.as_ptr()
    }

    /// Gives it to the caller, which has another one still and shares this one from now on with those
    /// that have it already.
    ///
    /// # Errors
    ///
    /// `EINTR` when the caller is being killed; `ENOMEM`.
    pub(crate) fn enter(&self) -> Result {
        let shared = self.clone();
        // SAFETY: The caller is in a restart: nothing refers to its user memory. The reference of the
        // clone becomes the caller's if it is taken.
        to_result(unsafe { bindings::ckpt_enter_mm(shared.as_ptr(), false) })?;
        core::mem::forget(shared);
        // SAFETY: Concerns the caller's address space, which it has just entered.
        to_result(unsafe { bindings::ckpt_share_futexes() })
    }

    /// An address that stands for the address space as long as a reference is held.
    pub(crate) fn key(&self) -> usize {
        self.as_ptr() as usize
    }

    /// Keeps its address from being used for another one, and nothing else of it.
    pub(crate) fn grab(&self) -> Grabbed {
        // SAFETY: The address space is valid; the reference is what is given.
        unsafe { bindings::mmgrab(self.as_ptr()) };
        Grabbed(self.0)
    }

    /// How many references there are to it.
    pub(crate) fn users(&self) -> i32 {
        // SAFETY: The address space is valid; a counter that is read for a check.
        unsafe {
            core::ptr::addr_of!((*self.as_ptr()).__bindgen_anon_1.mm_users.counter).read_volatile()
        }
    }

    /// The first mapping that ends after `address`.
    ///
    /// # Errors
    ///
    /// `EINTR` when the caller is being killed.
    pub(crate) fn mapping_after(&self, address: u64) -> Result<Option<Mapping>> {
        let _guard = ReadLock::lock(self)?;
        // SAFETY: The lock is held; the mapping is copied before it is dropped.
        Ok(unsafe {
            let vma = bindings::find_vma(self.as_ptr(), address as usize);
            (!vma.is_null()).then(|| Mapping::of(vma))
        })
    }

    /// Whether a file of which `wanted` says that it is the one is mapped. An address space in which mappings are
    /// about to be changed is not waited for: that may take as long as a fault, and as the server of a file.
    pub(crate) fn maps(&self, wanted: impl Fn(&File) -> bool) -> bool {
        let Some(_guard) = ReadLock::try_lock(self) else {
            return false;
        };
        let mut next = 0;
        loop {
            // SAFETY: The lock is held, and keeps the mapping and its file. The reference is the mapping's, and
            // not given back here.
            let (end, file) = unsafe {
                let Some(vma) = bindings::find_vma(self.as_ptr(), next).as_ref() else {
                    return false;
                };
                let end = vma.__bindgen_anon_1.__bindgen_anon_1.vm_end;
                (end, File::from_raw(vma.vm_file).map(ManuallyDrop::new))
            };
            if file.is_some_and(|file| wanted(&file)) {
                return true;
            }
            next = end;
        }
    }

    /// What the pages of private mappings hold, from `start` on, as far as there is room for it; what
    /// is not told of holds nothing of its own. The result is where to go on.
    pub(in crate::sys) fn look(
        &self,
        start: u64,
        window: &mut bindings::ckpt_window,
    ) -> Result<Option<u64>> {
        let _guard = ReadLock::lock(self)?;
        // SAFETY: The lock is held; the window has as much room as it says.
        match unsafe { bindings::ckpt_look(self.as_ptr(), start as usize, window) } {
            0 => Ok(None),
            1 => Ok(Some(window.next as u64)),
            error => Err(Error::from_errno(error)),
        }
    }

    /// Takes references to up to as many pages as `pages` has room for, from `address` on. Pages
    /// that are not in memory are brought back.
    ///
    /// # Errors
    ///
    /// `EFAULT` when the first page cannot be had, `EHWPOISON` when the hardware lost it.
    pub(crate) fn get_pages(&self, address: u64, count: usize, pages: &mut Pages) -> Result {
        self.get(address, count, bindings::FOLL_FORCE, pages)
    }

    /// The same, but only as many as there are: a page that was never written is the end.
    ///
    /// # Errors
    ///
    /// `EFAULT` when there is no first page.
    pub(crate) fn peek_pages(&self, address: u64, count: usize, pages: &mut Pages) -> Result {
        let flags = bindings::FOLL_FORCE | bindings::FOLL_DUMP;
        self.get(address, count, flags, pages)
    }

    fn get(&self, address: u64, count: usize, flags: u32, pages: &mut Pages) -> Result {
        let count = count.min(pages.room());
        let mut locked = 1;
        // SAFETY: The address space is valid. The lock is taken here; the function may drop it and
        // says so in `locked`.
        let got = unsafe {
            to_result(bindings::ckpt_mmap_read_lock(self.as_ptr()))?;
            let got = bindings::get_user_pages_remote(
                self.as_ptr(),
                address as usize,
                count,
                flags,
                pages.slots(),
                &mut locked,
            );
            if locked != 0 {
                bindings::ckpt_mmap_read_unlock(self.as_ptr());
            }
            got
        };
        match got {
            0 => Err(EFAULT),
            got => {
                let got = usize::try_from(got).map_err(|_| Error::from_errno(got as i32))?;
                pages.took(got);
                Ok(())
            }
        }
    }

    /// Whether it has a context for asynchronous I/O (io_setup).
    pub(crate) fn has_aio(&self) -> bool {
        // SAFETY: The table is published by RCU and only grows; the owner stands still.
        unsafe {
            bindings::rcu_read_lock();
            let table = core::ptr::addr_of!((*self.as_ptr()).__bindgen_anon_1.ioctx_table)
                .read_volatile()
                .cast::<btf::kioctx_table>();
            let mut found = false;
            if !table.is_null() {
                let contexts = (*table).table.as_slice((*table).nr as usize);
                found = contexts.iter().any(|context| !context.is_null());
            }
            bindings::rcu_read_unlock();
            found
        }
    }

    /// The fields of the structure that an image holds. Object ids and counts are left zero.
    ///
    /// # Errors
    ///
    /// `EINTR` when the caller is being killed.
    pub(crate) fn fields(&self) -> Result<record::Mm> {
        let mm = self.as_ptr();
        let _guard = ReadLock::lock(self)?;
        let mut execute_only = 0;
        // SAFETY: The lock is held and the owner stands still or is the caller.
        Ok(unsafe {
            let raw = &(*mm).__bindgen_anon_1;
            record::Mm {
                objref: 0,
                nr_vmas: 0,
                exe: 0,
                flags: image_flags(bindings::ckpt_mm_flags(mm)),
                nr_pages: 0,
                start_code: raw.start_code as u64,
                end_code: raw.end_code as u64,
                start_data: raw.start_data as u64,
                end_data: raw.end_data as u64,
                start_brk: raw.start_brk as u64,
                brk: raw.brk as u64,
                start_stack: raw.start_stack as u64,
                arg_start: raw.arg_start as u64,
                arg_end: raw.arg_end as u64,
                env_start: raw.env_start as u64,
                env_end: raw.env_end as u64,
                mmap_base: raw.mmap_base as u64,
                mmap_legacy_base: raw.mmap_legacy_base as u64,
                vdso: bindings::ckpt_get_vdso(mm) as u64,
                def_flags: sys::vma::locked_flags(raw.__bindgen_anon_2.def_flags),
                dump_filter: ((bindings::ckpt_mm_flags(mm) >> DUMP_FILTER_SHIFT) & DUMP_FILTER)
                    as u32,
                membarrier: membarrier(raw.membarrier_state.counter as u32),
                pkeys: bindings::ckpt_get_pkeys(mm, &mut execute_only),
                execute_only_pkey: execute_only,
                resident: bindings::ckpt_mm_resident(mm) as u64,
                base: 0,
                reserved: 0,
                nr_copied: 0,
                reserved2: [0; 3],
            }
        })
    }

    /// Number of words in the auxiliary vector of this kernel.
    pub(crate) fn auxv_words(&self) -> usize {
        // SAFETY: Only the length of the array is looked at.
        unsafe { (*self.as_ptr()).__bindgen_anon_1.saved_auxv.len() }
    }

    /// The auxiliary vector.
    pub(crate) fn auxv(&self) -> Result<KVec<u64>> {
        let mut auxv = KVec::new();
        // SAFETY: Written at exec and by prctl(2) only; the owner stands still or is the caller.
        for word in unsafe { (*self.as_ptr()).__bindgen_anon_1.saved_auxv } {
            auxv.push(word as u64, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(auxv)
    }
}

// Bits of `mm->flags` (include/linux/mm_types.h).
pub(in crate::sys) const DUMP_FILTER_SHIFT: u32 = 2;
pub(in crate::sys) const DUMP_FILTER: usize = 0x1ff;

/// Set by the kernel only together with what PR_SET_MEMORY_MERGE does.
pub(in crate::sys) const MERGE_ANY: usize = 1 << 30;

/// Bits of `mm->flags` that have a bit in the image.
pub(in crate::sys) const MM_FLAGS: &[(usize, u32)] = &[
    (1 << 23, record::mm_flag::THP_DISABLE_EXCEPT_ADVISED),
    (1 << 24, record::mm_flag::THP_DISABLE),
    (1 << 28, record::mm_flag::MDWE),
    (1 << 29, record::mm_flag::MDWE_NO_INHERIT),
    (MERGE_ANY, record::mm_flag::MERGE_ANY),
    (1 << 31, record::mm_flag::TOPDOWN),
];

fn image_flags(raw: usize) -> u32 {
    MM_FLAGS
        .iter()
        .filter(|(bit, _)| raw & bit != 0)
        .fold(0, |flags, (_, bit)| flags | bit)
}

/// Registrations of membarrier(2): the odd bits of the state say that one is wanted, the even ones
/// that it is complete (kernel/sched/membarrier.c).
fn membarrier(state: u32) -> u32 {
    use record::membarrier::*;
    [
        (1 << 0, PRIVATE_EXPEDITED),
        (1 << 2, GLOBAL_EXPEDITED),
        (1 << 4, SYNC_CORE),
        (1 << 6, RSEQ),
    ]
    .iter()
    .filter(|(bit, _)| state & bit != 0)
    .fold(0, |flags, (_, bit)| flags | bit)
}
