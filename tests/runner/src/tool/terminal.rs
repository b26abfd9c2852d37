// SPDX-License-Identifier: GPL-2.0-only

//! Programs on a terminal whose master is ours: they go on in another one.

use std::{
    fs::File,
    io::{
        ErrorKind,
        Read,
        Write, //
    },
    os::fd::OwnedFd,
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
        FdFlag,
        OFlag, //
    },
    pty::{
        openpty,
        Winsize, //
    },
    sys::signal::Signal,
};

use super::{
    from,
    refused,
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
        name: "tools/terminal_of_a_shell",
        about: "An interactive shell with jobs goes on in another terminal, which its session takes over.",
        run: shell_with_jobs,
    },
    ToolTest {
        name: "tools/terminal_of_a_job",
        about: "A job of an outside shell goes on in another terminal, with the modes that it had set.",
        run: job_of_a_shell,
    },
    ToolTest {
        name: "tools/terminal_wanted",
        about: "Without a terminal, or on one that controls another session, restart says what to do.",
        run: wanted,
    },
    ToolTest {
        name: "tools/terminal_left_free",
        about: "Only its own session's terminal is handed over; after a failure the next one may have it.",
        run: left_free,
    },
];

/// A terminal that we emulate.
pub struct Screen {
    master: File,
    /// The end that programs get.
    pub slave: OwnedFd,
    seen: String,
}

impl Screen {
    /// Makes one.
    pub fn new(rows: u16, columns: u16) -> Result<Screen> {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pair = openpty(Some(&size), None)?;
        fcntl(&pair.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        fcntl(&pair.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        fcntl(&pair.slave, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        Ok(Screen {
            master: pair.master.into(),
            slave: pair.slave,
            seen: String::new(),
        })
    }

    fn types(&mut self, text: &str) -> Result<()> {
        Ok(self.master.write_all(text.as_bytes())?)
    }

    /// Waits for a text behind what was waited for before.
    pub fn shows(&mut self, scene: &Scene<'_, '_>, text: &str) -> Result<()> {
        let limit = scene.trial.limit();
        let found = until(limit, &format!("{text:?} on the terminal"), || {
            self.read()?;
            Ok(self.seen.find(text))
        });
        let at = found.with_context(|| format!("it shows {:?}", self.seen))?;
        self.seen.drain(..at + text.len());
        Ok(())
    }

    fn read(&mut self) -> Result<()> {
        let mut bytes = [0; 4096];
        match self.master.read(&mut bytes) {
            Ok(count) => self.seen += &String::from_utf8_lossy(&bytes[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // Nobody has the slave any more.
            Err(error) if error.raw_os_error() == Some(libc::EIO) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Starts a shell whose session the terminal controls.
fn shell(scene: &Scene<'_, '_>, screen: &Screen, args: &[&str]) -> Result<i32> {
    let bash = crate::apps::find("bash").context("there is no bash")?;
    scene
        .trial
        .prepare(&bash)?
        .env("PS1", "ready> ")
        .env("HISTFILE", "")
        .args(args)
        .terminal(&screen.slave, true)?
        .spawn()
}

/// Starts `restart` on a terminal.
fn restart_on(
    scene: &mut Scene<'_, '_>,
    screen: &Screen,
    leads: bool,
    more: &[&str],
) -> Result<i32> {
    let output = scene.trial.restart_output();
    let args = from(&scene.image(), more);
    scene
        .trial
        .prepare_restart(&args, &output)?
        .terminal(&screen.slave, leads)?
        .spawn()
}

/// A shell with a job in the background and one in the foreground, which are saved and killed.
fn saved_shell(scene: &mut Scene<'_, '_>) -> Result<()> {
    let mut screen = Screen::new(24, 80)?;
    let pid = shell(scene, &screen, &["--norc", "--noprofile", "-i"])?;
    screen.shows(scene, "ready> ")?;
    screen.types("sleep 1000 &\n")?;
    screen.shows(scene, "ready> ")?;
    screen.types("sh -c 'echo here; exec cat'\n")?;
    screen.shows(scene, "here\r\n")?;
    screen.types("before\n")?;
    screen.shows(scene, "before\r\nbefore\r\n")?;
    let image = scene.saved(pid)?;
    scene.trial.image_is_good(&image)?;
    Ok(())
}

fn shell_with_jobs(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    saved_shell(scene)?;
    let mut screen = Screen::new(30, 100)?;
    let tool = restart_on(scene, &screen, true, &["--terminal", "--pids"])?;
    screen.types("after\n")?;
    screen.shows(scene, "after\r\nafter\r\n")?;
    // ^Z stops the group in the foreground, and the shell notices.
    screen.types("\x1a")?;
    screen.shows(scene, "Stopped")?;
    screen.shows(scene, "ready> ")?;
    screen.types("jobs\n")?;
    screen.shows(scene, "Running")?;
    screen.shows(scene, "sleep 1000 &")?;
    screen.shows(scene, "Stopped")?;
    screen.shows(scene, "ready> ")?;
    // It is the controlling terminal, and the shell has heard of its size.
    screen.types("echo $LINES $COLUMNS; stty size </dev/tty\n")?;
    screen.shows(scene, "30 100\r\n30 100\r\n")?;
    screen.types("fg\n")?;
    screen.shows(scene, "cat")?;
    screen.types("again\n")?;
    screen.shows(scene, "again\r\nagain\r\n")?;
    // ^C ends cat only.
    screen.types("\x03")?;
    screen.shows(scene, "ready> ")?;
    screen.types("kill %1; wait %1; exit 9\n")?;
    let end = process::wait(tool, scene.trial.limit(), "the shell to end")?;
    ensure!(end == End::Exit(9), "it ended with {end}");
    scene.nobody_left()?;
    Ok(Outcome::Passed)
}

/// What a job does: its terminal neither echoes nor waits for lines to end, and has another character
/// for interrupts.
const JOB: &str = "stty -echo -icanon intr ^X rows 10; trap \"echo drawn\" WINCH; echo begun; \
                   until [ -e go ]; do sleep 0.01; done; read -r word; echo; \
                   stty -a; echo $word; echo over";

fn job_of_a_shell(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let mut screen = Screen::new(24, 80)?;
    let outer = shell(
        scene,
        &screen,
        &["-c", &format!("set -m; bash -c '{JOB}' 3>/dev/tty; :")],
    )?;
    screen.shows(scene, "begun\r\n")?;
    let family = process::family(outer);
    let job = *family.get(1).context("there is no job")?;
    let image = scene.image();
    let args = args!["-o", image.display(), "--kill", job];
    scene.trial.checkpoint(&args)?.well("checkpoint --kill")?;
    process::wait(outer, scene.trial.limit(), "the shell to end")?;

    let mut screen = Screen::new(30, 100)?;
    // The process group of the job may still be that of a zombie: the old numbers are not the point.
    let tool = restart_on(scene, &screen, true, &["--new-pids"])?;
    screen.shows(scene, "drawn\r\n")?;
    scene.trial.go()?;
    screen.types("word\n")?;
    screen.shows(scene, "rows 30; columns 100")?;
    screen.shows(scene, "intr = ^X")?;
    screen.shows(scene, "-icanon")?;
    screen.shows(scene, "-echo ")?;
    screen.shows(scene, "word\r\n")?;
    screen.shows(scene, "over")?;
    let end = process::wait(tool, scene.trial.limit(), "the job to end")?;
    ensure!(end == End::Exit(0), "it ended with {end}");
    scene.nobody_left()?;
    Ok(Outcome::Passed)
}

fn wanted(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    saved_shell(scene)?;
    let done = scene.restart(&from(&scene.image(), &[]))?;
    refused(
        &done,
        Some(125),
        &[
            "no terminal is given",
            "/dev/pts/",
            "Restart it on a terminal",
        ],
    )?;
    scene.nobody_left()?;
    // Other descriptors may take its place.
    let image = scene.image();
    scene
        .trial
        .restart_detached(&image, &args!["--inherit=0-2,255:0"])?;
    scene.trial.cgroup()?.kill()?;
    scene.nobody_left()?;
    // The dead have their numbers until they are waited for.
    process::reap_all();
    for (leads, more, text) in [
        (true, &[][..], "controls another session"),
        (true, &[], "exec restart --terminal"),
        (false, &["--terminal"], "there is no terminal to hand over"),
    ] {
        let mut screen = Screen::new(24, 80)?;
        let tool = restart_on(scene, &screen, leads, more)?;
        screen.shows(scene, text)?;
        let end = process::wait(tool, scene.trial.limit(), "restart to fail")?;
        ensure!(
            matches!(end, End::Exit(125 | 126)),
            "it ended with {end}: {text}"
        );
        scene.nobody_left()?;
        process::reap_all();
    }
    Ok(Outcome::Passed)
}

fn left_free(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    saved_shell(scene)?;
    let image = scene.image();
    let mut screen = Screen::new(24, 80)?;
    let bash = crate::apps::find("bash").context("there is no bash")?;
    let restart = format!("restart -i {} --terminal", image.display());
    let script = format!("{restart}; exec {restart} --logfile /nowhere/at/all");
    let outer = scene
        .trial
        .prepare(&bash)?
        .env("PATH", &std::env::var("PATH")?)
        .args(&["-c", &script])
        .terminal(&screen.slave, true)?
        .spawn()?;
    screen.shows(scene, "the terminal belongs to the session of process")?;
    screen.shows(scene, "script -qc")?;
    screen.shows(scene, "cannot write in /nowhere/at")?;
    let end = process::wait(outer, scene.trial.limit(), "the shell to end")?;
    ensure!(end != End::Exit(0), "it ended with {end}");
    scene.nobody_left()?;
    let tool = restart_on(scene, &screen, true, &["--terminal", "--pids"])?;
    screen.types("after\n")?;
    screen.shows(scene, "after\r\nafter\r\n")?;
    // The session is told that its terminal is gone.
    drop(screen);
    let end = process::wait(tool, scene.trial.limit(), "the shell to be hung up")?;
    ensure!(
        end == End::Killed(Signal::SIGHUP) || end == End::Exit(129),
        "it ended with {end}"
    );
    let _ = send(tool, Signal::SIGKILL);
    scene.nobody_left()?;
    Ok(Outcome::Passed)
}
