// SPDX-License-Identifier: GPL-2.0-only

//! Loading: unexported symbols, the build id, and a first call to the harmless ones.

use kernel::{
    prelude::*,
    str::{
        CStr,
        CStrExt, //
    },
};

use super::{
    bindings::{
        self,
        build_id, //
    },
    errno,
    file,
    task, //
};

/// One row of the table in `symbols.h`.
struct Row(&'static bindings::ckpt_symbol);

impl Row {
    fn all() -> impl Iterator<Item = Row> {
        // SAFETY: Plain functions over a static table.
        let count = unsafe { bindings::ckpt_nr_symbols() };
        (0..count).filter_map(|i| {
            // SAFETY: The result is NULL or points into a static table, which is written only by
            // `resolve()`, before any other task can run code of the module.
            unsafe { bindings::ckpt_symbol(i).as_ref() }.map(Row)
        })
    }

    fn text(raw: *const kernel::ffi::c_char) -> &'static CStr {
        // SAFETY: The texts of the table are string literals.
        unsafe { CStr::from_char_ptr(raw) }
    }

    fn name(&self) -> &'static CStr {
        Self::text(self.0.name)
    }

    fn is_missing(&self) -> bool {
        self.0.address == 0
    }
}

/// How many unexported symbols are in use.
pub(crate) fn count() -> u32 {
    Row::all().fold(0u32, |n, row| {
        n.saturating_add(u32::from(!row.is_missing()))
    })
}

/// Whether an optional symbol is there.
pub(crate) fn has(name: &CStr) -> bool {
    Row::all().any(|row| row.name() == name && !row.is_missing())
}

/// Resolves the table.
///
/// # Errors
///
/// `ENOENT` when a core symbol is missing, `ENOEXEC` on another kernel than the one that the module
/// was built for, `EIO` when a symbol does not do what it should.
pub(crate) fn resolve() -> Result {
    // SAFETY: Called once, while the module is being loaded.
    let ret = unsafe { bindings::ckpt_resolve_symbols() };
    if ret != 0 {
        pr_err!(
            "kallsyms_lookup_name cannot be found (kprobes off?): {}\n",
            ret
        );
        return Err(Error::from_errno(ret));
    }
    let mut missing = false;
    for row in Row::all().filter(Row::is_missing) {
        if row.0.core {
            pr_err!(
                "this kernel has no {} (needed for: {}); without it: {}\n",
                row.name(),
                Row::text(row.0.why),
                Row::text(row.0.without)
            );
            missing = true;
        } else {
            pr_info!("no {}: {}\n", row.name(), Row::text(row.0.without));
        }
    }
    if missing {
        return Err(ENOENT);
    }
    check_build_id()?;
    self_test()
}

/// Layouts are right for one build of the kernel only.
fn check_build_id() -> Result {
    // SAFETY: `vmlinux_build_id` is an array of 20 bytes (BUILD_ID_SIZE_MAX) that is written at
    // boot only.
    let running = unsafe { &*bindings::ckpt_data_vmlinux_build_id().cast::<[u8; 20]>() };
    if *running != build_id::VMLINUX_BUILD_ID {
        pr_err!("built for another kernel (build id differs): build the module again\n");
        return Err(errno::enoexec());
    }
    Ok(())
}

/// Calls what has no side effect once and looks at the result.
fn self_test() -> Result {
    let me = task::Task::current();
    let checks = [
        ("ptrace_may_access", me.may_attach()),
        ("get_task_exe_file", file::File::exe_of(&me).is_some()),
        ("fpu_user_cfg", crate::arch::fpu::area_size() >= 576),
        (
            "vdso64_image",
            crate::arch::vdso::identity().text_len >= 4096,
        ),
        (
            "tasklist_lock",
            me.parent().is_some_and(|parent| parent.key() != 0),
        ),
        ("task_exec_state_get_dumpable", me.dumpable() <= 2),
    ];
    for (what, ok) in checks {
        if !ok {
            pr_err!(
                "self-test of {} failed: the kernel does not behave as expected\n",
                what
            );
            return Err(EIO);
        }
    }
    Ok(())
}
