// SPDX-License-Identifier: GPL-2.0-only

//! What tests there are, and what the head of each source says about it.

use anyhow::{
    bail,
    Context,
    Result, //
};
use nix::sys::signal::Signal;

use crate::mode::Mode;

/// The heads of all selftests: name and comment.
const SELFTESTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/selftests.rs"));

/// What a checkpoint of the test has to lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It succeeds, and the test then finds its state.
    Saved,
    /// It is refused.
    Refused(Refusal),
}

/// How a checkpoint is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// One of these errors, by name.
    pub errors: Vec<String>,
    /// For each entry the message has to hold one of these.
    pub texts: Vec<Vec<String>>,
}

/// Descriptors that come from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inherit {
    /// 0, 1 and 2.
    Stdio,
    /// This one, a pipe to read from.
    Fd(i32),
}

/// One selftest.
#[derive(Clone, Debug)]
pub struct Test {
    /// Folder and file, without extension.
    pub name: String,
    /// What it proves.
    pub about: String,
    /// The modes that make sense.
    pub modes: Vec<Mode>,
    /// What is to happen.
    pub expect: Expect,
    /// Numbers of the system calls in which it waits instead of asking for GO.
    pub block: Vec<i64>,
    /// The signal that ends the wait.
    pub wake: Option<Signal>,
    /// What it gets from outside.
    pub inherit: Option<Inherit>,
    /// The user it runs as, when not the superuser.
    pub user: Option<u32>,
    /// Whether it needs a kernel with fault injection.
    pub needs_faults: bool,
    /// How many seeds it is run with, when it leaves something to chance.
    pub seeds: u64,
    /// The seed of this run, which then is part of the name.
    pub seed: Option<u64>,
    /// The compiled test, below the folder of tests.
    pub program: String,
}

impl Test {
    /// The same test with one seed, in one mode.
    pub fn with_seed(&self, seed: u64) -> Test {
        Test {
            name: format!("{}-{seed}", self.name),
            modes: vec![Mode::by_turns(seed)],
            seed: Some(seed),
            ..self.clone()
        }
    }
}

/// All selftests.
pub fn selftests() -> Result<Vec<Test>> {
    SELFTESTS
        .iter()
        .map(|(name, head)| {
            parse(name, head).with_context(|| format!("the head of tests/selftests/{name}.c"))
        })
        .collect()
}

fn parse(name: &str, head: &str) -> Result<Test> {
    let mut test = Test {
        name: name.to_owned(),
        about: String::new(),
        modes: Vec::new(),
        expect: Expect::Saved,
        block: Vec::new(),
        wake: None,
        inherit: None,
        user: None,
        needs_faults: false,
        seeds: 0,
        seed: None,
        program: name.to_owned(),
    };
    let mut modes = "";
    for line in head.lines().map(|line| line.trim_start_matches('/').trim()) {
        match line.split_once(": ") {
            Some(("SPDX-License-Identifier", _)) => {}
            Some(("MODES", value)) => modes = value,
            Some(("EXPECT", value)) => test.expect = expectation(value)?,
            Some(("BLOCK", value)) => {
                test.block = value.split(' ').map(syscall).collect::<Result<_>>()?
            }
            Some(("WAKE", value)) => test.wake = Some(format!("SIG{value}").parse()?),
            Some(("INHERIT", "stdio")) => test.inherit = Some(Inherit::Stdio),
            Some(("INHERIT", value)) => test.inherit = Some(Inherit::Fd(value.parse()?)),
            Some(("USER", value)) => test.user = Some(value.parse()?),
            Some(("NEEDS", "faults")) => test.needs_faults = true,
            Some(("SEEDS", value)) => test.seeds = value.parse()?,
            Some(("BUILD" | "LIBS" | "CFLAGS", _)) => {}
            Some((key, _)) if key.chars().all(|c| c.is_ascii_uppercase()) => {
                bail!("unknown key {key}")
            }
            _ => {
                if !line.is_empty() && !test.about.is_empty() {
                    test.about.push(' ');
                }
                test.about.push_str(line);
            }
        }
    }
    if test.about.is_empty() {
        bail!("it does not say what the test proves");
    }
    test.modes = chosen_modes(modes, usual_modes(name, &test.expect))?;
    Ok(test)
}

/// The modes that make sense for a test that says nothing else.
fn usual_modes(name: &str, expect: &Expect) -> Vec<Mode> {
    let knows_numbers = ["tree/", "threads/"]
        .iter()
        .any(|area| name.starts_with(area));
    match expect {
        Expect::Refused(_) => Mode::REFUSING,
        Expect::Saved if knows_numbers => Mode::SAVING_TREES,
        Expect::Saved => Mode::SAVING,
    }
    .to_vec()
}

/// The modes of a test: its own list, or the usual ones with some more or some less.
fn chosen_modes(list: &str, mut modes: Vec<Mode>) -> Result<Vec<Mode>> {
    let words: Vec<&str> = list
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .collect();
    if words.iter().any(|word| !word.starts_with(['-', '+'])) {
        modes.clear();
    }
    for word in words {
        if let Some(name) = word.strip_prefix('-') {
            let out: Mode = name.parse()?;
            modes.retain(|mode| *mode != out);
        } else {
            modes.push(word.strip_prefix('+').unwrap_or(word).parse()?);
        }
    }
    if modes.is_empty() {
        bail!("no mode is left");
    }
    Ok(modes)
}

/// `refused EBUSY|EOPNOTSUPP "one text|or another" "and this"`
fn expectation(value: &str) -> Result<Expect> {
    let rest = value
        .strip_prefix("refused ")
        .context("EXPECT wants: refused ERRNO \"text\"")?;
    let (errors, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let texts = rest
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|text| text.split('|').map(str::to_owned).collect())
        .collect();
    Ok(Expect::Refused(Refusal {
        errors: errors.split('|').map(str::to_owned).collect(),
        texts,
    }))
}

/// The number of a system call that a test may wait in.
fn syscall(name: &str) -> Result<i64> {
    Ok(match name {
        "poll" => libc::SYS_poll,
        "ppoll" => libc::SYS_ppoll,
        "select" => libc::SYS_select,
        "pselect6" => libc::SYS_pselect6,
        "pause" => libc::SYS_pause,
        "nanosleep" => libc::SYS_nanosleep,
        "clock_nanosleep" => libc::SYS_clock_nanosleep,
        "futex" => libc::SYS_futex,
        "read" => libc::SYS_read,
        "rt_sigsuspend" => libc::SYS_rt_sigsuspend,
        "rt_sigtimedwait" => libc::SYS_rt_sigtimedwait,
        "fcntl" => libc::SYS_fcntl,
        "flock" => libc::SYS_flock,
        "wait4" => libc::SYS_wait4,
        "waitid" => libc::SYS_waitid,
        "write" => libc::SYS_write,
        _ => bail!("unknown system call {name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selftest_has_a_head_that_is_understood() {
        assert!(!selftests().unwrap().is_empty());
    }

    #[test]
    fn a_refusal_names_errors_and_texts() {
        let head = "// Refuses.\n//\n// EXPECT: refused EBUSY|EINVAL \"fd 3|pipe\" \"x\"";
        let test = parse("refuse/x", head).unwrap();
        let Expect::Refused(refusal) = test.expect else {
            panic!("{:?}", test.expect)
        };
        assert_eq!(refusal.errors, ["EBUSY", "EINVAL"]);
        assert_eq!(refusal.texts, [vec!["fd 3", "pipe"], vec!["x"]]);
        assert_eq!(test.modes, Mode::REFUSING);
    }

    #[test]
    fn modes_are_chosen_or_taken_out() {
        let modes = |line: &str| {
            parse("a/b", &format!("// X.\n// MODES: {line}"))
                .unwrap()
                .modes
        };
        assert_eq!(modes("plain"), [Mode::Plain]);
        assert!(!modes("-new-pid").contains(&Mode::NewPid));
        assert!(modes("-new-pid").contains(&Mode::Twice));
        assert!(modes("+pidns").contains(&Mode::PidNs));
        assert!(modes("+pidns").contains(&Mode::NewPid));
    }

    #[test]
    fn a_tree_gets_other_pids_only_when_it_says_so() {
        let modes = |head: &str| parse("tree/x", head).unwrap().modes;
        assert!(!modes("// X.").contains(&Mode::NewPid));
        assert!(modes("// X.\n// MODES: +new-pid").contains(&Mode::NewPid));
    }

    #[test]
    fn a_seed_is_part_of_the_name_but_not_of_the_program() {
        let test = parse("tree/x", "// X.\n// SEEDS: 20").unwrap();
        let run = test.with_seed(7);
        assert_eq!((test.seeds, run.seed), (20, Some(7)));
        assert_eq!(
            (run.name.as_str(), run.program.as_str()),
            ("tree/x-7", "tree/x")
        );
    }

    #[test]
    fn what_a_test_needs_is_known() {
        assert!(
            parse("a/b", "// X.\n// NEEDS: faults")
                .unwrap()
                .needs_faults
        );
        assert!(!parse("a/b", "// X.").unwrap().needs_faults);
        assert!(parse("a/b", "// X.\n// NEEDS: luck").is_err());
    }

    #[test]
    fn a_wrong_key_is_an_error() {
        assert!(parse("a/b", "// X.\n// MODE: plain").is_err());
    }
}
