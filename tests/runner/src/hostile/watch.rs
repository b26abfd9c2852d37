// SPDX-License-Identifier: GPL-2.0-only

//! What no image may change: the kernel log, a process and a file that take no part, what the runner
//! itself is and may do, and memory.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::PathBuf,
    time::{
        Duration,
        SystemTime, //
    },
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};

use crate::{
    cgroup,
    kernel_log::KernelLog,
    process::{
        self,
        until, //
    },
    tool::kill::Bystander,
    trial::Trial, //
};

/// Memory that a restart takes beside what its image asks for: the processes, their page tables.
const ROOM: u64 = 32 << 20;

/// How many times the bytes of the image it may take.
const MULTIPLE: u64 = 4;

/// More than which nobody gets, so that one image cannot take the machine down.
const MOST: u64 = 256 << 20;

/// How long a process takes to sleep, once it is started.
const SETTLED: Duration = Duration::from_secs(10);

/// What may be missing at the end of all images, in KiB: caches are never quite as before.
const LOST_MEMORY: u64 = 40 << 10;
const LOST_SLAB: u64 = 12 << 10;

/// Name to size and time of change.
type Listing = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// The state before the first image.
pub struct Watch {
    log: KernelLog,
    bystander: Bystander,
    sentinel: PathBuf,
    ourselves: String,
    listing: Listing,
    taken: Option<cgroup::Memory>,
    highest: u64,
    /// MemAvailable and SUnreclaim in KiB, once the first image is through.
    memory: Option<(u64, u64)>,
    _quiet: Quiet,
}

/// Faults of ordinary programs stay out of the kernel log, where they would look like one of its own.
struct Quiet(String);

impl Quiet {
    const SYSCTL: &'static str = "/proc/sys/debug/exception-trace";

    fn new() -> Result<Self> {
        let old = fs::read_to_string(Self::SYSCTL).context(Self::SYSCTL)?;
        fs::write(Self::SYSCTL, "0")?;
        Ok(Quiet(old))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = fs::write(Self::SYSCTL, self.0.trim());
    }
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {} KiB of memory for one", self.highest >> 10)
    }
}

const SENTINEL: &str = "nobody writes here";

impl Watch {
    /// Notes how everything is now.
    pub fn new(trial: &Trial<'_>) -> Result<Self> {
        let sentinel = trial.beside("sentinel");
        fs::write(&sentinel, SENTINEL)?;
        let cgroup = trial.cgroup()?;
        let taken = cgroup.watch_memory()?;
        if taken.is_some() {
            fs::write(cgroup.path().join("memory.max"), MOST.to_string())?;
        }
        let bystander = Bystander::start()?;
        until(SETTLED, "a process to fall asleep", || {
            Ok((process::state(bystander.0) == Some('S')).then_some(()))
        })?;
        Ok(Watch {
            log: KernelLog::new(),
            bystander,
            sentinel,
            ourselves: ourselves()?,
            listing: listing(trial)?,
            taken,
            highest: 0,
            memory: None,
            _quiet: Quiet::new()?,
        })
    }

    /// Looks after an image of so many bytes.
    pub fn look(&mut self, trial: &Trial<'_>, image: u64) -> Result<()> {
        let changes = self.log.complaints(true);
        ensure!(changes.is_empty(), "{}", changes.join("\n"));
        self.bystander.is_unharmed()?;
        ensure!(
            fs::read_to_string(&self.sentinel).is_ok_and(|text| text == SENTINEL),
            "a file that is none of the image's has changed"
        );
        let now = ourselves()?;
        ensure!(
            now == self.ourselves,
            "the runner is not what it was: {now}\nbefore: {}",
            self.ourselves
        );
        self.look_at_memory(image)?;
        if listing(trial)? != self.listing {
            // What the restored program has written to its own files.
            trial.restore_work()?;
            self.listing = listing(trial)?;
        }
        Ok(())
    }

    fn look_at_memory(&mut self, image: u64) -> Result<()> {
        if let Some(taken) = &mut self.taken {
            let used = taken.most()?;
            self.highest = self.highest.max(used);
            ensure!(
                used <= ROOM * slack() + MULTIPLE * image,
                "the restart of {image} bytes took {used} bytes of memory"
            );
            taken.restart()?;
        }
        if self.memory.is_none() {
            self.memory = Some(memory()?);
        }
        Ok(())
    }

    /// Looks whether memory has come back.
    pub fn end(self, trial: &Trial<'_>) -> Result<()> {
        let Some((available, slab)) = self.memory else {
            return Ok(());
        };
        let (available_now, slab_now) = memory()?;
        if available_now + LOST_MEMORY * slack() < available
            || slab_now > slab + LOST_SLAB * slack()
        {
            bail!(
                "memory has not come back: {available} KiB were available, {available_now} are; \
                 slab {slab} KiB then, {slab_now} now (in {})",
                trial.work().display()
            );
        }
        Ok(())
    }
}

/// How many times as much memory a kernel needs that also looks after itself.
fn slack() -> u64 {
    process::time_factor().into()
}

/// What the runner is: credentials, signals, limits, and what else a restart sets.
fn ourselves() -> Result<String> {
    const WORDS: &[&str] = &[
        "Umask",
        "Tgid",
        "PPid",
        "Uid",
        "Gid",
        "Groups",
        "NSpid",
        "NSpgid",
        "NSsid",
        "Threads",
        "SigBlk",
        "SigIgn",
        "SigCgt",
        "Cap",
        "NoNewPrivs",
        "Seccomp",
        "Cpus_allowed:",
    ];
    let status = fs::read_to_string("/proc/self/status")?;
    let lines = status
        .lines()
        .filter(|line| WORDS.iter().any(|word| line.starts_with(word)));
    let mut text: String = lines.map(|line| format!("{line}\n")).collect();
    for file in ["limits", "oom_score_adj", "cgroup", "comm", "personality"] {
        text.push_str(&fs::read_to_string(format!("/proc/self/{file}"))?);
    }
    Ok(text)
}

/// The files of the program, but for its output.
fn listing(trial: &Trial<'_>) -> Result<Listing> {
    let mut listing = Listing::new();
    let output = trial.output();
    for entry in fs::read_dir(trial.work())? {
        let path = entry?.path();
        if path == output {
            continue;
        }
        let data = fs::symlink_metadata(&path)?;
        listing.insert(path, (data.len(), data.modified().ok()));
    }
    Ok(listing)
}

/// MemAvailable and SUnreclaim, in KiB, with caches dropped.
fn memory() -> Result<(u64, u64)> {
    fs::write("/proc/sys/vm/drop_caches", "3")?;
    let info = fs::read_to_string("/proc/meminfo")?;
    let field = |name: &str| -> Result<u64> {
        let line = info.lines().find(|line| line.starts_with(name));
        let words = line.and_then(|line| line.split_whitespace().nth(1));
        words
            .and_then(|word| word.parse().ok())
            .with_context(|| format!("{name} in /proc/meminfo"))
    };
    Ok((field("MemAvailable:")?, field("SUnreclaim:")?))
}
