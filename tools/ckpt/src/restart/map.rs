// SPDX-License-Identifier: GPL-2.0-only

//! The file that tells which task is which: opened before anything is made, written when the program runs.

use std::{
    cell::RefCell,
    path::Path, //
};

use crate::{
    failure::Result,
    output::Lines,
    signals,
    uapi::PidMap, //
};

/// The file.
#[derive(Debug)]
pub struct Map(RefCell<Lines>);

impl Map {
    /// Opens it; what has the name stays until it is written.
    pub fn open(path: &Path) -> Result<Map> {
        Ok(Map(RefCell::new(Lines::open(path)?)))
    }

    /// Writes a line for each task.
    pub fn write(&self, map: &[PidMap]) -> Result<()> {
        let lines: String = map
            .iter()
            .map(|entry| format!("{} {}\n", entry.image_pid, entry.pid))
            .collect();
        let written = self.0.borrow_mut().write(lines.as_bytes());
        written.map_err(|mut failure| {
            failure.message = format!("the program runs, but {}", failure.message);
            signals::by_signal(failure)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::fd::AsRawFd, //
    };

    use super::*;

    const MAP: &[PidMap] = &[
        PidMap {
            image_pid: 5,
            pid: 7,
        },
        PidMap {
            image_pid: 6,
            pid: 6,
        },
    ];

    struct Scratch(std::path::PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let dir = std::env::temp_dir().join(format!("ckpt-{name}-{}", std::process::id()));
            fs::create_dir(&dir).unwrap();
            Scratch(dir)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn a_map_is_written_at_the_end_or_not_at_all() {
        let dir = Scratch::new("map");
        let path = dir.0.join("map");
        drop(Map::open(&path).unwrap());
        assert!(!path.exists());
        Map::open(&path).unwrap().write(MAP).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "5 7\n6 6\n");
        // What was there stays when nothing comes in its place.
        drop(Map::open(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "5 7\n6 6\n");
        Map::open(&path).unwrap().write(&MAP[1..]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "6 6\n");
        assert!(Map::open(&dir.0.join("missing/map")).is_err());
    }

    #[test]
    fn a_link_is_not_followed_nor_another_name_written_to() {
        let dir = Scratch::new("links");
        let (path, precious) = (dir.0.join("map"), dir.0.join("precious"));
        fs::write(&precious, "precious").unwrap();
        std::os::unix::fs::symlink(&precious, &path).unwrap();
        let failure = Map::open(&path).unwrap_err();
        assert!(failure.message.contains("symbolic link"), "{failure}");
        fs::remove_file(&path).unwrap();
        fs::hard_link(&precious, &path).unwrap();
        Map::open(&path).unwrap().write(MAP).unwrap();
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
        // What has come there meanwhile is not removed.
        let (map, path) = (Map::open(&dir.0.join("new")).unwrap(), dir.0.join("new"));
        fs::write(&path, "another's").unwrap();
        drop(map);
        assert_eq!(fs::read_to_string(&path).unwrap(), "another's");
    }

    #[test]
    fn an_image_keeps_its_name() {
        let dir = Scratch::new("image");
        let path = dir.0.join("map");
        let image = ckpt_image::testing::seal(&ckpt_image::testing::minimal());
        fs::write(&path, &image).unwrap();
        let failure = Map::open(&path).unwrap_err();
        assert!(failure.message.contains("is an image"), "{failure}");
        // One that has come meanwhile, whether something had the name before or not.
        for was in [Some("old"), None] {
            fs::remove_file(&path).unwrap();
            was.map_or(Ok(()), |was| fs::write(&path, was)).unwrap();
            let map = Map::open(&path).unwrap();
            fs::write(&path, &image).unwrap();
            let failure = map.write(MAP).unwrap_err();
            assert!(failure.message.contains("is an image"), "{failure}");
            assert!(fs::read(&path).unwrap() == image);
        }
        assert_eq!(fs::read_dir(&dir.0).unwrap().count(), 1);
    }

    #[test]
    fn what_a_descriptor_leads_to_keeps_what_it_holds() {
        let dir = Scratch::new("inherited");
        let path = dir.0.join("all.log");
        fs::write(&path, "old\n").unwrap();
        let file = fs::File::options().append(true).open(&path).unwrap();
        let name = format!("/dev/fd/{}", file.as_raw_fd());
        Map::open(Path::new(&name)).unwrap().write(MAP).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old\n5 7\n6 6\n");
        let file = fs::File::open(&path).unwrap();
        let name = format!("/dev/fd/{}", file.as_raw_fd());
        let failure = Map::open(Path::new(&name)).unwrap_err();
        assert!(failure.message.contains("not open for writing"));
    }

    #[test]
    fn a_map_may_go_to_a_device() {
        Map::open(Path::new("/dev/null"))
            .unwrap()
            .write(MAP)
            .unwrap();
        assert!(Path::new("/dev/null").exists());
    }
}
