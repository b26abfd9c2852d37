// SPDX-License-Identifier: GPL-2.0-only

//! Restarts of whole trees in which somebody is killed at a random moment: the tool or any task. Either
//! the restart was over already, or nothing of it is left. Now and then the system is suspended, or
//! somebody tries to unload the module, instead. Promises H.1.20, H.1.21, H.2.11 of Linux-CR.

use std::{
    path::{
        Path,
        PathBuf, //
    },
    thread,
    time::{
        Duration,
        Instant, //
    },
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use nix::sys::signal::Signal;

use super::{
    finish_off,
    storm::Trouble,
    Scene,
    ToolTest, //
};
use crate::{
    apps::Dice,
    args,
    process::{
        self,
        describe,
        send,
        until,
        End,
        Start, //
    },
    run::Outcome,
    world, //
};

/// The tests: many, so that they can be divided among machines.
pub const TESTS: &[ToolTest] = &[
    restarts("tools/tree_killed-1", killed::<1>),
    restarts("tools/tree_killed-2", killed::<2>),
    restarts("tools/tree_killed-3", killed::<3>),
    restarts("tools/tree_killed-4", killed::<4>),
    restarts("tools/tree_killed-5", killed::<5>),
    restarts("tools/tree_killed-6", killed::<6>),
    restarts("tools/tree_killed-7", killed::<7>),
    restarts("tools/tree_killed-8", killed::<8>),
    restarts("tools/tree_killed-9", killed::<9>),
    restarts("tools/tree_killed-10", killed::<10>),
    ToolTest {
        name: "tools/tree_checkpoint_ended",
        about: "checkpoint is ended by a signal at a random moment; the tree goes on as it was.",
        run: checkpoint_ended,
    },
];

const fn restarts(name: &'static str, run: super::Run) -> ToolTest {
    ToolTest {
        name,
        about: "A task or the tool is killed at a random moment of each restart of a tree: nothing is left.",
        run,
    }
}

/// The program that makes trees.
const TREE: &str = "tree/random";
/// How long a restart of which somebody was killed may go on.
const STUCK: Duration = Duration::from_secs(20);
/// How soon everything has to be gone.
pub const SOON: Duration = Duration::from_secs(20);

/// A process that has nothing to do with all this.
pub struct Bystander(pub i32);

impl Bystander {
    /// Starts one, outside of the control group.
    pub fn start() -> Result<Self> {
        let sleep = crate::apps::find("sleep").context("there is no sleep")?;
        Ok(Bystander(Start::new(sleep).args(&["3600"]).spawn()?))
    }

    /// Nothing has become of it.
    pub fn is_unharmed(&self) -> Result<()> {
        let end = process::ended(self.0)?;
        ensure!(
            end.is_none(),
            "a process that takes no part has ended: {end:?}"
        );
        ensure!(process::state(self.0) == Some('S'), "{}", describe(self.0));
        Ok(())
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = finish_off(self.0);
    }
}

fn killed<const PART: u64>(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let bystander = Bystander::start()?;
    let references = world::references();
    let seed = scene.setup.seed;
    let root = scene.seeded_target(TREE, seed % 100_000 * 10 + PART, 20)?;
    let image = scene.saved(root)?;
    let (span, tasks) = undisturbed(scene, &image, &bystander).context("an undisturbed restart")?;
    let mut rounds = Rounds {
        scene,
        image,
        bystander: &bystander,
        tasks,
        span,
        references,
        dice: Dice::new(seed << 8 | PART),
    };
    for round in 0..rounds.scene.setup.rounds {
        rounds
            .one()
            .with_context(|| format!("round {round}; --seed {seed} repeats it"))?;
    }
    bystander.is_unharmed()?;
    Ok(Outcome::Passed)
}

/// How long a restart takes, and how many processes then live.
fn undisturbed(
    scene: &mut Scene<'_, '_>,
    image: &Path,
    bystander: &Bystander,
) -> Result<(Duration, usize)> {
    let begin = Instant::now();
    scene
        .trial
        .restart_detached(image, &args!["--pids", "--allow-changed-files"])?;
    let span = begin.elapsed();
    let tasks = scene.trial.cgroup()?.pids().len();
    clear(scene, bystander)?;
    Ok((span, tasks))
}

/// Ends whatever is in the control group, and waits until we have no child but the bystander.
pub fn clear(scene: &Scene<'_, '_>, bystander: &Bystander) -> Result<()> {
    let us = nix::unistd::getpid().as_raw();
    until(Duration::from_secs(10), "everybody to be killed", || {
        for pid in scene.trial.cgroup()?.pids() {
            send(pid, Signal::SIGKILL)?;
        }
        process::reap_all();
        Ok((process::family(us) == [us, bystander.0]).then_some(()))
    })
    .with_context(|| {
        let left = process::family(us).into_iter().map(describe);
        left.collect::<Vec<_>>().join("\n")
    })
}

struct Rounds<'a, 'b, 'c> {
    scene: &'a mut Scene<'b, 'c>,
    image: PathBuf,
    bystander: &'a Bystander,
    /// Processes of the tree that live.
    tasks: usize,
    span: Duration,
    references: Option<i64>,
    dice: Dice,
}

impl Rounds<'_, '_, '_> {
    fn one(&mut self) -> Result<()> {
        // The trees that were killed before have counted in their shared page.
        let args = args![
            "-i",
            self.image.display(),
            "--pids",
            "--detach",
            "--allow-changed-files"
        ];
        let (tool, output) = self.scene.trial.start_restart(&args, None)?;
        thread::sleep(self.dice.part(self.span, 0, 110));
        let trouble = self.trouble(tool)?;
        let victim = match trouble {
            Trouble::Kill(victim) => Some(victim),
            _ => None,
        };
        let may_fail = trouble.happens(self.scene.trial.cgroup()?.path())? || victim.is_some();
        let end = process::wait(tool, STUCK, "restart to end")
            .or_else(|error| self.tell_left(error))
            .with_context(|| format!("{trouble:?}"))?;
        let said = std::fs::read_to_string(output)?;
        match end {
            // It was over: what had come back may live.
            End::Exit(0) => {}
            End::Exit(_) if may_fail => self
                .nobody_left()
                .with_context(|| format!("{trouble:?}, restart said:\n{said}"))?,
            // Over or not, but nothing in between.
            End::Killed(Signal::SIGKILL) if victim == Some(tool) => self.all_or_nobody()?,
            end => bail!("restart has ended strangely: {end}\n{said}"),
        }
        clear(self.scene, self.bystander)?;
        until(SOON, "the module's references to go", || {
            Ok((world::references() == self.references).then_some(()))
        })
    }

    /// Somebody is killed, mostly.
    fn trouble(&mut self, tool: i32) -> Result<Trouble> {
        Ok(match self.dice.below(20) {
            0 => Trouble::Suspend,
            1 | 2 => Trouble::Unload,
            _ => Trouble::Kill(self.victim(tool)?),
        })
    }

    /// The tool, every fourth time; otherwise whoever is there.
    fn victim(&mut self, tool: i32) -> Result<i32> {
        let pids = self.scene.trial.cgroup()?.pids();
        let which = self.dice.below(pids.len().max(1) as u64) as usize;
        Ok(match pids.get(which) {
            Some(pid) if self.dice.below(4) != 0 => *pid,
            _ => tool,
        })
    }

    fn left(&self) -> Result<Vec<i32>> {
        process::reap_all();
        Ok(self.scene.trial.cgroup()?.pids())
    }

    fn nobody_left(&self) -> Result<()> {
        until(SOON, "everybody of the restart to be gone", || {
            Ok(self.left()?.is_empty().then_some(()))
        })
        .or_else(|error| self.tell_left(error))
    }

    /// The tool was killed: the tree is there as a whole, or not at all.
    fn all_or_nobody(&self) -> Result<()> {
        until(SOON, "all of the tree to be gone, or none", || {
            let left = self.left()?;
            let restored = left.len() == self.tasks && !left.iter().any(|pid| is_waiting(*pid));
            Ok((left.is_empty() || restored).then_some(()))
        })
        .or_else(|error| self.tell_left(error))
    }

    fn tell_left<T>(&self, error: anyhow::Error) -> Result<T> {
        let left: Vec<String> = self.left()?.into_iter().map(describe).collect();
        Err(error.context(left.join("\n")))
    }
}

/// Whether a process is one that `restart` has made and that has not become anybody yet.
fn is_waiting(pid: i32) -> bool {
    process::name(pid) == "restart"
}

/// SIGTERM at a random moment of a checkpoint: afterwards the tree can be saved and goes on.
fn checkpoint_ended(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const ENDS: u64 = 30;
    let seed = scene.setup.seed;
    let mut dice = Dice::new(seed);
    let root = scene.seeded_target(TREE, seed % 100_000, 20)?;
    let image = scene.image();
    let args = args!["-o", image.display(), "--force", "--continue", root];
    let begin = Instant::now();
    scene.trial.checkpoint(&args)?.well("checkpoint")?;
    let span = begin.elapsed();
    let groups = crate::cgroup::all();
    for round in 0..ENDS {
        let place = || format!("round {round}; --seed {seed} repeats it");
        let log = scene.trial.beside("ended");
        let tool = scene
            .trial
            .checkpoint_tool(&args, &log, std::process::Stdio::null())?;
        thread::sleep(dice.part(span, 0, 110));
        send(tool, Signal::SIGTERM)?;
        scene
            .trial
            .finish_tool(tool, "checkpoint", &log)
            .with_context(place)?;
        ensure!(
            crate::cgroup::all() == groups,
            "a control group is left: {}",
            place()
        );
    }
    scene.ends_well(root)?;
    Ok(Outcome::Passed)
}
