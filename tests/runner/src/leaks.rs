// SPDX-License-Identifier: GPL-2.0-only

//! Memory of the kernel that nothing points to any more, as kmemleak finds it.
//!
//! A scan of the whole memory takes too long to be made after each test: it is made after so many
//! of them, and tells which they were.

use std::{
    fs,
    path::Path,
    thread,
    time::{
        Duration,
        Instant, //
    }, //
};

use anyhow::{
    Context,
    Result, //
};

use crate::{
    kernel_log::KernelLog,
    ktap::{
        Report,
        Verdict, //
    },
};

/// Where kmemleak takes orders and reports, if the kernel has it.
const CONTROL: &str = "/sys/kernel/debug/kmemleak";
/// Younger objects are not reported.
const AGE: Duration = Duration::from_secs(6);
/// The first scan of an object only notes what is in it.
const SCANS: u32 = 2;

/// Looks for leaks.
pub struct Leaks;

impl Leaks {
    /// If the kernel can tell of leaks. What has leaked before is not told again.
    pub fn watch() -> Result<Option<Self>> {
        if !Path::new(CONTROL).exists() {
            return Ok(None);
        }
        scan()?;
        order("clear")?;
        Ok(Some(Leaks))
    }

    /// Whether tests have leaked since the last time; and what the kernel has said since the last
    /// of them ended.
    pub fn look(&self, report: &Report, log: &mut KernelLog, tests: &[String]) {
        let begin = Instant::now();
        let found = found().unwrap_or_else(|error| format!("{error:#}"));
        let mut said = log.complaints(true);
        if !found.is_empty() {
            said.push(found);
        }
        let verdict = if said.is_empty() {
            Verdict::Passed
        } else {
            said.push(format!(
                "It was one of these tests:\n  {}",
                tests.join("\n  ")
            ));
            Verdict::Failed(said.join("\n"))
        };
        let what = format!("kmemleak after-{}", report.count());
        report.add(&what, &verdict, begin.elapsed());
    }
}

fn order(text: &str) -> Result<()> {
    fs::write(CONTROL, text).with_context(|| format!("{text} to {CONTROL}"))
}

fn scan() -> Result<()> {
    thread::sleep(AGE);
    for _ in 0..SCANS {
        order("scan")?;
    }
    Ok(())
}

/// The report on new leaks; it is not given again.
fn found() -> Result<String> {
    scan()?;
    let text = fs::read_to_string(CONTROL).with_context(|| format!("read {CONTROL}"))?;
    order("clear")?;
    Ok(text.trim_end().to_owned())
}
