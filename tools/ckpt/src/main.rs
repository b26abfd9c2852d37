// SPDX-License-Identifier: GPL-2.0-only

//! The program; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ckpt_tools::main()
}
