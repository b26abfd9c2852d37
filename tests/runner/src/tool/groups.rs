// SPDX-License-Identifier: GPL-2.0-only

//! What `checkpoint` leaves of control groups, numbers and names that are not its own: nothing is moved,
//! nothing becomes empty, nobody is frozen who does not belong to the tree, and who is killed with it
//! leaves nobody frozen.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::atomic::{
        AtomicBool,
        Ordering, //
    },
    thread,
    time::Duration, //
};

use anyhow::{
    ensure,
    Context,
    Result, //
};
use nix::{
    mount::{
        mount,
        umount2,
        MntFlags,
        MsFlags, //
    },
    sys::signal::Signal,
};

use super::{
    save::stuck_with,
    storm::Before,
    Scene,
    ToolTest, //
};
use crate::{
    args, cgroup,
    process::{
        self,
        send,
        until,
        End,
        Start, //
    },
    run::Outcome,
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/groups_apart",
        about: "Of a tree in several control groups each process stays in its own, with its limits; a manager \
                that removes empty ones finds none.",
        run: groups_apart,
    },
    ToolTest {
        name: "tools/groups_none",
        about: "Where no control groups are mounted, or hybrid ones, a tree is frozen as well.",
        run: groups_none,
    },
    ToolTest {
        name: "tools/numbers_again",
        about: "With few numbers, and a tree that is killed while it is saved: no other process is frozen or moved.",
        run: numbers_again,
    },
    ToolTest {
        name: "tools/unit_killed",
        about: "checkpoint is killed with its whole control group: what it has frozen goes on.",
        run: unit_killed,
    },
    ToolTest {
        name: "tools/named_groups",
        about: "A control group that is to be frozen has to hold the tree, and not the command, and not be frozen.",
        run: named_groups,
    },
];

/// A tree of three processes.
pub(super) const TREE: &str = "tree/child";

/// Control groups below that of the test. Dropping this removes them.
pub(super) struct Groups(pub(super) Vec<PathBuf>);

impl Groups {
    /// Makes them.
    pub(super) fn make(scene: &Scene<'_, '_>, names: &[&str]) -> Result<Self> {
        let mut groups = Groups(Vec::new());
        for name in names {
            let group = scene.trial.cgroup()?.path().join(name);
            fs::create_dir(&group).with_context(|| format!("mkdir {}", group.display()))?;
            groups.0.push(group);
        }
        Ok(groups)
    }

    /// Moves a process to one of them.
    pub(super) fn take(&self, number: usize, pid: i32) -> Result<()> {
        let group = self.0.get(number).context("no such group")?;
        fs::write(group.join("cgroup.procs"), pid.to_string())
            .with_context(|| format!("{pid} into {}", group.display()))
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for group in self.0.iter().rev() {
            let _ = fs::write(group.join("cgroup.kill"), "1");
            let _ = until(Duration::from_secs(5), "a control group to empty", || {
                process::reap_all();
                Ok((fs::remove_dir(group).is_ok() || !group.exists()).then_some(()))
            });
        }
    }
}

/// The control groups of these processes, in all hierarchies.
pub(super) fn places(pids: &[i32]) -> Result<BTreeMap<i32, String>> {
    pids.iter()
        .map(|pid| Ok((*pid, fs::read_to_string(format!("/proc/{pid}/cgroup"))?)))
        .collect()
}

/// Removes each of these control groups at the moment in which it is empty, as a manager of units does,
/// while something is done. Tells which were.
fn managed<T>(groups: &[PathBuf], work: impl FnOnce() -> Result<T>) -> Result<(T, Vec<PathBuf>)> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let manager = scope.spawn(|| {
            let mut removed = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let gone = groups.iter().filter(|group| fs::remove_dir(group).is_ok());
                removed.extend(gone.cloned());
                thread::yield_now();
            }
            removed
        });
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        let removed = manager.join().ok().context("the manager has panicked")?;
        Ok((done?, removed))
    })
}

fn groups_apart(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let root = scene.target_of(TREE)?;
    let family = process::family(root);
    let groups = Groups::make(scene, &["unit-a", "unit-b"])?;
    for (number, pid) in family.iter().enumerate() {
        groups.take(number % 2, *pid)?;
    }
    let before = places(&family)?;
    let image = scene.image();
    for more in [&["--continue"][..], &["--continue", "--no-capture"]] {
        let mut args = args!["-o", image.display(), "--force"];
        args.extend(more.iter().map(ToString::to_string));
        args.push(root.to_string());
        for time in 0..10 {
            let (done, removed) = managed(&groups.0, || scene.trial.checkpoint(&args))?;
            done.well("checkpoint")
                .with_context(|| format!("time {time} {more:?}"))?;
            ensure!(removed.is_empty(), "{removed:?} were empty");
            ensure!(
                places(&family)? == before,
                "a process is elsewhere: {:?}, before {before:?}",
                places(&family)?
            );
        }
    }
    scene.ends_well(root)?;
    Ok(Outcome::Passed)
}

/// The hierarchy is away while something is done.
fn unmounted<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let root = cgroup::root().context("no control groups")?;
    umount2(root, MntFlags::MNT_DETACH)?;
    let done = work();
    mount(
        Some("none"),
        root,
        Some("cgroup2"),
        MsFlags::empty(),
        None::<&str>,
    )?;
    done
}

fn groups_none(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let root = scene.target_of(TREE)?;
    let image = scene.image();
    let args = args!["-o", image.display(), "--force", root];
    unmounted(|| {
        let done = scene.trial.checkpoint(&args)?;
        done.well("checkpoint without control groups")
    })?;

    // A hierarchy of version 1 beside that of version 2, as systemd once had it.
    let old = scene.trial.beside("hierarchy");
    fs::create_dir(&old)?;
    let mounted = mount(
        Some("none"),
        &old,
        Some("cgroup"),
        MsFlags::empty(),
        Some("none,name=ckpt-test"),
    );
    if mounted.is_ok() {
        let group = old.join("unit");
        fs::create_dir(&group)?;
        let family = process::family(root);
        for pid in &family {
            fs::write(group.join("cgroup.procs"), pid.to_string())?;
        }
        let before = places(&family)?;
        let done = scene.trial.checkpoint(&args);
        let after = places(&family)?;
        for pid in &family {
            fs::write(old.join("cgroup.procs"), pid.to_string())?;
        }
        fs::remove_dir(&group)?;
        umount2(&old, MntFlags::empty())?;
        done?.well("checkpoint with two hierarchies")?;
        ensure!(after == before, "{after:?}, before {before:?}");
    }
    scene.ends_well(root)?;
    Ok(Outcome::Passed)
}

/// The limit for numbers, while this exists.
struct FewNumbers(String);

impl FewNumbers {
    const FILE: &str = "/proc/sys/kernel/pid_max";

    fn new(most: u32) -> Result<Self> {
        let before = fs::read_to_string(Self::FILE)?;
        fs::write(Self::FILE, most.to_string())?;
        Ok(FewNumbers(before))
    }
}

impl Drop for FewNumbers {
    fn drop(&mut self) {
        let _ = fs::write(Self::FILE, self.0.trim());
    }
}

fn numbers_again(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let sleep = crate::apps::find("sleep").context("there is no sleep")?;
    let bash = crate::apps::find("bash").context("there is no bash")?;
    let groups = Groups::make(scene, &["theirs", "others"])?;
    let _few = FewNumbers::new(700)?;
    // Numbers are given out, and given back, all the time.
    let others = groups.0.get(1).context("no group")?.join("cgroup.procs");
    let maker = Start::new(&bash)
        .args(&["-c", "while :; do /bin/true & /bin/true; wait; done"])
        .cgroup(others.clone())
        .spawn()?;
    let image = scene.image();
    for round in 0..30u64 {
        let target = Start::new(&bash)
            .args(&["-c", "sleep 3600 & sleep 3600 & sleep 3600 & wait"])
            .cgroup(groups.0.first().context("no group")?.join("cgroup.procs"))
            .spawn()?;
        // One that lives on keeps the tree from being alone in its group.
        let neighbour = Start::new(&sleep)
            .args(&["3600"])
            .cgroup(groups.0.first().context("no group")?.join("cgroup.procs"))
            .spawn()?;
        until(scene.trial.limit(), "the tree to be there", || {
            Ok((process::family(target).len() == 4).then_some(()))
        })?;
        let family = process::family(target);
        let log = scene.trial.beside("again");
        let args = args!["-o", image.display(), "--force", "--no-capture", target];
        let tool = scene
            .trial
            .checkpoint_tool(&args, &log, std::process::Stdio::null())?;
        thread::sleep(Duration::from_millis(round * 7 % 90));
        for pid in family.iter().rev() {
            send(*pid, Signal::SIGKILL)?;
        }
        until(scene.trial.limit(), "checkpoint to end", || {
            process::reap_all_but(&[tool, maker, neighbour]);
            process::ended(tool)
        })?;
        send(neighbour, Signal::SIGKILL)?;
        process::wait(neighbour, scene.trial.limit(), "the neighbour to die")?;
        // What is in the group now has been put there.
        let theirs =
            fs::read_to_string(groups.0.first().context("no group")?.join("cgroup.procs"))?;
        let strangers: Vec<&str> = theirs
            .lines()
            .filter(|pid| !family.iter().any(|one| one.to_string() == **pid))
            .collect();
        ensure!(
            strangers.is_empty(),
            "round {round}: moved to the tree's control group: {strangers:?}"
        );
        ensure!(
            process::ended(maker)?.is_none(),
            "round {round}: a process that takes no part has ended"
        );
    }
    send(maker, Signal::SIGKILL)?;
    process::wait(maker, scene.trial.limit(), "the maker to die")?;
    Ok(Outcome::Passed)
}

/// Whether a process is in the freezer's trap, by whatever it was frozen.
fn is_frozen(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/wchan"))
        .is_ok_and(|place| ["do_freezer_trap", "get_signal"].contains(&place.trim()))
}

fn unit_killed(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let groups = Groups::make(scene, &["unit"])?;
    let unit = groups.0.first().context("no group")?.clone();
    let before = Before::new();
    for more in [None, Some(scene.trial.cgroup()?.path().join("theirs"))] {
        // By itself, or by a group that is named.
        let mut named = Vec::new();
        let apart = match &more {
            Some(_) => Some(Groups::make(scene, &["theirs"])?),
            None => None,
        };
        if let (Some(apart), Some(path)) = (&apart, &more) {
            apart.take(0, pid)?;
            named = args!["--cgroup", path.display()];
        }
        named.extend(args!["--kill", pid]);
        let (tool, log, read) = stuck_with(scene, &named)?;
        ensure!(is_frozen(pid), "it is not frozen");
        // With whatever helps it.
        for helper in process::family(tool) {
            groups.take(0, helper)?;
        }
        fs::write(unit.join("cgroup.kill"), "1")?;
        let end = process::wait(tool, scene.trial.limit(), "checkpoint to die")?;
        ensure!(end == End::Killed(Signal::SIGKILL), "{end}");
        drop(read);
        let _ = fs::remove_file(log);
        until(scene.trial.limit(), "the process to go on", || {
            process::reap_all_but(&[pid]);
            Ok((!is_frozen(pid)).then_some(()))
        })
        .with_context(|| format!("{more:?}"))?;
        if apart.is_some() {
            fs::write(scene.trial.cgroup()?.procs(), pid.to_string())?;
        }
    }
    before.comes_back(scene, &[pid])?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn named_groups(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let root = scene.target_of(TREE)?;
    let family = process::family(root);
    let own = scene.trial.cgroup()?.path().to_owned();
    let top = cgroup::root().context("no control groups")?;
    let groups = Groups::make(scene, &["apart"])?;
    let group = groups.0.first().context("no group")?;
    groups.take(0, *family.last().context("no child")?)?;
    let image = scene.image();
    let mut refuses = |path: &std::path::Path, text: &str, code: i32| -> Result<()> {
        let args = args!["-o", image.display(), "--cgroup", path.display(), root];
        super::refused(&scene.trial.checkpoint(&args)?, Some(code), &[text])
    };
    refuses(group, "is not in the cgroup", 2)?;
    refuses(top, "itself in the cgroup", 2)?;
    refuses(std::path::Path::new("/etc"), "is not a cgroup", 2)?;
    fs::write(own.join("cgroup.freeze"), "1")?;
    let frozen = refuses(&own, "is frozen already", 1);
    fs::write(own.join("cgroup.freeze"), "0")?;
    frozen?;
    let args = args!["-o", image.display(), "--cgroup", own.display(), root];
    scene.trial.checkpoint(&args)?.well("checkpoint --cgroup")?;
    scene.ends_well(root)?;
    Ok(Outcome::Passed)
}
