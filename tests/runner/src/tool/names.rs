// SPDX-License-Identifier: GPL-2.0-only

//! Names that mean nothing to `checkpoint` and `restart`, whatever they say: of control groups, processes and
//! files.

use std::{
    fs,
    path::PathBuf, //
};

use anyhow::{
    ensure,
    Context,
    Result, //
};

use super::{
    groups::{
        places,
        Groups,
        TREE, //
    },
    Scene,
    ToolTest, //
};
use crate::{
    args, cgroup,
    process::{
        self,
        until,
        End, //
    },
    run::Outcome,
    tools::Done,
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/restart_group_names",
        about: "Control groups that others have made are not in the way of restart --frozen.",
        run: restart_group_names,
    },
    ToolTest {
        name: "tools/file_names",
        about: "A file whose name reads like a reason to try again is none.",
        run: file_names,
    },
    ToolTest {
        name: "tools/hostile_tree",
        about: "Whatever a user arranges in processes, control groups and names, root saves it or says why \
                not; nothing else changes, and the tree goes on.",
        run: hostile_tree,
    },
    ToolTest {
        name: "tools/group_names",
        about: "Names of control groups mean nothing, nor that no more may be made below.",
        run: group_names,
    },
];

fn group_names(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let root = scene.target_of(TREE)?;
    let family = process::family(root);
    let own = scene.trial.cgroup()?.path().to_owned();
    let command = std::process::id();
    let names = [
        "job (deleted)".to_owned(),
        format!("ckpt-1-{command}"),
        "ckpt-1-1".to_owned(),
        format!("ckpt-{root}-{command}"),
    ];
    let image = scene.image();
    for name in names {
        let groups = Groups::make(scene, &[&name])?;
        let group = groups.0.first().context("no group")?;
        fs::write(group.join("cgroup.max.descendants"), "0")?;
        for pid in &family {
            groups.take(0, *pid)?;
        }
        let before = places(&family)?;
        let named = args!["--cgroup", group.display()];
        for more in [&[][..], &named] {
            let mut args = args!["-o", image.display(), "--force"];
            args.extend_from_slice(more);
            args.push(root.to_string());
            let done = scene.trial.checkpoint(&args)?;
            done.well("checkpoint")
                .with_context(|| format!("in {name:?} {more:?}"))?;
            ensure!(places(&family)? == before, "{name}: {:?}", places(&family)?);
        }
        for pid in &family {
            fs::write(own.join("cgroup.procs"), pid.to_string())?;
        }
    }
    scene.ends_well(root)?;
    Ok(Outcome::Passed)
}

/// What a user can arrange: processes that move themselves between control groups of the user's own, freeze
/// and thaw these, stop and continue each other, begin and end all the time, wait in vfork(2); names of
/// groups, processes and deleted files that read like something else.
const HOSTILE: &str = r#"
cd "$1" || exit 1
own=$2 at=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
for name in 'a (deleted)' ckpt-1-1 "ckpt-$$-1" home; do
	mkdir "$at/$name" || exit 1
	echo 0 >"$at/$name/cgroup.max.descendants" || exit 1
done
printf 'not frozen\033[2J' >/proc/self/comm
exec 7<>'system call (vfork' 8<>'the task is not frozen'
ln 'system call (vfork' other; ln 'the task is not frozen' another
[ "$own" = plain ] || rm 'system call (vfork' 'the task is not frozen'
echo $$ >"$at/home/cgroup.procs"
forks() { trap 'exit 0' TERM; while :; do (:) & wait; done; }
vforks() { exec dash -c 'while :; do /bin/true; done'; }
idles() { exec sleep 3600; }
forks & one=$!
vforks & two=$!
idles & three=$!
moves() {
	while :; do
		for group in 'a (deleted)' ckpt-1-1 "ckpt-$root-1"; do
			echo $one >"$at/$group/cgroup.procs"
			echo $three >"$at/$group/cgroup.procs"
			echo $root >"$at/home/cgroup.procs"
		done
	done
}
freezes() { while :; do for state in 1 0; do echo $state >"$at/ckpt-1-1/cgroup.freeze"; done; done; }
stops() { while :; do kill -STOP $three; kill -CONT $three; done; }
root=$$
moves 2>moves.err & jobs="$!"
freezes 2>freezes.err & jobs="$jobs $!"
stops 2>stops.err & jobs="$jobs $!"
: >ready
until [ -e calm ]; do sleep 0.05; done
kill -KILL $jobs; wait $jobs; echo 0 >"$at/ckpt-1-1/cgroup.freeze"; kill -CONT $three
: >calmed
until [ -e go ]; do sleep 0.05; done
kill -KILL $two $three $one
wait
echo $$ >"$at/cgroup.procs"
until rmdir "$at/a (deleted)" "$at/ckpt-1-1" "$at/ckpt-$$-1" "$at/home" 2>rmdir.err; do
	[ -e "$at/home" ] || break
	sleep 0.05
done
exit 0
"#;

/// Runs checkpoint not in the name of the user.
fn by_root(scene: &mut Scene<'_, '_>, args: &[String]) -> Result<Done> {
    let log = scene.trial.beside("hostile");
    let _ = fs::remove_file(&log);
    let tools = &scene.setup.tools;
    let tool = tools.start("checkpoint", args, &log)?.spawn()?;
    scene.trial.finish_tool(tool, "checkpoint", &log)
}

fn hostile_tree(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const USER: u32 = 65534;
    let bash = crate::apps::find("bash").context("there is no bash")?;
    if crate::apps::find("dash").is_none() {
        return Ok(Outcome::Skipped("there is no dash".to_owned()));
    }
    scene.trial.give_to(USER)?;
    let bystander = super::kill::Bystander::start()?;
    let theirs = places(&[bystander.0])?;
    let image = scene.image();
    let work = scene.trial.work();
    for kind in ["plain", "deleted"] {
        let start = scene.trial.prepare(&bash)?;
        let dir = work.to_str().context("a strange name")?;
        let root = start
            .args(&["-c", HOSTILE, "hostile", dir, kind])
            .user(USER)
            .spawn()?;
        let root = scene.is_ready(root, "the hostile tree")?;
        for round in 0..scene.setup.rounds.min(6) {
            let mut args = args![
                "-o",
                image.display(),
                "--force",
                "--verbose",
                "--freeze-timeout",
                5
            ];
            if round % 2 == 0 {
                args.push("--no-capture".to_owned());
            }
            args.push(root.to_string());
            let done = by_root(scene, &args)?;
            let place = || format!("{kind}, round {round}:\n{}", done.said);
            match done.end {
                End::Exit(0) => {
                    scene.trial.image_is_good(&image).with_context(place)?;
                }
                End::Exit(_) => ensure!(done.said.contains("checkpoint: "), "{}", place()),
                end => anyhow::bail!("{end}: {}", place()),
            }
            ensure!(!done.said.contains('\x1b'), "an escape: {}", place());
            bystander.is_unharmed().with_context(place)?;
            ensure!(places(&[bystander.0])? == theirs, "moved: {}", place());
        }
        // Nobody lets go any more what the command has frozen.
        fs::write(work.join("calm"), "")?;
        until(scene.trial.limit(), "the tree to be calm", || {
            Ok(work.join("calmed").exists().then_some(()))
        })?;
        let args = args!["-o", image.display(), "--force", root];
        let done = by_root(scene, &args)?;
        // A deleted file that has another name is refused.
        if kind == "plain" {
            done.well("checkpoint")?;
        }
        scene.ends_well(root)?;
        for word in ["ready", "calm", "calmed", "go"] {
            fs::remove_file(work.join(word))?;
        }
        for word in [
            "other",
            "another",
            "system call (vfork",
            "the task is not frozen",
        ] {
            let _ = fs::remove_file(work.join(word));
        }
    }
    Ok(Outcome::Passed)
}

fn file_names(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    for name in ["the task is not frozen", "system call (vfork"] {
        let open = format!("exec 7<>'{name}'; ln '{name}' other; rm '{name}'");
        let pid = scene.shell(&open, "exit 0")?;
        let image = scene.image();
        let args = args!["-o", image.display(), "--verbose", pid];
        let done = scene.trial.checkpoint(&args)?;
        super::refused(&done, Some(1), &[name, "is not supported"])?;
        ensure!(
            !done.said.contains("once more"),
            "it was tried again:\n{}",
            done.said
        );
        scene.ends_well(pid)?;
        for word in ["ready", "go", "other"] {
            fs::remove_file(scene.trial.work().join(word))?;
        }
    }
    Ok(Outcome::Passed)
}

fn restart_group_names(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const NUMBERS: i32 = 300;
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    // The names that the next commands might choose by their numbers.
    let top = cgroup::root().context("no control groups")?;
    let last: i32 = fs::read_to_string("/proc/sys/kernel/ns_last_pid")?
        .trim()
        .parse()?;
    let groups: Vec<PathBuf> = (last..last + NUMBERS)
        .map(|number| top.join(format!("ckpt-restart-{number}")))
        .collect();
    let made: std::io::Result<()> = groups.iter().try_for_each(fs::create_dir);
    let done = scene.restart(&super::from(&image, &["--frozen"]));
    for group in &groups {
        let _ = fs::remove_dir(group);
    }
    made?;
    let said = done?.well("restart --frozen")?;
    let mut lines = said.lines();
    let pid: i32 = lines.next().context("no pid")?.parse()?;
    let group = PathBuf::from(lines.next().context("no cgroup")?);
    ensure!(!groups.contains(&group), "it uses {}", group.display());
    fs::write(group.join("cgroup.freeze"), "0")?;
    scene.ends_well(pid)?;
    until(scene.trial.limit(), "the control group to empty", || {
        Ok(fs::remove_dir(&group).is_ok().then_some(()))
    })?;
    Ok(Outcome::Passed)
}
