// SPDX-License-Identifier: GPL-2.0-only

//! A control group for each test: what is frozen, and what is cleaned up after it.

use std::{
    collections::BTreeSet,
    fs::{
        self,
        File, //
    },
    io::{
        self,
        Read,
        Seek,
        SeekFrom,
        Write, //
    },
    path::{
        Path,
        PathBuf, //
    },
    sync::OnceLock,
    time::Duration, //
};

use anyhow::{
    bail,
    Context,
    Result, //
};

use crate::process::until;

/// Where the unified hierarchy is mounted.
pub fn root() -> Option<&'static Path> {
    static ROOT: OnceLock<Option<PathBuf>> = OnceLock::new();
    ROOT.get_or_init(|| {
        let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
        mounts.lines().find_map(|line| {
            let mut words = line.split(' ');
            let (_, at, kind) = (words.next()?, words.next()?, words.next()?);
            (kind == "cgroup2").then(|| PathBuf::from(at))
        })
    })
    .as_deref()
}

/// Every group that there is now.
pub fn all() -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut todo: Vec<PathBuf> = root().map(Path::to_owned).into_iter().collect();
    while let Some(dir) = todo.pop() {
        let Ok(entries) = fs::read_dir(&dir) else {
            continue;
        };
        todo.extend(
            entries
                .flatten()
                .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                .map(|entry| entry.path()),
        );
        found.insert(dir);
    }
    found
}

/// The memory that is taken in a group from some moment on.
pub struct Memory {
    peak: File,
    before: u64,
}

impl Memory {
    fn of(mut peak: File) -> Result<Self> {
        let before = Self::forget(&mut peak)?;
        Ok(Memory { peak, before })
    }

    /// What is read through this descriptor is the peak from here on: what is in use now.
    fn forget(peak: &mut File) -> Result<u64> {
        peak.write_all(b"0").context("memory.peak")?;
        number(peak)
    }

    /// Begins anew.
    pub fn restart(&mut self) -> Result<()> {
        self.before = Self::forget(&mut self.peak)?;
        Ok(())
    }

    /// Most bytes that there have been more than at the beginning.
    pub fn most(&mut self) -> Result<u64> {
        Ok(number(&mut self.peak)?.saturating_sub(self.before))
    }
}

/// The number that a file holds.
fn number(file: &mut File) -> Result<u64> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_string(&mut text)?;
    text.trim().parse().context("a number")
}

/// A group of our own.
pub struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    /// Makes it, or takes it over from a run that was interrupted.
    pub fn new(name: &str) -> Result<Self> {
        let root = root().context("the cgroup v2 hierarchy is not mounted")?;
        let path = root.join(name);
        match fs::create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(error).with_context(|| format!("mkdir {}", path.display()))
            }
            _ => Ok(Cgroup { path }),
        }
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that takes processes in.
    pub fn procs(&self) -> PathBuf {
        self.path.join("cgroup.procs")
    }

    /// The processes in it, those without a number here left out.
    pub fn pids(&self) -> Vec<i32> {
        fs::read_to_string(self.procs())
            .unwrap_or_default()
            .lines()
            .filter_map(|line| line.parse().ok())
            .filter(|pid| *pid > 0)
            .collect()
    }

    /// Whether no task is left in it. `cgroup.procs` leaves a process out while it still exits; the
    /// kernel says that the group is not populated when the last task can be waited for.
    pub fn is_empty(&self) -> Result<bool> {
        let events =
            fs::read_to_string(self.path.join("cgroup.events")).context("cgroup.events")?;
        Ok(events.contains("populated 0"))
    }

    /// Whether it is frozen, or is to be.
    pub fn is_frozen(&self) -> Result<bool> {
        let asked = fs::read_to_string(self.path.join("cgroup.freeze"))?;
        let events = fs::read_to_string(self.path.join("cgroup.events"))?;
        Ok(asked.trim() != "0" || events.contains("frozen 1"))
    }

    /// Freezes or thaws it, and waits until it is.
    pub fn freeze(&self, frozen: bool) -> Result<()> {
        let wanted = if frozen { "frozen 1" } else { "frozen 0" };
        fs::write(
            self.path.join("cgroup.freeze"),
            if frozen { "1" } else { "0" },
        )?;
        until(
            Duration::from_secs(20),
            "the control group to freeze or thaw",
            || {
                let events = fs::read_to_string(self.path.join("cgroup.events"))?;
                Ok(events.lines().any(|line| line == wanted).then_some(()))
            },
        )
    }

    /// Kills what is in it.
    pub fn kill(&self) -> Result<()> {
        fs::write(self.path.join("cgroup.kill"), "1").context("cgroup.kill")
    }

    /// Begins to watch how much memory is taken in it; nothing when the kernel does not count.
    pub fn watch_memory(&self) -> Result<Option<Memory>> {
        if let Some(root) = self.path.parent() {
            let _ = fs::write(root.join("cgroup.subtree_control"), "+memory");
        }
        let path = self.path.join("memory.peak");
        if !path.exists() {
            return Ok(None);
        }
        let peak = File::options().read(true).write(true).open(path)?;
        Memory::of(peak).map(Some)
    }

    /// Kills what is in it and removes it.
    pub fn remove(&self) -> Result<()> {
        let _ = fs::write(self.path.join("cgroup.freeze"), "0");
        let _ = fs::write(self.path.join("cgroup.kill"), "1");
        let gone = until(Duration::from_secs(5), "the control group to empty", || {
            let removed = fs::remove_dir(&self.path);
            Ok((removed.is_ok() || !self.path.exists()).then_some(()))
        });
        if gone.is_err() {
            bail!(
                "{} cannot be removed: it holds {:?}",
                self.path.display(),
                self.pids()
            );
        }
        Ok(())
    }
}
