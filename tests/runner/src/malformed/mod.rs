// SPDX-License-Identifier: GPL-2.0-only

//! Damaged images: each has to end in a clean error, with nothing left of what was half restored.
//!
//! A good image is made of the selftest `mixed/everything`. Its records are then changed, one thing
//! at a time, and the totals and the checksum are made to agree, so that only the intended damage
//! is there. Each image is given to the kernel directly, which restores it onto a process of ours,
//! and to `restart`, which has a parser of its own before it.

mod contents;
mod counts;
mod cpu;
mod files;
mod frame;
mod heir;
mod memory;
mod row;
mod seccomp;
mod special;
mod task;
mod tree;
mod tty;
mod zero;

use std::{
    fs,
    fs::File,
    path::{
        Path,
        PathBuf, //
    },
    sync::Mutex,
    time::Duration, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use ckpt_image::testing::{
    unsealed,
    Part, //
};
use nix::{
    sys::{
        signal::Signal,
        stat::Mode as FileMode, //
    },
    unistd::mkfifo, //
};

use crate::{
    args,
    device::{
        Child,
        Device, //
    },
    mode::Mode,
    process::{
        self,
        describe,
        send,
        until,
        End, //
    },
    run::Outcome,
    trial::{
        Setup,
        Trial, //
    }, //
};

pub use row::{
    Base,
    Row,
    Wanted, //
};

/// The test that the good image is made of.
fn target(base: Base) -> &'static str {
    match base {
        Base::Task => "mixed/everything",
        Base::Tree => "mixed/family",
    }
}

/// Longest that one image may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The same where anything may come out, also a process that sleeps for years.
const SHORT_LIMIT: Duration = Duration::from_secs(4);

/// Memory that a restart may take, user and kernel: so much, and so many bytes for each of the image.
const MEMORY: u64 = 4 << 20;
const MEMORY_OF_BYTES: u64 = 2;

/// Most images of one row that are given to `restart`: what matters is the kernel.
const MOST_BY_TOOL: usize = 24;

/// All ways to damage an image.
pub fn rows() -> Vec<Row> {
    let mut rows = frame::rows();
    rows.extend(counts::rows());
    rows.extend(cpu::rows());
    rows.extend(heir::rows());
    rows.extend(memory::rows());
    rows.extend(seccomp::rows());
    rows.extend(special::rows());
    rows.extend(contents::rows());
    rows.extend(tty::rows());
    rows.extend(task::rows());
    rows.extend(files::rows());
    rows.extend(tree::rows());
    rows.extend(zero::rows());
    rows
}

/// A FIFO that nobody has open.
pub fn fifo() -> PathBuf {
    let path = std::env::temp_dir().join("ckpt-test-fifo");
    let _ = mkfifo(&path, FileMode::S_IRUSR | FileMode::S_IWUSR);
    path
}

/// The good image, and the files that its process had.
#[derive(Clone)]
struct Good {
    parts: Vec<Part>,
    work: PathBuf,
    saved: PathBuf,
}

static GOOD: Mutex<[Option<Good>; 2]> = Mutex::new([None, None]);

/// Makes the good image, once.
fn good(setup: &Setup, base: Base) -> Result<Good> {
    let mut caches = GOOD.lock().unwrap_or_else(|broken| broken.into_inner());
    let cache = &mut caches[base as usize];
    if let Some(good) = cache {
        return Ok(good.clone());
    }
    let target = target(base);
    let mut trial = Trial::new(setup, &format!("good image {target}"))?;
    let program = setup.tests.join(target);
    let pid = trial.prepare(&program)?.spawn()?;
    ensure!(
        trial.ready(pid)?.is_none(),
        "{target} has ended: {}",
        trial.said()
    );
    let image = trial.beside("image");
    trial
        .checkpoint_kill(&image, pid, &[])
        .context("the good image")?;
    let parts = unsealed(&fs::read(&image)?).context("the good image does not end with TAIL")?;
    // A copy that is restored by mistake ends at once.
    trial.go()?;
    trial.save_work()?;
    let good = Good {
        parts,
        work: trial.work(),
        saved: trial.beside("saved"),
    };
    let complaints = trial.end_but_keep();
    ensure!(
        complaints.is_empty(),
        "the good image: {}",
        complaints.join("; ")
    );
    *cache = Some(good.clone());
    Ok(good)
}

/// How one image ended.
struct Ended {
    /// The restored process ran to its end.
    restored: bool,
    /// There was a clean error; else what there was.
    refused: Result<(), String>,
    said: String,
}

/// Makes all images of a row and tries them.
pub fn run(setup: &Setup, trial: &mut Trial<'_>, row: &Row, mode: Mode) -> Result<Outcome> {
    let good = good(setup, row.base)?;
    let mut images = (row.make)(&good.parts);
    if mode == Mode::Tool && images.len() > MOST_BY_TOOL {
        let step = images.len().div_ceil(MOST_BY_TOOL);
        images = images.into_iter().step_by(step).collect();
    }
    if images.is_empty() {
        return Ok(Outcome::Skipped(
            "the good image has no such record".to_owned(),
        ));
    }
    let many = images.len();
    for (number, image) in images.into_iter().enumerate() {
        let place = || format!("image {} of {many}", number + 1);
        if row.wanted != Wanted::Refused {
            restore_files(&good).with_context(place)?;
        }
        let file = trial.beside("image");
        fs::write(&file, image)?;
        let before = contents(&good.work)?;
        let bytes = fs::metadata(&file)?.len();
        let memory = trial.cgroup()?.watch_memory()?;
        let ended = match mode {
            Mode::Ioctl => by_ioctl(trial, &file, row),
            Mode::Tool => by_tool(trial, &file, row),
            other => bail!("damaged images have no mode {other}"),
        }
        .with_context(place)?;
        judge(row.wanted, &ended).with_context(place)?;
        if let (Some(mut memory), Mode::Ioctl) = (memory, mode) {
            let (most, limit) = (memory.most()?, MEMORY + bytes * MEMORY_OF_BYTES);
            ensure!(
                most <= limit,
                "{}: it took {most} bytes of memory, being {bytes} bytes long",
                place()
            );
        }
        // Whoever was killed may take a moment.
        let _ = until(Duration::from_secs(3), "nobody to be left", || {
            process::reap_all();
            Ok(trial.cgroup()?.pids().is_empty().then_some(()))
        });
        let left = trial.cgroup()?.pids();
        if let Some(pid) = left.first() {
            bail!("{}: {} is left", place(), describe(*pid));
        }
        if row.wanted == Wanted::Refused && contents(&good.work)? != before {
            restore_files(&good)?;
            bail!("{}: a file was changed", place());
        }
    }
    Ok(Outcome::Passed)
}

fn judge(wanted: Wanted, ended: &Ended) -> Result<()> {
    match (wanted, ended.restored, &ended.refused) {
        (Wanted::Refused, true, _) => bail!("the image was restored"),
        (Wanted::Refused, false, Err(what)) => bail!("{what}\n{}", ended.said),
        (Wanted::Refused, false, Ok(())) => {
            ensure!(
                !ended.said.trim().is_empty(),
                "it was refused without a message"
            );
            Ok(())
        }
        (Wanted::Restored, false, _) => bail!("the image was refused:\n{}", ended.said),
        (Wanted::Restored, true, _) | (Wanted::Either, ..) => Ok(()),
    }
}

/// Restores an image onto a process of ours, by the ioctl alone. For a tree there is nobody but the
/// root: what is not refused before would wait for ever.
fn by_ioctl(trial: &mut Trial<'_>, image: &Path, row: &Row) -> Result<Ended> {
    let log = trial.beside("log");
    let procs = File::options().write(true).open(trial.cgroup()?.procs())?;
    let device = Device::open()?;
    let (image, messages) = (File::open(image)?, File::create(&log)?);
    let child = Child {
        procs: &procs,
        user: None,
    };
    let pid = match row.base {
        Base::Task => device.restart_in_child(&image, &messages, &child)?,
        Base::Tree => device.coordinate_in_child(&image, &messages, &child)?,
    };
    let end = ends(trial, pid, row.wanted)?;
    let said = fs::read_to_string(&log).unwrap_or_default();
    Ok(Ended {
        restored: end == End::Exit(0),
        refused: match end {
            End::Exit(1..) | End::Killed(Signal::SIGKILL) => Ok(()),
            end => Err(format!("no clean error, but {end}")),
        },
        said,
    })
}

/// Gives an image to `restart`.
fn by_tool(trial: &mut Trial<'_>, image: &Path, row: &Row) -> Result<Ended> {
    let mut args = args!["-i", image.display(), "--wait"];
    args.push(match row.base {
        Base::Tree => "--pids".to_owned(),
        _ => "--new-pids".to_owned(),
    });
    let (pid, output) = trial.start_restart(&args, None)?;
    let end = ends(trial, pid, row.wanted)?;
    let said = fs::read_to_string(output).unwrap_or_default();
    Ok(Ended {
        restored: end == End::Exit(0),
        refused: match end {
            End::Exit(125 | 126) => Ok(()),
            end => Err(format!("no clean error, but {end}")),
        },
        said,
    })
}

/// Waits for the end. Whoever hangs is killed; that is an error unless anything may come out.
fn ends(trial: &Trial<'_>, pid: i32, wanted: Wanted) -> Result<End> {
    let limit = match wanted {
        Wanted::Either => SHORT_LIMIT,
        _ => LIMIT,
    };
    process::wait(pid, limit, "the restart to end").or_else(|error| {
        for pid in trial.cgroup()?.pids() {
            send(pid, Signal::SIGKILL)?;
        }
        let end = process::wait(pid, LIMIT, "it to die")?;
        match wanted {
            Wanted::Either => Ok(end),
            _ => Err(error),
        }
    })
}

/// What stands in the file that the images could harm.
fn contents(work: &Path) -> Result<Vec<u8>> {
    fs::read(work.join("file")).context("the target's file")
}

/// Brings the files of the good image back.
fn restore_files(good: &Good) -> Result<()> {
    let status = std::process::Command::new("cp")
        .args(["-a", "-T", "--"])
        .args([&good.saved, &good.work])
        .status()
        .context("cp")?;
    ensure!(status.success(), "cp of the target's files failed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use ckpt_image::testing::{
        minimal,
        seal,
        walk, //
    };

    use super::*;

    #[test]
    fn an_unchanged_image_can_be_read() {
        walk(&seal(&minimal())).unwrap();
    }

    #[test]
    fn rows_have_names_of_their_own() {
        let mut names: Vec<&str> = rows().iter().map(|row| row.name).collect();
        names.sort_unstable();
        let many = names.len();
        names.dedup();
        assert_eq!(names.len(), many);
        assert!(many > 80);
    }

    #[test]
    fn damage_to_the_frame_is_seen_by_the_reader() {
        // What the reader alone can judge: it knows no processor and no kind of object.
        const JUDGED: &[&str] = &[
            "unchanged",
            "truncated",
            "not_an_image",
            "swapped_bytes",
            "magic",
            "format",
            "arch",
            "incompat",
            "compat",
            "page_size",
            "constants",
            "length_",
            "grown",
            "payload_length",
            "index_",
            "behind_the_index",
            "tail_",
            "flipped",
        ];
        let good = minimal();
        for row in frame::rows() {
            if !JUDGED.iter().any(|name| row.name.starts_with(name)) {
                continue;
            }
            for (number, image) in (row.make)(&good).iter().enumerate() {
                match row.wanted {
                    Wanted::Refused => assert!(walk(image).is_err(), "{} {number}", row.name),
                    Wanted::Restored => assert!(walk(image).is_ok(), "{} {number}", row.name),
                    Wanted::Either => {}
                }
            }
        }
    }
}
