// SPDX-License-Identifier: GPL-2.0-only

//! Real programs, judged by their own results: the same as those of a run that nobody disturbed.

use std::{
    fs,
    fs::File,
    io::{
        Seek,
        SeekFrom,
        Write, //
    },
    path::{
        Path,
        PathBuf, //
    },
    time::Duration, //
};

use anyhow::{
    Context,
    Result, //
};

use crate::mode::Mode;

/// When a program is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At a random point of its run.
    Somewhere,
    /// When it has said READY; it ends after GO.
    Ready,
}

/// One program.
pub struct App {
    /// Area and name.
    pub name: &'static str,
    /// What it proves.
    pub about: &'static str,
    /// Program and arguments; `@` stands for the folder of compiled tests.
    pub command: &'static [&'static str],
    /// Makes the files that it needs in its directory.
    pub prepare: fn(&Path) -> Result<()>,
    /// The files that hold its result.
    pub results: &'static [&'static str],
    /// When it is saved.
    pub when: When,
    /// After a restart and before GO this command has to fail.
    pub intruder: Option<&'static [&'static str]>,
}

/// The modes that programs go through.
pub const MODES: &[Mode] = &[Mode::RunOn, Mode::KillRestart, Mode::Again, Mode::Stopped];

/// All programs.
pub static APPS: &[App] = &[
    App {
        name: "apps/python",
        about: "CPython goes on computing, with its open files.",
        command: &["python3", "hash_chain.py"],
        prepare: |dir| {
            script(
                dir,
                "hash_chain.py",
                include_str!("../../apps/hash_chain.py"),
            )
        },
        results: &["result", "links", "state"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/bash",
        about: "A shell script goes on, with the script and other files open.",
        command: &["bash", "loop.sh"],
        prepare: |dir| script(dir, "loop.sh", include_str!("../../apps/loop.sh")),
        results: &["result", "lines"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/timeout",
        about: "timeout(1) goes on waiting for what it runs, and ends what takes too long.",
        command: &["bash", "timeout.sh"],
        prepare: |dir| script(dir, "timeout.sh", include_str!("../../apps/timeout.sh")),
        results: &["result"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/pipeline",
        about: "Pipelines of a shell go on in the middle of their streams.",
        command: &["bash", "pipeline.sh"],
        prepare: |dir| script(dir, "pipeline.sh", include_str!("../../apps/pipeline.sh")),
        results: &["result", "first.gz"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/tail",
        about: "tail -f and tail -F go on following files that another process goes on writing.",
        command: &["bash", "follow.sh"],
        prepare: |dir| script(dir, "follow.sh", include_str!("../../apps/follow.sh")),
        results: &["result", "by_file", "by_name"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/make",
        about: "make -j4 goes on with its jobserver, a FIFO, and what it has started.",
        command: &["make", "-s", "-j4", "-f", "parts.mk"],
        prepare: parts,
        results: &["result"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/make_pipe",
        about: "The same with a pipe for a jobserver.",
        command: &["make", "-s", "-j4", "--jobserver-style=pipe", "-f", "parts.mk"],
        prepare: parts,
        results: &["result"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/tar_gzip",
        about: "tar through gzip makes the same archive.",
        command: &[
            "bash",
            "-c",
            "tar --mtime=@0 -c data data data | gzip -n | tee copy | gzip -d | cksum >result",
        ],
        prepare: |dir| data(dir, 2 << 20),
        results: &["result", "copy"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/event_loop",
        about: "An event loop goes on with its timer, pipes, counter, thread and child.",
        command: &["python3", "event_loop.py"],
        prepare: |dir| {
            script(
                dir,
                "event_loop.py",
                include_str!("../../apps/event_loop.py"),
            )
        },
        results: &["result"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/terminal",
        about: "An interactive shell goes on with its jobs at a terminal, and so do an editor and a pager.",
        command: &["python3", "terminal.py"],
        prepare: |dir| script(dir, "terminal.py", include_str!("../../apps/terminal.py")),
        results: &["result", "edited"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/perl",
        about: "Perl goes on computing and writing.",
        command: &["perl", "sieve.pl"],
        prepare: |dir| script(dir, "sieve.pl", include_str!("../../apps/sieve.pl")),
        results: &["result", "primes"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/static_c",
        about: "A statically linked C program goes on.",
        command: &["@/apps/primes"],
        prepare: |_| Ok(()),
        results: &["result", "pieces"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/rust",
        about: "A Rust program goes on.",
        command: &["@/apps/words"],
        prepare: |_| Ok(()),
        results: &["result", "lines"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/gzip",
        about: "gzip in the middle of a file makes the same file as without a break.",
        command: &["gzip", "-k", "-n", "data"],
        prepare: |dir| data(dir, 6 << 20),
        results: &["data.gz"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/gunzip",
        about: "Decompressing goes on in the middle and gives the right contents.",
        command: &["gzip", "-d", "-k", "data.gz"],
        prepare: |dir| {
            data(dir, 12 << 20)?;
            compress(dir)
        },
        results: &["data"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/sha256sum",
        about: "sha256sum in the middle of a large file gives the same digest.",
        command: &["sha256sum", "sparse"],
        prepare: sparse,
        results: &["output"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/sort",
        about: "sort in the middle, with its temporary files, gives the same order.",
        command: &[
            "sort",
            "--parallel=1",
            "-S",
            "400k",
            "-T",
            ".",
            "-o",
            "sorted",
            "numbers",
        ],
        prepare: numbers,
        results: &["sorted"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/sqlite",
        about: "SQLite in the middle of its work leaves a sound database and the right answers.",
        command: &[
            "sqlite3",
            "-bail",
            "-init",
            "orders.sql",
            "database",
            ".quit",
        ],
        prepare: |dir| script(dir, "orders.sql", include_str!("../../apps/orders.sql")),
        results: &["output"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/sqlite_transaction",
        about: "An open transaction keeps others out after a restart, and is then committed.",
        command: &["python3", "transaction.py"],
        prepare: |dir| {
            script(
                dir,
                "transaction.py",
                include_str!("../../apps/transaction.py"),
            )
        },
        results: &["result"],
        when: When::Ready,
        intruder: Some(WRITES_TO_DATABASE),
    },
    App {
        name: "apps/sqlite_wal",
        about: "Two processes go on with a write-ahead log whose index both have mapped.",
        command: &["python3", "wal.py", "busy"],
        prepare: write_ahead,
        results: &["result"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/sqlite_snapshot",
        about: "An old snapshot and an open transaction of a write-ahead log stay, in two processes.",
        command: &["python3", "wal.py", "held"],
        prepare: write_ahead,
        results: &["result"],
        when: When::Ready,
        intruder: Some(WRITES_TO_DATABASE),
    },
    App {
        name: "apps/python_threads",
        about: "Threads and processes of CPython go on, and find the same together.",
        command: &["python3", "thread_pool.py"],
        prepare: |dir| {
            script(
                dir,
                "thread_pool.py",
                include_str!("../../apps/thread_pool.py"),
            )
        },
        results: &["result", "part-0", "part-1", "part-2"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/bash_jobs",
        about: "Background jobs of a shell, and jobs of theirs, go on and are waited for.",
        command: &["bash", "jobs.sh"],
        prepare: |dir| script(dir, "jobs.sh", include_str!("../../apps/jobs.sh")),
        results: &["result", "one", "two", "leaf-1", "leaf-2"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/c_threads",
        about: "Threads that hand work on to each other, in C.",
        command: &["@/apps/pool"],
        prepare: |_| Ok(()),
        results: &["result"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/rust_threads",
        about: "Threads that talk through channels, in Rust.",
        command: &["@/apps/channels"],
        prepare: |_| Ok(()),
        results: &["result"],
        when: When::Somewhere,
        intruder: None,
    },
    App {
        name: "apps/sort_parallel",
        about: "sort with several threads gives the same order.",
        command: &[
            "sort",
            "--parallel=4",
            "-S",
            "60M",
            "-o",
            "sorted",
            "numbers",
        ],
        prepare: |dir| numbers_of(dir, 300_000),
        results: &["sorted"],
        when: When::Somewhere,
        intruder: None,
    },
];

/// What is not possible while somebody writes to the database.
const WRITES_TO_DATABASE: &[&str] = &[
    "python3",
    "-c",
    "import sqlite3; sqlite3.connect('database', timeout=0).execute('DELETE FROM items')",
];

fn write_ahead(dir: &Path) -> Result<()> {
    script(dir, "wal.py", include_str!("../../apps/wal.py"))
}

fn parts(dir: &Path) -> Result<()> {
    script(dir, "parts.mk", include_str!("../../apps/parts.mk"))
}

fn script(dir: &Path, name: &str, text: &str) -> Result<()> {
    fs::write(dir.join(name), text).with_context(|| format!("write {name}"))
}

/// Numbers that look random and are always the same.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// A file that can be compressed to something like half of its size.
fn data(dir: &Path, size: usize) -> Result<()> {
    let mut noise = Noise(0x1234_5678_9abc_def1);
    let mut bytes = Vec::with_capacity(size + 64);
    while bytes.len() < size {
        let value = noise.next();
        let text = format!("{:x} {} ", value & 0xffff, value % 1000);
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.truncate(size);
    fs::write(dir.join("data"), bytes).context("write data")
}

fn compress(dir: &Path) -> Result<()> {
    let status = std::process::Command::new("gzip")
        .args(["-1", "data"])
        .current_dir(dir)
        .status()
        .context("gzip")?;
    anyhow::ensure!(status.success(), "gzip -1 has failed");
    Ok(())
}

/// 32 MB of which little takes room.
fn sparse(dir: &Path) -> Result<()> {
    let mut noise = Noise(77);
    let mut file = File::create(dir.join("sparse"))?;
    for megabyte in 0..32u64 {
        file.seek(SeekFrom::Start((megabyte << 20) + noise.next() % 1_000_000))?;
        file.write_all(&noise.next().to_le_bytes())?;
    }
    file.set_len(32 << 20)?;
    Ok(())
}

fn numbers(dir: &Path) -> Result<()> {
    numbers_of(dir, 100_000)
}

fn numbers_of(dir: &Path, count: usize) -> Result<()> {
    let mut noise = Noise(99);
    let mut text = String::new();
    for _ in 0..count {
        text.push_str(&format!("{:016x}\n", noise.next()));
    }
    fs::write(dir.join("numbers"), text).context("write numbers")
}

impl App {
    /// The program itself, if it is there.
    pub fn program(&self, tests: &Path) -> Option<PathBuf> {
        match self.command[0].strip_prefix("@/") {
            Some(name) => Some(tests.join(name)).filter(|path| path.exists()),
            None => find(self.command[0]),
        }
    }

    /// Its arguments.
    pub fn arguments(&self) -> &'static [&'static str] {
        &self.command[1..]
    }

    /// What the result files hold.
    pub fn collect(&self, dir: &Path) -> Result<Vec<Vec<u8>>> {
        self.results
            .iter()
            .map(|name| fs::read(dir.join(name)).with_context(|| format!("the result {name}")))
            .collect()
    }
}

/// Looks for a command in PATH.
pub fn find(command: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").ok()?;
    path.split(':')
        .map(|dir| Path::new(dir).join(command))
        .find(|path| path.exists())
}

/// Chance that can be repeated.
pub struct Dice(Noise);

impl Dice {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        let mut noise = Noise(seed | 1 << 40);
        for _ in 0..20 {
            noise.next();
        }
        Dice(noise)
    }

    /// A number below this one.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0.next() % limit
    }

    /// A part of a time, from `low` to `high` per cent.
    pub fn part(&mut self, whole: Duration, low: u64, high: u64) -> Duration {
        whole * (low + self.0.next() % (high - low)) as u32 / 100
    }
}
