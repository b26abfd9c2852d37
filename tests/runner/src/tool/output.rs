// SPDX-License-Identifier: GPL-2.0-only

//! Where `checkpoint` writes to: nothing is left of an image that was given up, and what cannot be written
//! is told before anything is frozen.

use std::{
    fs,
    fs::File,
    io::Read,
    os::unix::fs::{
        symlink,
        OpenOptionsExt,
        PermissionsExt, //
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
use nix::{
    sys::{
        signal::Signal,
        stat::Mode, //
    },
    unistd::{
        chown,
        mkfifo, //
    },
};

use super::{
    refused,
    storm::Before,
    Scene,
    ToolTest, //
};
use crate::{
    args,
    process::{
        self,
        send,
        until,
        End, //
    },
    run::Outcome,
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/output_killed",
        about: "kill -9 of checkpoint leaves no file, also where every file has a name.",
        run: output_killed,
    },
    ToolTest {
        name: "tools/output_file_limit",
        about: "An image over the limit for the size of files is an error; the program runs on.",
        run: output_file_limit,
    },
    ToolTest {
        name: "tools/output_of_strangers",
        about: "What another user has put under the name of an image is neither written to nor followed.",
        run: output_of_strangers,
    },
    ToolTest {
        name: "tools/output_fifo",
        about: "A FIFO of the caller's takes an image; while nothing reads it, signals end the command.",
        run: output_fifo,
    },
    ToolTest {
        name: "tools/output_folder_named",
        about: "A directory that is not there is no name for an image: nothing is frozen for that.",
        run: output_folder_named,
    },
];

/// A program that cannot be saved for as long as its child does not exec: checkpoint tries again and again,
/// with its output open.
const WAITS: &str = "refuse/vfork";
/// A directory of a file system (9P) that knows no file without a name.
const FOREIGN: &str = "/ckpt/results";

/// The files in a directory.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir)?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

/// Waits until a process has opened a file in a directory, named or not.
fn has_opened(pid: i32, dir: &Path, scene: &Scene<'_, '_>) -> Result<()> {
    until(scene.trial.limit(), "checkpoint to open its output", || {
        let links = fs::read_dir(format!("/proc/{pid}/fd")).context("checkpoint has ended")?;
        let mut links = links
            .flatten()
            .filter_map(|fd| fs::read_link(fd.path()).ok());
        Ok(links
            .any(|link| link.starts_with(dir) && link != dir)
            .then_some(()))
    })
}

fn killed_with(scene: &Scene<'_, '_>, pid: i32, dir: &Path, more: &[&str]) -> Result<()> {
    let before = Before::new();
    let old = files(dir)?;
    let mut args = args!["-o", dir.join("image").display(), "--freeze-timeout", 60];
    args.extend(more.iter().map(ToString::to_string));
    args.push(pid.to_string());
    let log = scene.trial.beside("log");
    let tool = scene
        .trial
        .checkpoint_tool(&args, &log, std::process::Stdio::null())?;
    has_opened(tool, dir, scene)?;
    send(tool, Signal::SIGKILL)?;
    let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
    ensure!(
        done.end == End::Killed(Signal::SIGKILL),
        "{}\n{}",
        done.end,
        done.said
    );
    before.comes_back(scene, &[pid])?;
    let left = files(dir)?;
    ensure!(left == old, "{left:?} are left, there were {old:?}");
    Ok(())
}

fn output_killed(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target_of(WAITS)?;
    let mut dirs = vec![scene.trial.beside("output")];
    if Path::new(FOREIGN).is_dir() {
        dirs.push(Path::new(FOREIGN).join(format!("output-{pid}")));
    }
    for dir in dirs {
        fs::create_dir(&dir)?;
        let result = killed_with(scene, pid, &dir, &[]).and_then(|()| {
            fs::write(dir.join("image"), "old")?;
            killed_with(scene, pid, &dir, &["--force", "--kill"])?;
            ensure!(fs::read(dir.join("image"))? == b"old", "it is overwritten");
            Ok(())
        });
        fs::remove_dir_all(&dir)?;
        result.with_context(|| dir.display().to_string())?;
    }
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn output_file_limit(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let dir = scene.trial.beside("output");
    fs::create_dir(&dir)?;
    for more in [&[][..], &["--no-capture"], &["--kill"]] {
        let mut args = args!["-o", dir.join("image").display()];
        args.extend(more.iter().map(ToString::to_string));
        args.push(pid.to_string());
        let log = scene.trial.beside("log");
        let _ = fs::remove_file(&log);
        let tools = &scene.setup.tools;
        let start = tools.start("checkpoint", &args, &log)?;
        let tool = start.file_limit(65536).spawn()?;
        let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
        refused(&done, Some(1), &["File too large", "ulimit -f"])?;
        let left = files(&dir)?;
        ensure!(left.is_empty(), "{left:?} are left");
    }
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn output_of_strangers(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const STRANGER: u32 = 65534;
    let pid = scene.target()?;
    let dir = scene.trial.beside("public");
    fs::create_dir(&dir)?;
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o1777))?;
    let name = dir.join(format!("{}-{pid}.ckpt", process::name(pid)));
    let fifo = dir.join("fifo");
    let precious = scene.trial.beside("precious");
    fs::write(&precious, "precious")?;
    let save = |more: &[&str]| {
        let log = scene.trial.beside("log");
        let _ = fs::remove_file(&log);
        let mut args: Vec<String> = more.iter().map(ToString::to_string).collect();
        args.push(pid.to_string());
        let start = scene.setup.tools.start("checkpoint", &args, &log)?;
        let tool = start.dir(&dir).spawn()?;
        scene.trial.finish_tool(tool, "checkpoint", &log)
    };
    mkfifo(&fifo, Mode::from_bits_truncate(0o666))?;
    chown(&fifo, Some(STRANGER.into()), Some(STRANGER.into()))?;
    // It is read all the time, so that nothing waits for that.
    let mut reader = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(&fifo)?;
    // Under the name that an image has when none is given, by itself and by links.
    fs::hard_link(&fifo, &name)?;
    for more in [&[][..], &["--force"]] {
        refused(&save(more)?, Some(1), &["is there already, and is no file"])?;
    }
    let path = name.display().to_string();
    for more in [&["-o", &path][..], &["--force", "-o", &path]] {
        refused(&save(more)?, Some(2), &["belongs to user 65534"])?;
    }
    fs::remove_file(&name)?;
    for to in [&fifo, &precious] {
        symlink(to, &name)?;
        refused(&save(&[])?, Some(1), &["is there already"])?;
        save(&["--force"])?.well("checkpoint --force")?;
        ensure!(fs::symlink_metadata(&name)?.is_file(), "the link stays");
        fs::remove_file(&name)?;
    }
    ensure!(fs::read(&precious)? == b"precious", "a link was followed");
    let mut bytes = Vec::new();
    let _ = reader.read_to_end(&mut bytes);
    ensure!(bytes.is_empty(), "{} bytes went to a stranger", bytes.len());
    fs::remove_dir_all(&dir)?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn output_fifo(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let fifo = scene.trial.beside("fifo");
    mkfifo(&fifo, Mode::from_bits_truncate(0o600))?;
    let args = args!["-o", fifo.display(), "--kill", pid];
    let log = scene.trial.beside("log");
    let tools = &scene.setup.tools;
    let start = || tools.start("checkpoint", &args, &log)?.spawn();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        super::ends_by(scene, start()?, &log, signal)?;
    }
    let tool = start()?;
    let image = fs::read(&fifo)?;
    scene
        .trial
        .finish_tool(tool, "checkpoint", &log)?
        .well("checkpoint -o FIFO")?;
    process::wait(pid, scene.trial.limit(), "it to be killed")?;
    fs::write(scene.image(), image)?;
    let new = scene.trial.restart_detached(&scene.image(), &[])?;
    scene.ends_well(new)?;
    Ok(Outcome::Passed)
}

fn output_folder_named(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let missing = scene.trial.beside("missing");
    let name = format!("{}/", missing.display());
    let done = scene.trial.checkpoint(&args!["-o", name, "--kill", pid])?;
    refused(&done, Some(2), &[&name, "names a directory"])?;
    ensure!(!missing.exists(), "something was made");
    ensure!(process::state(pid) != Some('Z'), "the program was killed");
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}
