// SPDX-License-Identifier: GPL-2.0-only

//! The lists of descriptors on a command line: `0,1,2`, `0-2`, `1:5,2:6`.
//!
//! Only the parsing of them lives here.

use std::str::FromStr;

use crate::uapi::{
    self,
    Inherit, //
};

/// Descriptors that are not part of an image: `0,1,2` or `0-2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FdList(pub Vec<i32>);

/// Which descriptors of the caller take the place of which in the image: `1:5,2:6`. A number alone
/// stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FdMap(pub Vec<Inherit>);

/// The pid of a process.
///
/// # Errors
///
/// When it is none, for the parser of the command line.
pub fn pid(text: &str) -> Result<i32, String> {
    match text.parse() {
        Ok(pid) if pid > 0 => Ok(pid),
        _ => Err(format!("`{text}` is not the pid of a process")),
    }
}

fn number(text: &str) -> Result<i32, String> {
    match text.parse() {
        Ok(fd) if fd >= 0 => Ok(fd),
        _ => Err(format!("`{text}` is not the number of a descriptor")),
    }
}

fn range(text: &str) -> Result<std::ops::RangeInclusive<i32>, String> {
    let Some((first, last)) = text.split_once('-') else {
        let fd = number(text)?;
        return Ok(fd..=fd);
    };
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(format!("`{text}` ends before it begins"));
    }
    if (last - first) as usize >= uapi::MAX_INHERIT {
        return Err(too_many());
    }
    Ok(first..=last)
}

fn too_many() -> String {
    format!("more than {} descriptors", uapi::MAX_INHERIT)
}

fn accept(known: &[i32], fd: i32) -> Result<(), String> {
    if known.contains(&fd) {
        Err(format!("descriptor {fd} is given twice"))
    } else if known.len() >= uapi::MAX_INHERIT {
        Err(too_many())
    } else {
        Ok(())
    }
}

impl FromStr for FdList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut list = Vec::new();
        for item in text.split(',') {
            for fd in range(item)? {
                accept(&list, fd)?;
                list.push(fd);
            }
        }
        Ok(FdList(list))
    }
}

impl FromStr for FdMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut known = Vec::new();
        let mut map = Vec::new();
        for item in text.split(',') {
            if let Some((image_fd, fd)) = item.split_once(':') {
                let (image_fd, fd) = (number(image_fd)?, number(fd)?);
                accept(&known, image_fd)?;
                known.push(image_fd);
                map.push(Inherit { image_fd, fd });
            } else {
                for fd in range(item)? {
                    accept(&known, fd)?;
                    known.push(fd);
                    map.push(Inherit { image_fd: fd, fd });
                }
            }
        }
        Ok(FdMap(map))
    }
}

impl FdMap {
    /// Whether it asks for more than to hand on standard input, output and error, which a program may have
    /// closed.
    pub fn is_particular(&self) -> bool {
        let is_standard = |entry: &Inherit| entry.image_fd == entry.fd && entry.fd <= 2;
        !self.0.iter().all(is_standard)
    }
}

impl FdList {
    /// The table for a checkpoint.
    pub fn table(&self) -> Vec<Inherit> {
        self.0
            .iter()
            .map(|fd| Inherit {
                image_fd: *fd,
                fd: 0,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<Vec<i32>, String> {
        text.parse().map(|list: FdList| list.0)
    }

    fn map(text: &str) -> Result<Vec<(i32, i32)>, String> {
        text.parse()
            .map(|map: FdMap| map.0.iter().map(|e| (e.image_fd, e.fd)).collect())
    }

    #[test]
    fn a_list_takes_numbers_and_ranges() {
        assert_eq!(list("0,1,2"), Ok(vec![0, 1, 2]));
        assert_eq!(list("0-2,7"), Ok(vec![0, 1, 2, 7]));
        assert_eq!(list("5-5"), Ok(vec![5]));
    }

    #[test]
    fn a_list_refuses_what_is_no_descriptor() {
        for text in [
            "",
            "a",
            "-1",
            "1,",
            "2-1",
            "1,1",
            "0-64",
            "1:2",
            "99999999999",
        ] {
            assert!(list(text).is_err(), "{text}");
        }
        assert!(list("0-63").is_ok());
        assert!(list("0-63,64").is_err());
    }

    #[test]
    fn a_map_takes_pairs_and_what_stands_for_itself() {
        assert_eq!(map("0,1:5,7-8"), Ok(vec![(0, 0), (1, 5), (7, 7), (8, 8)]));
        assert_eq!(map("1:3,2:3"), Ok(vec![(1, 3), (2, 3)]));
    }

    #[test]
    fn a_map_refuses_a_descriptor_of_the_image_twice() {
        for text in ["1:3,1:4", "1:3,0-1", "1:", ":1", "1:2:3", "0-1:2"] {
            assert!(map(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_table_of_a_checkpoint_holds_no_descriptor_of_the_caller() {
        let table = FdList(vec![1, 2]).table();
        assert!(table.iter().all(|entry| entry.fd == 0));
    }
}
