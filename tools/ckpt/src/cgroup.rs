// SPDX-License-Identifier: GPL-2.0-only

//! Cgroups of version 2 as directories: finding them, their files, waiting for them to freeze.
//!
//! Other files decide which cgroup to use.

use std::{
    ffi::{
        OsStr,
        OsString, //
    },
    fs::{
        self,
        File, //
    },
    io,
    os::{
        fd::{
            AsFd,
            BorrowedFd, //
        },
        unix::{
            ffi::{
                OsStrExt,
                OsStringExt, //
            },
            fs::FileExt, //
        },
    },
    path::{
        Path,
        PathBuf, //
    },
    time::{
        Duration,
        Instant, //
    },
};

use nix::{
    errno::Errno,
    poll::{
        ppoll,
        PollFd,
        PollFlags, //
    },
};

use procfs_core::process::MountInfo;

use crate::{
    failure::{
        Doing,
        Exit,
        Failure,
        Result, //
    },
    process, signals,
};

/// How long a wait sleeps before it looks again by itself: at least, at most, and as a part of how
/// long it has waited already, so that it never sleeps much longer than it has to. The kernel holds
/// notifications back for up to 10 ms, while freezing normally takes far less than one.
const FIRST_LOOK: Duration = Duration::from_micros(50);
const LAST_LOOK: Duration = Duration::from_millis(50);
const LOOK_PART: u32 = 16;

/// Where the hierarchy is mounted, and which cgroup stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    point: PathBuf,
    root: PathBuf,
}

/// The mount of the hierarchy that shows most of it: one of a part of it may stand elsewhere, or before it.
fn parse_mountinfo(text: &str) -> Option<Mount> {
    let mut mounts: Vec<(Mount, bool)> = Vec::new();
    for line in text.lines() {
        let Ok(mount) = MountInfo::from_line(line) else {
            continue;
        };
        let point = unescaped(mount.mount_point.as_os_str());
        let root = unescaped(mount.root.as_ref());
        // What is mounted later hides what is below.
        mounts.retain(|(mount, _)| !mount.point.starts_with(&point));
        mounts.push((Mount { point, root }, mount.fs_type == "cgroup2"));
    }
    let mounts = mounts.into_iter().filter(|(_, is_cgroup)| *is_cgroup);
    let depth = |mount: &Mount| mount.root.components().count();
    mounts
        .map(|(mount, _)| mount)
        .min_by_key(|mount| depth(mount))
}

/// A path as mountinfo has it: blanks, tabs, ends of lines and backslashes are octal numbers there, which
/// procfs-core leaves as they are.
fn unescaped(text: &OsStr) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let octal = more.get(..3).filter(|_| *first == b'\\');
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = more.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    OsString::from_vec(bytes).into()
}

impl Mount {
    /// Finds the hierarchy.
    pub fn find() -> Result<Mount> {
        let text = process::read_text("/proc/self/mountinfo")
            .doing(|| "cannot find out where cgroups are mounted")?;
        parse_mountinfo(&text).ok_or_else(|| {
            Failure::new(Exit::Failed, "no cgroup hierarchy of version 2 is mounted")
                .advise("Mount one: mount -t cgroup2 none /sys/fs/cgroup")
        })
    }

    /// The directory of a cgroup named as `/proc/PID/cgroup` does.
    fn directory(&self, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(&self.root).ok()?;
        if below.components().any(|part| part.as_os_str() == "..") {
            return None;
        }
        Some(self.point.join(below))
    }

    /// The root of what is mounted.
    pub fn top(&self) -> Group {
        Group {
            dir: self.point.clone(),
        }
    }

    /// The cgroup of a process.
    pub fn group_of(&self, pid: i32) -> Result<Group> {
        self.group_at(&process::cgroup_of(pid)?, &format!("process {pid}"))
    }

    /// The cgroup of this command.
    pub fn own_group(&self) -> Result<Group> {
        self.group_at(&process::own_cgroup()?, "this command")
    }

    fn group_at(&self, path: &Path, whose: &str) -> Result<Group> {
        let dir = self.directory(path).ok_or_else(|| {
            let message = format!(
                "the cgroup of {whose}, {}, is not within {}",
                path.display(),
                self.point.display()
            );
            Failure::new(Exit::Failed, message)
        })?;
        Ok(Group { dir })
    }

    /// Refuses a cgroup that a user named to be frozen, if this command would be frozen with it.
    pub fn check_not_ours(&self, group: &Group) -> Result<()> {
        if !group.holds(&self.own_group()?) {
            return Ok(());
        }
        let dir = group.dir.display();
        Err(
            Failure::usage(format!("this command is itself in the cgroup {dir}"))
                .advise("Run it from another cgroup: it would freeze itself."),
        )
    }

    /// The cgroup that a user named: by its directory, or by its path in the hierarchy.
    pub fn group_named(&self, name: &Path) -> Result<Group> {
        let within = name.strip_prefix("/").unwrap_or(name);
        for dir in [name.to_owned(), self.point.join(within)] {
            if dir.starts_with(&self.point) && dir.join("cgroup.procs").exists() {
                return Ok(Group { dir });
            }
        }
        Err(
            Failure::usage(format!("{} is not a cgroup", name.display())).advise(format!(
                "Give a directory below {}, or a path as /proc/PID/cgroup shows it.",
                self.point.display()
            )),
        )
    }

    /// The cgroup above, unless this one is the top.
    pub fn parent(&self, group: &Group) -> Option<Group> {
        if group.dir == self.point {
            return None;
        }
        group.dir.parent().map(|dir| Group { dir: dir.into() })
    }
}

/// A cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    dir: PathBuf,
}

/// What `cgroup.events` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// A live process is in it or below it.
    pub populated: bool,
    /// All of them are frozen.
    pub frozen: bool,
}

fn parse_events(text: &str) -> Events {
    let is_set = |key: &str| {
        text.lines().any(|line| {
            line.strip_prefix(key)
                .is_some_and(|rest| rest.trim() == "1")
        })
    };
    Events {
        populated: is_set("populated "),
        frozen: is_set("frozen "),
    }
}

impl Group {
    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What a file says that limits something; `None` when there is no such file.
    pub fn limit(&self, file: &str) -> Option<String> {
        self.read(file).ok()
    }

    /// Whether it is this one or stands below it.
    pub fn holds(&self, other: &Group) -> bool {
        other.dir.starts_with(&self.dir)
    }

    fn read(&self, file: &str) -> io::Result<String> {
        process::read_text(self.dir.join(file))
    }

    /// Makes a cgroup below this one.
    pub fn create(&self, name: &str) -> io::Result<Group> {
        let dir = self.dir.join(name);
        fs::create_dir(&dir)?;
        Ok(Group { dir })
    }

    /// The cgroup of this name below this one, if there is one.
    pub fn child(&self, name: &str) -> Option<Group> {
        let dir = self.dir.join(name);
        dir.is_dir().then_some(Group { dir })
    }

    /// Removes it; it has to be empty.
    pub fn remove(&self) -> io::Result<()> {
        fs::remove_dir(&self.dir)
    }

    /// Whether a freeze of this very cgroup was requested.
    pub fn asked_to_freeze(&self) -> bool {
        self.read("cgroup.freeze")
            .is_ok_and(|text| text.trim() == "1")
    }

    /// Whether all that is in it is frozen, for whatever reason. The root never is.
    pub fn is_frozen(&self) -> bool {
        self.read("cgroup.events")
            .is_ok_and(|text| parse_events(&text).frozen)
    }

    /// Its `cgroup.freeze` file, open for writing.
    pub fn freezer(&self) -> io::Result<File> {
        File::options()
            .read(true)
            .write(true)
            .open(self.dir.join("cgroup.freeze"))
    }

    /// Its directory, open.
    pub fn open(&self) -> io::Result<File> {
        File::open(&self.dir)
    }

    /// Waits until its events are as `wanted` says, the process behind `pidfd` ends, or `limit` has
    /// passed; tells whether they are.
    ///
    /// # Errors
    ///
    /// When a signal came, or the cgroup is gone.
    pub fn wait(
        &self,
        wanted: impl Fn(Events) -> bool,
        pidfd: Option<BorrowedFd<'_>>,
        limit: Duration,
    ) -> Result<bool> {
        let what = || format!("cannot watch the cgroup {}", self.dir.display());
        let start = Instant::now();
        let deadline = start + limit;
        let file = File::open(self.dir.join("cgroup.events")).doing(what)?;
        let mut ended = false;
        loop {
            let mut text = [0u8; 256];
            let len = file.read_at(&mut text, 0).doing(what)?;
            let text = String::from_utf8_lossy(text.get(..len).unwrap_or_default());
            if wanted(parse_events(&text)) {
                return Ok(true);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if ended || left.is_zero() {
                return Ok(false);
            }
            signals::check()?;
            let look = (start.elapsed() / LOOK_PART).clamp(FIRST_LOOK, LAST_LOOK);

            // The file twice does no harm when there is no pidfd.
            let mut fds = [
                PollFd::new(file.as_fd(), PollFlags::POLLPRI),
                match pidfd {
                    Some(pidfd) => PollFd::new(pidfd, PollFlags::POLLIN),
                    None => PollFd::new(file.as_fd(), PollFlags::POLLPRI),
                },
            ];
            match ppoll(&mut fds, Some(look.min(left).into()), None) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(Failure::os(what(), &error.into())),
            }
            ended = pidfd.is_some() && fds[1].any().unwrap_or(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
25 30 0:23 / /sys rw,nosuid shared:7 - sysfs sysfs rw
35 25 0:30 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro
36 35 0:31 /box /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw,nsdelegate
37 35 0:32 / /sys/fs/cgroup/systemd rw shared:11 - cgroup cgroup rw,name=systemd
";

    #[test]
    fn the_hierarchy_of_version_2_is_found_among_others() {
        let mount = parse_mountinfo(MOUNTS).unwrap();
        assert_eq!(mount.point, Path::new("/sys/fs/cgroup/unified"));
        let dir = |path: &str| mount.directory(Path::new(path));
        assert_eq!(dir("/box/a"), Some("/sys/fs/cgroup/unified/a".into()));
        assert_eq!(dir("/box"), Some("/sys/fs/cgroup/unified".into()));
        assert_eq!(dir("/elsewhere"), None);
        assert_eq!(dir("/box/../elsewhere"), None);
        assert_eq!(
            parse_mountinfo("25 30 0:23 / /sys rw - sysfs sysfs rw"),
            None
        );
    }

    #[test]
    fn the_mount_that_shows_most_is_taken() {
        let part = "38 30 0:31 /box /srv/box\\040of\\134x rw - cgroup2 cgroup2 rw\n";
        let whole = "39 30 0:31 / /sys/fs/cgroup\\040two rw - cgroup2 cgroup2 rw\n";
        for text in [format!("{part}{whole}"), format!("{whole}{part}")] {
            let mount = parse_mountinfo(&text).unwrap();
            assert_eq!(mount.point, Path::new("/sys/fs/cgroup two"));
            assert_eq!(mount.root, Path::new("/"));
        }
        let mount = parse_mountinfo(part).unwrap();
        assert_eq!(mount.point, Path::new("/srv/box of\\x"));
        // Behind another mount it cannot be reached.
        let hidden = format!("{whole}{part}40 30 0:40 / /sys/fs rw - tmpfs tmpfs rw\n");
        assert_eq!(parse_mountinfo(&hidden).unwrap().root, Path::new("/box"));
    }

    #[test]
    fn a_mount_may_have_any_name() {
        let mount = "36 35 0:31 / /a\\011\\012\\043\r\u{a0}\u{fffd} rw shared:1 master:2 - cgroup2 cgroup2 rw\n";
        let path = Path::new("/a\t\n#\r\u{a0}\u{fffd}");
        // A source may be empty, and a line that is none tells nothing.
        for other in [
            "",
            "37 35 0:32 / /x rw - tmpfs  rw\n",
            "37 35 0:32 / /a\n",
            "x 35 0:32 / / rw - tmpfs none rw\n",
        ] {
            for text in [format!("{other}{mount}"), format!("{mount}{other}")] {
                assert_eq!(parse_mountinfo(&text).unwrap().point, path, "{text}");
            }
        }
    }

    #[test]
    fn nothing_is_above_the_top() {
        let mount = parse_mountinfo(MOUNTS).unwrap();
        let group = Group {
            dir: "/sys/fs/cgroup/unified/a".into(),
        };
        assert_eq!(mount.parent(&group), Some(mount.top()));
        assert_eq!(mount.parent(&mount.top()), None);
        assert!(mount.top().holds(&group));
        assert!(!group.holds(&mount.top()));
    }

    #[test]
    fn events_are_read_by_their_names() {
        let events = parse_events("populated 1\nfrozen 0\n");
        assert_eq!((events.populated, events.frozen), (true, false));
        assert!(parse_events("populated 0\nfrozen 1\n").frozen);
        assert_eq!(parse_events(""), Events::default());
    }
}
