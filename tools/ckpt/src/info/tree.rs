// SPDX-License-Identifier: GPL-2.0-only

//! The saved tree as a drawing, like that of pstree(1), and as a table of numbers.

use std::{
    env,
    io::{
        self,
        Write, //
    },
};

use super::model::{
    Image,
    Place,
    Task, //
};
use crate::{
    failure::signal_name,
    text::printable, //
};

/// The lines of a drawing: before a node that others follow, before the last one, and below them.
struct Lines {
    fork: &'static str,
    last: &'static str,
    below: &'static str,
    blank: &'static str,
}

const UNICODE: Lines = Lines {
    fork: "├─",
    last: "└─",
    below: "│ ",
    blank: "  ",
};

const ASCII: Lines = Lines {
    fork: "|-",
    last: "`-",
    below: "| ",
    blank: "  ",
};

impl Lines {
    /// The lines that the terminal can show, by the variables that setlocale(3) looks at.
    fn of_locale() -> &'static Lines {
        let value = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .filter_map(|name| env::var(name).ok())
            .find(|value| !value.is_empty());
        Lines::of(&value.unwrap_or_default())
    }

    fn of(locale: &str) -> &'static Lines {
        let locale = locale.to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") {
            &UNICODE
        } else {
            &ASCII
        }
    }
}

/// Columns up to which lines are drawn; what is deeper begins at the left again, so that a chain of
/// processes takes no more than it has links.
const INDENT: usize = 120;

/// What is drawn at one place.
#[derive(Default)]
struct Node {
    label: String,
    below: Vec<usize>,
}

/// Draws the tree: pid and name of each process, what is special about it, its threads in braces.
pub fn draw(out: &mut dyn Write, image: &Image) -> io::Result<()> {
    draw_with(out, image, Lines::of_locale())
}

fn draw_with(out: &mut dyn Write, image: &Image, lines: &Lines) -> io::Result<()> {
    let nodes = nodes(image);
    // A tree may be as deep as it likes: no recursion.
    let mut todo = vec![(0, String::new(), "")];
    while let Some((at, indent, line)) = todo.pop() {
        let Some(node) = nodes.get(at) else { continue };
        writeln!(out, "{indent}{line}{}", printable(&node.label))?;
        let mut indent = match line {
            "" => indent,
            _ if line == lines.last => indent + lines.blank,
            _ => indent + lines.below,
        };
        if indent.chars().count() >= INDENT && !node.below.is_empty() {
            let pid = image.tasks.get(at).map_or(0, |task| task.pid);
            indent = format!("below {pid}: ");
        }
        let mut line = lines.last;
        for below in node.below.iter().rev() {
            todo.push((*below, indent.clone(), line));
            line = lines.fork;
        }
    }
    for ghost in &image.ghosts {
        let place = Some(Place(image.tasks.len() as u32));
        let what = match ghost.entry.session == ghost.entry.group && ghost.entry.session >= place {
            true => "session",
            false => "process group",
        };
        writeln!(out, "{} (no process: a {what} goes by it)", ghost.pid)?;
    }
    Ok(())
}

fn nodes(image: &Image) -> Vec<Node> {
    let mut nodes: Vec<Node> = image
        .tasks
        .iter()
        .enumerate()
        .map(|(place, task)| Node {
            label: label(image, place, task),
            below: Vec::new(),
        })
        .collect();
    let mut is_parent = vec![false; nodes.len()];
    for task in &image.tasks {
        if let Some(is_parent) = task
            .entry
            .parent
            .and_then(|parent| is_parent.get_mut(parent.0 as usize))
        {
            *is_parent = true;
        }
    }
    // Threads first, those of one name that have no children in one line.
    let mut before: Option<(usize, &str, usize)> = None;
    for (place, task) in image.tasks.iter().enumerate() {
        let leader = task.entry.leader.map_or(place, |leader| leader.0 as usize);
        if leader == place {
            continue;
        }
        match before {
            Some((of, name, node)) if (of, name) == (leader, &task.name) && !is_parent[place] => {
                nodes[node].label += &format!(" {}", task.pid);
                continue;
            }
            _ => {}
        }
        before = (!is_parent[place]).then_some((leader, &task.name, place));
        nodes[leader].below.push(place);
    }
    for (place, task) in image.tasks.iter().enumerate() {
        if task.entry.leader != Some(Place(place as u32)) {
            continue;
        }
        let parent = task.entry.parent;
        if let Some(parent) = parent.and_then(|parent| nodes.get_mut(parent.0 as usize)) {
            parent.below.push(place);
        }
    }
    nodes
}

fn label(image: &Image, at: usize, task: &Task) -> String {
    let entry = &task.entry;
    let place = Place(at as u32);
    if entry.leader != Some(place) {
        let stopped = if task.state == "stopped" {
            " stopped:"
        } else {
            ""
        };
        return format!("{{{}}}{stopped} {}", task.name, task.pid);
    }
    let mut label = format!("{} {}", task.pid, task.name);
    let mut add = |text: String| label += &format!(", {text}");
    let threads = image.tasks.iter().skip(at + 1);
    let threads = threads
        .take_while(|task| task.entry.leader == Some(place))
        .count();
    let is_dead = entry.flags.contains("DEAD");
    match (is_dead, threads) {
        (false, 0) => {}
        (false, _) => add(format!("{} threads", threads + 1)),
        (true, 0) => add(format!("zombie: {}", status(task.exit_code))),
        (true, _) => add(format!("{threads} threads, the first has ended")),
    }
    if task.state == "stopped" {
        add("stopped".to_owned());
    }
    let parent = entry.parent.and_then(|parent| image.task(parent));
    let inherited = parent.map(|parent| (parent.sid, parent.pgid));
    if entry.session == Some(place) {
        add("leads its session".to_owned());
    } else {
        if inherited.is_some_and(|(sid, _)| sid != task.sid) {
            add(format!("session {}", task.sid));
        }
        if entry.group == Some(place) {
            add("leads its process group".to_owned());
        } else if inherited.is_some_and(|(_, pgid)| pgid != task.pgid) {
            add(format!("process group {}", task.pgid));
        }
    }
    let pids: Vec<String> = entry.nested_pids.iter().map(i32::to_string).collect();
    match (entry.pid_namespace == Some(place), pids.is_empty()) {
        (true, _) => add("init of a pid namespace".to_owned()),
        (false, false) => add(format!("pid {} inside", pids.join(" "))),
        (false, true) => {}
    }
    let sharer = entry.memory.filter(|first| *first != place);
    if let Some(first) = sharer.and_then(|first| image.task(first)) {
        add(format!("shares memory with {}", first.pid));
    }
    label
}

/// A status for wait(2) in words.
fn status(status: i32) -> String {
    match status & 0x7f {
        0 => format!("exited with {}", status >> 8 & 0xff),
        signal if status & 0x80 != 0 => format!("{}, core dumped", signal_name(signal)),
        signal => format!("killed by {}", signal_name(signal)),
    }
}

/// The numbers of all tasks.
pub fn table(out: &mut dyn Write, image: &Image) -> io::Result<()> {
    writeln!(
        out,
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:<8} NAME",
        "PID", "PPID", "TGID", "PGID", "SID", "STATE"
    )?;
    for task in &image.tasks {
        writeln!(
            out,
            "{:>8} {:>8} {:>8} {:>8} {:>8} {:<8} {}",
            task.pid,
            task.ppid,
            task.tgid,
            task.pgid,
            task.sid,
            task.state,
            printable(&task.name)
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        info::convert,
        tree::testing::Family, //
    };

    fn image(family: &Family) -> Image {
        let (tasks, ghosts) = convert::tree(&family.tree());
        let mut image = Image {
            tasks,
            ghosts,
            ..Image::default()
        };
        for task in &mut image.tasks {
            task.name = "sh".to_owned();
        }
        image
    }

    fn drawing(image: &Image, lines: &Lines) -> String {
        let mut out = Vec::new();
        draw_with(&mut out, image, lines).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_tree_is_drawn_with_what_is_special_about_each() {
        let mut family = Family::new(100);
        let shell = family.child(0);
        family.leads_session(shell);
        let thread = family.thread(shell);
        family.thread(shell);
        family.thread(shell);
        let zombie = family.child(shell);
        family.entries[zombie].flags = ckpt_image::record::tree_flag::DEAD;
        let job = family.child(shell);
        family.leads_group(job);
        family.child(thread);
        let last = family.child(0);
        let ghost = family.ghost(0);
        for place in [last, ghost] {
            family.entries[place].session = ghost as u32;
            family.entries[place].group = ghost as u32;
        }
        let mut image = image(&family);
        image.tasks[zombie].exit_code = 3 << 8;
        image.tasks[job].state = "stopped";
        assert_eq!(
            drawing(&image, &UNICODE),
            "\
100 sh
├─101 sh, 4 threads, leads its session
│ ├─{sh} 102
│ │ └─107 sh
│ ├─{sh} 103 104
│ ├─105 sh, zombie: exited with 3
│ └─106 sh, stopped, leads its process group
└─108 sh, session 109, process group 109
109 (no process: a session goes by it)
"
        );
        assert!(drawing(&image, &ASCII).contains("| |-{sh} 103 104\n"));
    }

    #[test]
    fn a_nested_namespace_shows_its_numbers() {
        let mut family = Family::new(100);
        let init = family.init(0);
        let inner = family.child(init);
        family.numbers[inner] = vec![2];
        let drawing = drawing(&image(&family), &ASCII);
        assert!(drawing.contains("101 sh, init of a pid namespace"));
        assert!(drawing.contains("102 sh, pid 2 inside"));
    }

    #[test]
    fn a_chain_of_any_length_is_drawn() {
        let mut family = Family::new(1);
        for parent in 0..3000 {
            family.child(parent);
        }
        let drawing = drawing(&image(&family), &ASCII);
        assert_eq!(drawing.lines().count(), 3001);
        assert!(drawing.len() < 3001 * 160, "{} bytes", drawing.len());
        assert!(drawing.contains("\nbelow 61: `-62 sh\n"), "{drawing}");
    }

    #[test]
    fn the_locale_decides_about_lines() {
        assert_eq!(Lines::of("de_DE.UTF-8").fork, UNICODE.fork);
        assert_eq!(Lines::of("C.utf8").fork, UNICODE.fork);
        assert_eq!(Lines::of("C").fork, ASCII.fork);
    }

    #[test]
    fn the_end_of_a_zombie_is_told() {
        assert_eq!(status(0x0300), "exited with 3");
        assert_eq!(status(15), "killed by SIGTERM");
        assert_eq!(status(0x80 | 11), "SIGSEGV, core dumped");
    }
}
