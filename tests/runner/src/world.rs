// SPDX-License-Identifier: GPL-2.0-only

//! What a test may not change: the kernel log, the module's reference count, the control groups.

use std::{
    collections::BTreeSet,
    fs,
    fs::File,
    path::PathBuf,
    time::Duration, //
};

use anyhow::{
    Context,
    Result, //
};
use nix::{
    errno::Errno,
    kmod::{
        delete_module,
        finit_module,
        DeleteModuleFlags,
        ModuleInitFlags, //
    },
};

use crate::{
    cgroup,
    kernel_log::KernelLog,
    process::until, //
};

/// How long the last reference to the module may take to go: files are released late.
const LINGER: Duration = Duration::from_secs(3);

/// The state before a test.
pub struct World {
    references: Option<i64>,
    groups: BTreeSet<PathBuf>,
}

impl World {
    /// Notes the state as it is now.
    pub fn new() -> Self {
        World {
            references: references(),
            groups: cgroup::all(),
        }
    }

    /// Whether the module is there.
    pub fn has_module(&self) -> bool {
        self.references.is_some()
    }

    /// What is different from then. References and groups can only be counted when one test runs
    /// alone; error lines of the module are allowed where a test provokes them.
    pub fn changes(&self, log: &mut KernelLog, alone: bool, errors_allowed: bool) -> Vec<String> {
        let mut changes = Vec::new();
        if alone {
            self.leftovers(&mut changes);
        }
        let lines = log.complaints(errors_allowed);
        if !lines.is_empty() {
            changes.push("the kernel log is not clean:".to_owned());
            changes.extend(lines);
        }
        changes
    }

    fn leftovers(&self, changes: &mut Vec<String>) {
        let _ = until(LINGER, "the module's references to go", || {
            Ok((references() == self.references).then_some(()))
        });
        let now = references();
        if now != self.references {
            changes.push(format!(
                "the module has {} references, before the test it had {}",
                text(now),
                text(self.references)
            ));
        }
        for group in cgroup::all().difference(&self.groups) {
            changes.push(format!("a control group is left: {}", group.display()));
        }
    }
}

fn text(count: Option<i64>) -> String {
    count.map_or_else(|| "no".to_owned(), |count| count.to_string())
}

/// How many references to the module there are.
pub fn references() -> Option<i64> {
    fs::read_to_string("/sys/module/ckpt/refcnt")
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// Where the module is in the test machine.
const MODULE: &str = "/ckpt/ckpt.ko";

/// Tries to unload the module, and loads it again at once if that has worked; tells whether it has.
pub fn reload() -> Result<bool> {
    let Ok(module) = File::open(MODULE) else {
        // Who tests on a machine of his own keeps his module.
        return Ok(false);
    };
    match delete_module(c"ckpt", DeleteModuleFlags::O_NONBLOCK) {
        Ok(()) => {}
        Err(Errno::EAGAIN | Errno::EBUSY) => return Ok(false),
        Err(error) => return Err(error).context("the module cannot be unloaded"),
    }
    finit_module(&module, c"", ModuleInitFlags::empty()).context("load the module again")?;
    Ok(true)
}
