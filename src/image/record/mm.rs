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
        /// Id of the object.
        objref: u32 = id,
        /// Number of mappings.
        nr_vmas: u32 = count(VMAS),
        /// The executable.
        ///
        /// id of a FILE, regular, that the restarting task may execute (EACCES)
        exe: u32 = object(FILE),
        /// Bits of `mm_flag`.
        flags: u32 = flags(mm_flag),
        /// Pages in all PAGES records of the address space.
        ///
        /// with `nr_copied` the sum of those of the mappings
        nr_pages: u64 = count,
        /// Start of the code segment.
        ///
        /// ≤ ADDRESS; start ≤ end
        start_code: u64 = address,
        /// End of the code segment.
        ///
        /// ≤ ADDRESS; start ≤ end
        end_code: u64 = address,
        /// Start of initialised data.
        ///
        /// ≤ ADDRESS; start ≤ end
        start_data: u64 = address,
        /// End of initialised data.
        ///
        /// ≤ ADDRESS; start ≤ end
        end_data: u64 = address,
        /// Start of the heap.
        ///
        /// ≤ ADDRESS; start ≤ end
        start_brk: u64 = address,
        /// Current end of the heap.
        ///
        /// ≤ ADDRESS; start ≤ end
        brk: u64 = address,
        /// Bottom of the stack.
        ///
        /// ≤ ADDRESS
        start_stack: u64 = address,
        /// Start of the arguments.
        ///
        /// ≤ ADDRESS; start ≤ end
        arg_start: u64 = address,
        /// End of the arguments.
        ///
        /// ≤ ADDRESS; start ≤ end
        arg_end: u64 = address,
        /// Start of the environment.
        ///
        /// ≤ ADDRESS; start ≤ end
        env_start: u64 = address,
        /// End of the environment.
        ///
        /// ≤ ADDRESS; start ≤ end
        env_end: u64 = address,
        /// Where a search for free address space starts.
        ///
        /// ≤ ADDRESS
        mmap_base: u64 = address,
        /// The same for the legacy (bottom-up) layout.
        ///
        /// ≤ ADDRESS
        mmap_legacy_base: u64 = address,
        /// Start of the vDSO text, 0: none.
        ///
        /// ≤ ADDRESS; needs the same vDSO here (EOPNOTSUPP)
        vdso: u64 = address,
        /// Flags of `vma_flag` for every new mapping (mlockall).
        ///
        /// LOCKED, LOCKONFAULT
        def_flags: u64 = flags(vma_flag),
        /// As /proc/PID/coredump_filter.
        ///
        /// ≤ 0x1ff
        dump_filter: u32 = mask,
        /// Registrations: bits of `membarrier`.
        membarrier: u32 = flags(membarrier),
        /// Allocated protection keys, one bit each.
        ///
        /// ≤ 0xffff
        pkeys: u32 = mask,
        /// Key of execute-only mappings, −1: none.
        ///
        /// −1 to 15
        execute_only_pkey: i32,
        /// Pages resident; for information.
        resident: u64 = count,
        /// The address space that this one was forked from, 0: none.
        ///
        /// id of an earlier MM with the same `exe` and `vdso`
        base: u32 = maybe(MM),
        /// Zero.
        reserved: u32 = zero,
        /// Pages in all PAGES_COPIED records of the address space.
        ///
        /// as with `nr_pages`
        nr_copied: u64 = count,
        /// Zero.
        reserved2: [u64; 3] = zero,
    } => [buffer("auxv": u64; AUXV), record(VMA: nr_vmas), pages(PAGES: nr_pages), pages(PAGES_COPIED: nr_copied)]

    /// One mapping.
    Vma: VMA, 64 {
        /// `vma_kind`.
        kind: u32 = one_of(vma_kind),
        /// The mapped file, 0: none.
        ///
        /// FILE: id of a FILE; else 0
        file: u32 = maybe(FILE),
        /// First address.
        ///
        /// multiple of 4096, ≥ end of the one before
        start: u64 = address,
        /// First address after it.
        ///
        /// multiple of 4096, > start, ≤ ADDRESS
        end: u64 = address,
        /// Offset in the file, bytes.
        ///
        /// multiple of 4096; ANON: 0; offset + end < 2⁶³
        offset: u64 = bytes,
        /// Bits of `vma_flag`.
        ///
        /// no unknown bit; ANON: not SHARED; FILE: not GROWSDOWN, DROPPABLE; SEALED: the kernel
        /// here can seal
        flags: u64 = flags(vma_flag),
        /// Protection key.
        ///
        /// ≤ 15; not 0 only when the processor has keys
        pkey: u32,
        /// Number of guard runs.
        ///
        /// ≤ pages of the mapping, ≤ GUARDS; VDSO: 0
        nr_guards: u32 = count(GUARDS),
        /// Number of its pages in PAGES and PAGES_COPIED.
        ///
        /// SHARED, DROPPABLE, VDSO: 0
        nr_pages: u64 = count,
        /// Number of its pages that are those of the base.
        ///
        /// with `nr_pages` ≤ pages of the mapping; not 0 only with a base; DROPPABLE: 0
        nr_shared: u64 = count,
    } => [record(GUARDS) if nr_guards, maybe(PAGES_SHARED)]

    /// Guard regions of the mapping before it. A BUFFER of [`Run`] follows.
    Guards: GUARDS, 8 {
        /// Number of runs.
        ///
        /// as `nr_guards` of the VMA
        nr_runs: u32 = count(GUARDS),
        /// Zero.
        reserved: u32 = zero,
    } => [buffer("runs": Run: nr_runs)]

    /// Pages of the mapping before it that are those of the base, at the same addresses, and pages
    /// that only the base has ([`run_flag::DROPPED`]). A BUFFER of [`Run`] follows.
    PagesShared: PAGES_SHARED, 8 {
        /// Number of runs.
        ///
        /// 1 to SHARED_RUNS
        nr_runs: u32 = count(SHARED_RUNS),
        /// Zero.
        reserved: u32 = zero,
    } => [buffer("runs": Run: nr_runs)]

    /// Pages whose contents another address space of the image has, that has been restored before. A
    /// BUFFER of [`CopyRun`] follows.
    PagesCopied: PAGES_COPIED, 8 {
        /// Number of runs.
        ///
        /// 1 to RUNS
        nr_runs: u32 = count(RUNS),
        /// Zero.
        reserved: u32 = zero,
    } => [buffer("runs": CopyRun: nr_runs)]

    /// Page contents. Within the record stand `nr_runs` times [`Run`] at `runs_offset` and
    /// `nr_pages` pages at `data_offset`, both counted in bytes from the record's prefix. Behind the
    /// pages stands a u32 for each run, the CRC32C of its pages, and zeros up to a multiple of 8:
    /// what the pages hold may be known only when they have been written.
    Pages: PAGES, 16 {
        /// Number of runs.
        ///
        /// 1 to RUNS
        nr_runs: u32 = count(RUNS),
        /// Number of pages in all of them.
        ///
        /// `nr_runs` to PAGES
        nr_pages: u32 = count(PAGES),
        /// Where the runs are, bytes from the start of the prefix.
        ///
        /// 24 to 24 + RECORD; what is before it is zero
        runs_offset: u32 = bytes,
        /// Where the pages are, bytes from the start of the prefix.
        ///
        /// behind the runs, less than 4096 bytes of zeros between; contents and their checksums
        /// end with the record
        data_offset: u32 = bytes,
    } => [within("runs": Run: nr_runs)]
}

entries! {
    /// Pages that follow each other in memory.
    Run: 16 {
        /// Address of the first page.
        ///
        /// multiple of 4096; all pages below ADDRESS and inside of one mapping
        address: u64 = address,
        /// How many.
        ///
        /// not 0
        nr_pages: u32 = count,
        /// Bits of `run_flag`.
        ///
        /// PAGES_SHARED: 0 or DROPPED; else 0
        flags: u32 = flags(run_flag),
    }

    /// Pages that follow each other, here and where they come from.
    CopyRun: 24 {
        /// Address of the first page.
        ///
        /// multiple of 4096; all pages inside of one mapping
        address: u64 = address,
        /// Address of the first page in the other address space.
        ///
        /// multiple of 4096, ≤ ADDRESS; all pages are there
        source: u64 = address,
        /// How many.
        ///
        /// not 0
        nr_pages: u32 = count,
        /// The other address space.
        ///
        /// id of an earlier MM, or of this one
        mm: u32 = object(MM),
    }
}

flag_set! {
    /// Bits of [`Run::flags`].
    run_flag: u32 {
        /// The base has these pages, this address space has not, or has zeros there.
        DROPPED = 0,
    }
}

enumeration! {
    /// Values of [`Vma::kind`], numbered as in Linux-CR.
    vma_kind: u32 {
        /// The vDSO and its data; mapped by the kernel, all of its range around `Mm.vdso` and
        /// nothing else.
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
        /// The same with PR_THP_DISABLE_EXCEPT_ADVISED.
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
        /// Mprotect(2) may allow reading.
        MAYREAD = 4,
        /// Mprotect(2) may allow writing.
        MAYWRITE = 5,
        /// Mprotect(2) may allow executing.
        MAYEXEC = 6,
        /// MAP_GROWSDOWN.
        GROWSDOWN = 7,
        /// Mlock(2).
        LOCKED = 8,
        /// MLOCK_ONFAULT.
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
        /// Mseal(2).
        SEALED = 20,
        /// Counted against the commit limit.
        ACCOUNT = 21,
    }
}
