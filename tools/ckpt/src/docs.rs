// SPDX-License-Identifier: GPL-2.0-only

//! Manual pages and shell completions, made from the parsers of the command line.
//!
//! Text that the parsers do not have (files, examples) is here.

use std::{
    fs::{
        self,
        File, //
    },
    io::{
        self,
        Write, //
    },
    path::Path,
};

use clap::{
    Command,
    CommandFactory, //
};
use clap_complete::Shell;
use clap_mangen::{
    roff::{
        bold,
        roman,
        Roff, //
    },
    Man, //
};

use crate::{
    cli,
    failure::{
        Doing,
        Result, //
    },
};

/// A section of a manual page: its title, and paragraphs of a term and its text. Without a term it
/// is a plain paragraph.
type Section = (&'static str, &'static [(&'static str, &'static str)]);

const FILES: Section = (
    "FILES",
    &[
        ("/dev/ckpt", "The device of the kernel module."),
        (
            "/proc/sys/kernel/ckpt_unpriv_allowed",
            "The rights that the commands need besides access to the device. 0: CAP_SYS_ADMIN, which \
             root has, for both commands. 1, the default: checkpoint needs the right to trace each of \
             the processes, restart needs CAP_SYS_ADMIN. 2: checkpoint as with 1; restart needs \
             nothing.",
        ),
    ],
);

const CHECKPOINT: &[Section] = &[
    (
        "EXAMPLES",
        &[
            (
                "checkpoint 4711",
                "Save process 4711 and all processes below it to NAME-4711.ckpt. They run on.",
            ),
            (
                "checkpoint --check 4711",
                "Tell all that stands in the way of saving it.",
            ),
            (
                "checkpoint -k -o night.ckpt --inherit 4711",
                "Save it without its standard descriptors, then kill it.",
            ),
            (
                "checkpoint --stop -o - 4711 | ssh host 'cat > job.ckpt && ckptinfo -q job.ckpt' && kill -KILL 4711",
                "Save it to another machine, and kill it when a whole image has arrived there. Processes below it have to be killed, too.",
            ),
            (
                "checkpoint -o - 4711 | zstd > job.ckpt.zst",
                "Compress the image on its way to the disk.",
            ),
        ],
    ),
    (
        "FREEZING",
        &[
            (
                "",
                "The kernel module freezes the processes in the cgroups that they are in. A process \
                 that is stopped, or in a frozen cgroup, is saved as it is and stays so.",
            ),
            (
                "",
                "The freeze ends with this command, for whatever reason it ends.",
            ),
        ],
    ),
    (
        "OUTPUT",
        &[
            (
                "",
                "The rules of an image hold for a log, too: it takes the place of a file that has its \
                 name, but not of an image, and a symbolic link there is refused. Image and log go to \
                 two places, by whatever names.",
            ),
            (
                "",
                "Neither takes the place of a file that one of the processes has open, maps or \
                 executes. A descriptor for the image that is closed, or leads to the null device, is \
                 refused; --output /dev/null says that no image is to be kept.",
            ),
            (
                "",
                "A FIFO that other users can read is refused; so is each character device except \
                 /dev/null.",
            ),
            (
                "",
                "The command writes to a FIFO or a device if it is named, without a link, and belongs \
                 to the caller (a device: or to root); to a block device only with --force; and never \
                 under the default name. With --kill and --stop the command waits until the reader of \
                 a pipe has taken everything; if the reader goes before that, the processes run on.",
            ),
            (
                "",
                "An image has no name before it is complete, so that nothing is left of an incomplete \
                 one. On file systems without such files it is .ckpt-RANDOM.tmp in the same directory \
                 until then; that file, too, is removed when this command fails or is killed.",
            ),
        ],
    ),
    (
        "REFUSALS",
        &[
            (
                "",
                "The command refuses what cannot be saved before it writes anything: the message \
                 names the object and the reason, and the next step where there is one. \
                 Documentation/refusals.md in the sources lists all refusals.",
            ),
        ],
    ),
    FILES,
];

const RESTART: &[Section] = &[
    (
        "EXAMPLES",
        &[
            (
                "restart night.ckpt --inherit",
                "Restart with the standard descriptors of this command.",
            ),
            (
                "restart -d night.ckpt",
                "Restart in the background.",
            ),
            (
                "restart --pidns night.ckpt",
                "Restart with the old pids, in a new pid namespace.",
            ),
            (
                "zstd -dc job.ckpt.zst | restart",
                "Restart from a compressed image.",
            ),
        ],
    ),
    (
        "PIDS",
        &[
            (
                "",
                "Processes and threads get the pids that they had. If a pid is taken, the command \
                 fails and names the process that has it. With --pidns they have their pids in a new \
                 pid namespace; with --new-pids they get other pids, for programs that do not \
                 remember any. In pid namespaces that are part of the image they always have the pids \
                 that they had.",
            ),
            (
                "",
                "Choosing pids needs CAP_CHECKPOINT_RESTORE, which root has. Without it a program of \
                 one task gets another pid, and the command says so; a larger one is refused unless \
                 --new-pids is given. --pids is strict: the old pids, or an error.",
            ),
            (
                "",
                "With --pidns, unless the image is that of an init, this command stays behind as the \
                 init of the namespace until all processes there have ended.",
            ),
        ],
    ),
    (
        "CLOCKS",
        &[
            (
                "",
                "CLOCK_MONOTONIC and CLOCK_BOOTTIME go on from where they were at the checkpoint: the \
                 program gets a time namespace of its own, which needs CAP_SYS_ADMIN and \
                 CAP_SYS_TIME. If none can be made, the clocks jump ahead, and the command says so; \
                 if they would go back, as after a reboot, the restart is refused.",
            ),
            (
                "",
                "With --host-clocks the program has the clocks of the machine, forwards or back. The time of day \
                 is always that of the machine.",
            ),
        ],
    ),
    (
        "FILES THAT HAVE CHANGED",
        &[(
            "",
            "Files are opened again by their paths. A file that has another size, or has been written \
             to since the checkpoint, is an error that names it. With --allow-changed-files the \
             program gets such files as they are now. That does not help with a file that is mapped \
             privately, nor with the executable. For a missing file, --inherit may give another one.",
        )],
    ),
    (
        "DESCRIPTORS",
        &[(
            "",
            "With --inherit the program gets descriptors of this command in the place of its own: \
             --inherit alone gives 0, 1 and 2; --inherit=1:5,2:6 puts 5 in the place of 1, and 6 in \
             that of 2. Descriptors that checkpoint --inherit left out have to be given; ckptinfo \
             --fds shows them. Only descriptors that this command was started with can be given.",
        )],
    ),
    (
        "TERMINAL",
        &[
            (
                "",
                "A program that was on a terminal continues on the terminal of this command. A \
                 program that led the session of its terminal, such as a shell, needs a terminal for \
                 its session alone. With --terminal this command gives up its own for that; it has to \
                 lead its session:",
            ),
            (
                "script -qc 'exec restart --terminal shell.ckpt' /dev/null",
                "Here, until the program ends.",
            ),
            (
                "exec restart --terminal shell.ckpt",
                "In the place of this shell.",
            ),
        ],
    ),
    (
        "EXIT STATUS OF THE PROGRAM",
        &[(
            "",
            "If restart waits for the program, it exits with the program's status, or dies by the \
             signal that the program died by. Its own failures are then 125, 126 and 127, as those of \
             timeout(1): a program hardly ever exits with these, and only restart's own come with a \
             message on standard error.",
        )],
    ),
    FILES,
];

const CKPTINFO: &[Section] = &[(
    "EXAMPLES",
    &[
        ("ckptinfo night.ckpt", "Verify an image and sum it up."),
        ("ckptinfo --tree night.ckpt", "Draw the saved processes."),
        (
            "zstd -dc night.ckpt.zst | ckptinfo -",
            "Verify a compressed image.",
        ),
        (
            "ckptinfo --json night.ckpt | jq '.file[].file_node.path'",
            "Which files does it need?",
        ),
    ],
)];

/// Writes everything below a directory: `man/man1`, `completions`.
pub fn generate(dir: &Path) -> Result<()> {
    let man = dir.join("man/man1");
    let completions = dir.join("completions");
    for dir in [&man, &completions] {
        fs::create_dir_all(dir).doing(|| format!("cannot make {}", dir.display()))?;
    }
    let pages: [(Command, &[Section], &[&str]); 4] = [
        (
            cli::Ckpt::command(),
            &[FILES],
            &["checkpoint", "restart", "ckptinfo"],
        ),
        (
            cli::Checkpoint::command(),
            CHECKPOINT,
            &["restart", "ckptinfo", "ckpt"],
        ),
        (
            cli::Restart::command(),
            RESTART,
            &["checkpoint", "ckptinfo", "ckpt"],
        ),
        (
            cli::Info::command(),
            CKPTINFO,
            &["checkpoint", "restart", "ckpt"],
        ),
    ];
    for (command, sections, see_also) in pages {
        let path = man.join(format!("{}.1", command.get_name()));
        page(&path, command.clone(), sections, see_also)
            .doing(|| format!("cannot write {}", path.display()))?;
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let name = command.get_name().to_owned();
            clap_complete::generate_to(shell, &mut command.clone(), name, &completions)
                .doing(|| format!("cannot write in {}", completions.display()))?;
        }
    }
    Ok(())
}

fn page(path: &Path, command: Command, sections: &[Section], see_also: &[&str]) -> io::Result<()> {
    // The text after the options gets a heading of its own below.
    let exit_status = command.get_after_long_help().map(ToString::to_string);
    let command = command.after_long_help("");
    let title = command.get_name().to_uppercase();
    let man = Man::new(command.clone()).title(title);
    let mut file = File::create(path)?;
    man.render_title(&mut file)?;
    man.render_name_section(&mut file)?;
    man.render_synopsis_section(&mut file)?;
    man.render_description_section(&mut file)?;
    man.render_options_section(&mut file)?;

    let mut roff = Roff::new();
    if command.has_subcommands() {
        roff.control("SH", ["COMMANDS"]);
        for subcommand in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let about = subcommand.get_about().map(ToString::to_string);
            roff.control("TP", []);
            roff.text([bold(format!("{}(1)", subcommand.get_name()))]);
            roff.text([roman(about.unwrap_or_default())]);
        }
    }
    if let Some(text) = exit_status {
        roff.control("SH", ["EXIT STATUS"]);
        for line in text.lines().skip(1) {
            let Some((code, meaning)) = line.trim().split_once("  ") else {
                // It goes on, or is about what follows.
                if line.ends_with(':') {
                    roff.control("PP", []);
                }
                roff.text([roman(line.trim())]);
                continue;
            };
            roff.control("TP", ["4"]);
            roff.text([bold(code)]);
            roff.text([roman(meaning.trim_start())]);
        }
    }
    for (title, entries) in sections {
        roff.control("SH", [*title]);
        for (term, text) in *entries {
            if term.is_empty() {
                roff.control("PP", []);
            } else {
                roff.control("TP", []);
                roff.text([bold(*term)]);
            }
            roff.text([roman(*text)]);
        }
    }
    roff.control("SH", ["SEE ALSO"]);
    let names: Vec<String> = see_also.iter().map(|name| format!("{name}(1)")).collect();
    roff.text([roman(names.join(", "))]);
    roff.to_writer(&mut file)?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_gets_a_page_and_completions() {
        let dir = std::env::temp_dir().join(format!("ckpt-docs-{}", std::process::id()));
        generate(&dir).unwrap();
        for name in ["ckpt", "checkpoint", "restart", "ckptinfo"] {
            let page = fs::read_to_string(dir.join(format!("man/man1/{name}.1"))).unwrap();
            assert!(page.contains("EXIT STATUS"), "{name}");
            let saves = page.contains("processes run on as before");
            assert_eq!(saves, name == "checkpoint", "{page}");
            let sections = [
                "CLOCKS",
                "FILES THAT HAVE CHANGED",
                "DESCRIPTORS",
                "TERMINAL",
            ];
            for section in sections {
                let is_there = page.contains(&format!(".SH {section}"))
                    || page.contains(&format!(".SH \"{section}\""));
                assert_eq!(is_there, name == "restart", "{section}");
            }
            assert!(dir.join(format!("completions/{name}.bash")).exists());
        }
        fs::remove_dir_all(&dir).unwrap();
    }
}
