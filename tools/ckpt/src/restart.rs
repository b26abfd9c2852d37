// SPDX-License-Identifier: GPL-2.0-only

//! The command `restart`: read the head, make the tasks, have the kernel restore them, follow.

mod clocks;
mod family;
mod follow;
mod head;
mod init;
mod map;
mod place;
mod plan;
mod terminal;

use std::{
    cell::RefCell,
    collections::HashMap,
    io::{
        self,
        IsTerminal,
        Write, //
    },
    os::fd::{
        AsFd,
        AsRawFd, //
    },
    path::Path,
    time::Duration,
};

use tracing::info;

use self::{
    clocks::Namespace,
    family::{
        Family,
        Leader,
        Member,
        CHOOSING, //
    },
    follow::{
        follow,
        End, //
    },
    head::Head,
    init::{
        Inside,
        Outside,
        Side, //
    },
    map::Map,
    place::Place,
    plan::Pids,
    terminal::Terminal,
};
use crate::{
    advice, cli,
    device::Device,
    failure::{
        note,
        reason,
        Doing,
        Exit,
        Failure,
        Result, //
    },
    lists::FdMap,
    log::Log,
    output::Spot,
    patient::standard_output,
    process,
    progress::Progress,
    signals,
    source::Input,
    sys::{
        self,
        capabilities::{
            self,
            Capabilities, //
        },
    },
    text::{
        count,
        escaped, //
    },
    uapi::{
        self,
        Inherit,
        PidMap, //
    },
};

/// Restarts an image as the command line says; gives what to exit with.
pub fn run(args: &cli::Restart) -> Result<u8> {
    signals::catch()?;
    signals::mind_children()?;
    inherited(args)?;
    let path = args.image.as_deref().or(args.input.as_deref());
    let text = Texts::of(args)?;
    let mut input = Input::open(path.unwrap_or(Path::new("-")))?;
    text.spare(&input)?;
    let inherit = descriptors(args, &input)?;
    let head = Head::read(&mut input, &args.piped())?;
    let device = Device::open()?;
    let info = device.info()?;
    advice::may_restart(&info).map_err(|advice| not_permitted(&input.name).advise(advice))?;
    if args.frozen && info.features & uapi::FEATURE_FROZEN == 0 {
        return Err(Failure::new(
            Exit::Failed,
            "the kernel module cannot leave a program frozen here",
        )
        .advise("Leave --frozen away."));
    }
    let map = args.map.as_deref().map(Map::open).transpose()?;
    let place = Place::of(args)?;
    let job = Job {
        args,
        device,
        input,
        head,
        inherit,
        map,
        notes: RefCell::default(),
        wait: args.follows(),
    };
    if args.terminal {
        terminal::hand_over()?;
    }
    job.run(place)
}

/// Where a map and a log go.
struct Texts<'a>([(&'static str, Option<&'a Path>); 2]);

impl Texts<'_> {
    /// What the command line says, if it makes sense.
    fn of(args: &cli::Restart) -> Result<Texts<'_>> {
        let (map, log) = (args.map.as_deref(), args.logfile.as_deref());
        let spots = map.map(Spot::written).zip(log.map(Spot::written));
        if spots.is_some_and(|(map, log)| map.meets(&log)) {
            return Err(Failure::usage("--map and --logfile go to one place")
                .advise("Give a file for one of them."));
        }
        Ok(Texts([("map", map), ("logfile", log)]))
    }

    /// Whether they leave the image alone.
    fn spare(&self, input: &Input) -> Result<()> {
        let image = Spot::read(&input.file);
        for (option, path) in &self.0 {
            if path.is_some_and(|path| Spot::written(path).meets(&image)) {
                return Err(
                    Failure::usage(format!("--{option} goes to the image itself"))
                        .advise("Give another file."),
                );
            }
        }
        Ok(())
    }
}

/// One restart.
struct Job<'a> {
    args: &'a cli::Restart,
    device: Device,
    input: Input,
    head: Head,
    inherit: Vec<Inherit>,
    /// Where it is written down which task is which.
    map: Option<Map>,
    /// Messages for the time when the program runs: they do not matter to a caller that is refused.
    notes: RefCell<Vec<String>>,
    /// Whether to follow the program to its end.
    wait: bool,
}

impl Job<'_> {
    fn run(self, place: Place) -> Result<u8> {
        if !self.args.pidns {
            let pids = match self.args.new_pids {
                true => Pids::Any,
                false => Pids::Same,
            };
            return self.restart(place, pids);
        }
        if self.head.tree.is_container() {
            return self.restart(place, Pids::Container);
        }
        // What runs inside is known by the numbers that /proc tells.
        process::check_proc()?;
        let clocks = self.clocks();
        match init::enter()? {
            Side::Outside(outside) => {
                drop(clocks);
                self.outside(place, outside)
            }
            Side::Inside(inside) => {
                if let Some(clocks) = clocks {
                    clocks.stay();
                }
                self.inside(place, inside)
            }
        }
    }

    /// The time namespace that the program is to be born in, unless that of this command has to do.
    fn clocks(&self) -> Option<Namespace> {
        if self.args.host_clocks {
            return None;
        }
        let saved = &self.head.clocks;
        let error = match Namespace::make(saved) {
            Ok(namespace) => return Some(namespace),
            Err(error) => error,
        };
        let jump = match saved.jump() {
            Some(ahead) => format!("jump ahead by {}", rounded(ahead)),
            None => "would go back".to_owned(),
        };
        self.note(format!(
            "no time namespace can be made ({}): the clocks of the program {jump}",
            reason(&error)
        ));
        None
    }

    fn note(&self, text: String) {
        self.notes.borrow_mut().push(text);
    }

    /// Makes the tasks and has them restored. Gives the root and, if the map is wanted, all pids.
    fn bring_back(
        &self,
        place: &Place,
        pids: Pids,
        want_map: bool,
        clocks: Option<Namespace>,
        terminal: Option<&mut Terminal>,
    ) -> Result<(Member, Vec<PidMap>)> {
        let mut log = Log::new(self.args.logfile.as_deref())?;
        let family = self.family(place, pids);
        drop(clocks);
        let family = family?;
        if let Some(terminal) = terminal {
            terminal.lend(family.root()?.pid);
        }
        let mut map = family.map(want_map);
        if let Err(failure) = self.restore(place, &mut map, &mut log) {
            drop(family);
            return Err(log.copy_beside(failure));
        }
        log.copy()?;
        Ok((family.let_go()?, map))
    }

    /// Makes the tasks. A program of one task, whose number no other task of the image knows, gets another
    /// pid if pids may not be chosen, and the command says so.
    fn family(&self, place: &Place, pids: Pids) -> Result<Family<'_>> {
        let tree = &self.head.tree;
        let directory = place.directory.as_ref();
        let kept = self.kept();
        let make = |pids| Family::make(&self.device, tree, pids, directory, kept);
        let refused = match make(pids) {
            Err(failure) if failure.exit == Exit::Permission && pids == Pids::Same => failure,
            made => return made,
        };
        if self.args.pids || self.args.pidns || tree.entries().len() > 1 {
            return Err(refused);
        }
        let family = make(Pids::Any)?;
        self.note(format!(
            "the program gets another pid than {}: choosing pids needs {CHOOSING}",
            tree.entries().first().map_or(0, |root| root.pid)
        ));
        Ok(family)
    }

    /// The capabilities that the tasks keep, if this command has others than the program: those that choose
    /// pids, perhaps, which the file of the command has been given. One that may become any user keeps all:
    /// it can restore what the program had opened before it gave its own away, and the module gives
    /// each task its own.
    fn kept(&self) -> Option<Capabilities> {
        let own = Capabilities::own().ok()?;
        if own.effective & capabilities::SETUID != 0 {
            return None;
        }
        let kept = own.within(self.head.capabilities?);
        (kept != own).then_some(kept)
    }

    /// The terminal, if it has to be lent: a program that has a process group of its own needs it, as
    /// if a shell had started it.
    fn terminal(&self) -> Result<Option<Terminal>> {
        match Leader::of(&self.head.tree) {
            Leader::Group if self.wait => Terminal::find(),
            _ => Ok(None),
        }
    }

    /// A restart in the pid namespace of this command, or in one that the root is the init of.
    fn restart(self, place: Place, pids: Pids) -> Result<u8> {
        let want_map = self.map.is_some();
        let mut terminal = self.terminal()?;
        let clocks = self.clocks();
        let (root, map) = self.bring_back(&place, pids, want_map, clocks, terminal.as_mut())?;
        if terminal.is_some() {
            redraw(&root);
        }
        self.tell(root.pid, place, &map)?;
        if !self.wait {
            return Ok(0);
        }
        // The writer of the image into a pipe need not wait for the program to end.
        drop(self);
        let end = follow(&root, terminal.as_ref())?;
        drop(terminal);
        Ok(exit_like(end))
    }

    /// A restart by the init of a new pid namespace.
    fn inside(self, place: Place, mut inside: Inside) -> Result<u8> {
        // This side was born in the time namespace, and so is all that it makes.
        let (root, _) = self.bring_back(&place, Pids::Same, false, None, None)?;
        place.keep();
        inside.ready(root.pid, !self.wait)?;
        drop(self);
        inside.follow(root)
    }

    /// What the caller started, while the init of a new pid namespace restarts the program.
    fn outside(self, place: Place, mut outside: Outside) -> Result<u8> {
        let Some(root) = outside.root()? else {
            drop(self);
            // No process is left in the place when the other side has ended.
            let status = outside.status();
            drop(place);
            return status;
        };
        // It runs, whatever becomes of this.
        let pids = process::numbers_inside(outside.init().pid).unwrap_or_else(|failure| {
            self.note(format!("the pids of the program cannot be told: {failure}"));
            HashMap::new()
        });
        let here = |pid: i32| pids.get(&pid).copied().unwrap_or_default();
        let map: Vec<PidMap> = self
            .head
            .tree
            .tasks()
            .iter()
            .map(|task| PidMap {
                image_pid: task.pid,
                pid: here(task.pid),
            })
            .collect();
        self.tell(here(root), place, &map)?;
        if !self.wait {
            return Ok(0);
        }
        let root = Member::find(&self.head.tree, outside.init(), here(root), root);
        let mut terminal = self.terminal()?;
        if let (Some(root), Some(terminal)) = (&root, &mut terminal) {
            terminal.lend(root.pid);
            redraw(root);
        }
        drop(self);
        Ok(exit_like(outside.follow(root, terminal)?))
    }

    /// Writes down which task is which, and prints what a script has to know.
    fn tell(&self, root: i32, place: Place, map: &[PidMap]) -> Result<()> {
        let cgroup = place.keep();
        if let Some(file) = &self.map {
            file.write(map)?;
        }
        if self.args.common.quiet {
            return Ok(());
        }
        for text in self.notes.take() {
            note("restart", text);
        }
        let (behind, name) = (self.input.behind(), &self.input.name);
        if behind != 0 {
            note(
                "restart",
                format_args!(
                    "{} behind the image in {name} {} left alone",
                    count(behind as usize, "byte", "bytes"),
                    if behind == 1 { "is" } else { "are" }
                ),
            );
        }
        let text = match cgroup {
            // A script has to find the directory; on a terminal its name is only shown.
            Some(cgroup) if self.args.frozen && io::stdout().is_terminal() => {
                format!("{root}\n{}\n", escaped(&cgroup))
            }
            Some(cgroup) if self.args.frozen => format!("{root}\n{cgroup}\n"),
            _ if self.wait => return Ok(()),
            _ if root == 0 => {
                note(
                    "restart",
                    "the program has ended already, or /proc does not show it here",
                );
                return Ok(());
            }
            _ => format!("{root}\n"),
        };
        standard_output()
            .write_all(text.as_bytes())
            .doing(|| "the program runs, but its pid cannot be printed")
            .map_err(signals::by_signal)
    }

    /// The coordinator's part: returns when the program runs, or is frozen where it was.
    fn restore(&self, place: &Place, map: &mut [PidMap], log: &mut Log) -> Result<()> {
        let args = self.args;
        let flags = [
            (args.frozen, uapi::RESTART_FROZEN),
            (args.allow_changed_files, uapi::RESTART_CHANGED_FILES),
            (args.host_clocks, uapi::RESTART_CLOCKS_BACK),
            (
                args.inherit.as_ref().is_some_and(FdMap::is_particular),
                uapi::RESTART_INHERIT_ALL,
            ),
        ];
        let request = uapi::Restart {
            flags: uapi::chosen(&flags),
            pid: map.first().map_or(0, |root| root.pid),
            fd: self.input.file.as_raw_fd(),
            logfd: log.fd(),
            cgroup_fd: place
                .freezer
                .as_ref()
                .map_or(uapi::FD_NONE, AsRawFd::as_raw_fd),
            ..uapi::Restart::NOTHING
        };
        let progress = progress(args, &self.input, request.pid);
        let device = self.device.as_fd();
        let (head, mut report) = (&self.head.bytes, uapi::Error::NOTHING);
        let result = sys::restart(device, request, head, &self.inherit, map, &mut report);
        drop(progress);
        if let Err(error) = result {
            return Err(failure(&error, &report, log, &self.device, &self.input));
        }
        for line in log.lines()? {
            info!("kernel: {line}");
        }
        Ok(())
    }
}

/// Tells a program that there is another window, so that it draws again.
fn redraw(root: &Member) {
    // There may be no process any more.
    let _ = root.signal_all(libc::SIGWINCH);
}

/// Ends as the program did.
fn exit_like(end: End) -> u8 {
    match end {
        End::Status(status) => status,
        End::Signal(signal) => signals::die_by(signal),
    }
}

/// Whether the descriptors that the program is to get are those of the caller. Asked before this command opens
/// anything: its own are nothing for a program.
fn inherited(args: &cli::Restart) -> Result<()> {
    let table = args.inherit.as_ref().map_or(&[][..], |map| &map.0);
    let missing = table.iter().find(|entry| !sys::is_inherited(entry.fd));
    missing.map_or(Ok(()), |entry| {
        let (fd, image_fd) = (entry.fd, entry.image_fd);
        Err(Failure::usage(format!(
            "--inherit: this command was given no descriptor {fd}"
        ))
        .advise(format!(
            "Have the shell open it: restart --inherit={image_fd}:{fd} … {fd}<>FILE."
        )))
    })
}

/// Which descriptors of this command the program gets, and the terminal for one that was outside.
fn descriptors(args: &cli::Restart, input: &Input) -> Result<Vec<Inherit>> {
    let table = args.inherit.as_ref().map_or(&[][..], |map| &map.0);
    if input.standard && table.iter().any(|entry| entry.fd == 0) {
        return Err(
            Failure::usage("standard input is the image: the program cannot have it too")
                .advise("Give the image as a file, or leave 0 out: --inherit=1,2."),
        );
    }
    let terminal = terminal::standard().map(|fd| Inherit {
        image_fd: uapi::INHERIT_TERMINAL,
        fd,
    });
    Ok(table.iter().copied().chain(terminal).collect())
}

/// The kernel does not tell how far it has read, but the program grows as it is restored.
fn progress(args: &cli::Restart, input: &Input, root: i32) -> Progress {
    let size = input.file.metadata().map_or(0, |data| data.len());
    let is_known = process::is_proc_ours();
    Progress::watch(args.common.quiet, "restoring", size, move || {
        process::resident(root).filter(|_| is_known)
    })
}

fn failure(
    error: &io::Error,
    report: &uapi::Error,
    log: &Log,
    device: &Device,
    input: &Input,
) -> Failure {
    // A signal that interrupted the kernel is the better explanation.
    if let Err(interrupted) = signals::check() {
        return interrupted;
    }
    let log = log.lines().unwrap_or_default();
    let advice = advice::restart(error, report, device.info().ok().as_ref(), &input.name)
        .or_else(|| (!log.is_empty()).then(|| advice::ALL_REFUSALS.to_owned()));
    Failure {
        log,
        advice,
        ..Failure::module(format_args!("cannot restart {}", input.name), error)
    }
}

fn not_permitted(name: &str) -> Failure {
    let error = io::Error::from_raw_os_error(libc::EPERM);
    Failure::os(format_args!("cannot restart {name}"), &error)
}

/// For people: no more than two units, nothing below a second unless there is nothing else.
fn rounded(time: Duration) -> impl std::fmt::Display {
    const UNITS: [(u64, u64); 3] = [(86400, 3600), (3600, 60), (1, 1)];
    let seconds = (time.as_millis() as u64 + 500) / 1000;
    let unit = UNITS.iter().find(|(least, _)| seconds >= *least);
    humantime::format_duration(match unit {
        Some((_, unit)) => Duration::from_secs(seconds / unit * unit),
        None => Duration::from_millis(time.as_millis() as u64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_for_people() {
        for (nanos, text) in [
            (865_531_204, "1s"),
            (403_999_999, "403ms"),
            (61_700_000_000, "1m 2s"),
            (3_725_000_000_001, "1h 2m"),
            (90_061_000_000_000, "1day 1h"),
        ] {
            assert_eq!(rounded(Duration::from_nanos(nanos)).to_string(), text);
        }
    }
}
