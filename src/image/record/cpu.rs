// SPDX-License-Identifier: GPL-2.0-only

//! x86-64 registers.

use super::records;

records! {
    /// General registers of the interrupted user context, as `struct pt_regs` holds them.
    Cpu: CPU, 168 {
        /// r15.
        r15: u64 = mask,
        /// r14.
        r14: u64 = mask,
        /// r13.
        r13: u64 = mask,
        /// r12.
        r12: u64 = mask,
        /// rbp.
        bp: u64 = mask,
        /// rbx.
        bx: u64 = mask,
        /// r11.
        r11: u64 = mask,
        /// r10.
        r10: u64 = mask,
        /// r9.
        r9: u64 = mask,
        /// r8.
        r8: u64 = mask,
        /// rax: the result of an interrupted system call, before any restart of it.
        ax: u64 = mask,
        /// rcx.
        cx: u64 = mask,
        /// rdx.
        dx: u64 = mask,
        /// rsi.
        si: u64 = mask,
        /// rdi.
        di: u64 = mask,
        /// Number of the interrupted system call, or -1.
        orig_ax: u64,
        /// rip.
        ip: u64 = address,
        /// cs.
        cs: u64 = mask,
        /// rflags.
        flags: u64 = mask,
        /// rsp.
        sp: u64 = address,
        /// ss.
        ss: u64 = mask,
    }

    /// Segment bases, data selectors and TLS descriptors.
    Thread: THREAD, 56 {
        /// Base of fs.
        fsbase: u64 = address,
        /// Base of gs.
        gsbase: u64 = address,
        /// ds.
        ds: u16 = mask,
        /// es.
        es: u16 = mask,
        /// fs.
        fs: u16 = mask,
        /// gs.
        gs: u16 = mask,
        /// The three TLS descriptors as the processor reads them.
        tls: [u64; 3] = mask,
        /// Zero.
        reserved: u64 = zero,
    }

    /// FPU and vector registers. A BUFFER with the XSAVE area (standard format, cut after the last
    /// component in `xfeatures`) follows.
    CpuFpu: CPU_FPU, 24 {
        /// State components that are not in their initial state, as in the area's own header. Never
        /// that of the protection keys, which is `pkru`.
        xfeatures: u64 = mask,
        /// Protection-key rights register; kept here because the area may not hold it.
        pkru: u32 = mask,
        /// Bytes of area that follow.
        size: u32 = bytes,
        /// Zero.
        reserved: u64 = zero,
    } => [buffer(u8: size)]
}
