// SPDX-License-Identifier: GPL-2.0-only

//! Putting one selftest through one mode.

use std::{
    fs,
    fs::File,
    io::copy,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Stdio,
    thread, //
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

use crate::{
    args,
    catalog::{
        Expect,
        Inherit,
        Refusal,
        Test, //
    },
    device::Device,
    mode::Mode,
    process::{
        self,
        send,
        until,
        End, //
    },
    trial::{
        filled_pipe,
        number,
        Setup,
        Trial, //
    },
};

/// The exit status by which a test says that it cannot be made here.
pub const SKIP: i32 = 77;

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Passed,
    /// It cannot be made here, for this reason.
    Skipped(String),
}

/// Runs the test. An error is a failure of the test.
pub fn selftest(setup: &Setup, trial: &mut Trial<'_>, test: &Test, mode: Mode) -> Result<Outcome> {
    let program = setup.tests.join(&test.program);
    if !program.exists() {
        bail!("{} has not been built", program.display());
    }
    let _allowed = match test.user {
        Some(user) => {
            trial.give_to(user)?;
            Some(Allowed::new()?)
        }
        None => None,
    };
    let mut run = Run { test, trial };
    let outcome = run.mode(&program, mode);
    outcome.with_context(|| {
        let said = run.trial.said();
        match said.trim_end() {
            "" => "the test has printed nothing".to_owned(),
            said => format!("the test has printed:\n{said}"),
        }
    })
}

/// What an ordinary user needs to restart images; goes back to what it was.
pub struct Allowed {
    sysctl: String,
    device: fs::Permissions,
}

impl Allowed {
    const SYSCTL: &'static str = "/proc/sys/kernel/ckpt_unpriv_allowed";
    const DEVICE: &'static str = "/dev/ckpt";

    /// Gives it.
    pub fn new() -> Result<Self> {
        let old = Allowed {
            sysctl: fs::read_to_string(Self::SYSCTL).context(Self::SYSCTL)?,
            device: fs::metadata(Self::DEVICE)
                .context(Self::DEVICE)?
                .permissions(),
        };
        fs::write(Self::SYSCTL, "2")?;
        fs::set_permissions(Self::DEVICE, fs::Permissions::from_mode(0o666))?;
        Ok(old)
    }
}

impl Drop for Allowed {
    fn drop(&mut self) {
        let _ = fs::write(Self::SYSCTL, self.sysctl.trim());
        let _ = fs::set_permissions(Self::DEVICE, self.device.clone());
    }
}

struct Run<'a, 'b> {
    test: &'a Test,
    trial: &'a mut Trial<'b>,
}

impl Run<'_, '_> {
    fn mode(&mut self, program: &Path, mode: Mode) -> Result<Outcome> {
        let pid = self.start(program)?;
        if mode == Mode::Plain {
            let end = process::wait(pid, self.trial.limit(), "the test to end")?;
            return self.judge(end);
        }
        if let Some(end) = self.trial.ready(pid)? {
            return match self.judge(end)? {
                Outcome::Passed => bail!("it has ended without saying READY"),
                skipped => Ok(skipped),
            };
        }
        self.trial.blocked(pid, &self.test.block)?;
        let image = self.trial.beside("image");
        match mode {
            Mode::None => self.finish(pid),
            Mode::RunOn => {
                let mut args = args!["-o", image.display(), "--continue"];
                args.extend(self.inherit_checkpoint());
                args.push(pid.to_string());
                self.trial.checkpoint(&args)?.well("checkpoint")?;
                ensure!(image.exists(), "checkpoint made no image");
                self.trial.image_is_good(&image)?;
                self.finish(pid)
            }
            Mode::KillRestart | Mode::NoCapture => {
                let mut more = self.inherit_checkpoint();
                if mode == Mode::NoCapture {
                    more.push("--no-capture".to_owned());
                }
                self.trial.checkpoint_kill(&image, pid, &more)?;
                self.restart_and_finish(&image, &[], Some(pid))
            }
            Mode::NewPid => {
                self.trial
                    .checkpoint_kill(&image, pid, &self.inherit_checkpoint())?;
                self.restart_waiting(&image, &args!["--new-pids"])
            }
            Mode::PidNs => {
                self.trial
                    .checkpoint_kill(&image, pid, &self.inherit_checkpoint())?;
                self.restart_waiting(&image, &args!["--pidns"])
            }
            Mode::Twice => {
                self.trial
                    .checkpoint_kill(&image, pid, &self.inherit_checkpoint())?;
                self.trial.save_work()?;
                let first = self.restart_and_finish(&image, &args!["--pids"], Some(pid))?;
                ensure!(first == Outcome::Passed, "skipped after a restart");
                self.trial.restore_work()?;
                self.restart_and_finish(&image, &args!["--pids"], Some(pid))
                    .context("the second restart")
            }
            Mode::Again => {
                self.trial
                    .checkpoint_kill(&image, pid, &self.inherit_checkpoint())?;
                let pid = self.restart(&image, &args!["--pids"])?;
                self.trial.blocked(pid, &self.test.block)?;
                let second = self.trial.beside("image-2");
                self.trial
                    .checkpoint_kill(&second, pid, &self.inherit_checkpoint())
                    .context("the checkpoint of the restarted program")?;
                self.restart_and_finish(&second, &args!["--pids"], Some(pid))
                    .context("the restart of the second image")
            }
            Mode::Stopped => self.stopped(&image, pid),
            Mode::Pipe => self.pipe(&image, pid),
            Mode::RefuseIoctl => self.refuse_ioctl(&image, pid),
            Mode::RefuseTool => self.refuse_tool(&image, pid),
            Mode::Plain | Mode::Ioctl | Mode::Tool => bail!("selftests have no mode {mode}"),
        }
    }

    fn start(&self, program: &Path) -> Result<i32> {
        let mut start = self.trial.prepare(program)?;
        if let Some(seed) = self.test.seed {
            start = start.env("CKPT_SEED", &seed.to_string());
            if let Ok(size) = std::env::var("CKPT_SIZE") {
                start = start.env("CKPT_SIZE", &size);
            }
        }
        if let Some(user) = self.test.user {
            start = start.user(user);
        }
        match self.test.inherit {
            None => start.spawn(),
            Some(Inherit::Stdio) => {
                let input = filled_pipe("before\n")?;
                start.stdio(Some(input.into()), None).spawn()
            }
            Some(Inherit::Fd(fd)) => {
                let input = filled_pipe("before\n")?;
                start.fd(number(&input), fd).spawn()
            }
        }
    }

    fn inherit_checkpoint(&self) -> Vec<String> {
        match self.test.inherit {
            None => Vec::new(),
            Some(Inherit::Stdio) => args!["--inherit"],
            Some(Inherit::Fd(fd)) => args![format!("--inherit={fd}")],
        }
    }

    /// Restarts; when descriptors are inherited, from other pipes.
    fn restart(&mut self, image: &Path, more: &[String]) -> Result<i32> {
        let Some(inherit) = self.test.inherit else {
            return self.trial.restart_detached(image, more);
        };
        let mut args = args!["-i", image.display(), "--detach"];
        args.extend_from_slice(more);
        args.extend(self.inherit_checkpoint());
        let output = self.trial.restart_output();
        let start = self.trial.prepare_restart(&args, &output)?;
        let input = filled_pipe("after\n")?;
        let start = match inherit {
            Inherit::Stdio => {
                let end = File::options().append(true).open(self.trial.output())?;
                start.stdio(Some(input.into()), Some(end.into()))
            }
            Inherit::Fd(fd) => start.fd(number(&input), fd),
        };
        let tool = start.spawn()?;
        self.trial
            .finish_tool(tool, "restart", &output)?
            .well("restart --detach --inherit")?;
        self.trial
            .restarted()?
            .context("restart --map has written no pid")
    }

    fn restart_and_finish(
        &mut self,
        image: &Path,
        more: &[String],
        pid: Option<i32>,
    ) -> Result<Outcome> {
        let new = self.restart(image, more)?;
        if let Some(pid) = pid {
            ensure!(
                new == pid,
                "the restarted program has pid {new}, it was {pid}"
            );
        }
        self.finish(new)
    }

    /// `restart --wait` ends as the program does.
    fn restart_waiting(&mut self, image: &Path, more: &[String]) -> Result<Outcome> {
        if self.test.inherit.is_some() {
            return self.restart_and_finish(image, more, None);
        }
        let mut args = args!["-i", image.display(), "--wait"];
        args.extend_from_slice(more);
        let (tool, output) = self.trial.start_restart(&args, None)?;
        if self.test.wake.is_some() {
            let program = until(self.trial.limit(), "the restarted program", || {
                self.trial.restarted()
            })?;
            self.wake(program)?;
        }
        self.trial.go()?;
        let done = self.trial.finish_tool(tool, "restart --wait", &output)?;
        self.judge(done.end)
            .with_context(|| format!("restart has printed:\n{}", done.said))
    }

    /// Says GO or wakes the program, waits for its end and judges it.
    fn finish(&self, pid: i32) -> Result<Outcome> {
        self.wake(pid)?;
        self.trial.go()?;
        let end = process::wait(pid, self.trial.limit(), "the test to end")?;
        self.judge(end)
    }

    fn wake(&self, pid: i32) -> Result<()> {
        let Some(signal) = self.test.wake else {
            return Ok(());
        };
        self.trial.blocked(pid, &self.test.block)?;
        send(pid, signal)
    }

    fn judge(&self, end: End) -> Result<Outcome> {
        match end {
            End::Exit(0) => Ok(Outcome::Passed),
            End::Exit(SKIP) => {
                let said = self.trial.said();
                let reason = said.lines().last().unwrap_or("no reason given");
                Ok(Outcome::Skipped(
                    reason.trim_start_matches("skip: ").to_owned(),
                ))
            }
            end => bail!("the test has failed: {end}"),
        }
    }

    fn stopped(&mut self, image: &Path, pid: i32) -> Result<Outcome> {
        send(pid, Signal::SIGSTOP)?;
        until(self.trial.limit(), "the program to stop", || {
            Ok((process::state(pid) == Some('T')).then_some(()))
        })?;
        self.trial
            .checkpoint_kill(image, pid, &self.inherit_checkpoint())?;
        let new = self.restart(image, &args!["--pids"])?;
        until(
            self.trial.limit(),
            "the restarted program to be stopped",
            || Ok((process::state(new) == Some('T')).then_some(())),
        )?;
        send(new, Signal::SIGCONT)?;
        self.finish(new)
    }

    /// The image goes through a pipe when it is written and when it is read.
    fn pipe(&mut self, image: &Path, pid: i32) -> Result<Outcome> {
        let log = self.trial.beside("checkpoint-pipe");
        let mut args = args!["-o", "-", "--kill"];
        args.extend(self.inherit_checkpoint());
        args.push(pid.to_string());
        let family = process::family(pid);
        let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
        let copy_out = {
            let image = image.to_owned();
            thread::spawn(move || copy(&mut File::from(read), &mut File::create(image)?))
        };
        let tool = self
            .trial
            .checkpoint_tool(&args, &log, File::from(write).into())?;
        self.trial.finish_killing(tool, &log, &family)?;
        copy_out.join().expect("the copying thread has panicked")?;
        self.trial.killed(pid, &family)?;
        if self.test.inherit.is_some() {
            return self.restart_and_finish(image, &args!["--pids"], Some(pid));
        }

        let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
        let copy_in = {
            let image = image.to_owned();
            thread::spawn(move || copy(&mut File::open(image)?, &mut File::from(write)))
        };
        let args = args!["-i", "-", "--pids", "--detach"];
        let (tool, output) = self.trial.start_restart(&args, Some(Stdio::from(read)))?;
        self.trial
            .finish_tool(tool, "restart", &output)?
            .well("restart -i -")?;
        copy_in.join().expect("the copying thread has panicked")?;
        self.finish(
            self.trial
                .restarted()?
                .context("restart --map has written no pid")?,
        )
    }

    fn refusal(&self) -> Result<&Refusal> {
        match &self.test.expect {
            Expect::Refused(refusal) => Ok(refusal),
            Expect::Saved => bail!("the test does not say how it is refused (EXPECT)"),
        }
    }

    /// Asks the ioctl: the errno is exact, nothing is written, the program lives on.
    fn refuse_ioctl(&mut self, image: &Path, pid: i32) -> Result<Outcome> {
        let refusal = self.refusal()?.clone();
        let device = Device::open()?;
        let log = self.trial.beside("log");
        let output = File::create(image)?;
        self.trial.cgroup()?.freeze(true)?;
        let result = device.checkpoint(pid, &output, &File::create(&log)?);
        let obstacles = self.trial.beside("obstacles");
        let checked = device.check(pid, &File::create(&obstacles)?);
        self.trial.cgroup()?.freeze(false)?;
        let said = fs::read_to_string(&log)?;
        match result {
            Ok(_) => bail!("the checkpoint has not been refused"),
            Err(error) => ensure!(
                refusal.errors.contains(&format!("{error:?}")),
                "refused with {error:?}, wanted {}; the log says:\n{said}",
                refusal.errors.join(" or ")
            ),
        }
        holds(&refusal, &said, image)?;
        // The same is among all that stands in the way, or the root cannot even be looked at.
        let told = fs::read_to_string(&obstacles)?;
        let is_told = match checked {
            Ok(number) => number > 0,
            Err(error) => refusal.errors.contains(&format!("{error:?}")),
        };
        ensure!(
            is_told,
            "the look for obstacles has given {checked:?}:\n{told}"
        );
        holds(&refusal, &told, image)?;
        ensure!(
            output.metadata()?.len() == 0,
            "{} bytes have been written before the refusal",
            output.metadata()?.len()
        );
        self.finish(pid)
    }

    /// Asks the tool: it tells the reason, leaves no file, the program lives on.
    fn refuse_tool(&mut self, image: &Path, pid: i32) -> Result<Outcome> {
        let refusal = self.refusal()?.clone();
        let done = self
            .trial
            .checkpoint(&args!["-o", image.display(), "--kill", pid])?;
        match done.end {
            End::Exit(code) if code != 0 => {}
            end => bail!("checkpoint was to be refused, but: {end}\n{}", done.said),
        }
        holds(&refusal, &done.said, image)?;
        advises(&done.said)?;
        let checked = self.trial.checkpoint(&args!["--check", "--kill", pid])?;
        ensure!(
            checked.end == End::Exit(1) && !checked.said.contains("nothing stands in the way"),
            "checkpoint --check: {}\n{}",
            checked.end,
            checked.said
        );
        ensure!(!image.exists(), "a refused checkpoint has left an image");
        let mut left = fs::read_dir(image.parent().context("no folder")?)?
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("image"));
        if let Some(entry) = left.next() {
            bail!("a refused checkpoint has left {}", entry.path().display());
        }
        self.finish(pid)
    }
}

/// A refusal ends with a next step, or with where more is told. A socket that the program has made itself
/// is of no use to it when another one is given for it.
fn advises(said: &str) -> Result<()> {
    let last = said.lines().rfind(|line| line.starts_with("  "));
    ensure!(
        last.is_some_and(|line| !line.starts_with("  kernel: ")),
        "the refusal does not say what to do:\n{said}"
    );
    ensure!(
        !said.contains("a socket is not supported") || !said.contains("--inherit"),
        "what is advised does not help:\n{said}"
    );
    Ok(())
}

/// The message of a refusal names the object at fault. The test's own name, which stands in the tag
/// of each line and in the path of its scratch directory, is not what it says.
fn holds(refusal: &Refusal, said: &str, image: &Path) -> Result<()> {
    let scratch = image.parent().context("no folder")?.display().to_string();
    let said: String = said
        .lines()
        .filter(|line| line.contains("[err "))
        .map(|line| line.split_once("] ").map_or(line, |(_, text)| text))
        .map(|text| text.replace(&scratch, "") + "\n")
        .collect();
    for texts in &refusal.texts {
        ensure!(
            texts.iter().any(|text| said.contains(text.as_str())),
            "the message does not say {}:\n{said}",
            texts
                .iter()
                .map(|text| format!("{text:?}"))
                .collect::<Vec<_>>()
                .join(" or ")
        );
    }
    Ok(())
}
