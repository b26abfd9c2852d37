// SPDX-License-Identifier: GPL-2.0-only

//! One program in one mode: its directory, its control group, its life.

use std::{
    fs,
    fs::File,
    io::Write,
    os::{
        fd::AsRawFd,
        unix::fs::chown, //
    },
    path::{
        Path,
        PathBuf, //
    },
    process::Stdio,
    time::Duration, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use ckpt_mutate::Base;
use nix::{
    fcntl::OFlag,
    sys::signal::Signal,
    unistd::pipe2, //
};

use crate::{
    args,
    cgroup::Cgroup,
    process::{
        self,
        describe,
        until,
        End,
        Start, //
    },
    tools::{
        Done,
        Tools, //
    },
};

/// What every trial is given.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The tools.
    pub tools: Tools,
    /// Where the compiled tests are.
    pub tests: PathBuf,
    /// Where scratch directories are made.
    pub scratch: PathBuf,
    /// Whether they are kept.
    pub keep: bool,
    /// Limit for one step.
    pub limit: Duration,
    /// Whether one trial is made at a time.
    pub alone: bool,
    /// Seed of what is left to chance.
    pub seed: u64,
    /// Where images are kept, if they are.
    pub keep_images: Option<PathBuf>,
    /// Restarts and checkpoints of one test of kills.
    pub rounds: u64,
    /// Whether the report tells what time everything took.
    pub times: bool,
    /// After how many tests the kernel is asked for leaks, if it can tell.
    pub leak_batch: usize,
}

/// Largest image that is kept, in bytes.
const KEPT: u64 = 2 << 20;

/// A program under test.
pub struct Trial<'a> {
    setup: &'a Setup,
    base: PathBuf,
    cgroup: Option<Cgroup>,
    user: Option<u32>,
    steps: u32,
}

impl<'a> Trial<'a> {
    /// Makes the directory and the control group.
    pub fn new(setup: &'a Setup, name: &str) -> Result<Self> {
        let flat = name.replace(['/', ' '], "-");
        let base = setup.scratch.join(&flat);
        if base.exists() {
            fs::remove_dir_all(&base)?;
        }
        fs::create_dir_all(base.join("work"))
            .with_context(|| format!("mkdir {}", base.display()))?;
        let cgroup = match crate::cgroup::root() {
            Some(_) => Some(Cgroup::new(&format!("ckpt-test-{flat}"))?),
            None => None,
        };
        Ok(Trial {
            setup,
            base,
            cgroup,
            user: None,
            steps: 0,
        })
    }

    /// The directory that the program works in.
    pub fn work(&self) -> PathBuf {
        self.base.join("work")
    }

    /// A file beside it, for what is not the program's own.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    /// Its control group.
    pub fn cgroup(&self) -> Result<&Cgroup> {
        self.cgroup
            .as_ref()
            .context("no control group: the cgroup v2 hierarchy is not mounted")
    }

    /// Where the program's output goes: the end of this file.
    pub fn output(&self) -> PathBuf {
        self.work().join("output")
    }

    /// The limit for one step.
    pub fn limit(&self) -> Duration {
        self.setup.limit
    }

    /// Puts a program into the directory and the control group, without starting it yet.
    pub fn prepare(&self, program: &Path) -> Result<Start> {
        let work = self.work();
        let mut start = Start::new(program).dir(&work).output(&self.output())?;
        if let Some(cgroup) = &self.cgroup {
            start = start.cgroup(cgroup.procs());
        }
        let dir = work
            .to_str()
            .context("the scratch directory has a strange name")?;
        let start = start.only_env(&[
            (
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ),
            ("LC_ALL", "C.UTF-8"),
            ("CKPT_DIR", dir),
        ]);
        Ok(match process::time_factor() {
            1 => start,
            factor => start.env("CKPT_TIME_FACTOR", &factor.to_string()),
        })
    }

    /// Waits for READY. `Some` when the program has ended instead.
    pub fn ready(&self, pid: i32) -> Result<Option<End>> {
        let ready = self.work().join("ready");
        until(self.setup.limit, "READY", || {
            if let Some(end) = process::ended(pid)? {
                return Ok(Some(Some(end)));
            }
            Ok(ready.exists().then_some(None))
        })
    }

    /// Waits until the program sleeps in one of these system calls.
    pub fn blocked(&self, pid: i32, calls: &[i64]) -> Result<()> {
        if calls.is_empty() {
            return Ok(());
        }
        let mut seen = 0;
        until(
            self.setup.limit,
            "the program to block in its system call",
            || {
                let call = process::sleeps_in(pid);
                let there = call
                    .is_some_and(|call| calls.contains(&call) || call == libc::SYS_restart_syscall);
                seen = if there { seen + 1 } else { 0 };
                if call.is_none() && process::state(pid).is_none_or(|state| state == 'Z') {
                    bail!("the program has ended instead of waiting");
                }
                Ok((seen >= 3).then_some(()))
            },
        )
    }

    /// Says GO.
    pub fn go(&self) -> Result<()> {
        File::create(self.work().join("go"))?;
        Ok(())
    }

    /// Gives everything to an ordinary user, the control group too; the tools run in that name.
    pub fn give_to(&mut self, user: u32) -> Result<()> {
        let mut paths = Vec::new();
        if let Some(cgroup) = &self.cgroup {
            let group = cgroup.procs();
            let files = [
                "",
                "cgroup.procs",
                "cgroup.threads",
                "cgroup.subtree_control",
            ];
            paths.extend(files.iter().map(|name| group.with_file_name(name)));
            paths.push(group.with_file_name("cgroup.freeze"));
        }
        give(&paths, user)?;
        self.give_files_to(user)
    }

    /// Gives the files to an ordinary user, but no control group; the tools run in that name.
    pub fn give_files_to(&mut self, user: u32) -> Result<()> {
        fs::write(self.output(), "")?;
        give(&[self.base.clone(), self.work(), self.output()], user)?;
        self.user = Some(user);
        Ok(())
    }

    /// A tool in the name of the user, if there is one.
    fn tool(&self, name: &str, args: &[String], output: &Path) -> Result<Start> {
        let start = self.setup.tools.start(name, args, output)?;
        Ok(match self.user {
            Some(user) => start.user(user),
            None => start,
        })
    }

    /// A file for the output of the next tool.
    fn step(&mut self, name: &str) -> PathBuf {
        self.steps += 1;
        self.beside(&format!("{:02}-{name}", self.steps))
    }

    /// Runs `checkpoint` with these arguments.
    pub fn checkpoint(&mut self, args: &[String]) -> Result<Done> {
        let output = self.step("checkpoint");
        let pid = self.tool("checkpoint", args, &output)?.spawn()?;
        self.finish_tool(pid, "checkpoint", &output)
    }

    /// ckptinfo finds nothing wrong with an image.
    pub fn image_is_good(&self, image: &Path) -> Result<()> {
        let log = self.beside("ckptinfo.log");
        let tools = &self.setup.tools;
        let pid = tools
            .start("ckptinfo", &args!["--quiet", image.display()], &log)?
            .spawn()?;
        tools.finish(pid, "ckptinfo", &log)?.well("ckptinfo")?;
        Ok(())
    }

    /// Runs `checkpoint` as root that may not become another user.
    pub fn checkpoint_without_setuid(&mut self, args: &[String]) -> Result<Done> {
        let output = self.step("checkpoint");
        let checkpoint = self.setup.tools.path("checkpoint");
        let mut words = args!["--bounding-set", "-setuid", checkpoint.display()];
        words.extend_from_slice(args);
        let start = Start::new("setpriv").args(&words).output(&output)?;
        let pid = start.spawn()?;
        self.finish_tool(pid, "checkpoint", &output)
    }

    /// Starts `checkpoint` with its output, the image, going elsewhere than its messages.
    pub fn checkpoint_tool(&self, args: &[String], log: &Path, image: Stdio) -> Result<i32> {
        self.tool("checkpoint", args, log)?
            .stdio(None, Some(image))
            .spawn()
    }

    /// Saves and kills a child of ours with all that it has made.
    pub fn checkpoint_kill(&mut self, image: &Path, pid: i32, more: &[String]) -> Result<()> {
        let family = process::family(pid);
        let mut args = args!["-o", image.display(), "--kill"];
        args.extend_from_slice(more);
        args.push(pid.to_string());
        let output = self.step("checkpoint");
        let tool = self.tool("checkpoint", &args, &output)?.spawn()?;
        self.finish_killing(tool, &output, &family)?;
        self.killed(pid, &family)?;
        ensure!(image.exists(), "checkpoint made no image");
        Ok(())
    }

    /// Waits for a `checkpoint --kill` of this tree. Its root is to be waited for later.
    pub fn finish_killing(&self, tool: i32, output: &Path, family: &[i32]) -> Result<()> {
        let orphans = family.get(1..).unwrap_or_default();
        self.setup
            .tools
            .finish_beside(tool, "checkpoint", output, orphans)?
            .well("checkpoint --kill")?;
        Ok(())
    }

    /// After `checkpoint --kill`: the root was killed, and everybody in its tree is gone.
    pub fn killed(&self, pid: i32, family: &[i32]) -> Result<()> {
        let end = process::wait(pid, self.setup.limit, "the saved program to be killed")?;
        ensure!(
            end == End::Killed(Signal::SIGKILL),
            "the saved program was to be killed, but: {end}"
        );
        process::all_gone(family, Duration::from_secs(30)).context("after checkpoint --kill")?;
        // Who was made while the checkpoint began is an orphan, too, and perhaps not quite dead yet.
        let family = self.cgroup()?;
        until(Duration::from_secs(15), "everybody to be dead", || {
            Ok(family.pids().is_empty().then_some(()))
        })?;
        self.reap();
        Ok(())
    }

    /// Starts `restart`; the program becomes a descendant of ours, in the same control group.
    pub fn start_restart(
        &mut self,
        args: &[String],
        input: Option<Stdio>,
    ) -> Result<(i32, PathBuf)> {
        let output = self.step("restart");
        let start = self.prepare_restart(args, &output)?.stdio(input, None);
        Ok((start.spawn()?, output))
    }

    /// The same, not started yet.
    pub fn prepare_restart(&self, args: &[String], output: &Path) -> Result<Start> {
        let _ = fs::remove_file(self.map());
        let mut args = args.to_vec();
        args.extend(args!["--map", self.map().display()]);
        let mut start = self.setup.tools.start("restart", &args, output)?;
        if let Some(cgroup) = &self.cgroup {
            start = start.cgroup(cgroup.procs());
        }
        // Last: an ordinary user may not enter every control group.
        Ok(match self.user {
            Some(user) => start.user(user),
            None => start,
        })
    }

    /// A file for the output of a `restart`.
    pub fn restart_output(&mut self) -> PathBuf {
        self.step("restart")
    }

    /// Waits for a tool.
    pub fn finish_tool(&self, pid: i32, what: &str, output: &Path) -> Result<Done> {
        self.setup.tools.finish(pid, what, output)
    }

    /// Restarts an image and leaves the program to itself. Returns its pid.
    pub fn restart_detached(&mut self, image: &Path, more: &[String]) -> Result<i32> {
        let mut args = args!["-i", image.display(), "--detach"];
        args.extend_from_slice(more);
        let (tool, output) = self.start_restart(&args, None)?;
        self.finish_tool(tool, "restart", &output)?
            .well("restart --detach")?;
        self.restarted()?
            .context("restart --map has written no pid")
    }

    /// The pid of the program that was restarted last, once it runs.
    pub fn restarted(&self) -> Result<Option<i32>> {
        let Ok(map) = fs::read_to_string(self.map()) else {
            return Ok(None);
        };
        let Some(line) = map
            .split_inclusive('\n')
            .next()
            .filter(|line| line.ends_with('\n'))
        else {
            return Ok(None);
        };
        let (_, pid) = line
            .trim()
            .split_once(' ')
            .context("a strange line of restart --map")?;
        Ok(Some(pid.parse().context("restart --map")?))
    }

    fn map(&self) -> PathBuf {
        self.beside("map")
    }

    /// Keeps what the directory holds now, to come back to it.
    pub fn save_work(&self) -> Result<()> {
        self.copy("work", "saved")
    }

    /// Brings back what [`Trial::save_work`] has kept.
    pub fn restore_work(&self) -> Result<()> {
        self.clear_work()?;
        self.copy("saved", "work")
    }

    /// Empties the directory.
    pub fn clear_work(&self) -> Result<()> {
        let work = self.work();
        for entry in fs::read_dir(&work)? {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() {
                fs::remove_dir_all(path)?;
            } else {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn copy(&self, from: &str, to: &str) -> Result<()> {
        let status = std::process::Command::new("cp")
            .args(["-a", "--sparse=always", "-T", "--"])
            .args([self.base.join(from), self.base.join(to)])
            .status()
            .context("cp")?;
        ensure!(status.success(), "cp of {from} to {to} failed");
        Ok(())
    }

    /// Copies images, if they are not huge, to where they last.
    fn keep_images(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir)?;
        let flat = self.base.file_name().unwrap_or_default().to_string_lossy();
        for entry in fs::read_dir(&self.base)? {
            let entry = entry?;
            let data = entry.metadata()?;
            if !data.is_file() || data.len() > KEPT {
                continue;
            }
            let bytes = fs::read(entry.path())?;
            if Base::new("", &bytes).is_some() {
                let name = entry.file_name();
                fs::write(
                    dir.join(format!("{flat}-{}", name.to_string_lossy())),
                    bytes,
                )?;
            }
        }
        Ok(())
    }

    /// What the program printed last.
    pub fn said(&self) -> String {
        fs::read_to_string(self.output()).unwrap_or_default()
    }

    /// Reaps orphans, which are children of ours; not when other trials have children too.
    fn reap(&self) {
        if self.setup.alone {
            process::reap_all();
        }
    }

    /// Ends everything. Whatever is still there is returned as a complaint.
    pub fn end(self) -> Vec<String> {
        let (keep, base) = (self.setup.keep, self.base.clone());
        let complaints = self.end_but_keep();
        if !keep {
            let _ = fs::remove_dir_all(&base);
        }
        complaints
    }

    /// The same, but the directory stays.
    pub fn end_but_keep(mut self) -> Vec<String> {
        let mut complaints = Vec::new();
        if let Some(Err(error)) = self
            .setup
            .keep_images
            .as_deref()
            .map(|dir| self.keep_images(dir))
        {
            complaints.push(format!("images cannot be kept: {error:#}"));
        }
        if let Some(cgroup) = self.cgroup.take() {
            // A process that has just been reaped by its parent may still be listed.
            let empty = until(
                Duration::from_secs(10),
                "the control group to empty",
                || {
                    self.reap();
                    Ok(cgroup.pids().is_empty().then_some(()))
                },
            );
            if empty.is_err() {
                complaints.extend(
                    cgroup
                        .pids()
                        .into_iter()
                        .map(|pid| format!("left over: {}", describe(pid))),
                );
            }
            if let Err(error) = cgroup.remove() {
                complaints.push(format!("{error:#}"));
            }
            self.reap();
        }
        complaints
    }
}

/// Gives files to a user.
fn give(paths: &[PathBuf], user: u32) -> Result<()> {
    for path in paths {
        chown(path, Some(user), Some(user)).with_context(|| format!("chown {}", path.display()))?;
    }
    Ok(())
}

/// A pipe to read from which holds this already; nobody writes to it any more.
pub fn filled_pipe(text: &str) -> Result<File> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    File::from(write).write_all(text.as_bytes())?;
    Ok(File::from(read))
}

/// The number of a descriptor of ours.
pub fn number(file: &File) -> i32 {
    file.as_raw_fd()
}
