// SPDX-License-Identifier: GPL-2.0-only

//! `checkpoint --kill`: nothing of what was saved lives on without a word, whatever the owner of the processes
//! does after they have been saved. And commands that would freeze themselves, or go by numbers of others.

use std::{
    fs,
    io, //
};

use anyhow::{
    ensure,
    Context,
    Result, //
};
use nix::{
    sys::{
        ptrace,
        signal::Signal, //
    },
    unistd::Pid,
};

use super::{
    refused,
    save::written,
    Scene,
    ToolTest, //
};
use crate::{
    apps::find,
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
        name: "tools/kill_traced",
        about: "checkpoint --kill fails when a process has come under a tracer since, and kills nothing.",
        run: traced,
    },
    ToolTest {
        name: "tools/kill_root_died",
        about: "The root of the tree dies after the save: the others are killed all the same, and that is told.",
        run: root_died,
    },
    ToolTest {
        name: "tools/kill_let_go",
        about: "The owner moves a process to another control group after the save, where it runs: nothing is killed.",
        run: let_go,
    },
    ToolTest {
        name: "tools/frozen_own_cgroup",
        about: "restart --frozen refuses a control group that it is in itself.",
        run: own_cgroup,
    },
    ToolTest {
        name: "tools/other_proc_restart",
        about: "restart --pidns refuses where /proc is that of another pid namespace: its numbers mean others.",
        run: other_proc,
    },
];

fn traced(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let (tool, log, mut read) = written(scene, pid, "--kill")?;
    ptrace::seize(Pid::from_raw(pid), ptrace::Options::empty())?;
    io::copy(&mut read, &mut io::sink())?;
    let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
    let name = format!("[pid {pid} ");
    refused(
        &done,
        Some(1),
        &["the image is complete", "nothing has been killed", &name],
    )?;
    send(pid, Signal::SIGKILL)?;
    process::wait(pid, scene.trial.limit(), "it to die")?;
    Ok(Outcome::Passed)
}

fn root_died(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target_of("tree/child")?;
    let family = process::family(pid);
    ensure!(family.len() > 1, "it has no child");
    let (tool, log, mut read) = written(scene, pid, "--kill")?;
    send(pid, Signal::SIGKILL)?;
    process::wait(pid, scene.trial.limit(), "the root to die")?;
    io::copy(&mut read, &mut io::sink())?;
    let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
    refused(
        &done,
        Some(1),
        &["the image is complete", "has been killed, but one had died"],
    )?;
    process::reap_all();
    scene.nobody_left()?;
    Ok(Outcome::Passed)
}

fn let_go(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target_of("tree/child")?;
    let (tool, log, mut read) = written(scene, pid, "--kill")?;
    let other = scene.trial.cgroup()?.path().join("other");
    fs::create_dir(&other)?;
    fs::write(other.join("cgroup.procs"), pid.to_string())?;
    io::copy(&mut read, &mut io::sink())?;
    let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
    let name = format!("[pid {pid} ");
    refused(
        &done,
        Some(1),
        &["the image is complete", "nothing has been killed", &name],
    )?;
    let procs = scene.trial.cgroup()?.path().join("cgroup.procs");
    fs::write(procs, pid.to_string())?;
    fs::remove_dir(&other)?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn own_cgroup(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    let output = scene.trial.restart_output();
    let group = scene.trial.cgroup()?.path().display().to_string();
    let args = args!["--frozen", "--cgroup", group, image.display()];
    let start = scene.setup.tools.start("restart", &args, &output)?;
    let tool = start.cgroup(scene.trial.cgroup()?.procs()).spawn()?;
    let done = scene.trial.finish_tool(tool, "restart", &output)?;
    refused(&done, Some(2), &["this command is itself in the cgroup"])?;
    scene.nobody_left()?;
    Ok(Outcome::Passed)
}

fn other_proc(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?.display().to_string();
    let commands = find("unshare").zip(find("restart"));
    let (unshare, restart) = commands.context("a command is missing")?;
    let restart = restart.display().to_string();
    let line = ["--pid", "--fork", &restart, "--pidns", "--detach", &image];
    let pid = scene.trial.prepare(&unshare)?.args(&line).spawn()?;
    let end = process::wait(pid, scene.trial.limit(), "restart to end")?;
    let said = scene.trial.said();
    ensure!(
        end == End::Exit(1) && said.contains("/proc is that of another pid namespace"),
        "restart: {end}\n{said}"
    );
    scene.nobody_left()?;
    Ok(Outcome::Passed)
}
