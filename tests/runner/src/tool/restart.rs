// SPDX-License-Identifier: GPL-2.0-only

//! `restart`.

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
    process::Stdio,
    thread,
    time::Duration, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use nix::{
    fcntl::{
        Flock,
        FlockArg,
        OFlag, //
    },
    mount::{
        mount,
        umount2,
        MntFlags,
        MsFlags, //
    },
    sys::signal::Signal,
    unistd::pipe2, //
};

use super::{
    finish_off,
    from,
    refused,
    Scene,
    ToolTest,
    TARGET, //
};
use crate::{
    args,
    cgroup::Cgroup,
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
        name: "tools/pid_taken",
        about: "restart --pids says who has the pid, and leaves nothing.",
        run: pid_taken,
    },
    ToolTest {
        name: "tools/wait_exit_status",
        about: "restart --wait exits with the program's status.",
        run: |scene| wait_for(scene, "", "exit 37", End::Exit(37)),
    },
    ToolTest {
        name: "tools/wait_killed",
        about: "restart --wait dies by the signal that killed the program.",
        run: |scene| wait_for(scene, "", "kill -TERM $$", End::Killed(Signal::SIGTERM)),
    },
    ToolTest {
        name: "tools/wait_is_the_default",
        about: "Without --wait or --detach restart waits.",
        run: wait_is_the_default,
    },
    ToolTest {
        name: "tools/signals_passed_on",
        about: "Signals for a waiting restart reach the program.",
        run: signals_passed_on,
    },
    ToolTest {
        name: "tools/detach_prints_pid",
        about: "restart --detach prints the pid and writes the map.",
        run: detach_prints_pid,
    },
    ToolTest {
        name: "tools/frozen",
        about: "restart --frozen leaves the program frozen in a control group that it names.",
        run: frozen,
    },
    ToolTest {
        name: "tools/into_cgroup",
        about: "restart --cgroup puts the program there.",
        run: into_cgroup,
    },
    ToolTest {
        name: "tools/file_missing",
        about: "A file that is gone is an error that names it; nothing is left.",
        run: |scene| {
            let words = ["fd 3", "/file", "cannot be opened"];
            file_changed(scene, "file", |path| Ok(fs::remove_file(path)?), &words)
        },
    },
    ToolTest {
        name: "tools/file_shorter",
        about: "A file that is shorter than it was is an error.",
        run: |scene| {
            let words = ["fd 3", "/file", "5 bytes, it had 16384"];
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
            file_changed(scene, "file", change, &["fd 3", "/file", "written at"])
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
        about: "A lock that somebody else has taken meanwhile is an error.",
        run: lock_taken,
    },
    ToolTest {
        name: "tools/not_an_image",
        about: "What is no image is refused with exit status 3.",
        run: not_an_image,
    },
    ToolTest {
        name: "tools/killed_in_the_middle",
        about: "kill -9 of restart in the middle of an image leaves nothing.",
        run: |scene| ended_in_the_middle(scene, TARGET, REST, Signal::SIGKILL),
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
    ToolTest {
        name: "tools/parallel_restarts",
        about: "One image can be restarted several times at once, with new pids.",
        run: parallel_restarts,
    },
    ToolTest {
        name: "tools/slow_pipe",
        about: "An image may come through a pipe in small pieces.",
        run: slow_pipe,
    },
];

fn pid_taken(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.image();
    scene
        .trial
        .checkpoint(&args!["-o", image.display(), pid])?
        .well("checkpoint")?;
    let done = scene.restart(&from(&image, &["--pids", "--detach"]))?;
    refused(&done, None, &[&pid.to_string()])?;
    let left = scene.trial.cgroup()?.pids();
    ensure!(
        left == [pid],
        "processes are left: {left:?}, wanted {pid} only"
    );
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn wait_for(scene: &mut Scene<'_, '_>, before: &str, after: &str, wanted: End) -> Result<Outcome> {
    let pid = scene.shell(before, after)?;
    let image = scene.saved(pid)?;
    scene.trial.go()?;
    // With --pids: a shell remembers its own pid.
    let done = scene.restart(&from(&image, &["--wait", "--pids"]))?;
    ensure!(
        done.end == wanted,
        "restart --wait: {}, wanted {wanted}\n{}",
        done.end,
        done.said
    );
    Ok(Outcome::Passed)
}

fn wait_is_the_default(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.shell("", "exit 5")?;
    let image = scene.saved(pid)?;
    scene.trial.go()?;
    let done = scene.restart(&args![image.display()])?;
    ensure!(
        done.end == End::Exit(5),
        "restart IMAGE: {}\n{}",
        done.end,
        done.said
    );
    Ok(Outcome::Passed)
}

fn signals_passed_on(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.shell("trap 'exit 12' USR1; trap 'exit 13' TERM", "exit 1")?;
    let image = scene.saved(pid)?;
    for (signal, status) in [(Signal::SIGUSR1, 12), (Signal::SIGTERM, 13)] {
        let (tool, output) = scene
            .trial
            .start_restart(&from(&image, &["--wait"]), None)?;
        until(scene.trial.limit(), "the restarted program", || {
            scene.trial.restarted()
        })?;
        // The map is written before restart begins to listen.
        until(scene.trial.limit(), "restart to listen", || {
            Ok(process::blocks(tool, signal).then_some(()))
        })?;
        send(tool, signal)?;
        let done = scene.trial.finish_tool(tool, "restart", &output)?;
        ensure!(
            done.end == End::Exit(status),
            "after {signal}: {}\n{}",
            done.end,
            done.said
        );
    }
    Ok(Outcome::Passed)
}

fn detach_prints_pid(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    let said = scene
        .restart(&from(&image, &["--detach"]))?
        .well("restart --detach")?;
    let new = scene.trial.restarted()?.context("no pid in the map")?;
    ensure!(
        said.trim() == new.to_string(),
        "it has printed {said:?}, the map says {new}"
    );
    ensure!(
        scene.trial.cgroup()?.pids() == [new],
        "there is another process"
    );
    scene.ends_well(new)?;
    Ok(Outcome::Passed)
}

fn frozen(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    scene.trial.go()?;
    let done = scene.restart(&from(&image, &["--pids", "--frozen"]))?;
    let said = done.well("restart --frozen")?;
    let path = said
        .lines()
        .map(|line| line.trim().trim_start_matches("cgroup "))
        .find(|line| line.starts_with('/'))
        .context("restart --frozen has printed no path")?;
    let group = if path.starts_with("/sys/fs/cgroup") {
        Path::new(path).to_owned()
    } else {
        crate::cgroup::root()
            .context("no cgroups")?
            .join(path.trim_start_matches('/'))
    };
    let events = fs::read_to_string(group.join("cgroup.events"))?;
    ensure!(
        events.contains("frozen 1"),
        "{} is not frozen: {events}",
        group.display()
    );
    // GO is there, but it does not see it.
    thread::sleep(Duration::from_millis(300));
    ensure!(
        process::ended(pid)?.is_none(),
        "the frozen program has ended"
    );
    fs::write(group.join("cgroup.freeze"), "0")?;
    let end = process::wait(pid, scene.trial.limit(), "the thawed program to end")?;
    ensure!(
        end == End::Exit(0),
        "the thawed program has failed: {end}\n{}",
        scene.trial.said()
    );
    // It is ours to remove now.
    until(
        Duration::from_secs(5),
        "the control group to be removed",
        || Ok((fs::remove_dir(&group).is_ok() || !group.exists()).then_some(())),
    )?;
    Ok(Outcome::Passed)
}

fn into_cgroup(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    let group = Cgroup::new("ckpt-test-into")?;
    let path = group.procs();
    let path = path.parent().context("no folder")?.display().to_string();
    let done = scene.restart(&from(&image, &["--detach", "--cgroup", &path]));
    let there = group.pids();
    let result = done.and_then(|done| done.well("restart --cgroup"));
    if let [new] = there[..] {
        let ended = scene.ends_well(new);
        group.remove()?;
        result.and(ended.map(|()| Outcome::Passed))
    } else {
        group.remove()?;
        result?;
        bail!("the program is not in the control group: {there:?}");
    }
}

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

fn not_an_image(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    for path in ["/bin/bash", "/etc/passwd", "/dev/null", "/dev/zero"] {
        let done = scene.restart(&from(Path::new(path), &[]))?;
        refused(&done, Some(3), &[])?;
    }
    let done = scene.restart(&from(Path::new("/is/not/there"), &[]))?;
    refused(&done, None, &["/is/not/there"])?;
    let done = scene.restart(&from(Path::new("/"), &[]))?;
    refused(&done, None, &[])?;
    Ok(Outcome::Passed)
}

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
    let pid = scene.target_of(target)?;
    let mut image = fs::read(scene.saved(pid)?)?;
    let rest = image.split_off(image.len() - rest);
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    let args = args!["-i", "-", "--pids", "--detach"];
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
    scene.nobody_left()?;
    drop(half.pipe);
    Ok(Outcome::Passed)
}

fn parallel_restarts(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.shell("", "exit 21")?;
    let image = scene.saved(pid)?;
    scene.trial.go()?;
    let mut running = Vec::new();
    for _ in 0..4 {
        running.push(
            scene
                .trial
                .start_restart(&from(&image, &["--wait"]), None)?,
        );
    }
    for (tool, output) in running {
        let done = scene.trial.finish_tool(tool, "restart", &output)?;
        ensure!(
            done.end == End::Exit(21),
            "one of four: {}\n{}",
            done.end,
            done.said
        );
    }
    Ok(Outcome::Passed)
}

fn slow_pipe(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = fs::read(scene.saved(pid)?)?;
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    let args = args!["-i", "-", "--pids", "--detach"];
    let (tool, output) = scene.trial.start_restart(&args, Some(Stdio::from(read)))?;
    let mut write = File::from(write);
    let (head, rest) = image.split_at(600);
    for byte in head.chunks(7) {
        write.write_all(byte)?;
    }
    for piece in rest.chunks(997) {
        write.write_all(piece)?;
    }
    drop(write);
    let done = scene.trial.finish_tool(tool, "restart", &output)?;
    if done.end != End::Exit(0) {
        for pid in scene.trial.cgroup()?.pids() {
            finish_off(pid)?;
        }
    }
    done.well("restart -i -")?;
    let new = scene.trial.restarted()?.context("no pid")?;
    scene.ends_well(new)?;
    Ok(Outcome::Passed)
}
