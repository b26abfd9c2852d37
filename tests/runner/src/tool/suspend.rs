// SPDX-License-Identifier: GPL-2.0-only

//! The system is suspended while a tree is being restarted or saved: whoever waits in the kernel can
//! be frozen, and goes on afterwards.

use std::{
    fs,
    io::Write,
    path::Path,
    process::Stdio,
    thread,
    time::Instant, //
};

use anyhow::{
    ensure,
    Context,
    Result, //
};

use super::{
    halfway::{
        half_restart,
        REST, //
    },
    Scene,
    ToolTest, //
};
use crate::{
    apps::Dice,
    args,
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
    ToolTest {
        name: "tools/suspend_checkpoint",
        about: "Suspend at a random moment of each checkpoint of a tree.",
        run: checkpoint_suspended,
    },
];

/// Freezes all tasks as for a suspend, and thaws them so many seconds later: the kernel's own test of
/// it. Gives the reason when there is no such test.
pub fn suspend(seconds: u32) -> Result<Option<&'static str>> {
    if !Path::new("/sys/power/pm_test").exists() {
        return Ok(Some("the kernel has no /sys/power/pm_test"));
    }
    fs::write("/sys/power/pm_test", "freezer").context("pm_test")?;
    let delay = "/sys/module/suspend/parameters/pm_test_delay";
    let _ = fs::write(delay, seconds.to_string());
    let result = fs::write("/sys/power/state", "freeze");
    fs::write("/sys/power/pm_test", "none")?;
    result.context("the system cannot be suspended")?;
    Ok(None)
}

fn suspended(scene: &mut Scene<'_, '_>, target: &str) -> Result<Outcome> {
    let mut half = half_restart(scene, target, REST)?;
    if let Some(reason) = suspend(1)? {
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

fn checkpoint_suspended(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const SUSPENDS: u32 = 10;
    let seed = scene.setup.seed;
    let mut dice = Dice::new(seed);
    let root = scene.seeded_target("tree/random", seed % 100_000, 20)?;
    let image = scene.image();
    let mut args = args!["-o", image.display(), "--force", "--continue", root];
    let begin = Instant::now();
    scene.trial.checkpoint(&args)?.well("checkpoint")?;
    let span = begin.elapsed();
    for round in 0..SUSPENDS {
        if round == SUSPENDS / 2 {
            args.push("--no-capture".to_owned());
        }
        let log = scene.trial.beside("checkpoint.log");
        let tool = scene.trial.checkpoint_tool(&args, &log, Stdio::null())?;
        thread::sleep(dice.part(span, 0, 90));
        if let Some(reason) = suspend(0)? {
            return Ok(Outcome::Skipped(reason.to_owned()));
        }
        scene
            .trial
            .finish_tool(tool, "checkpoint", &log)?
            .well("checkpoint with a suspend in the middle")
            .with_context(|| format!("round {round}; --seed {seed} repeats it"))?;
    }
    scene.ends_well(root)?;
    Ok(Outcome::Passed)
}
