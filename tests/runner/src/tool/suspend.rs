// SPDX-License-Identifier: GPL-2.0-only

//! The system is suspended while a tree is being restarted or saved: whoever waits in the kernel can
//! be frozen, and goes on afterwards.

use std::{
    fs,
    io::Write,
    path::Path, //
};

use anyhow::{
    ensure,
    Context,
    Result, //
};

use super::{
    restart::half_restart,
    Scene,
    ToolTest, //
};
use crate::{
    process,
    run::Outcome, //
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/suspend_one",
        about: "Suspend in the middle of the restart of one process.",
        run: |scene| suspended(scene, "mixed/everything"),
    },
    ToolTest {
        name: "tools/suspend_tree",
        about: "Suspend in the middle of the restart of a tree.",
        run: |scene| suspended(scene, "mixed/family"),
    },
];

/// Freezes all tasks as for a suspend, and thaws them: the kernel's own test of it.
fn suspend() -> Result<Option<&'static str>> {
    if !Path::new("/sys/power/pm_test").exists() {
        return Ok(Some("the kernel has no /sys/power/pm_test"));
    }
    fs::write("/sys/power/pm_test", "freezer").context("pm_test")?;
    // Seconds to stay frozen.
    let _ = fs::write("/sys/module/suspend/parameters/pm_test_delay", "1");
    let result = fs::write("/sys/power/state", "freeze");
    fs::write("/sys/power/pm_test", "none")?;
    result.context("the system cannot be suspended")?;
    Ok(None)
}

fn suspended(scene: &mut Scene<'_, '_>, target: &str) -> Result<Outcome> {
    let mut half = half_restart(scene, target)?;
    if let Some(reason) = suspend()? {
        return Ok(Outcome::Skipped(reason.to_owned()));
    }
    ensure!(
        process::ended(half.tool)?.is_none(),
        "restart has ended by the suspend"
    );
    half.pipe.write_all(&half.rest)?;
    drop(half.pipe);
    scene
        .trial
        .finish_tool(half.tool, "restart", &half.output)?
        .well("restart after a suspend")?;
    let program = scene
        .trial
        .restarted()?
        .context("restart --map has written no pid")?;
    scene.ends_well(program)?;
    Ok(Outcome::Passed)
}
