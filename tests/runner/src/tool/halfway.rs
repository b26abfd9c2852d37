// SPDX-License-Identifier: GPL-2.0-only

//! A `restart` that ends in the middle of its image: nothing is left.

use std::{
    fs,
    fs::File,
    io::Write,
    path::PathBuf,
    process::Stdio, //
};

use anyhow::{
    ensure,
    Context,
    Result, //
};
use nix::{
    fcntl::OFlag,
    sys::signal::Signal,
    unistd::pipe2, //
};

use super::{
    Scene,
    ToolTest,
    TARGET, //
};
use crate::{
    args,
    process::{
        self,
        send,
        End, //
    },
    run::Outcome,
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/killed_in_the_middle",
        about: "kill -9 of restart in the middle of an image leaves nothing.",
        run: |scene| ended_in_the_middle(scene, TARGET, REST, Signal::SIGKILL),
    },
    ToolTest {
        name: "tools/killed_before_frozen",
        about: "kill -9 of restart --frozen in the middle: the control group is removed, too.",
        run: |scene| killed_before_frozen(scene, &["--pids", "--frozen"]),
    },
    ToolTest {
        name: "tools/killed_before_frozen_pidns",
        about: "The same, with a pid namespace of its own.",
        run: |scene| killed_before_frozen(scene, &["--pidns", "--frozen"]),
    },
    ToolTest {
        name: "tools/interrupted_in_the_middle",
        about: "Ctrl-C at restart in the middle of an image leaves nothing.",
        run: |scene| ended_in_the_middle(scene, TARGET, REST, Signal::SIGINT),
    },
    ToolTest {
        name: "tools/child_killed_in_the_middle",
        about: "Killing the task that is being restored ends restart with an error.",
        run: child_killed_in_the_middle,
    },
];

/// A restart that waits for more of its image.
pub struct Half {
    /// `restart`.
    pub tool: i32,
    /// What it prints.
    pub output: PathBuf,
    /// Where the image goes.
    pub pipe: File,
    /// The rest of the image.
    pub rest: Vec<u8>,
}

/// Bytes at the end of an image without which there are tasks, but not all of what they need.
pub const REST: usize = 3000;

/// Gives `restart` an image but for so many bytes, by a pipe that stays open.
pub fn half_restart(scene: &mut Scene<'_, '_>, target: &str, rest: usize) -> Result<Half> {
    half_restart_as(scene, target, rest, &["--pids", "--detach"])
}

fn half_restart_as(
    scene: &mut Scene<'_, '_>,
    target: &str,
    rest: usize,
    how: &[&str],
) -> Result<Half> {
    let pid = scene.target_of(target)?;
    let mut image = fs::read(scene.saved(pid)?)?;
    let rest = image.split_off(image.len() - rest);
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    let mut args = args!["-i", "-"];
    args.extend(how.iter().map(|option| option.to_string()));
    let (tool, output) = scene.trial.start_restart(&args, Some(Stdio::from(read)))?;
    let mut pipe = File::from(write);
    pipe.write_all(&image)?;
    // It has taken that in and waits for more.
    process::until_stuck(tool, scene.trial.limit())
        .context("restart has ended in the middle of the image")?;
    ensure!(
        scene.trial.cgroup()?.pids().len() > 1,
        "there is no half-restored process yet"
    );
    Ok(Half {
        tool,
        output,
        pipe,
        rest,
    })
}

/// A signal for a `restart` that waits for the rest of its image: nobody is left.
pub fn ended_in_the_middle(
    scene: &mut Scene<'_, '_>,
    target: &str,
    rest: usize,
    signal: Signal,
) -> Result<Outcome> {
    let half = half_restart(scene, target, rest)?;
    send(half.tool, signal)?;
    let done = scene
        .trial
        .finish_tool(half.tool, "restart", &half.output)?;
    ensure!(done.end != End::Exit(0), "restart has ended well");
    scene.nobody_left()?;
    drop(half.pipe);
    Ok(Outcome::Passed)
}

/// Nobody has to look for a control group that a command of yesterday has left.
fn killed_before_frozen(scene: &mut Scene<'_, '_>, how: &[&str]) -> Result<Outcome> {
    let groups = crate::cgroup::all();
    let half = half_restart_as(scene, TARGET, REST, how)?;
    let made = crate::cgroup::all().len() - groups.len();
    ensure!(made == 1, "{made} control groups were made");
    send(half.tool, Signal::SIGKILL)?;
    scene
        .trial
        .finish_tool(half.tool, "restart", &half.output)?;
    scene.nobody_left()?;
    ensure!(
        crate::cgroup::all() == groups,
        "the control group of what has not been restored is left"
    );
    drop(half.pipe);
    Ok(Outcome::Passed)
}

fn child_killed_in_the_middle(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let half = half_restart(scene, TARGET, REST)?;
    for pid in scene
        .trial
        .cgroup()?
        .pids()
        .into_iter()
        .filter(|pid| *pid != half.tool)
    {
        send(pid, Signal::SIGKILL)?;
    }
    let done = scene
        .trial
        .finish_tool(half.tool, "restart", &half.output)?;
    ensure!(done.end != End::Exit(0), "restart has ended well");
    // It has been reaped by now, and has no pid any more.
    ensure!(!done.said.contains("pid 0"), "{}", done.said);
    scene.nobody_left()?;
    drop(half.pipe);
    Ok(Outcome::Passed)
}
