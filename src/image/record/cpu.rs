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
        /// Rbp.
        bp: u64 = mask,
        /// Rbx.
        bx: u64 = mask,
        /// r11.
        r11: u64 = mask,
        /// r10.
        r10: u64 = mask,
        /// r9.
        r9: u64 = mask,
        /// r8.
        r8: u64 = mask,
        /// Rax: the result of the interrupted system call, before any restart of it.
        ///
        /// with `orig_ax` ≥ 0 not −ENOSYS
        ax: u64 = mask,
        /// Rcx.
        cx: u64 = mask,
        /// Rdx.
        dx: u64 = mask,
        /// Rsi.
        si: u64 = mask,
        /// Rdi.
        di: u64 = mask,
        /// Number of the interrupted system call, −1: interrupted in user mode.
        ///
        /// −1 to 2³² − 1
        orig_ax: u64,
        /// Rip.
        ///
        /// < ADDRESS
        ip: u64 = address,
        /// Cs.
        ///
        /// 0x33
        cs: u64 = mask,
        /// Rflags.
        ///
        /// CF PF AF ZF SF TF IF DF OF NT RF AC ID and bit 1; TF is dropped, IF and bit 1 are
        /// set
        flags: u64 = mask,
        /// Rsp.
        sp: u64 = address,
        /// Ss.
        ///
        /// 0x2b or 0; set to 0x2b
        ss: u64 = mask,
    }

    /// Segment bases, data selectors and TLS descriptors.
    Thread: THREAD, 56 {
        /// Base of fs.
        ///
        /// < ADDRESS
        fsbase: u64 = address,
        /// Base of gs.
        ///
        /// < ADDRESS
        gsbase: u64 = address,
        /// Ds.
        ///
        /// 0, or privilege level 3
        ds: u16 = mask,
        /// Es.
        ///
        /// 0, or privilege level 3
        es: u16 = mask,
        /// Fs.
        ///
        /// 0, or privilege level 3
        fs: u16 = mask,
        /// Gs.
        ///
        /// 0, or privilege level 3
        gs: u16 = mask,
        /// The three TLS descriptors, as the processor reads them.
        ///
        /// 0, or a present 32-bit data segment of privilege level 3
        tls: [u64; 3] = mask,
        /// Zero.
        reserved: u64 = zero,
    }

    /// FPU and vector registers. A BUFFER with the XSAVE area (standard format, cut after the last
    /// component in `xfeatures`) follows.
    CpuFpu: CPU_FPU, 24 {
        /// Components that are not in their initial state.
        ///
        /// as in the header of the area; only those of the processor here
        xfeatures: u64 = mask,
        /// PKRU: kept here because the area may not hold it.
        pkru: u32 = mask,
        /// Bytes of area that follow.
        ///
        /// ≤ XSAVE and ≤ the length of the area here; all components in `xfeatures` fit
        size: u32 = bytes(XSAVE),
        /// Zero.
        reserved: u64 = zero,
    } => [buffer("area": u8: size)]
}
