// SPDX-License-Identifier: GPL-2.0-only

//! Checkpoints of a tree that never rests, each of which is disturbed at a random moment: somebody is
//! killed, the tree is thawed, the module is to be unloaded, and so on. Whatever happens, the tree runs
//! on soon, nothing is left, and an image that was made is good.

use std::{
    collections::BTreeSet,
    fs,
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
    kill::{
        clear,
        Bystander,
        SOON, //
    },
    suspend::suspend,
    Scene,
    ToolTest, //
};
use crate::{
    apps::Dice,
    args,
    cgroup,
    process::{
        self,
        describe,
        send,
        until,
        End, //
    },
    run::Outcome,
    world, //
};

/// The tests. The tree is alone in its control group, or has a neighbour there.
pub const TESTS: &[ToolTest] = &[
    storm("tools/tree_disturbed-1", |scene| disturbed(scene, 1)),
    storm("tools/tree_disturbed-2", |scene| disturbed(scene, 2)),
    storm("tools/tree_disturbed-3", |scene| disturbed(scene, 3)),
    storm("tools/tree_disturbed-4", |scene| disturbed(scene, 4)),
    ToolTest {
        name: "tools/checkpoint_killed",
        about: "A frozen tree runs on soon after checkpoint has been killed.",
        run: |scene| tool_killed(scene, false),
    },
    ToolTest {
        name: "tools/checkpoint_killed_beside",
        about: "The same with a process beside it that is not part of it.",
        run: |scene| tool_killed(scene, true),
    },
];

const fn storm(name: &'static str, run: super::Run) -> ToolTest {
    ToolTest {
        name,
        about: "Something disturbs each checkpoint of a tree that never rests: it runs on.",
        run,
    }
}

/// The program that never rests.
const TREE: &str = "tree/churn";
/// How long a checkpoint that was disturbed may go on.
const STUCK: Duration = Duration::from_secs(20);

/// What happens to a checkpoint or restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A process gets a SIGKILL.
    Kill(i32),
    /// Everything that is frozen is thawed.
    Thaw,
    /// Somebody tries to remove control groups.
    Remove,
    /// Somebody tries to unload the module.
    Unload,
    /// The system is suspended. Not while somebody execs: the kernel cannot freeze who waits for the
    /// ends of his other threads.
    Suspend,
    /// Another command saves the same tree.
    Second,
}

impl Trouble {
    /// Makes it happen to a test with this control group, as far as it needs nothing else; tells
    /// whether the module was away.
    pub fn happens(self, top: &Path) -> Result<bool> {
        match self {
            Trouble::Kill(pid) => send(pid, Signal::SIGKILL)?,
            Trouble::Thaw => {
                for group in groups_of(top) {
                    // It may be gone by now.
                    let _ = fs::write(group.join("cgroup.freeze"), "0");
                }
            }
            Trouble::Remove => {
                for group in groups_of(top) {
                    // Works only with an empty one.
                    let _ = fs::remove_dir(group);
                }
            }
            Trouble::Unload => return world::reload(),
            Trouble::Suspend => {
                suspend(0)?;
            }
            Trouble::Second => {}
        }
        Ok(false)
    }
}

/// A control group and all below it.
fn groups_of(top: &Path) -> BTreeSet<PathBuf> {
    let mut groups = cgroup::all();
    groups.retain(|group| group.starts_with(top));
    groups
}

/// What a checkpoint, however it ends, leaves as it was.
pub struct Before {
    groups: BTreeSet<PathBuf>,
    references: Option<i64>,
}

impl Before {
    /// Notes how it is now.
    pub fn new() -> Self {
        Before {
            groups: cgroup::all(),
            references: world::references(),
        }
    }

    /// Waits until all is as before. Of our children all but these may be reaped.
    pub fn comes_back(&self, scene: &Scene<'_, '_>, children: &[i32]) -> Result<()> {
        until(SOON, "everything to be undone", || {
            process::reap_all_but(children);
            let is_undone = cgroup::all() == self.groups
                && !scene.trial.cgroup()?.is_frozen()?
                && world::references() == self.references
                && process::family(nix::unistd::getpid().as_raw())
                    .into_iter()
                    .all(|pid| process::name(pid) != "ckpt-guardian");
            Ok(is_undone.then_some(()))
        })
        .with_context(|| {
            let groups = cgroup::all();
            let new: Vec<_> = groups.difference(&self.groups).collect();
            format!(
                "control groups: {new:?}, references: {:?}",
                world::references()
            )
        })
    }
}

/// A tree that never rests, and who disturbs it.
struct Storm<'a, 'b, 'c> {
    scene: &'a mut Scene<'b, 'c>,
    bystander: &'a Bystander,
    dice: Dice,
    root: i32,
    neighbour: Option<i32>,
    has_neighbour: bool,
    before: Before,
    span: Duration,
}

impl<'a, 'b, 'c> Storm<'a, 'b, 'c> {
    fn new(
        scene: &'a mut Scene<'b, 'c>,
        bystander: &'a Bystander,
        seed: u64,
        has_neighbour: bool,
    ) -> Result<Self> {
        let mut storm = Storm {
            scene,
            bystander,
            dice: Dice::new(seed),
            root: 0,
            neighbour: None,
            has_neighbour,
            before: Before::new(),
            span: Duration::ZERO,
        };
        storm.begin()?;
        let begin = Instant::now();
        let (tool, log) = storm.checkpoint(storm.root, "image")?;
        storm
            .scene
            .trial
            .finish_tool(tool, "checkpoint", &log)?
            .well("an undisturbed checkpoint")?;
        storm.span = begin.elapsed();
        Ok(storm)
    }

    /// A new tree.
    fn begin(&mut self) -> Result<()> {
        clear(self.scene, self.bystander)?;
        let _ = fs::remove_file(self.scene.trial.work().join("ready"));
        self.root = self.scene.target_of(TREE)?;
        self.meet_neighbour()
    }

    fn meet_neighbour(&mut self) -> Result<()> {
        if self.has_neighbour {
            let sleep = crate::apps::find("sleep").context("there is no sleep")?;
            let neighbour = self.scene.trial.prepare(&sleep)?.args(&["3600"]).spawn()?;
            self.neighbour = Some(neighbour);
        }
        Ok(())
    }

    fn is_alive(&self) -> bool {
        !matches!(process::state(self.root), None | Some('Z' | 'X'))
    }

    /// Starts a checkpoint, of one of the two sorts.
    fn checkpoint(&mut self, target: i32, image: &str) -> Result<(i32, PathBuf)> {
        let image = self.scene.trial.beside(image);
        let mut args = args!["-o", image.display(), "--force", "--freeze-timeout", 3];
        if self.dice.below(2) == 0 {
            args.push("--no-capture".to_owned());
        }
        args.push(target.to_string());
        let log = image.with_extension("log");
        let _ = fs::remove_file(&log);
        let null = std::process::Stdio::null();
        let tool = self.scene.trial.checkpoint_tool(&args, &log, null)?;
        Ok((tool, log))
    }

    fn pause(&mut self) {
        thread::sleep(self.dice.part(self.span, 0, 110));
    }

    /// Some process of the tree.
    fn somebody(&mut self) -> i32 {
        let family = process::family(self.root);
        let which = self.dice.below(family.len() as u64) as usize;
        family.get(which).copied().unwrap_or(self.root)
    }

    /// What is to happen, and the process that is to be saved meanwhile.
    fn choose(&mut self) -> (Option<Trouble>, i32) {
        let root = self.root;
        match self.dice.below(20) {
            // The tool: its pid is not known yet.
            0..5 => (None, root),
            5..9 => (Some(Trouble::Kill(self.somebody())), root),
            9 => (Some(Trouble::Kill(root)), root),
            10 | 11 => {
                let child = process::family(root).get(1).copied();
                (Some(Trouble::Kill(root)), child.unwrap_or(root))
            }
            12 | 13 => (Some(Trouble::Thaw), root),
            14 => (Some(Trouble::Remove), root),
            15..18 => (Some(Trouble::Unload), root),
            _ => (Some(Trouble::Second), root),
        }
    }

    fn round(&mut self) -> Result<()> {
        if !self.is_alive() {
            self.begin()?;
        }
        let (trouble, target) = self.choose();
        let (tool, log) = self.checkpoint(target, "image")?;
        let trouble = trouble.unwrap_or(Trouble::Kill(tool));
        self.pause();
        let result = self.one(trouble, tool, &log, target == self.root);
        result.with_context(|| format!("{trouble:?}, checkpoint {tool} of {target}"))
    }

    fn one(&mut self, trouble: Trouble, tool: i32, log: &Path, is_whole: bool) -> Result<()> {
        let second = match trouble {
            Trouble::Second => Some(self.checkpoint(self.root, "second")?.0),
            _ => None,
        };
        trouble.happens(self.scene.trial.cgroup()?.path())?;
        let end = process::wait(tool, STUCK, "checkpoint to end")?;
        if let Some(second) = second {
            let end = process::wait(second, STUCK, "the second checkpoint to end")?;
            ensure!(matches!(end, End::Exit(_)), "the second checkpoint: {end}");
        }
        let said = fs::read_to_string(log).unwrap_or_default();
        match end {
            End::Exit(0) => self.scene.trial.image_is_good(&self.scene.image())?,
            End::Exit(status) => ensure!(!said.is_empty(), "exit status {status} without a word"),
            End::Killed(Signal::SIGKILL) if trouble == Trouble::Kill(tool) => {}
            end => bail!("checkpoint has ended strangely: {end}\n{said}"),
        }
        self.all_is_well()
            .with_context(|| format!("checkpoint: {end}\n{said}"))?;
        if end == End::Exit(0) && is_whole && self.dice.below(4) == 0 {
            self.restart().context("the image is restarted")?;
        }
        Ok(())
    }

    /// Everything is soon as it was, and the tree, if it lives, goes on.
    fn all_is_well(&self) -> Result<()> {
        self.before.comes_back(self.scene, &[self.root])?;
        if !self.is_alive() {
            return Ok(());
        }
        let before = self.forks()?;
        until(SOON, "the tree to go on", || {
            Ok((self.forks()? != before || !self.is_alive()).then_some(()))
        })
        .with_context(|| {
            let family = process::family(self.root).into_iter().map(describe);
            family.collect::<Vec<_>>().join("\n")
        })
    }

    /// What the tree counts: processes that it has made.
    fn forks(&self) -> Result<Vec<u8>> {
        let counters = fs::read(self.scene.trial.work().join("churn"))?;
        Ok(counters
            .get(4..8)
            .context("the tree counts nothing")?
            .to_vec())
    }

    /// The image takes the place of the tree.
    fn restart(&mut self) -> Result<()> {
        clear(self.scene, self.bystander)?;
        let image = self.scene.image();
        self.root = self
            .scene
            .trial
            // It has counted on in its shared page.
            .restart_detached(&image, &args!["--pids", "--allow-changed-files"])?;
        self.meet_neighbour()?;
        self.all_is_well()
    }

    /// The tree ends by itself and finds everything in order.
    fn end(mut self) -> Result<Outcome> {
        if !self.is_alive() {
            self.begin()?;
        }
        self.scene.ends_well(self.root)?;
        clear(self.scene, self.bystander)?;
        self.bystander.is_unharmed()?;
        Ok(Outcome::Passed)
    }
}

fn disturbed(scene: &mut Scene<'_, '_>, part: u64) -> Result<Outcome> {
    let bystander = Bystander::start()?;
    let seed = scene.setup.seed;
    let mut storm = Storm::new(scene, &bystander, seed << 8 | part, part % 2 == 0)?;
    for round in 0..storm.scene.setup.rounds {
        storm
            .round()
            .with_context(|| format!("round {round}; --seed {seed} repeats it"))?;
    }
    storm.end()
}

fn tool_killed(scene: &mut Scene<'_, '_>, has_neighbour: bool) -> Result<Outcome> {
    let bystander = Bystander::start()?;
    let seed = scene.setup.seed;
    let mut storm = Storm::new(scene, &bystander, seed, has_neighbour)?;
    for round in 0..storm.scene.setup.rounds {
        let (tool, log) = storm.checkpoint(storm.root, "image")?;
        storm.pause();
        storm
            .one(Trouble::Kill(tool), tool, &log, false)
            .with_context(|| format!("round {round}; --seed {seed} repeats it"))?;
        ensure!(storm.is_alive(), "the tree has ended");
    }
    storm.end()
}
