// SPDX-License-Identifier: GPL-2.0-only

//! What the tools write to and read from beside regular files: nothing that another user has a hand in, nothing
//! that takes no image, and nothing that keeps a command for good.

use std::{
    fs,
    fs::File,
    io::{
        Read,
        Write, //
    },
    os::unix::fs::{
        symlink,
        OpenOptionsExt,
        PermissionsExt, //
    },
    path::{
        Path,
        PathBuf, //
    },
    process::Stdio,
};

use anyhow::{
    ensure,
    Context,
    Result, //
};
use nix::{
    fcntl::{
        fcntl,
        FcntlArg,
        OFlag, //
    },
    sys::{
        signal::Signal,
        stat::Mode, //
    },
    unistd::{
        chown,
        mkfifo,
        pipe2,
        ttyname, //
    },
};

use super::{
    ends_by,
    from,
    refused,
    storm::Before,
    terminal::Screen,
    Scene,
    ToolTest, //
};
use crate::{
    args,
    process::{
        self,
        until,
        End, //
    },
    run::Outcome,
    trial::number,
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/links_of_strangers",
        about: "Links under the names of a log and a map are not followed; what descriptors lead to is kept.",
        run: links_of_strangers,
    },
    ToolTest {
        name: "tools/fifo_of_many",
        about: "A FIFO that others can read takes no image and no log; one that others can write gives no image.",
        run: fifo_of_many,
    },
    ToolTest {
        name: "tools/output_takes_no_image",
        about: "A terminal, a character device and /proc take no image, and that is told before anything is frozen.",
        run: output_takes_no_image,
    },
    ToolTest {
        name: "tools/unread_log",
        about: "A log that nothing reads keeps no program frozen, and signals end the command.",
        run: unread_log,
    },
    ToolTest {
        name: "tools/unread_output",
        about: "Signals end a command whose standard output, standard error or map nothing reads.",
        run: unread_output,
    },
    ToolTest {
        name: "tools/bytes_behind_the_image",
        about: "What stands behind an image in a file is told by restart.",
        run: bytes_behind_the_image,
    },
    ToolTest {
        name: "tools/frozen_cgroup_named",
        about: "The name of a control group that --frozen prints does not speak to a terminal, and is whole in a pipe.",
        run: frozen_cgroup_named,
    },
];

const STRANGER: u32 = 65534;

/// A FIFO of this mode, whatever the umask.
fn fifo(scene: &Scene<'_, '_>, name: &str, mode: u32) -> Result<PathBuf> {
    let path = scene.trial.beside(name);
    mkfifo(&path, Mode::empty())?;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    Ok(path)
}

/// Fills a pipe, so that a write to it waits.
fn fill(mut pipe: &File) -> Result<()> {
    fcntl(pipe, FcntlArg::F_SETPIPE_SZ(4096))?;
    fcntl(pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    while pipe.write(&[b'x'; 4096]).is_ok() {}
    while pipe.write(b"x").is_ok() {}
    // What a command is given is as a shell leaves it.
    fcntl(pipe, FcntlArg::F_SETFL(OFlag::empty()))?;
    Ok(())
}

fn links_of_strangers(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let dir = scene.trial.beside("public");
    fs::create_dir(&dir)?;
    chown(&dir, Some(STRANGER.into()), Some(STRANGER.into()))?;
    let precious = scene.trial.beside("precious");
    fs::write(&precious, "precious")?;
    let (link, hard) = (dir.join("link"), dir.join("hard"));
    symlink(&precious, &link)?;
    fs::hard_link(&precious, &hard)?;
    let image = scene.image();
    let mut save = args!["-o", image.display(), "-l", link.display(), pid];
    refused(
        &scene.trial.checkpoint(&save)?,
        Some(1),
        &["is a symbolic link"],
    )?;
    ensure!(!image.exists(), "an image was written");
    save[3] = hard.display().to_string();
    scene.trial.checkpoint(&save)?.well("checkpoint -l")?;
    scene
        .trial
        .checkpoint_kill(&image, pid, &args!["--force"])?;
    let restart = |more: &[&str], output: Option<Stdio>| {
        let said = scene.trial.beside("map-said");
        let _ = fs::remove_file(&said);
        let mut args = from(&image, &["--detach"]);
        args.extend(more.iter().map(ToString::to_string));
        let start = scene.setup.tools.start("restart", &args, &said)?;
        let tool = start.cgroup(scene.trial.cgroup()?.procs());
        let tool = tool.stdio(None, output).spawn()?;
        scene.trial.finish_tool(tool, "restart", &said)
    };
    for option in ["--map", "--logfile"] {
        let done = restart(&[option, &link.display().to_string()], None)?;
        refused(&done, Some(1), &["is a symbolic link"])?;
        scene.nobody_left()?;
    }
    let all = scene.trial.beside("all");
    fs::write(&all, "old\n")?;
    let output = File::options().append(true).open(&all)?;
    restart(&["--map", "/dev/stdout"], Some(output.into()))?.well("restart --map /dev/stdout")?;
    let text = fs::read_to_string(&all)?;
    ensure!(text.starts_with(&format!("old\n{pid} {pid}\n")), "{text:?}");
    ensure!(fs::read(&precious)? == b"precious", "a link was followed");
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn fifo_of_many(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.image();
    for mode in [0o644, 0o640, 0o604] {
        let path = fifo(scene, &format!("read-{mode:o}"), mode)?;
        let mut reader = File::options()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&path)?;
        for args in [
            args!["-o", path.display(), "--force", pid],
            args!["-o", image.display(), "-l", path.display(), pid],
        ] {
            let done = scene.trial.checkpoint(&args)?;
            refused(&done, Some(2), &["can be read by other users", "chmod 600"])?;
        }
        let mut bytes = Vec::new();
        let _ = reader.read_to_end(&mut bytes);
        ensure!(bytes.is_empty(), "{} bytes went there", bytes.len());
    }
    for mode in [0o620, 0o602] {
        let path = fifo(scene, &format!("write-{mode:o}"), mode)?;
        let done = scene.restart(&from(&path, &[]))?;
        refused(&done, Some(125), &["can be written by other users"])?;
    }
    let path = fifo(scene, "stranger", 0o600)?;
    chown(&path, Some(STRANGER.into()), None)?;
    let done = scene.restart(&from(&path, &[]))?;
    refused(&done, Some(125), &["belongs to user 65534"])?;
    let link = scene.trial.beside("link");
    symlink("/dev/vda", &link)?;
    for to in [Path::new("/dev/vda"), &path] {
        fs::remove_file(&link)?;
        symlink(to, &link)?;
        if to.exists() {
            let done = scene.restart(&from(&link, &[]))?;
            refused(
                &done,
                Some(125),
                &["is a symbolic link to what is no regular file"],
            )?;
        }
    }
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

fn output_takes_no_image(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let screen = Screen::new(24, 80)?;
    let slave = ttyname(&screen.slave)?;
    for (path, more, text) in [
        (slave.as_path(), &[][..], "it takes no image"),
        (Path::new("/dev/tty"), &[], "it takes no image"),
        (
            Path::new("/dev/tty"),
            &["--force", "--kill"],
            "it takes no image",
        ),
        (Path::new("/dev/full"), &[], "it takes no image"),
        (Path::new("/dev/zero"), &["--kill"], "it takes no image"),
        (Path::new("/proc/image"), &[], "No files can be made there"),
        (
            Path::new("/sys/image"),
            &[],
            "in a file system that stores files",
        ),
    ] {
        let before = Before::new();
        let mut args = args!["-v", "-o", path.display()];
        args.extend(more.iter().map(ToString::to_string));
        args.push(pid.to_string());
        let done = scene.trial.checkpoint(&args)?;
        refused(&done, None, &[text])?;
        ensure!(!done.said.contains("frozen\n"), "{}", done.said);
        before.comes_back(scene, &[pid])?;
    }
    // What the caller has opened is no better, nor what can only be read.
    for (file, text) in [
        (
            File::options().write(true).open("/dev/full")?,
            "it takes no image",
        ),
        (
            File::from(screen.slave.try_clone()?),
            "nothing for a terminal",
        ),
        (File::open("/etc/passwd")?, "is not open for writing"),
    ] {
        let log = scene.trial.beside("log");
        let _ = fs::remove_file(&log);
        let tools = &scene.setup.tools;
        let start = tools.start("checkpoint", &args!["-v", "-o", "/dev/fd/9", pid], &log)?;
        let tool = start.fd(number(&file), 9).spawn()?;
        let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
        refused(&done, Some(2), &["/dev/fd/9", text])?;
        ensure!(!done.said.contains("frozen\n"), "{}", done.said);
    }
    let both = scene.trial.beside("both");
    let file = File::create(&both)?;
    let log = scene.trial.beside("log");
    let args = args!["-o", "/dev/fd/9", "-l", "/dev/fd/9", pid];
    let start = scene.setup.tools.start("checkpoint", &args, &log)?;
    let tool = start.fd(number(&file), 9).spawn()?;
    let done = scene.trial.finish_tool(tool, "checkpoint", &log)?;
    refused(&done, Some(2), &["would go to where the image goes"])?;
    ensure!(fs::read(&both)?.is_empty(), "something was written");
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

/// The program does something: it is not frozen.
fn runs(scene: &Scene<'_, '_>, pid: i32) -> Result<()> {
    let time = || -> Result<String> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let fields: Vec<&str> = stat
            .rsplit(") ")
            .next()
            .unwrap_or_default()
            .split(' ')
            .collect();
        Ok(fields.get(11..13).context("a strange stat")?.join(" "))
    };
    let before = time()?;
    until(scene.trial.limit(), "the program to run", || {
        Ok((time()? != before).then_some(()))
    })
}

fn unread_log(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let path = fifo(scene, "full", 0o600)?;
    let full = File::options().read(true).write(true).open(&path)?;
    fill(&full)?;
    let image = scene.image();
    // A tree that is refused while it is held, for which the kernel has something to tell.
    let (read, _write) = pipe2(OFlag::O_CLOEXEC)?;
    let read = File::from(read);
    let bash = crate::apps::find("bash").context("there is no bash")?;
    let start = scene.trial.prepare(&bash)?;
    let start = start.args(&["-c", "while :; do :; done"]);
    let pid = start.fd(number(&read), 7).spawn()?;
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        for more in ["--force", "--no-capture", "--kill"] {
            let said = scene.trial.beside("said");
            let _ = fs::remove_file(&said);
            let args = args!["-o", image.display(), "-l", path.display(), more, pid];
            let tools = &scene.setup.tools;
            let tool = tools.start("checkpoint", &args, &said)?.spawn()?;
            scene
                .trial
                .blocked(tool, &[libc::SYS_ppoll, libc::SYS_write])?;
            runs(scene, pid)?;
            ends_by(scene, tool, &said, signal)?;
            let told = fs::read_to_string(&said)?;
            ensure!(
                told.contains("fd 7") && told.contains("cannot write") && !image.exists(),
                "{told}"
            );
        }
    }
    super::finish_off(pid)?;
    Ok(Outcome::Passed)
}

fn unread_output(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let (_read, write) = pipe2(OFlag::O_CLOEXEC)?;
    let write = File::from(write);
    fill(&write)?;
    let image = scene.image();
    let said = scene.trial.beside("said");
    let save = args!["-o", image.display(), "--force", pid];
    for (how, args, ends) in [
        // All is done but the telling.
        (1, save.clone(), Some(End::Exit(0))),
        (2, [args!["-v"], save.clone()].concat(), None),
        (2, args!["-o", "/nowhere/at/all", pid], Some(End::Exit(1))),
    ] {
        for signal in [Signal::SIGTERM, Signal::SIGINT] {
            let start = scene.setup.tools.start("checkpoint", &args, &said)?;
            let tool = start.fd(number(&write), how).spawn()?;
            let waits = [libc::SYS_ppoll, libc::SYS_write];
            scene.trial.blocked(tool, &waits)?;
            process::send(tool, signal)?;
            let done = scene.trial.finish_tool(tool, "checkpoint", &said)?;
            let ends = ends.unwrap_or(End::Killed(signal));
            ensure!(done.end == ends, "{args:?}: {}", done.end);
        }
    }
    scene.trial.checkpoint(&save)?.well("checkpoint")?;
    scene
        .trial
        .checkpoint_kill(&image, pid, &args!["--force"])?;
    for (how, more) in [(1, &["--detach"][..]), (1, &["--detach", "--map", "-"])] {
        let start = scene
            .setup
            .tools
            .start("restart", &from(&image, more), &said)?;
        let start = start.cgroup(scene.trial.cgroup()?.procs());
        let tool = start.fd(number(&write), how).spawn()?;
        ends_by(scene, tool, &said, Signal::SIGTERM).with_context(|| format!("{more:?}"))?;
        // It runs, and has the pid that it had.
        runs_or_waits(pid)?;
        super::finish_off(pid)?;
    }
    let new = scene.trial.restart_detached(&image, &[])?;
    scene.ends_well(new)?;
    Ok(Outcome::Passed)
}

fn runs_or_waits(pid: i32) -> Result<()> {
    let state = process::state(pid);
    ensure!(
        !matches!(state, None | Some('Z' | 'T')),
        "it is in state {state:?}"
    );
    Ok(())
}

fn bytes_behind_the_image(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target()?;
    let image = scene.saved(pid)?;
    let done = scene.restart(&from(&image, &["--detach"]))?;
    let said = done.well("restart")?;
    ensure!(!said.contains("behind the image"), "{said}");
    super::finish_off(pid)?;
    File::options()
        .append(true)
        .open(&image)?
        .write_all(&[7; 12345])?;
    for more in [&["--detach"][..], &["--detach", "--pidns"]] {
        let done = scene.restart(&from(&image, more))?;
        let said = done.well("restart")?;
        ensure!(said.contains("12345 bytes behind the image in"), "{said}");
        let new = scene.trial.restarted()?.context("there is no map")?;
        if more.len() == 1 {
            super::finish_off(new)?;
        } else {
            // The init of the namespace is its parent.
            process::send(new, Signal::SIGKILL)?;
        }
    }
    until(scene.trial.limit(), "all processes to be gone", || {
        process::reap_all();
        Ok(scene.trial.cgroup()?.is_empty()?.then_some(()))
    })?;
    Ok(Outcome::Passed)
}

fn frozen_cgroup_named(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    const NAME: &str = "e\u{1b}[31mX";
    let pid = scene.target_of("files/umask")?;
    let image = scene.saved(pid)?;
    let group = scene.trial.cgroup()?.path().join(NAME);
    fs::create_dir(&group)?;
    let group_name = group.display().to_string();
    let args = from(&image, &["--frozen", "--cgroup", &group_name]);
    let let_go = || -> Result<()> {
        process::send(pid, Signal::SIGKILL)?;
        fs::write(group.join("cgroup.freeze"), "0")?;
        process::wait(pid, scene.trial.limit(), "it to die")?;
        Ok(())
    };
    let said = scene.trial.beside("said");
    let tool = scene.setup.tools.start("restart", &args, &said)?.spawn()?;
    let told = scene
        .trial
        .finish_tool(tool, "restart", &said)?
        .well("restart --frozen")?;
    ensure!(told.lines().last() == Some(&group_name), "{told:?}");
    let_go()?;
    let mut screen = Screen::new(24, 200)?;
    let start = scene.setup.tools.start("restart", &args, &said)?;
    let tool = start.terminal(&screen.slave, true)?.spawn()?;
    screen.shows(scene, "\\x1b[31mX")?;
    scene
        .trial
        .finish_tool(tool, "restart", &said)?
        .well("restart --frozen")?;
    let_go()?;
    fs::remove_dir(&group)?;
    Ok(Outcome::Passed)
}
