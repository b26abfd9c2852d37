// SPDX-License-Identifier: GPL-2.0-only

//! The capabilities of this thread: capget(2), and what capset(2) wants.

use std::{
    ffi::c_int,
    io, //
};

/// Version 3 of the calls: two words for each set.
const VERSION: u32 = 0x2008_0522;

/// A set, a bit for each capability.
pub type Set = u64;

/// To become any user.
pub const SETUID: Set = 1 << 7;

/// To administer the system.
pub const SYS_ADMIN: Set = 1 << 21;

/// The sets that capset(2) sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Those in use.
    pub effective: Set,
    /// Capabilities that may be used.
    pub permitted: Set,
    /// Those kept across execve(2).
    pub inheritable: Set,
}

/// `struct __user_cap_header_struct`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Header {
    version: u32,
    pid: c_int,
}

/// `struct __user_cap_data_struct`: one word of each set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Word {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// The calling thread.
pub const OWN: Header = Header {
    version: VERSION,
    pid: 0,
};

impl Capabilities {
    /// Those of the calling thread.
    pub fn own() -> io::Result<Capabilities> {
        let own = rustix::thread::capabilities(None)?;
        Ok(Capabilities {
            effective: own.effective.bits(),
            permitted: own.permitted.bits(),
            inheritable: own.inheritable.bits(),
        })
    }

    /// The capabilities that are in both.
    pub fn within(self, other: Capabilities) -> Capabilities {
        Capabilities {
            effective: self.effective & other.effective,
            permitted: self.permitted & other.permitted,
            inheritable: self.inheritable & other.inheritable,
        }
    }

    /// As capset(2) wants them.
    pub fn words(self) -> [Word; 2] {
        [0, 32].map(|shift| Word {
            effective: (self.effective >> shift) as u32,
            permitted: (self.permitted >> shift) as u32,
            inheritable: (self.inheritable >> shift) as u32,
        })
    }
}

/// Whether this command has CAP_SYS_ADMIN: only that counts for the module, not the user id.
pub fn may_administer() -> bool {
    Capabilities::own().is_ok_and(|own| own.effective & SYS_ADMIN != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_are_those_of_proc() {
        let own = Capabilities::own().unwrap();
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        for (name, set) in [
            ("CapEff:", own.effective),
            ("CapPrm:", own.permitted),
            ("CapInh:", own.inheritable),
        ] {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            assert_eq!(
                Set::from_str_radix(line.unwrap().trim(), 16),
                Ok(set),
                "{name}"
            );
        }
    }

    #[test]
    fn nothing_is_added() {
        let few = Capabilities {
            permitted: 1 << 40,
            ..Capabilities::default()
        };
        let all = Capabilities {
            effective: Set::MAX,
            permitted: Set::MAX,
            inheritable: 0,
        };
        assert_eq!(all.within(few), few);
        assert_eq!(few.within(all), few);
        assert_eq!(few.words()[1].permitted, 1 << 8);
        assert_eq!(few.words()[0], Word::default());
    }
}
