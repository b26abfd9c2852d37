// SPDX-License-Identifier: GPL-2.0-only

//! Limits of cgroups. No image holds them: a restarted program has those of the cgroup that it is restarted
//! in. This file compares them with the limits of the cgroup of this command.

use crate::cgroup::{
    Group,
    Mount, //
};

/// The files that limit something: of all groups on the way to the top the least one counts.
const LIMITS: [(&str, &str); 4] = [
    ("memory.max", "bytes of memory"),
    ("memory.swap.max", "bytes of swap space"),
    ("pids.max", "tasks"),
    ("cpu.max", "thousandths of a processor"),
];

/// What limits a process and this command in different ways, a sentence each; nothing where there are no
/// control groups.
pub fn differences(pid: i32) -> Vec<String> {
    let Ok(mount) = Mount::find() else {
        return Vec::new();
    };
    let groups = (mount.group_of(pid), mount.own_group());
    let (Ok(its), Ok(ours)) = groups else {
        return Vec::new();
    };
    let lines = LIMITS.iter().filter_map(|(file, what)| {
        let least = |group: &Group| least(&mount, group, file);
        sentence(&its, least(&its), least(&ours), what)
    });
    lines.collect()
}

fn sentence(group: &Group, its: Option<u64>, ours: Option<u64>, what: &str) -> Option<String> {
    let limit = |limit: Option<u64>| limit.map_or("no limit".to_owned(), |limit| limit.to_string());
    (its != ours).then(|| {
        format!(
            "the control group {} allows {} {what}, that of this command {}: restarted, the program has those of \
             the restart command",
            group.dir().display(),
            limit(its),
            limit(ours)
        )
    })
}

/// The least limit of a group and those above it; `None` for none.
fn least(mount: &Mount, group: &Group, file: &str) -> Option<u64> {
    let mut next = Some(group.clone());
    let mut least = None;
    while let Some(group) = next {
        if let Some(limit) = group.limit(file).and_then(|text| value(&text)) {
            least = Some(least.map_or(limit, |least: u64| least.min(limit)));
        }
        next = mount.parent(&group);
    }
    least
}

/// "max" is none; "QUOTA PERIOD" of cpu.max becomes thousandths.
fn value(text: &str) -> Option<u64> {
    let mut words = text.split_ascii_whitespace();
    let limit: u64 = words.next()?.parse().ok()?;
    match words.next() {
        None => Some(limit),
        Some(period) => limit.checked_mul(1000)?.checked_div(period.parse().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers_or_none() {
        assert_eq!(value("max\n"), None);
        assert_eq!(value("4096\n"), Some(4096));
        assert_eq!(value("max 100000\n"), None);
        assert_eq!(value("50000 100000\n"), Some(500));
        assert_eq!(value("1 0\n"), None);
        assert_eq!(value(""), None);
    }
}
