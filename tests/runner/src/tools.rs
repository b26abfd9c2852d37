// SPDX-License-Identifier: GPL-2.0-only

//! Running `checkpoint` and `restart`.

use std::{
    fs,
    path::{
        Path,
        PathBuf, //
    },
    time::Duration, //
};

use anyhow::{
    bail,
    Context,
    Result, //
};
use nix::sys::signal::Signal;

use crate::process::{
    ended,
    send,
    until,
    wait,
    End,
    Start, //
};

/// Where the tools are, and how long one may take.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The folder, or nothing for a search in PATH.
    pub dir: Option<PathBuf>,
    /// Limit for one step.
    pub limit: Duration,
}

/// What a tool did.
#[derive(Clone, Debug)]
pub struct Done {
    /// How it ended.
    pub end: End,
    /// What it printed.
    pub said: String,
}

impl Done {
    /// That it has to have gone well.
    pub fn well(self, what: &str) -> Result<String> {
        if self.end != End::Exit(0) {
            bail!("{what}: {}\n{}", self.end, self.said.trim_end());
        }
        Ok(self.said)
    }
}

impl Tools {
    /// Where one of them is.
    pub fn found(&self, name: &str) -> Result<PathBuf> {
        match &self.dir {
            Some(dir) => Ok(dir.join(name)),
            None => crate::apps::find(name).with_context(|| format!("there is no {name}")),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        match &self.dir {
            Some(dir) => dir.join(name),
            None => PathBuf::from(name),
        }
    }

    /// Prepares one of the tools.
    pub fn start(&self, name: &str, args: &[String], output: &Path) -> Result<Start> {
        Start::new(self.path(name)).args(args).output(output)
    }

    /// Waits for a tool that was started, and collects what it printed.
    pub fn finish(&self, pid: i32, what: &str, output: &Path) -> Result<Done> {
        self.finish_beside(pid, what, output, &[])
    }

    /// The same while these processes may die and become ours: as any init would, we reap them at
    /// once, since the end of others may depend on it.
    pub fn finish_beside(
        &self,
        pid: i32,
        what: &str,
        output: &Path,
        orphans: &[i32],
    ) -> Result<Done> {
        let said = || fs::read_to_string(output).unwrap_or_default();
        let tool = until(self.limit, &format!("{what} to end"), || {
            for orphan in orphans {
                let _ = ended(*orphan);
            }
            ended(pid)
        });
        match tool {
            Ok(end) => Ok(Done { end, said: said() }),
            Err(error) => {
                send(pid, Signal::SIGKILL)?;
                let _ = wait(pid, Duration::from_secs(5), "it to die");
                Err(error.context(said()))
            }
        }
    }
}

/// `args!["-o", path, "--kill"]`: a vector of strings.
#[macro_export]
macro_rules! args {
    ($($word:expr),* $(,)?) => { ::std::vec::Vec::<String>::from([$($word.to_string()),*]) };
}
