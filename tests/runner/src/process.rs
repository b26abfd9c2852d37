// SPDX-License-Identifier: GPL-2.0-only

//! Starting processes, waiting for them, and looking at them through /proc.

use std::{
    fmt,
    fs,
    fs::OpenOptions,
    io::Write,
    os::{
        fd::OwnedFd,
        unix::process::CommandExt, //
    },
    path::{
        Path,
        PathBuf, //
    },
    process::{
        Command,
        Stdio, //
    },
    sync::OnceLock,
    thread,
    time::{
        Duration,
        Instant, //
    }, //
};

use anyhow::{
    bail,
    Context,
    Result, //
};
use nix::{
    errno::Errno,
    sys::{
        signal::{
            kill,
            Signal, //
        },
        wait::{
            waitpid,
            WaitPidFlag,
            WaitStatus, //
        },
    },
    unistd::Pid,
};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With this exit status.
    Exit(i32),
    /// By this signal.
    Killed(Signal),
    /// By a real-time signal, or one that there is no name for.
    KilledNameless,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Exit(code) => write!(f, "exit status {code}"),
            End::Killed(signal) => write!(f, "killed by {signal}"),
            End::KilledNameless => write!(f, "killed by a signal without a name"),
        }
    }
}

/// By how much everything may take longer here than with a stock kernel.
static TIME_FACTOR: OnceLock<u32> = OnceLock::new();

/// Sets the factor of all limits, before anything is run.
pub fn set_time_factor(factor: u32) {
    TIME_FACTOR.get_or_init(|| factor);
}

/// The factor of all limits.
pub fn time_factor() -> u32 {
    *TIME_FACTOR.get_or_init(|| 1)
}

/// Asks again and again until there is an answer. The limit is the one for a stock kernel.
pub fn until<T>(
    limit: Duration,
    what: &str,
    mut ask: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let limit = limit * time_factor();
    let start = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if start.elapsed() > limit {
            bail!("waited {} seconds in vain for {what}", limit.as_secs());
        }
        // Short at first: most answers come at once.
        let step = (start.elapsed() / 8).clamp(Duration::from_millis(1), Duration::from_millis(20));
        thread::sleep(step);
    }
}

/// Looks whether a child has ended.
pub fn ended(pid: i32) -> Result<Option<End>> {
    match waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::Exited(_, code)) => Ok(Some(End::Exit(code))),
        Ok(WaitStatus::Signaled(_, signal, _)) => Ok(Some(End::Killed(signal))),
        Ok(_) => Ok(None),
        // It has been reaped, but how it ended cannot be expressed.
        Err(Errno::EINVAL) => Ok(Some(End::KilledNameless)),
        Err(Errno::ECHILD) => bail!("process {pid} is not our child (any more)"),
        Err(error) => Err(error).context("waitpid"),
    }
}

/// Waits for the end of a child.
pub fn wait(pid: i32, limit: Duration, what: &str) -> Result<End> {
    until(limit, what, || ended(pid))
}

/// Reaps every child that is dead, known or not.
pub fn reap_all() {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return,
            // Killed by a signal without a name: it has been reaped, too.
            Ok(_) | Err(Errno::EINVAL) => {}
            Err(_) => return,
        }
    }
}

/// The same, but of these somebody else wants to know.
pub fn reap_all_but(others: &[i32]) {
    for pid in children(nix::unistd::getpid().as_raw()) {
        if !others.contains(&pid) {
            let _ = ended(pid);
        }
    }
}

/// The name of a process, empty when it is gone.
pub fn name(pid: i32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

/// Sends a signal; that the process is gone is not an error.
pub fn send(pid: i32, signal: Signal) -> Result<()> {
    match kill(Pid::from_raw(pid), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("kill {pid} with {signal}")),
    }
}

/// The letter that /proc/PID/stat gives for the state.
pub fn state(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.trim_start().chars().next()
}

/// Whether a process blocks a signal.
pub fn blocks(pid: i32, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigBlk:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal as i32 - 1) & 1 == 1)
}

/// Waits until nobody runs of a process and all below it, one of them is in an ioctl, and it stays like
/// that. One that runs has no number of a system call there.
pub fn until_stuck(pid: i32, limit: Duration) -> Result<()> {
    let number = format!("{} ", libc::SYS_ioctl);
    let in_ioctl = |pid: &i32| {
        let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        call.starts_with(&number)
    };
    let mut looks = 0;
    until(limit, "a process to sleep in its ioctl", || {
        let family = family(pid);
        let still = !family.iter().any(|pid| state(*pid) == Some('R'));
        looks = match still && family.iter().any(in_ioctl) {
            true => looks + 1,
            false => 0,
        };
        Ok((looks == 20).then_some(()))
    })
}

/// The processes of a tree, the root first: their pids.
pub fn family(root: i32) -> Vec<i32> {
    let mut family = vec![root];
    let mut next = 0;
    while let Some(pid) = family.get(next).copied() {
        next += 1;
        family.extend(children(pid));
    }
    family
}

/// The children of all threads of a process.
fn children(pid: i32) -> Vec<i32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    let lists = tasks
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| {
            let pids = list.split_ascii_whitespace();
            pids.filter_map(|pid| pid.parse().ok())
                .collect::<Vec<i32>>()
        })
        .collect()
}

/// Waits until none of these processes is there any more, not even as a zombie: orphans among them
/// are children of ours.
pub fn all_gone(pids: &[i32], limit: Duration) -> Result<()> {
    until(limit, "all processes of the tree to be gone", || {
        let left = pids.iter().filter(|pid| {
            let _ = ended(**pid);
            state(**pid).is_some()
        });
        Ok((left.count() == 0).then_some(()))
    })
    .with_context(|| {
        let left = pids.iter().filter(|pid| state(**pid).is_some());
        left.map(|pid| describe(*pid))
            .collect::<Vec<_>>()
            .join("\n")
    })
}

/// The system call that a process sleeps in.
pub fn sleeps_in(pid: i32) -> Option<i64> {
    let line = fs::read_to_string(format!("/proc/{pid}/syscall")).ok()?;
    let number = line.split(' ').next()?.trim().parse().ok()?;
    (state(pid) == Some('S')).then_some(number)
}

/// A few lines about a process that should not be there.
pub fn describe(pid: i32) -> String {
    let text = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let command = text("cmdline").replace('\0', " ");
    format!(
        "process {pid} state {} wchan {} ({})",
        state(pid).unwrap_or('?'),
        text("wchan"),
        if command.is_empty() {
            text("comm")
        } else {
            command
        }
        .trim(),
    )
}

/// A command to be run in a control group, its output going to the end of a file.
pub struct Start {
    command: Command,
}

impl Start {
    /// Prepares it. Input is /dev/null until told otherwise.
    pub fn new(program: impl AsRef<Path>) -> Self {
        let mut command = Command::new(program.as_ref());
        command.stdin(Stdio::null());
        Start { command }
    }

    /// Adds arguments.
    pub fn args<S: AsRef<str>>(mut self, args: &[S]) -> Self {
        self.command.args(args.iter().map(AsRef::as_ref));
        self
    }

    /// Sets its directory.
    pub fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Leaves nothing of our environment but this.
    pub fn only_env(mut self, env: &[(&str, &str)]) -> Self {
        self.command.env_clear().envs(env.iter().copied());
        self
    }

    /// Adds a variable to the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Appends both outputs to a file.
    pub fn output(mut self, path: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        self.command.stderr(file.try_clone()?).stdout(file);
        Ok(self)
    }

    /// Sets standard input and output.
    pub fn stdio(mut self, input: Option<Stdio>, output: Option<Stdio>) -> Self {
        if let Some(input) = input {
            self.command.stdin(input);
        }
        if let Some(output) = output {
            self.command.stdout(output);
        }
        self
    }

    /// Gives it a terminal for its descriptors 0 to 2, which controls the session that it makes if it is
    /// to lead one.
    pub fn terminal(mut self, slave: &OwnedFd, leads: bool) -> Result<Self> {
        let file = || slave.try_clone().map(Stdio::from);
        self.command.stdin(file()?).stdout(file()?).stderr(file()?);
        if leads {
            // SAFETY: these calls may be made between fork and exec.
            unsafe {
                self.command.pre_exec(|| {
                    Errno::result(libc::setsid())?;
                    Errno::result(libc::ioctl(0, libc::TIOCSCTTY, 0))?;
                    Ok(())
                });
            }
        }
        Ok(self)
    }

    /// Makes a descriptor of ours known to it under this number.
    pub fn fd(mut self, ours: i32, number: i32) -> Self {
        // SAFETY: dup2 may be called between fork and exec.
        unsafe {
            self.command.pre_exec(move || {
                Errno::result(libc::dup2(ours, number))?;
                Ok(())
            });
        }
        self
    }

    /// Makes it run as another user, without supplementary groups.
    pub fn user(mut self, user: u32) -> Self {
        // SAFETY: these calls may be made between fork and exec.
        unsafe {
            self.command.pre_exec(move || {
                Errno::result(libc::setgroups(0, std::ptr::null()))?;
                Errno::result(libc::setresgid(user, user, user))?;
                Errno::result(libc::setresuid(user, user, user))?;
                Ok(())
            });
        }
        self
    }

    /// The same with a capability, in all sets.
    pub fn capable_user(mut self, user: u32, capability: u32) -> Self {
        // SAFETY: prctl may be called between fork and exec.
        unsafe {
            self.command.pre_exec(|| {
                Errno::result(libc::prctl(libc::PR_SET_KEEPCAPS, 1, 0, 0, 0))?;
                Ok(())
            });
        }
        self = self.user(user);
        let header: [u32; 2] = [0x2008_0522, 0];
        let mut words = [[0u32; 3]; 2];
        words[capability as usize / 32] = [1 << (capability % 32); 3];
        // SAFETY: these calls may be made between fork and exec; capset reads the two arrays.
        unsafe {
            self.command.pre_exec(move || {
                Errno::result(libc::syscall(
                    libc::SYS_capset,
                    header.as_ptr(),
                    words.as_ptr(),
                ))?;
                let (ambient, raise) = (libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_RAISE);
                Errno::result(libc::prctl(ambient, raise, capability, 0, 0))?;
                Ok(())
            });
        }
        self
    }

    /// Limits the size of the files that it may write, in bytes.
    pub fn file_limit(mut self, bytes: u64) -> Self {
        let limit = libc::rlimit {
            rlim_cur: bytes,
            rlim_max: bytes,
        };
        // SAFETY: setrlimit may be called between fork and exec, and only reads the limit.
        unsafe {
            self.command.pre_exec(move || {
                Errno::result(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit))?;
                Ok(())
            });
        }
        self
    }

    /// Makes its addresses the same each time.
    pub fn fixed_addresses(mut self) -> Self {
        // SAFETY: personality may be called between fork and exec.
        unsafe {
            self.command.pre_exec(|| {
                Errno::result(libc::personality(libc::ADDR_NO_RANDOMIZE as _))?;
                Ok(())
            });
        }
        self
    }

    /// Makes it start in a control group.
    pub fn cgroup(mut self, procs: PathBuf) -> Self {
        // SAFETY: opening and writing a file may be done between fork and exec; the path was
        // allocated before.
        unsafe {
            self.command
                .pre_exec(move || OpenOptions::new().write(true).open(&procs)?.write_all(b"0"));
        }
        self
    }

    /// Starts it.
    pub fn spawn(mut self) -> Result<i32> {
        let child = self
            .command
            .spawn()
            .with_context(|| format!("start {:?}", self.command.get_program()))?;
        i32::try_from(child.id()).context("pid")
    }
}
