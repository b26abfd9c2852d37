// SPDX-License-Identifier: GPL-2.0-only

//! The command `checkpoint`: freeze, save, let go, in the order that keeps the process safe.

use std::{
    io::{
        self,
        Write, //
    },
    os::fd::AsRawFd,
    path::Path,
    thread::sleep,
    time::{
        Duration,
        Instant, //
    },
};

use tracing::info;

use crate::{
    advice,
    cli,
    device::Device,
    ending::{
        self,
        Kill, //
    },
    failure::{
        note,
        Doing,
        Exit,
        Failure,
        Result, //
    },
    freeze::{
        Hold,
        Wish, //
    },
    limits,
    log::Log,
    obstacles::Obstacles,
    output::{
        default_name,
        Output,
        Spot, //
    },
    patient::{
        standard_error,
        standard_output, //
    },
    process::Target,
    progress::Progress,
    signals,
    text::{
        count,
        escaped, //
    },
    uapi::{
        self,
        Inherit, //
    },
    used, //
};

/// Saves a process as the command line says.
pub fn run(args: &cli::Checkpoint) -> Result<()> {
    signals::catch()?;
    signals::survive_file_limit()?;
    let device = Device::open()?;
    let target = Target::find(args.pid)?;
    let info = device.info()?;
    let kill = args.after.kill && !args.kill_anyway;
    advice::may_save(&info, kill).map_err(|(why, advice)| {
        let message = format!("cannot save process {}: {why}", target.label());
        Failure::new(Exit::Permission, message).advise(advice)
    })?;
    if (args.after.kill || args.after.stop) && info.features & uapi::FEATURE_SIGNAL == 0 {
        return Err(Failure::new(
            Exit::Failed,
            "the kernel module cannot end or stop what it has saved",
        )
        .advise("Is the loaded module as new as this command (modinfo ckpt)?"));
    }
    if args.check {
        return check(args, device, info, target);
    }
    let named = args.output.as_deref();
    let path = named.map_or_else(|| default_name(&target.name, target.pid), Path::to_owned);
    places(args, &target, &path)?;
    let output = match named {
        Some(path) => Output::create(path, args.force)?,
        None => Output::file(&path, args.force)?,
    };
    let mut job = Job::new(args, device, info, target)?;
    let limits = limits::differences(args.pid);
    let name = output.name();
    let to_stdout = output.is_standard();
    let saved = if job.may_capture() {
        job.capture_and_write(output)
    } else {
        job.write_while_frozen(output)
    };
    // Nothing stands still any more for the file that these go to.
    let saved = saved.map_err(|failure| job.log.copy_beside(failure))?;
    job.log.note(&limits)?;
    for line in job.log.lines()? {
        info!("kernel: {line}");
    }
    job.log.copy().map_err(|mut failure| {
        failure.message = format!("the image is complete, but {}", failure.message);
        failure
    })?;
    if !args.common.quiet {
        for text in limits {
            note("checkpoint", text);
        }
        let line = saved.line(&job.target, &name);
        let line = format!("{}\n", escaped(&line));
        // The image is good even when no process reads this.
        let _ = if to_stdout {
            standard_error().write_all(line.as_bytes())
        } else {
            standard_output().write_all(line.as_bytes())
        };
    }
    Ok(())
}

/// Tells what stands in the way of saving a process.
fn check(args: &cli::Checkpoint, device: Device, info: uapi::Info, target: Target) -> Result<()> {
    let mut job = Job::new(args, device, info, target)?;
    let looked = job.look();
    let number = looked.map_err(|failure| job.log.copy_beside(failure))?;
    let mut obstacles = Obstacles::default();
    job.log.each_line(|line| obstacles.take(line))?;
    job.log.copy()?;
    let label = job.target.label();
    let verdict = match number {
        0 => format!("{label}: nothing stands in the way of saving it"),
        _ => format!("{label}: {}", count(number, "obstacle", "obstacles")),
    };
    if !args.common.quiet {
        let mut text = format!("{}\n", escaped(&verdict));
        for line in obstacles.lines() {
            text += &format!("  {line}\n");
        }
        standard_output()
            .write_all(text.as_bytes())
            .doing(|| "cannot tell what stands in the way")
            .map_err(signals::by_signal)?;
    }
    match number {
        0 => Ok(()),
        _ => {
            let message = format!("process {label} cannot be saved as it is");
            let failure = Failure::new(Exit::Failed, message);
            let steps = || {
                job.with_save(false, |save| {
                    advice::obstacles(obstacles.reports(), Some(&job.info), save)
                })
            };
            Err(match args.common.quiet {
                true => failure,
                false => failure.advise(steps().join("\n")),
            })
        }
    }
}

/// Whether image and log have places of their own, where nothing is that the program goes on with.
fn places(args: &cli::Checkpoint, target: &Target, path: &Path) -> Result<()> {
    let image = Spot::written(path);
    let mut taken = Vec::new();
    if let Some(logfile) = &args.logfile {
        let log = Spot::written(logfile);
        if log.meets(&image) {
            return Err(Failure::usage(
                "the messages of --logfile would go to where the image goes",
            )
            .advise("Give a file for one of them."));
        }
        // What a descriptor leads to keeps what it holds.
        if log.takes_name() {
            taken.push((log, logfile.as_path(), "the log"));
        }
    }
    // Else what is there stays, and that is told.
    if args.force || !image.takes_name() {
        taken.push((image, path, "the image"));
    }
    used::check(target.pid, &taken)
}

/// What there is to tell about a process that was saved.
struct Saved {
    id: i32,
    bytes: Option<u64>,
    processes: usize,
    frozen: Option<Duration>,
}

impl Saved {
    fn line(&self, target: &Target, name: &str) -> String {
        let mut line = format!("{}: id {}", target.label(), self.id);
        if self.processes > 1 {
            line += &format!(", {} processes", self.processes);
        }
        match self.bytes {
            Some(bytes) => line += &format!(", {} in {name}", count(bytes, "byte", "bytes")),
            None => line += &format!(", written to {name}"),
        }
        match self.frozen {
            Some(frozen) => line += &format!(", frozen {:.3} ms", frozen.as_secs_f64() * 1e3),
            None => line += ", frozen or stopped before",
        }
        line
    }
}

/// How long a tree is let go for, at first and at most, when a task in it could not be saved at that
/// moment.
const PAUSE: Duration = Duration::from_millis(1);
const PAUSE_MOST: Duration = Duration::from_millis(50);

/// One checkpoint.
struct Job<'a> {
    args: &'a cli::Checkpoint,
    device: Device,
    info: uapi::Info,
    target: Target,
    log: Log,
    inherit: Vec<Inherit>,
    /// What the kernel has told of the last failure.
    report: uapi::Error,
}

impl<'a> Job<'a> {
    fn new(
        args: &'a cli::Checkpoint,
        device: Device,
        info: uapi::Info,
        target: Target,
    ) -> Result<Job<'a>> {
        Ok(Job {
            info,
            log: Log::new(args.logfile.as_deref())?,
            inherit: args
                .inherit
                .as_ref()
                .map_or(Vec::new(), |list| list.table()),
            args,
            device,
            target,
            report: uapi::Error::NOTHING,
        })
    }

    /// How many obstacles there are; the log has them. The tree is frozen for the look.
    fn look(&mut self) -> Result<usize> {
        let (hold, looked) = self.hold_and_save(None)?;
        hold.release();
        let number = looked?;
        signals::check()?;
        Ok(usize::try_from(number).unwrap_or(0))
    }

    /// Whether the process may run on before the image is written: not if it is to end there.
    fn may_capture(&self) -> bool {
        let after = &self.args.after;
        !after.kill
            && !after.stop
            && !self.args.no_capture
            && self.info.features & uapi::FEATURE_CAPTURE != 0
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.args.freeze_timeout.into())
    }

    fn hold(&mut self) -> Result<Hold> {
        let wish = Wish {
            freeze: !self.args.no_freeze,
            cgroup: self.args.cgroup.as_deref(),
            patience: self.patience(),
            logfd: self.log.fd(),
        };
        Hold::take(&self.target, &wish, &mut self.report)?
            .map_err(|error| self.failure(&error, false))
    }

    /// Holds the tree and saves it. A task that waits for a vfork(2) child to exec cannot be saved in that
    /// state, which will not last long; a task that another process has let go runs. In both cases nothing
    /// is written, and all tasks are let go and held again.
    fn hold_and_save(&mut self, output: Option<&Output>) -> Result<(Hold, Result<i32>)> {
        let limit = Instant::now() + self.patience();
        let mut pause = PAUSE;
        loop {
            let hold = self.hold()?;
            // Not before: what makes the output may have a guardian, which is forked.
            let progress = output.map(|output| self.progress(output));
            let saved = self.save(output.map(Output::fd));
            drop(progress);
            let passes = saved.is_err() && advice::will_pass(&self.report);
            if !passes || !hold.is_ours() || Instant::now() >= limit {
                return Ok((hold, saved));
            }
            hold.release();
            self.log.forget()?;
            info!("a process is in the middle of a vfork, or was let go: once more");
            sleep(pause);
            pause = (pause * 2).min(PAUSE_MOST);
            signals::check()?;
        }
    }

    /// CHECKPOINT_* flags.
    fn flags(&self) -> u32 {
        let args = self.args;
        uapi::chosen(&[
            (!args.container, uapi::CHECKPOINT_SUBTREE),
            (true, uapi::CHECKPOINT_PIDFD),
            (args.allow_other_label, uapi::CHECKPOINT_OTHER_LABEL),
            (args.allow_other_keyring, uapi::CHECKPOINT_OTHER_KEYRING),
            (args.check, uapi::CHECKPOINT_CHECK),
            (
                (args.after.kill || args.after.stop) && !args.check,
                uapi::CHECKPOINT_KEEP,
            ),
            // What is killed has to come back.
            (
                args.after.kill && !args.kill_anyway,
                uapi::CHECKPOINT_RESTARTABLE,
            ),
        ])
    }

    /// CKPT_IOC_CHECKPOINT, or CKPT_IOC_CAPTURE when there is no descriptor to write to. Gives the id, or the
    /// number of obstacles.
    fn save(&mut self, fd: Option<i32>) -> Result<i32> {
        let captures = fd.is_none() && !self.args.check;
        let request = uapi::Checkpoint {
            size: 0,
            flags: self.flags(),
            pid: self.target.pid,
            fd: fd.unwrap_or(uapi::FD_NONE),
            logfd: self.log.fd(),
            nr_inherit: 0,
            inherit: 0,
            pidfd: self.target.pidfd.as_raw_fd(),
            reserved: 0,
            error: 0,
        };
        let (inherit, report) = (&self.inherit, &mut self.report);
        let result = self.device.checkpoint(captures, request, inherit, report);
        let id = result.map_err(|error| self.failure(&error, captures))?;
        match fd {
            _ if self.args.check => {
                info!("{}", count(id, "obstacle", "obstacles"));
            }
            Some(_) => info!("saved, with id {id}"),
            None => info!("captured, with id {id}"),
        }
        Ok(id)
    }

    /// Has advice made about what was to be saved.
    fn with_save<T>(&self, captured: bool, advise: impl FnOnce(&advice::Save<'_>) -> T) -> T {
        let left_out: Vec<i32> = self.inherit.iter().map(|entry| entry.image_fd).collect();
        advise(&advice::Save {
            root: self.target.pid,
            left_out: &left_out,
            captured,
        })
    }

    fn failure(&mut self, error: &io::Error, captured: bool) -> Failure {
        // A signal that interrupted the kernel is the better explanation.
        if let Err(interrupted) = signals::check() {
            return interrupted;
        }
        let log = self.log.lines().unwrap_or_default();
        let advice = self
            .with_save(captured, |save| {
                advice::checkpoint(error, &self.report, Some(&self.info), save)
            })
            .or_else(|| (!log.is_empty()).then(|| advice::ALL_REFUSALS.to_owned()));
        Failure {
            log,
            advice,
            ..Failure::module(
                format_args!("cannot save process {}", self.target.label()),
                error,
            )
        }
    }

    fn progress(&self, output: &Output) -> Progress {
        let file = output.watch();
        let expected = if file.is_some() {
            self.target.resident
        } else {
            0
        };
        Progress::watch(self.args.common.quiet, "saving", expected, move || {
            Some(file.as_ref()?.metadata().ok()?.len())
        })
    }

    /// The short freeze: the process runs again while its image is written.
    fn capture_and_write(&mut self, output: Output) -> Result<Saved> {
        let (hold, captured) = self.hold_and_save(None)?;
        let processes = hold.processes();
        let frozen = hold.release();
        let id = captured?;
        signals::check()?;

        let progress = self.progress(&output);
        self.report = uapi::Error::NOTHING;
        let written = self.device.write(id, output.fd(), self.log.fd());
        drop(progress);
        written.map_err(|error| self.failure(&error, false))?;
        let bytes = output.commit(!self.args.no_sync)?;
        Ok(Saved {
            id,
            bytes,
            processes,
            frozen,
        })
    }

    /// The process stays frozen until its image is complete; then it goes on, stops or ends.
    fn write_while_frozen(&mut self, output: Output) -> Result<Saved> {
        let (hold, saved) = self.hold_and_save(Some(&output))?;
        let processes = hold.processes();
        let id = saved?;

        let after = &self.args.after;
        if !after.kill && !after.stop {
            let frozen = hold.release();
            let bytes = output.commit(!self.args.no_sync)?;
            return Ok(Saved {
                id,
                bytes,
                processes,
                frozen,
            });
        }
        output.wait_until_taken()?;
        let bytes = output.commit(!self.args.no_sync)?;
        ending::send(
            &self.device,
            id,
            if after.kill { Kill::End } else { Kill::Stop },
            &mut self.log,
        )?;
        Ok(Saved {
            id,
            bytes,
            processes,
            frozen: hold.release(),
        })
    }
}
