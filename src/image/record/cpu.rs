// SPDX-License-Identifier: GPL-2.0-only

//! x86-64 registers.

use super::records;

records! {
    /// General registers of the interrupted user context, as `struct pt_regs` holds them.
    Cpu: CPU, 168 {
        /// r15.
        r15: u64,
        /// r14.
        r14: u64,
        /// r13.
        r13: u64,
        /// r12.
        r12: u64,
        /// rbp.
        bp: u64,
        /// rbx.
        bx: u64,
        /// r11.
        r11: u64,
        /// r10.
        r10: u64,
        /// r9.
        r9: u64,
        /// r8.
        r8: u64,
        /// rax: the result of an interrupted system call, before any restart of it.
        ax: u64,
        /// rcx.
        cx: u64,
        /// rdx.
        dx: u64,
        /// rsi.
        si: u64,
        /// rdi.
        di: u64,
        /// Number of the interrupted system call, or -1.
        orig_ax: u64,
        /// rip.
        ip: u64,
        /// cs.
        cs: u64,
        /// rflags.
        flags: u64,
        /// rsp.
        sp: u64,
        /// ss.
        ss: u64,
    }

    /// Segment bases, data selectors and TLS descriptors.
    Thread: THREAD, 56 {
        /// Base of fs.
        fsbase: u64,
        /// Base of gs.
        gsbase: u64,
        /// ds.
        ds: u16,
        /// es.
        es: u16,
        /// fs.
        fs: u16,
        /// gs.
        gs: u16,
        /// The three TLS descriptors as the processor reads them.
        tls: [u64; 3],
        /// Zero.
        reserved: u64,
    } = zero [reserved]

    /// FPU and vector registers. A BUFFER with the XSAVE area (standard format, cut after the last
    /// component in `xfeatures`) follows.
    CpuFpu: CPU_FPU, 24 {
        /// State components that are not in their initial state, as in the area's own header. Never
        /// that of the protection keys, which is `pkru`.
        xfeatures: u64,
        /// Protection-key rights register; kept here because the area may not hold it.
        pkru: u32,
        /// Bytes of area that follow.
        size: u32,
        /// Zero.
        reserved: u64,
    } = zero [reserved]
}
