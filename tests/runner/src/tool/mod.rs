// SPDX-License-Identifier: GPL-2.0-only

//! The tools seen from outside: files, exit statuses, signals, and what is left when they fail.

mod changed;
mod clocks;
mod contents;
mod ending;
mod groups;
pub mod halfway;
pub mod kill;
mod names;
mod output;
mod places;
mod restart;
mod save;
mod storm;
mod strangers;
mod suspend;
mod terminal;
mod unwritten;
mod user;

use std::{
    fs,
    path::PathBuf,
    time::Duration, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use nix::sys::signal::Signal;

use crate::{
    args,
    mode::Mode,
    process::{
        self,
        send,
        until,
        End, //
    },
    run::Outcome,
    tools::Done,
    trial::{
        Setup,
        Trial, //
    },
};

/// What a test does.
pub type Run = fn(&mut Scene<'_, '_>) -> Result<Outcome>;

/// One test of the tools.
pub struct ToolTest {
    /// Its name.
    pub name: &'static str,
    /// What it proves.
    pub about: &'static str,
    /// Does it.
    pub run: Run,
}

/// The modes of these tests.
pub const MODES: &[Mode] = &[Mode::Plain];

/// All tests of the tools.
pub fn all() -> impl Iterator<Item = &'static ToolTest> {
    let mut tests: Vec<&ToolTest> = save::TESTS.iter().collect();
    tests.extend(unwritten::TESTS);
    tests.extend(output::TESTS);
    tests.extend(places::TESTS);
    tests.extend(strangers::TESTS);
    tests.extend(ending::TESTS);
    tests.extend(restart::TESTS);
    tests.extend(halfway::TESTS);
    tests.extend(changed::TESTS);
    tests.extend(clocks::TESTS);
    tests.extend(terminal::TESTS);
    tests.extend(suspend::TESTS);
    tests.extend(user::TESTS);
    tests.extend(kill::TESTS);
    tests.extend(storm::TESTS);
    tests.extend(contents::TESTS);
    tests.extend(groups::TESTS);
    tests.extend(names::TESTS);
    tests.into_iter()
}

/// A program to be saved: a selftest that ends with 0 when it finds its state after GO.
const TARGET: &str = "mixed/everything";

/// A trial, and what the tests do again and again.
pub struct Scene<'a, 'b> {
    setup: &'a Setup,
    trial: &'a mut Trial<'b>,
}

/// Runs one test.
pub fn run(setup: &Setup, trial: &mut Trial<'_>, test: &ToolTest) -> Result<Outcome> {
    (test.run)(&mut Scene { setup, trial })
}

impl Scene<'_, '_> {
    /// Starts the usual program.
    fn target(&self) -> Result<i32> {
        self.target_of(TARGET)
    }

    /// Starts a selftest.
    fn target_of(&self, name: &str) -> Result<i32> {
        let pid = self.trial.prepare(&self.setup.tests.join(name))?.spawn()?;
        self.is_ready(pid, name)
    }

    /// Starts one that leaves something to chance.
    fn seeded_target(&self, name: &str, seed: u64, size: u32) -> Result<i32> {
        let pid = self
            .trial
            .prepare(&self.setup.tests.join(name))?
            .env("CKPT_SEED", &seed.to_string())
            .env("CKPT_SIZE", &size.to_string())
            .spawn()?;
        self.is_ready(pid, name)
    }

    fn is_ready(&self, pid: i32, name: &str) -> Result<i32> {
        ensure!(
            self.trial.ready(pid)?.is_none(),
            "{name} has ended: {}",
            self.trial.said()
        );
        Ok(pid)
    }

    /// Starts a shell that says READY and waits for GO, busily, between two pieces of script.
    fn shell(&self, before: &str, after: &str) -> Result<i32> {
        let script = format!("{before}\n: >ready\nuntil [ -e go ]; do :; done\n{after}\n");
        let path = self.trial.work().join("script");
        fs::write(&path, script)?;
        let bash = crate::apps::find("bash").context("there is no bash")?;
        let pid = self.trial.prepare(&bash)?.args(&["script"]).spawn()?;
        ensure!(
            self.trial.ready(pid)?.is_none(),
            "the shell has ended: {}",
            self.trial.said()
        );
        Ok(pid)
    }

    /// A place for an image.
    fn image(&self) -> PathBuf {
        self.trial.beside("image")
    }

    /// Saves and kills; the image.
    fn saved(&mut self, pid: i32) -> Result<PathBuf> {
        let image = self.image();
        self.trial.checkpoint_kill(&image, pid, &[])?;
        Ok(image)
    }

    /// Runs `restart` to its end.
    fn restart(&mut self, args: &[String]) -> Result<Done> {
        let (tool, output) = self.trial.start_restart(args, None)?;
        self.trial.finish_tool(tool, "restart", &output)
    }

    /// The program goes on after GO and finds its state.
    fn ends_well(&self, pid: i32) -> Result<()> {
        self.trial.go()?;
        let end = process::wait(pid, self.trial.limit(), "the program to end")?;
        ensure!(
            end == End::Exit(0),
            "the program has failed: {end}\n{}",
            self.trial.said()
        );
        Ok(())
    }

    /// Nobody is left in the control group, or will be soon.
    fn nobody_left(&self) -> Result<()> {
        until(Duration::from_secs(3), "everybody to be gone", || {
            Ok(self.trial.cgroup()?.is_empty()?.then_some(()))
        })
    }
}

/// The tool has failed as it should, and says why.
fn refused(done: &Done, code: Option<i32>, texts: &[&str]) -> Result<()> {
    match done.end {
        End::Exit(0) => bail!("it should have failed:\n{}", done.said),
        End::Exit(status) => ensure!(
            code.is_none_or(|code| code == status),
            "exit status {status}, wanted {code:?}:\n{}",
            done.said
        ),
        end => bail!("{end}\n{}", done.said),
    }
    for text in texts {
        ensure!(
            done.said.contains(text),
            "the message does not say {text:?}:\n{}",
            done.said
        );
    }
    Ok(())
}

/// Waits until a process is in this state, as /proc gives it.
fn in_state(pid: i32, wanted: char, limit: Duration) -> Result<()> {
    until(limit, &format!("state {wanted} of process {pid}"), || {
        Ok((process::state(pid) == Some(wanted)).then_some(()))
    })
}

/// A tool that waits for others to come is ended by a signal.
fn ends_by(scene: &Scene<'_, '_>, tool: i32, log: &std::path::Path, signal: Signal) -> Result<()> {
    const WAITS: [i64; 3] = [libc::SYS_ppoll, libc::SYS_read, libc::SYS_openat];
    scene
        .trial
        .blocked(tool, &WAITS)
        .with_context(|| format!("the tool does not wait; it says:\n{}", scene.trial.said()))?;
    send(tool, signal)?;
    let done = scene.trial.finish_tool(tool, "the tool", log)?;
    ensure!(
        done.end == End::Killed(signal),
        "after {signal}: {}\n{}",
        done.end,
        done.said
    );
    Ok(())
}

/// Ends a process that is still there.
fn finish_off(pid: i32) -> Result<()> {
    send(pid, Signal::SIGKILL)?;
    process::wait(pid, Duration::from_secs(10), "it to die")?;
    Ok(())
}

/// `-i IMAGE` and more.
fn from(image: &std::path::Path, more: &[&str]) -> Vec<String> {
    let mut args = args!["-i", image.display()];
    args.extend(more.iter().map(ToString::to_string));
    args
}
