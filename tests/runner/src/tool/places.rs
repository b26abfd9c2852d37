// SPDX-License-Identifier: GPL-2.0-only

//! Where images, logs and maps go: each to a place of its own, however that is named, to none where nothing is
//! kept, and to none that the program uses.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{
        symlink,
        MetadataExt, //
    },
    path::{
        Path,
        PathBuf, //
    },
};

use anyhow::{
    ensure,
    Context,
    Result, //
};

use super::{
    finish_off,
    from,
    refused,
    storm::Before,
    Scene,
    ToolTest, //
};
use crate::{
    args,
    process::{
        self,
        until,
        Start, //
    },
    run::Outcome,
    tools::Done,
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/places_apart",
        about: "An image, a log and a map that would go to one place are refused, however it is named.",
        run: places_apart,
    },
    ToolTest {
        name: "tools/standard_closed",
        about: "A closed standard descriptor, which is the null device, takes and gives no image.",
        run: standard_closed,
    },
    ToolTest {
        name: "tools/output_in_use",
        about: "Neither an image nor a log takes the place of a file that the program has open or runs.",
        run: output_in_use,
    },
];

/// What every program that is linked dynamically maps.
const LIBC: &str = "/usr/lib/x86_64-linux-gnu/libc.so.6";

/// A directory for what the tools write, with a link to itself.
fn folder(scene: &Scene<'_, '_>) -> Result<PathBuf> {
    let dir = scene.trial.beside("places");
    fs::create_dir(&dir)?;
    symlink(".", dir.join("here"))?;
    Ok(dir)
}

/// What is in the folder: what the script of a test has made there, and what was before.
fn contents(dir: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let entries = fs::read_dir(dir)?.flatten().map(|entry| entry.path());
    Ok(entries
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(path).unwrap_or_default()))
        .collect())
}

/// Runs a line of shell in the folder. $C and $R are the commands, $P is the program.
fn shell(scene: &Scene<'_, '_>, pid: i32, line: &str) -> Result<Done> {
    let bash = crate::apps::find("bash").context("there is no bash")?;
    let tools = &scene.setup.tools;
    let said = scene.trial.beside("said");
    let _ = fs::remove_file(&said);
    let start = Start::new(bash)
        .args(&["-c", line])
        .dir(&scene.trial.beside("places"))
        .env("C", &tools.path("checkpoint").display().to_string())
        .env("R", &tools.path("restart").display().to_string())
        .env("P", &pid.to_string())
        .env("O", &scene.trial.output().display().to_string())
        .output(&said)?;
    scene.trial.finish_tool(start.spawn()?, line, &said)
}

/// Lines that are refused; nothing is frozen, killed or changed.
fn all_refused(scene: &Scene<'_, '_>, pid: i32, rows: &[(&str, i32, &str)]) -> Result<()> {
    let dir = scene.trial.beside("places");
    for (line, status, text) in rows {
        let (before, old) = (Before::new(), contents(&dir)?);
        let done = shell(scene, pid, line)?;
        refused(&done, Some(*status), &[text]).with_context(|| (*line).to_owned())?;
        let mut new = contents(&dir)?;
        // What the shell has made for a descriptor.
        new.retain(|path, held| old.contains_key(path) || !held.is_empty());
        ensure!(new == old, "{line}: the files are {:?}", new.keys());
        before.comes_back(scene, &[pid])?;
    }
    Ok(())
}

fn places_apart(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const MIXED: &str = "would go to where the image goes";
    let pid = scene.target()?;
    let dir = folder(scene)?;
    let default = format!("$C --kill -l {}-$P.ckpt $P", process::name(pid));
    all_refused(
        scene,
        pid,
        &[
            ("$C --kill -o x -l x $P", 2, MIXED),
            ("$C --kill -o x -l here/../places/here/x $P", 2, MIXED),
            ("$C --kill -o $PWD/x -l ./x $P", 2, MIXED),
            ("$C --stop -f -o here/x -l x $P", 2, MIXED),
            (&default, 2, MIXED),
            ("$C --kill -o - -l z $P >z", 2, MIXED),
            ("$C --kill -f -o z -l - $P >>z", 2, MIXED),
            ("$C --kill -o /dev/fd/8 -l z $P 8>z", 2, MIXED),
            ("$C -o - -l /dev/fd/8 $P >z 8>>z", 2, MIXED),
        ],
    )?;
    let image = scene.saved(pid)?;
    for name in ["i", "other"] {
        fs::copy(&image, dir.join(name))?;
    }
    fs::hard_link(dir.join("i"), dir.join("j"))?;
    const ITSELF: &str = "goes to the image itself";
    const ONE: &str = "--map and --logfile go to one place";
    all_refused(
        scene,
        pid,
        &[
            ("$R -d -l i i", 2, ITSELF),
            ("$R -d --map here/i i", 2, ITSELF),
            ("$R -d --map $PWD/i <i", 2, ITSELF),
            ("$R -d --pidns -l j i", 2, ITSELF),
            ("$R -d --map - <i >>i", 2, ITSELF),
            ("$R --map i i", 125, ITSELF),
            ("$R -d -l m --map here/m i", 2, ONE),
            ("$R -d -l - --map m i >m", 2, ONE),
            ("$R -d --map other i", 2, "other is an image"),
            ("$R -d -l other i", 2, "other is an image"),
        ],
    )?;
    // A log in the place of another image, too.
    scene
        .restart(&from(&image, &["--detach"]))?
        .well("restart")?;
    all_refused(
        scene,
        pid,
        &[("$C --kill -o x -l other $P", 2, "other is an image")],
    )?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn standard_closed(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const LOST: &str = "is closed, or the null device";
    let pid = scene.target()?;
    folder(scene)?;
    all_refused(
        scene,
        pid,
        &[
            ("$C --kill -o - $P >&-", 2, LOST),
            ("$C --kill -o /dev/stdout $P >&-", 2, LOST),
            ("$C --stop -o /dev/fd/1 $P >&-", 2, LOST),
            ("$C -o - $P >/dev/null", 2, LOST),
            ("$C --kill -o /dev/stdin $P 2>&1 <&-", 2, LOST),
            ("$R -d <&-", 3, "standard input is empty or closed"),
            ("$R -d </dev/null", 3, "standard input is empty or closed"),
            ("$R -d - < <(:)", 3, "standard input is empty"),
            (": >empty; $R -d empty", 3, "empty is empty"),
        ],
    )?;
    // What is named is meant.
    shell(scene, pid, "$C -o /dev/null $P")?.well("checkpoint -o /dev/null")?;
    let image = scene.saved(pid)?;
    fs::copy(&image, scene.trial.beside("places").join("i"))?;
    shell(scene, pid, "$R -d --map - i >&-")?.well("restart --map - >&-")?;
    finish_off(pid)?;
    Ok(Outcome::Passed)
}

fn output_in_use(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let dir = folder(scene)?;
    let output = scene.trial.output();
    let held = fs::metadata(&output)?;
    all_refused(
        scene,
        pid,
        &[
            ("$C --kill -f -o $O $P", 2, "is open by process"),
            ("$C --stop -o x -l $O $P", 2, "is open by process"),
            ("$C -o - $P >>$O", 2, "is open by process"),
        ],
    )?;
    let now = fs::metadata(&output)?;
    ensure!(
        (now.ino(), now.len()) == (held.ino(), held.len()),
        "the output of the program was replaced"
    );
    // A program of the folder's own is run with a library of the folder's own, and nothing of them is open.
    let sleep = crate::apps::find("sleep").context("there is no sleep")?;
    fs::copy(sleep, dir.join("run"))?;
    fs::copy(LIBC, dir.join("libc.so.6"))?;
    let runs = Start::new(dir.join("run")).args(&args![1000]);
    let runs = runs.env("LD_LIBRARY_PATH", &dir.display().to_string());
    let runs = runs.spawn()?;
    until(scene.trial.limit(), "the program to be linked", || {
        let maps = fs::read_to_string(format!("/proc/{runs}/maps"))?;
        Ok(maps.contains("/places/libc.so.6").then_some(()))
    })?;
    all_refused(
        scene,
        runs,
        &[
            ("$C --kill -f -o run $P", 2, "is executed by process"),
            (
                "$C --stop -o x -l here/libc.so.6 $P",
                2,
                "is mapped by process",
            ),
        ],
    )?;
    finish_off(runs)?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}
