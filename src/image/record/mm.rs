// SPDX-License-Identifier: GPL-2.0-only

//! Address spaces: the mm, its mappings, their pages.

use super::{
    entries,
    records, //
};
use crate::flags::{
    enumeration,
    flag_set, //
};

records! {
    /// Shared object: an address space. Before it stands a FILE for each mapped file, and for the
    /// executable, that is new to the image. A BUFFER with the auxiliary vector (u64 words) follows,
    /// then `nr_vmas` times VMA, each with its GUARDS and PAGES_SHARED, then PAGES until `nr_pages` are
    /// there, then PAGES_COPIED until `nr_copied` are.
    ///
    /// With a base, the address space begins as what fork(2) would make of that one, which has been
    /// restored before: pages that both still share are neither stored nor copied.
    Mm: MM, 208 {
        /// The object's id.
        objref: u32 = id,
        /// Number of mappings.
        nr_vmas: u32 = count,
        /// File object of the executable.
        exe: u32 = object(FILE),
        /// Bits of [`mm_flag`].
        flags: u32 = flags(mm_flag),
        /// Pages stored in all PAGES records of this address space.
        nr_pages: u64 = count,
        /// Start of the code segment.
        start_code: u64 = address,
        /// End of the code segment.
        end_code: u64 = address,
        /// Start of initialised data.
        start_data: u64 = address,
        /// End of initialised data.
        end_data: u64 = address,
        /// Start of the heap.
        start_brk: u64 = address,
        /// Current end of the heap.
        brk: u64 = address,
        /// Bottom of the stack.
        start_stack: u64 = address,
        /// Start of the arguments.
        arg_start: u64 = address,
        /// End of the arguments.
        arg_end: u64 = address,
        /// Start of the environment.
        env_start: u64 = address,
        /// End of the environment.
        env_end: u64 = address,
        /// Where a search for free address space starts.
        mmap_base: u64 = address,
        /// The same for the legacy (bottom-up) layout.
        mmap_legacy_base: u64 = address,
        /// Start of the vDSO's text; 0 for none.
        vdso: u64 = address,
        /// Flags of [`vma_flag`] that every new mapping gets (mlockall).
        def_flags: u64 = flags(vma_flag),
        /// Core dump filter, as /proc/PID/coredump_filter shows it.
        dump_filter: u32 = mask,
        /// Registered membarrier commands: bits of [`membarrier`].
        membarrier: u32 = flags(membarrier),
        /// Allocated protection keys, one bit each.
        pkeys: u32 = mask,
        /// Key that execute-only mappings use, or -1.
        execute_only_pkey: i32,
        /// Pages resident at the checkpoint. For information.
        resident: u64 = count,
        /// The address space that this one was forked from; 0 for none.
        base: u32 = maybe(MM),
        /// Zero.
        reserved: u32 = zero,
        /// Pages in all PAGES_COPIED records of this address space.
        nr_copied: u64 = count,
        /// Zero.
        reserved2: [u64; 3] = zero,
    } => [buffer(u64), record(VMA: nr_vmas), pages(PAGES: nr_pages), pages(PAGES_COPIED: nr_copied)]

    /// One mapping.
    Vma: VMA, 64 {
        /// One of [`vma_kind`].
        kind: u32 = one_of(vma_kind),
        /// File object that is mapped, or 0.
        file: u32 = maybe(FILE),
        /// First address.
        start: u64 = address,
        /// First address after it.
        end: u64 = address,
        /// Offset in the file in bytes.
        offset: u64 = bytes,
        /// Bits of [`vma_flag`].
        flags: u64 = flags(vma_flag),
        /// Protection key.
        pkey: u32,
        /// Number of guard runs: a GUARDS record follows when it is not zero.
        nr_guards: u32 = count,
        /// Number of its pages in PAGES and PAGES_COPIED.
        nr_pages: u64 = count,
        /// Number of its pages that are still those of the base. With a base a PAGES_SHARED record
        /// may follow.
        nr_shared: u64 = count,
    } => [record(GUARDS) if nr_guards, maybe(PAGES_SHARED)]

    /// Guard regions of the mapping before it. A BUFFER of [`Run`] follows.
    Guards: GUARDS, 8 {
        /// Number of runs.
        nr_runs: u32 = count,
        /// Zero.
        reserved: u32 = zero,
    } => [buffer(Run: nr_runs)]

    /// Pages of the mapping before it that are those of the base, at the same addresses, and pages
    /// that only the base has ([`run_flag::DROPPED`]). A BUFFER of [`Run`] follows.
    PagesShared: PAGES_SHARED, 8 {
        /// Number of runs.
        nr_runs: u32 = count,
        /// Zero.
        reserved: u32 = zero,
    } => [buffer(Run: nr_runs)]

    /// Pages whose contents another address space of the image has, that has been restored before. A
    /// BUFFER of [`CopyRun`] follows.
    PagesCopied: PAGES_COPIED, 8 {
        /// Number of runs.
        nr_runs: u32 = count,
        /// Zero.
        reserved: u32 = zero,
    } => [buffer(CopyRun: nr_runs)]

    /// Page contents. Within the record stand `nr_runs` times [`Run`] at `runs_offset` and
    /// `nr_pages` pages at `data_offset`, both counted in bytes from the record's prefix. Behind the
    /// pages stands a u32 for each run, the CRC32C of its pages, and zeros up to a multiple of 8:
    /// what the pages hold may be known only when they have been written.
    Pages: PAGES, 16 {
        /// Number of runs.
        nr_runs: u32 = count,
        /// Number of pages in all of them.
        nr_pages: u32 = count,
        /// Where the runs are.
        runs_offset: u32 = bytes,
        /// Where the pages are.
        data_offset: u32 = bytes,
    } => [within(Run: nr_runs)]
}

entries! {
    /// Pages that follow each other in memory.
    Run: 16 {
        /// Address of the first.
        address: u64 = address,
        /// How many.
        nr_pages: u32 = count,
        /// Bits of [`run_flag`].
        flags: u32 = flags(run_flag),
    }

    /// Pages that follow each other, here and where they come from.
    CopyRun: 24 {
        /// Address of the first.
        address: u64 = address,
        /// Its address in the other address space.
        source: u64 = address,
        /// How many.
        nr_pages: u32 = count,
        /// The other address space.
        mm: u32 = object(MM),
    }
}

flag_set! {
    /// Bits of [`Run::flags`].
    run_flag: u32 {
        /// In PAGES_SHARED: the base has these pages, this address space has not.
        DROPPED = 0,
    }
}

enumeration! {
    /// Values of [`Vma::kind`], numbered as in Linux-CR.
    vma_kind: u32 {
        /// The vDSO and its data: mapped by the kernel, contents not stored.
        VDSO = 1,
        /// Private anonymous memory.
        ANON = 2,
        /// A private or shared mapping of a file.
        FILE = 3,
    }
}

flag_set! {
    /// Bits of [`Mm::flags`].
    mm_flag: u32 {
        /// PR_SET_THP_DISABLE.
        THP_DISABLE = 0,
        /// PR_SET_THP_DISABLE with PR_THP_DISABLE_EXCEPT_ADVISED.
        THP_DISABLE_EXCEPT_ADVISED = 1,
        /// PR_SET_MDWE.
        MDWE = 2,
        /// PR_MDWE_NO_INHERIT.
        MDWE_NO_INHERIT = 3,
        /// PR_SET_MEMORY_MERGE.
        MERGE_ANY = 4,
        /// Address space is given out from the top.
        TOPDOWN = 5,
    }
}

flag_set! {
    /// Bits of [`Mm::membarrier`].
    membarrier: u32 {
        /// MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED.
        PRIVATE_EXPEDITED = 0,
        /// MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED.
        GLOBAL_EXPEDITED = 1,
        /// MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE.
        SYNC_CORE = 2,
        /// MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ.
        RSEQ = 3,
    }
}

flag_set! {
    /// Bits of [`Vma::flags`] and [`Mm::def_flags`].
    vma_flag: u64 {
        /// May be read.
        READ = 0,
        /// May be written.
        WRITE = 1,
        /// May be executed.
        EXEC = 2,
        /// MAP_SHARED.
        SHARED = 3,
        /// mprotect(2) may allow reading.
        MAYREAD = 4,
        /// mprotect(2) may allow writing.
        MAYWRITE = 5,
        /// mprotect(2) may allow executing.
        MAYEXEC = 6,
        /// MAP_GROWSDOWN.
        GROWSDOWN = 7,
        /// mlock(2).
        LOCKED = 8,
        /// mlock2(2) with MLOCK_ONFAULT.
        LOCKONFAULT = 9,
        /// MADV_SEQUENTIAL.
        SEQ_READ = 10,
        /// MADV_RANDOM.
        RAND_READ = 11,
        /// MADV_DONTFORK.
        DONTFORK = 12,
        /// MADV_WIPEONFORK.
        WIPEONFORK = 13,
        /// MADV_DONTDUMP.
        DONTDUMP = 14,
        /// MADV_HUGEPAGE.
        HUGEPAGE = 15,
        /// MADV_NOHUGEPAGE.
        NOHUGEPAGE = 16,
        /// MADV_MERGEABLE.
        MERGEABLE = 17,
        /// MAP_NORESERVE.
        NORESERVE = 18,
        /// MAP_DROPPABLE.
        DROPPABLE = 19,
        /// mseal(2).
        SEALED = 20,
        /// Counted against the commit limit.
        ACCOUNT = 21,
    }
}
