// SPDX-License-Identifier: GPL-2.0-only

//! One hostile image: given to the kernel, or to `restart`, and followed to its end.

use std::{
    collections::BTreeMap,
    fmt, fs,
    fs::File,
    path::Path,
    time::{
        Duration,
        Instant, //
    },
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};

use crate::{
    apps::Dice,
    args,
    device::{
        self,
        Device, //
    },
    process::{
        self,
        describe,
        until, //
    },
    trial::Trial,
};

/// Longest that a restart may go on, or that whoever is killed may live: meant is a second, on a
/// machine that may be busy and emulated.
const HANG: Duration = Duration::from_secs(30);

/// How long a restored program may run before it is killed: it may be any program.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long a coordinator sleeps before it is taken for one that waits for tasks that nobody makes.
const LONELY: Duration = Duration::from_millis(120);

/// How the module begins a line that tells of a failure.
const FAILED: &str = "[err -";

/// What became of the images.
#[derive(Default)]
pub struct Counts {
    refused: u64,
    restored: u64,
    waited: u64,
    slowest: Duration,
    /// Numbers left out: for what reasons images were refused.
    reasons: BTreeMap<String, u64>,
}

impl Counts {
    /// Counts the reason that the module gave, if it gave one.
    fn note(&mut self, said: &str) {
        let Some(line) = said.lines().find(|line| line.contains(FAILED)) else {
            return;
        };
        let reason = line.rsplit_once(']').map_or(line, |(_, reason)| reason);
        let words = reason.split_whitespace();
        let words = words.filter(|word| !word.contains(|letter: char| letter.is_ascii_digit()));
        let reason = words.collect::<Vec<_>>().join(" ");
        *self.reasons.entry(reason).or_default() += 1;
    }

    /// All reasons, the most frequent first.
    pub fn reasons(&self) -> String {
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let lines = reasons
            .iter()
            .map(|(reason, count)| format!("\n#   {count} {reason}"));
        lines.collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} refused for {} reasons, {} restored, {} waited for tasks, slowest {} ms",
            self.refused,
            self.reasons.len(),
            self.restored,
            self.waited,
            self.slowest.as_millis()
        )
    }
}

/// How an image is given to the kernel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Restored onto a process of ours.
    Itself,
    /// By a coordinator with a single task.
    Coordinator,
    /// By `restart`, which makes the tasks that the image asks for.
    Tool,
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    Refused,
    Restored,
    Waited,
}

/// What was said, as far as it is text.
fn said(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// One image.
pub struct Attempt<'a> {
    /// Whether the good one has more tasks than one.
    pub is_tree: bool,
    /// In whose name it is restored, when not the superuser's.
    pub user: Option<u32>,
    /// The file.
    pub image: &'a Path,
    /// Chooses the way.
    pub dice: Dice,
}

impl Attempt<'_> {
    /// Tries it.
    pub fn run(mut self, trial: &mut Trial<'_>, counts: &mut Counts) -> Result<()> {
        let way = match (self.is_tree, self.dice.below(20)) {
            (false, 0..=13) => Way::Itself,
            (false, 14..=16) | (true, 0..=2) => Way::Coordinator,
            _ => Way::Tool,
        };
        let begin = Instant::now();
        let (mut came, mut said) = self.give(trial, way)?;
        counts.slowest = counts.slowest.max(begin.elapsed());
        if way == Way::Tool && came == Came::Refused && !said.contains(FAILED) {
            // It has not got past the tool.
            (came, said) = self.give(trial, Way::Coordinator)?;
        }
        counts.note(&said);
        match came {
            Came::Refused => counts.refused += 1,
            Came::Restored => counts.restored += 1,
            Came::Waited => counts.waited += 1,
        }
        Ok(())
    }

    fn give(&self, trial: &mut Trial<'_>, way: Way) -> Result<(Came, String)> {
        let (came, said) = match way {
            Way::Tool => self.by_tool(trial)?,
            _ => self.by_ioctl(trial, way)?,
        };
        if came != Came::Refused {
            trial.cgroup()?.kill()?;
        }
        // Whoever was killed may take a moment; of what was refused nothing may be left.
        until(HANG, "nobody to be left", || {
            process::reap_all();
            Ok(trial.cgroup()?.pids().is_empty().then_some(()))
        })
        .with_context(|| {
            let left = trial.cgroup().map(|group| group.pids()).unwrap_or_default();
            let left: Vec<String> = left.into_iter().map(describe).collect();
            left.join("\n")
        })?;
        Ok((came, said))
    }

    fn by_ioctl(&self, trial: &mut Trial<'_>, way: Way) -> Result<(Came, String)> {
        let log = trial.beside("log");
        let procs = File::options().write(true).open(trial.cgroup()?.procs())?;
        let device = Device::open()?;
        let (image, messages) = (File::open(self.image)?, File::create(&log)?);
        let child = device::Child {
            procs: &procs,
            user: self.user,
        };
        let pid = match way {
            Way::Itself => device.restart_in_child(&image, &messages, &child)?,
            _ => device.coordinate_in_child(&image, &messages, &child)?,
        };
        let came = self.follow(trial, pid, way)?;
        let said = said(&log);
        let came = came.unwrap_or(match said.contains(FAILED) {
            true => Came::Refused,
            false => Came::Restored,
        });
        Ok((came, said))
    }

    fn by_tool(&self, trial: &mut Trial<'_>) -> Result<(Came, String)> {
        let mut args = args!["-i", self.image.display(), "--wait"];
        args.push(match self.user {
            None => "--pids".to_owned(),
            Some(_) => "--new-pids".to_owned(),
        });
        let (pid, output) = trial.start_restart(&args, None)?;
        let came = self.follow(trial, pid, Way::Tool)?;
        let said = said(&output);
        let _ = fs::remove_file(output);
        ensure!(!said.contains("panicked at"), "restart itself: {said}");
        let is_restored = trial.restarted()?.is_some();
        let came = came.unwrap_or(match is_restored {
            true => Came::Restored,
            false => Came::Refused,
        });
        Ok((came, said))
    }

    /// Waits for the end of the task that restarts, or becomes, the program. `None` when it came by itself.
    fn follow(&self, trial: &Trial<'_>, pid: i32, way: Way) -> Result<Option<Came>> {
        let begin = Instant::now();
        let patience = PATIENCE * process::time_factor();
        let mut asleep = None;
        let killed = loop {
            if process::ended(pid)?.is_some() {
                return Ok(None);
            }
            let spent = begin.elapsed();
            let restarts = way == Way::Coordinator || spent > patience;
            let restarts = restarts && self.is_restarting(trial)?;
            if !restarts {
                asleep = None;
            } else if way == Way::Coordinator && process::state(pid) == Some('S') {
                let since = *asleep.get_or_insert(spent);
                if spent - since > LONELY * process::time_factor() {
                    break Came::Waited;
                }
            }
            if spent > patience && !restarts {
                break Came::Restored;
            }
            if spent > HANG * process::time_factor() {
                let all = trial.cgroup()?.pids().into_iter().map(describe);
                bail!("the restart hangs:\n{}", all.collect::<Vec<_>>().join("\n"));
            }
            std::thread::sleep(
                (spent / 8).clamp(Duration::from_millis(1), Duration::from_millis(10)),
            );
        };
        trial.cgroup()?.kill()?;
        process::wait(pid, HANG, "it to die")?;
        Ok(Some(killed))
    }

    /// Whether somebody is in the middle of the ioctl.
    fn is_restarting(&self, trial: &Trial<'_>) -> Result<bool> {
        let pids = trial.cgroup()?.pids();
        Ok(pids.into_iter().any(|pid| {
            let line = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
            let mut words = line.split(' ');
            words.next() == Some("16") && words.nth(1) == Some(device::RESTART_WORD)
        }))
    }
}
