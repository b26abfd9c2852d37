// SPDX-License-Identifier: GPL-2.0-only

//! Images of tens of megabytes that no file holds, on their way through a pipe: whoever is killed or goes
//! away in the middle, nothing is left and the program goes on.

use std::{
    fs::{
        self,
        File, //
    },
    io::{
        copy,
        sink,
        Read,
        Write, //
    },
    os::fd::OwnedFd,
    path::PathBuf,
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use nix::{
    fcntl::OFlag,
    sys::signal::Signal,
    unistd::pipe2, //
};

use super::{
    halfway::ended_in_the_middle,
    storm::{
        Before, //
    },
    Scene,
    ToolTest, //
};
use crate::{
    apps::Dice,
    args,
    process::{
        self,
        send,
        End, //
    },
    run::Outcome,
};

/// The tests.
pub const TESTS: &[ToolTest] = &[
    ToolTest {
        name: "tools/contents_killed",
        about: "SIGKILL for checkpoint in the middle of what a large deleted file holds.",
        run: |scene| given_up(scene, LARGE, GivenUp::Signal(Signal::SIGKILL)),
    },
    ToolTest {
        name: "tools/contents_interrupted",
        about: "Ctrl-C in the middle of what a large memfd holds.",
        run: |scene| given_up(scene, "files/memfd_large", GivenUp::Signal(Signal::SIGINT)),
    },
    ToolTest {
        name: "tools/contents_reader_gone",
        about: "The reader goes away in the middle of what a large deleted file holds.",
        run: |scene| given_up(scene, LARGE, GivenUp::Reader),
    },
    ToolTest {
        name: "tools/contents_reader_slow",
        about: "A reader that takes an image of megabytes in odd pieces gets all of it.",
        run: reader_slow,
    },
    ToolTest {
        name: "tools/contents_restart_ended",
        about: "restart is killed while it fills a large deleted file: no process is left.",
        run: |scene| ended_in_the_middle(scene, LARGE, MIDDLE as usize, Signal::SIGKILL),
    },
];

/// A program with a deleted file of 64 MiB, more than half of which is data.
pub const LARGE: &str = "files/deleted_large";
/// There are more bytes than these in an image of it, and of the other one.
const MIDDLE: u64 = 20 << 20;
/// How often, for each way to write an image: from a capture, or while the program is frozen.
const ROUNDS: u64 = 3;
const WAYS: [&[&str]; 3] = [&[], &["--no-capture"], &["--kill"]];

/// Who gives a checkpoint up.
#[derive(Clone, Copy)]
enum GivenUp {
    Signal(Signal),
    Reader,
}

/// A `checkpoint` that writes to a pipe.
struct Writer {
    tool: i32,
    log: PathBuf,
    pipe: File,
}

impl Writer {
    fn start(scene: &Scene<'_, '_>, pid: i32, more: &[&str]) -> Result<Self> {
        let (read, write): (OwnedFd, OwnedFd) = pipe2(OFlag::O_CLOEXEC)?;
        let log = scene.trial.beside("log");
        let _ = fs::remove_file(&log);
        let mut args = args!["-o", "-"];
        args.extend(more.iter().map(ToString::to_string));
        args.push(pid.to_string());
        let tool = scene
            .trial
            .checkpoint_tool(&args, &log, File::from(write).into())?;
        Ok(Writer {
            tool,
            log,
            pipe: File::from(read),
        })
    }
}

fn given_up(scene: &mut Scene<'_, '_>, target: &str, how: GivenUp) -> Result<Outcome> {
    let pid = scene.target_of(target)?;
    let before = Before::new();
    let seed = scene.setup.seed;
    let mut dice = Dice::new(seed);
    for round in 0..ROUNDS {
        for more in WAYS {
            let taken = dice.below(MIDDLE);
            give_up(scene, pid, more, taken, how)
                .and_then(|()| before.comes_back(scene, &[pid]))
                .with_context(|| {
                    format!(
                        "round {round} {more:?}, given up after {taken} bytes; --seed {seed} repeats it"
                    )
                })?;
        }
    }
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

/// Takes so much of an image; then nobody takes any more, and that is the end of it.
fn give_up(scene: &Scene<'_, '_>, pid: i32, more: &[&str], taken: u64, how: GivenUp) -> Result<()> {
    let mut writer = Writer::start(scene, pid, more)?;
    let read = copy(&mut (&mut writer.pipe).take(taken), &mut sink())?;
    ensure!(read == taken, "the image has only {read} bytes");
    process::until_stuck(writer.tool, scene.trial.limit())
        .context("the tool has ended although the pipe is full")?;
    let mut pipe = Some(writer.pipe);
    match how {
        GivenUp::Signal(signal) => send(writer.tool, signal)?,
        GivenUp::Reader => drop(pipe.take()),
    }
    let done = scene
        .trial
        .finish_tool(writer.tool, "checkpoint", &writer.log)?;
    match (how, done.end) {
        (GivenUp::Signal(signal), End::Killed(by)) if by == signal => Ok(()),
        (GivenUp::Signal(Signal::SIGINT), End::Exit(1..)) => Ok(()),
        (GivenUp::Reader, End::Exit(1..)) if done.said.contains("Broken pipe") => Ok(()),
        (_, end) => bail!("it has ended strangely: {end}\n{}", done.said),
    }
}

fn reader_slow(scene: &mut Scene<'_, '_>) -> Result<Outcome> {
    let pid = scene.target_of(LARGE)?;
    let mut dice = Dice::new(scene.setup.seed);
    let image = scene.image();
    let captured = take_slowly(scene, pid, &[], &mut dice)?;
    scene
        .trial
        .finish_tool(captured.tool, "checkpoint", &captured.log)?
        .well("checkpoint")?;
    scene.trial.image_is_good(&image)?;
    let killed = take_slowly(scene, pid, &["--kill"], &mut dice)?;
    let family = process::family(pid);
    scene
        .trial
        .finish_killing(killed.tool, &killed.log, &family)?;
    scene.trial.killed(pid, &family)?;
    let pid = scene.trial.restart_detached(&image, &args!["--pids"])?;
    scene.ends_well(pid)?;
    Ok(Outcome::Passed)
}

/// Puts an image together of pieces as small as chance has it.
fn take_slowly(scene: &Scene<'_, '_>, pid: i32, more: &[&str], dice: &mut Dice) -> Result<Writer> {
    let mut writer = Writer::start(scene, pid, more)?;
    let mut file = File::create(scene.image())?;
    let mut piece = [0; 9000];
    loop {
        let wanted = 1 + dice.below(piece.len() as u64) as usize;
        let got = writer.pipe.read(&mut piece[..wanted])?;
        if got == 0 {
            break;
        }
        file.write_all(&piece[..got])?;
    }
    ensure!(file.metadata()?.len() > MIDDLE, "a small image");
    Ok(writer)
}
