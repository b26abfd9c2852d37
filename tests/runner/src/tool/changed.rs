// SPDX-License-Identifier: GPL-2.0-only

//! `restart`, when files are not what they were.

use std::{
    fs,
    fs::File,
    io::Write,
    os::unix::fs::{
        symlink,
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
    fcntl::{
        Flock,
        FlockArg, //
    },
    mount::{
        mount,
        umount2,
        MntFlags,
        MsFlags, //
    },
};

use super::{
    from,
    refused,
    Scene,
    ToolTest, //
};
use crate::run::Outcome;

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/file_missing",
        about: "A file that is gone is an error that names it; nothing is left.",
        run: |scene| {
            let words = ["fd 4", "/file", "cannot be opened"];
            file_changed(scene, "file", |path| Ok(fs::remove_file(path)?), &words)
        },
    },
    ToolTest {
        name: "tools/file_shorter",
        about: "A file that is shorter than it was is an error.",
        run: |scene| {
            let words = ["fd 4", "/file", "5 bytes, it had 16384"];
            file_changed(scene, "file", |path| Ok(fs::write(path, "short")?), &words)
        },
    },
    ToolTest {
        name: "tools/file_changed",
        about: "A mapped file whose contents have changed is an error.",
        run: |scene| {
            let change: fn(&Path) -> Result<()> = |path| {
                let bytes = vec![b'x'; fs::metadata(path)?.len() as usize];
                Ok(fs::write(path, bytes)?)
            };
            file_changed(scene, "file", change, &["fd 4", "/file", "written at"])
        },
    },
    ToolTest {
        name: "tools/mapped_file_changed",
        about: "Changed files may be allowed, but none that is mapped privately.",
        run: mapped_file_changed,
    },
    ToolTest {
        name: "tools/log_grown",
        about: "A log that has grown is an error, unless changed files are allowed.",
        run: |scene| allowed_change(scene, "log", |path| append(path, "more "), "fd 3: "),
    },
    ToolTest {
        name: "tools/shared_file_touched",
        about: "So is a file that is only mapped and has been written to.",
        run: |scene| allowed_change(scene, "shared", |path| append(path, ""), "mapping "),
    },
    ToolTest {
        name: "tools/file_is_directory",
        about: "A directory in the place of a file is an error.",
        run: |scene| {
            let change: fn(&Path) -> Result<()> = |path| {
                fs::remove_file(path)?;
                Ok(fs::create_dir(path)?)
            };
            file_changed(scene, "file", change, &["/file"])
        },
    },
    ToolTest {
        name: "tools/file_is_fifo",
        about: "A FIFO in the place of a file is an error, and is not waited for.",
        run: |scene| {
            let change: fn(&Path) -> Result<()> = |path| {
                fs::remove_file(path)?;
                Ok(symlink(crate::malformed::fifo(), path)?)
            };
            file_changed(scene, "file", change, &["/file"])
        },
    },
    ToolTest {
        name: "tools/not_executable",
        about: "An executable that may not be executed any more is an error.",
        run: not_executable,
    },
    ToolTest {
        name: "tools/deleted_no_space",
        about: "No space for what a deleted file held is an error; with space it is there.",
        run: |scene| {
            deleted_in(scene, "No space left", &["t"], fill_up, |path| {
                Ok(fs::remove_file(path.join("filler"))?)
            })
        },
    },
    ToolTest {
        name: "tools/deleted_read_only",
        about: "A deleted file in a directory that cannot be written to now is an error.",
        run: |scene| {
            let remount = |path: &Path, flags| {
                let flags = MsFlags::MS_REMOUNT | flags;
                Ok(mount(
                    None::<&str>,
                    path,
                    None::<&str>,
                    flags,
                    None::<&str>,
                )?)
            };
            deleted_in(
                scene,
                "Read-only",
                &["t", "cannot be made"],
                move |path| remount(path, MsFlags::MS_RDONLY),
                move |path| remount(path, MsFlags::empty()),
            )
        },
    },
    ToolTest {
        name: "tools/deleted_no_directory",
        about: "A deleted file in a directory that is gone is an error.",
        run: |scene| {
            let directory = |path: &Path| path.join("below");
            deleted_in(
                scene,
                "No such file",
                &["t/below", "cannot be made"],
                move |path| Ok(fs::remove_dir(directory(path))?),
                move |path| Ok(fs::create_dir(directory(path))?),
            )
        },
    },
    ToolTest {
        name: "tools/lock_taken",
        about: "A lock that another process has taken meanwhile is an error.",
        run: lock_taken,
    },
];

/// The program's file is changed between checkpoint and restart.
fn file_changed(
    scene: &mut Scene<'_, '_>,
    name: &str,
    change: fn(&Path) -> Result<()>,
    words: &[&str],
) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    change(&scene.trial.work().join(name))?;
    let done = scene.restart(&from(&image, &["--pids", "--detach"]))?;
    refused(&done, None, words)?;
    scene.nobody_left()?;
    Ok(Outcome::Passed)
}

/// The option is for files that are read and written, not for those whose pages are half of a memory.
fn mapped_file_changed(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    append(&scene.trial.work().join("file"), "more")?;
    let done = scene.restart(&from(&image, &["--detach", ALLOW]))?;
    refused(
        &done,
        None,
        &["mapping ", "/file", "16388 bytes, it had 16384"],
    )?;
    scene.nobody_left()?;
    Ok(Outcome::Passed)
}

const ALLOW: &str = "--allow-changed-files";

/// A file of a program that copes with it is changed between checkpoint and restart.
fn allowed_change(
    scene: &mut Scene<'_, '_>,
    name: &str,
    change: fn(&Path) -> Result<()>,
    place: &str,
) -> Result<Outcome> {
    let pid = scene.target_of("files/log_grows")?;
    let image = scene.saved(pid)?;
    change(&scene.trial.work().join(name))?;
    let done = scene.restart(&from(&image, &["--pids", "--detach"]))?;
    refused(
        &done,
        None,
        &[place, name, "has changed since the checkpoint", ALLOW],
    )?;
    scene.nobody_left()?;
    let done = scene.restart(&from(&image, &["--pids", "--detach", ALLOW]))?;
    done.well("restart that allows changed files")?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

/// Writes to the end of a file; nothing at all is a write, too.
fn append(path: &Path, text: &str) -> Result<()> {
    let mut file = File::options().append(true).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.set_modified(std::time::SystemTime::now())?)
}

fn not_executable(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let copy = scene.trial.work().join("program");
    fs::copy(scene.setup.tests.join(super::TARGET), &copy)?;
    let pid = scene.trial.prepare(&copy)?.spawn()?;
    ensure!(scene.trial.ready(pid)?.is_none(), "the copy has ended");
    let image = scene.saved(pid)?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o644))?;
    let done = scene.restart(&from(&image, &["--detach"]))?;
    refused(&done, None, &["xecut"])?;
    scene.nobody_left()?;
    Ok(Outcome::Passed)
}

/// Restarts a program with deleted files on a file system that is small, once damaged and once mended.
fn deleted_in(
    scene: &mut Scene<'_, '_>,
    error: &str,
    words: &[&str],
    damage: impl Fn(&Path) -> Result<()>,
    mend: impl Fn(&Path) -> Result<()>,
) -> Result<Outcome> {
    const BEFORE: &str = "for file in t/one t/below/two; do head -c 300000 /bin/bash >$file; done
        exec 5<>t/one 6<t/below/two
        rm t/one t/below/two";
    const AFTER: &str =
        "cmp - <(head -c 300000 /bin/bash) <&5 && cmp - <(head -c 300000 /bin/bash) <&6";
    let small = scene.trial.work().join("t");
    fs::create_dir(&small)?;
    mount(
        None::<&str>,
        &small,
        Some("tmpfs"),
        MsFlags::empty(),
        Some("size=1m"),
    )
    .context("a small file system")?;
    let mounted = Mounted(small);
    fs::create_dir(mounted.0.join("below"))?;
    let pid = scene.shell(BEFORE, AFTER)?;
    let image = scene.saved(pid)?;
    damage(&mounted.0)?;
    let done = scene.restart(&from(&image, &["--detach"]))?;
    refused(&done, None, &[error])?;
    refused(&done, None, words)?;
    scene.nobody_left()?;
    mend(&mounted.0)?;
    let done = scene.restart(&from(&image, &["--detach"]))?;
    done.well("restart after it was mended")?;
    let new = scene.trial.restarted()?.context("no pid")?;
    scene.ends_well(new)?;
    Ok(Outcome::Passed)
}

/// Leaves no room on a small file system.
fn fill_up(small: &Path) -> Result<()> {
    Ok(fs::write(small.join("filler"), vec![b'x'; 700 << 10])?)
}

/// A file system that is taken away again.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        // Whoever still uses it is an error that is told elsewhere.
        let _ = umount2(&self.0, MntFlags::MNT_DETACH);
    }
}

fn lock_taken(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    // The program held a shared lock on its directory.
    let directory = File::open(scene.trial.work())?;
    let lock = Flock::lock(directory, FlockArg::LockExclusiveNonblock)
        .map_err(|(_, error)| error)
        .context("a lock on the directory")?;
    let done = scene.restart(&from(&image, &["--detach"]))?;
    refused(&done, None, &["lock"])?;
    scene.nobody_left()?;
    drop(lock);
    let done = scene.restart(&from(&image, &["--detach"]))?;
    done.well("restart without the lock")?;
    let new = scene.trial.restarted()?.context("no pid")?;
    scene.ends_well(new)?;
    Ok(Outcome::Passed)
}
