// SPDX-License-Identifier: GPL-2.0-only

//! The commands by their command lines, as far as they go without the kernel module.

use std::{
    fs,
    io::Write,
    os::unix::{
        fs::{
            symlink,
            PermissionsExt, //
        },
        process::ExitStatusExt, //
    },
    path::{
        Path,
        PathBuf, //
    },
    process::{
        Command,
        Output,
        Stdio, //
    },
};

use ckpt_image::testing;

/// A directory with the commands under their names, removed at the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let dir = std::env::temp_dir().join(format!("ckpt-cmd-{name}-{}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        for name in ["checkpoint", "restart", "ckptinfo"] {
            symlink(env!("CARGO_BIN_EXE_ckpt"), dir.join(name)).unwrap();
        }
        Place(dir)
    }

    fn image(&self) -> PathBuf {
        let path = self.0.join("image.ckpt");
        fs::write(&path, testing::seal(&testing::minimal())).unwrap();
        path
    }

    fn command(&self, line: &str) -> Command {
        let mut words = line.split(' ');
        let mut command = Command::new(self.0.join(words.next().unwrap()));
        command
            .args(words)
            .current_dir(&self.0)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn has_module() -> bool {
    Path::new("/dev/ckpt").exists()
}

#[test]
fn each_name_is_a_command() {
    let place = Place::new("names");
    for name in ["checkpoint", "restart", "ckptinfo"] {
        let output = place.run(&format!("{name} --version"));
        assert!(stdout(&output).starts_with(&format!("{name} ")));
        let output = Command::new(env!("CARGO_BIN_EXE_ckpt"))
            .args([name, "--help"])
            .output();
        let help = stdout(&output.unwrap());
        assert!(help.contains("Exit status:"), "{name}");
        // Only one of them saves.
        let saves = help.contains("the processes run on as before");
        assert_eq!(saves, name == "checkpoint", "{help}");
    }
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    let place = Place::new("usage");
    for line in [
        "checkpoint",
        "checkpoint 1 2",
        "checkpoint --kill --stop 1",
        "restart --wait --detach x",
        "restart -d --pids --pidns x",
        "restart --frozen --pids --new-pids x",
        "ckptinfo --json --maps x",
        "restart --detach .",
        "ckptinfo .",
    ] {
        assert_eq!(place.run(line).status.code(), Some(2), "{line}");
    }
    // What follows a program leaves such statuses to it.
    for line in [
        "restart --pids --pidns x",
        "restart .",
        "restart --wait=1",
        "restart --frozen -w --pids --pidns x",
    ] {
        assert_eq!(place.run(line).status.code(), Some(125), "{line}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_ckpt"))
        .args(["restart", "--pids", "--pidns", "x"])
        .output();
    assert_eq!(output.unwrap().status.code(), Some(125));
}

#[test]
fn what_was_typed_does_not_speak_to_the_terminal() {
    let place = Place::new("typed");
    for line in [
        "checkpoint --\x1b[31m",
        "checkpoint \x1b[31m",
        "ckptinfo \u{9b}\u{202e}",
    ] {
        let output = place.run(line);
        assert!(!output.status.success());
        let said = stderr(&output);
        assert!(
            !said
                .chars()
                .any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')),
            "{said:?}"
        );
    }
}

#[test]
fn without_the_module_the_exit_code_is_5_and_the_advice_modprobe() {
    if has_module() {
        return;
    }
    let place = Place::new("module");
    place.image();
    for (line, status) in [
        ("checkpoint 1", 5),
        ("restart -d image.ckpt", 5),
        ("restart --pids -i image.ckpt", 125),
    ] {
        let output = place.run(line);
        assert_eq!(output.status.code(), Some(status), "{line}");
        assert!(stderr(&output).contains("modprobe ckpt"), "{line}");
    }
    let names: Vec<_> = fs::read_dir(&place.0).unwrap().collect();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[test]
fn an_image_that_is_none_exits_with_3() {
    let place = Place::new("damaged");
    let image = fs::read(place.image()).unwrap();
    fs::write(place.0.join("cut"), &image[..image.len() - 8]).unwrap();
    fs::write(place.0.join("text"), "not an image at all, but long enough").unwrap();
    fs::write(place.0.join("empty"), "").unwrap();
    for line in [
        "ckptinfo cut",
        "ckptinfo --records cut",
        "ckptinfo text",
        "ckptinfo empty",
    ] {
        assert_eq!(place.run(line).status.code(), Some(3), "{line}");
    }
    fs::write(place.0.join("packed"), b"\x28\xb5\x2f\xfd and so on").unwrap();
    for (line, pipe) in [
        ("ckptinfo packed", "zstd -dc packed | ckptinfo -"),
        ("ckptinfo --records packed", "zstd -dc packed | ckptinfo -"),
        ("restart -d packed", "zstd -dc packed | restart"),
    ] {
        let output = place.run(line);
        assert_eq!(output.status.code(), Some(3), "{line}");
        assert!(
            stderr(&output).contains(pipe),
            "{line}: {}",
            stderr(&output)
        );
    }
    for line in ["restart -d text", "restart -d empty"] {
        assert_eq!(place.run(line).status.code(), Some(3), "{line}");
    }
    for line in ["restart text", "restart --wait empty"] {
        assert_eq!(place.run(line).status.code(), Some(126), "{line}");
    }
}

#[test]
fn one_wrong_bit_in_a_page_exits_with_3_and_tells_its_address() {
    let place = Place::new("bit");
    let mut parts = testing::minimal();
    let pages = parts.iter_mut().find(|part| !part.contents.is_empty());
    let pages = pages.unwrap();
    pages.body[pages.contents.start + 5000] ^= 1;
    fs::write(place.0.join("bit"), testing::seal(&parts)).unwrap();
    for line in ["ckptinfo -q bit", "ckptinfo bit", "ckptinfo --records bit"] {
        let output = place.run(line);
        assert_eq!(output.status.code(), Some(3), "{line}");
        let told = stderr(&output);
        assert!(told.contains("PAGES at offset"), "{line}: {told}");
        assert!(told.contains("(800000-801000)"), "{line}: {told}");
        assert!(!stdout(&output).contains("verified"), "{line}");
    }
}

#[test]
fn a_file_that_is_not_there_exits_with_1() {
    let place = Place::new("missing");
    for (line, status) in [
        ("ckptinfo nothing", 1),
        ("restart -d nothing", 1),
        ("restart nothing", 127),
    ] {
        let output = place.run(line);
        assert_eq!(output.status.code(), Some(status), "{line}");
        assert!(stderr(&output).contains("No such file"), "{line}");
    }
}

#[test]
fn every_view_of_an_image_is_printed() {
    let place = Place::new("views");
    place.image();
    for (view, wanted) in [
        ("--summary", "minimal (/usr/bin/minimal), running"),
        ("--records", "TAIL"),
        ("--maps", "[stack]"),
        ("--tree", "minimal"),
        ("--pids", "minimal"),
        ("--fds", "/tmp/output"),
        ("--index", "FILE_TABLE"),
        ("--registers", "orig_rax"),
        ("--error", "did not fail"),
        ("--json", "\"task\""),
    ] {
        let output = place.run(&format!("ckptinfo {view} image.ckpt"));
        assert!(output.status.success(), "{view}: {}", stderr(&output));
        assert!(
            stdout(&output).contains(wanted),
            "{view}: {}",
            stdout(&output)
        );
    }
    let output = place.run("ckptinfo -q image.ckpt");
    assert!(output.status.success() && output.stdout.is_empty());
}

#[test]
fn an_image_may_come_through_a_pipe() {
    let place = Place::new("pipe");
    let image = testing::seal(&testing::minimal());
    let mut child = place
        .command("ckptinfo -")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&image).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(stdout(&output).contains("standard input"));
}

#[test]
fn a_reader_that_goes_away_ends_ckptinfo_as_any_filter() {
    let place = Place::new("head");
    place.image();
    let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).unwrap();
    drop(read);
    let output = place
        .command("ckptinfo --json image.ckpt")
        .stdout(write)
        .output()
        .unwrap();
    assert_eq!(output.status.signal(), Some(nix::libc::SIGPIPE));
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_image_and_the_programs_input_cannot_both_be_standard_input() {
    let place = Place::new("stdin");
    let image = fs::File::open(place.image()).unwrap();
    let output = place
        .command("restart --inherit")
        .stdin(image)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert!(stderr(&output).contains("--inherit=1,2"));
}

#[test]
fn what_cannot_be_saved_is_told_before_anything_is_written() {
    let place = Place::new("target");
    if !has_module() {
        return;
    }
    fs::write(place.0.join("old"), "old").unwrap();
    let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
    let pid = sleeper.id();
    for (line, wanted) in [
        ("checkpoint 4194304".to_owned(), "there is no process"),
        (format!("checkpoint -o old {pid}"), "--force"),
        (format!("checkpoint -o . {pid}"), "is a directory"),
    ] {
        let output = place.run(&line);
        assert!(!output.status.success(), "{line}");
        assert!(
            stderr(&output).contains(wanted),
            "{line}: {}",
            stderr(&output)
        );
    }
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
}

#[test]
fn only_descriptors_that_the_caller_has_given_are_handed_on() {
    let place = Place::new("inherit");
    place.image();
    for (line, told) in [
        ("restart --inherit=0:3,1:4 image.ckpt", "no descriptor 3"),
        ("restart --inherit=1:9 image.ckpt", "no descriptor 9"),
        ("restart --inherit=1,2,17 image.ckpt", "no descriptor 17"),
    ] {
        let output = place.run(line);
        assert_eq!(output.status.code(), Some(125), "{line}");
        let said = stderr(&output);
        assert!(said.contains(told), "{line}: {said}");
        assert!(said.contains("<>FILE"), "{line}: {said}");
    }
    // Given by a shell it is good.
    let line = "exec ./restart --inherit=1:9 image.ckpt 9>/dev/null";
    let output = Command::new("bash")
        .args(["-c", line])
        .current_dir(&place.0)
        .output()
        .unwrap();
    assert!(
        !stderr(&output).contains("no descriptor"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_image_is_read_from_nothing_that_others_have_a_hand_in() {
    let place = Place::new("input");
    place.image();
    let fifo = |name: &str, mode: u32| {
        let path = place.0.join(name);
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::empty()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    fifo("many", 0o620);
    fifo("own", 0o600);
    symlink("own", place.0.join("link")).unwrap();
    symlink("image.ckpt", place.0.join("latest")).unwrap();
    fs::create_dir(place.0.join("open")).unwrap();
    fs::set_permissions(place.0.join("open"), fs::Permissions::from_mode(0o777)).unwrap();
    fifo("open/fifo", 0o600);
    for (line, status, told) in [
        ("restart many", 125, "can be written by other users"),
        ("ckptinfo many", 2, "can be written by other users"),
        ("ckptinfo link", 2, "is a symbolic link to"),
        ("ckptinfo open/fifo", 2, "in a directory of others"),
        ("ckptinfo /dev/zero", 3, "is a character device"),
        ("ckptinfo /dev/tty", 3, "is a character device"),
        ("restart /dev/fd/77", 125, "cannot use /dev/fd/77"),
    ] {
        let output = place.run(line);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{line}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(told),
            "{line}: {}",
            stderr(&output)
        );
    }
    assert!(place.run("ckptinfo latest").status.success());
    for script in [
        "./ckptinfo /dev/stdin <image.ckpt",
        "./ckptinfo <(cat image.ckpt)",
        "./ckptinfo /dev/fd/8 8<image.ckpt",
        "cat image.ckpt >own & ./ckptinfo own",
    ] {
        let output = Command::new("bash")
            .args(["-c", script])
            .current_dir(&place.0)
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}: {}", stderr(&output));
    }
}

#[test]
fn a_command_that_is_suggested_does_what_it_says() {
    let place = Place::new("suggested");
    let name = "a;touch gone $(touch gone)'\u{1b}.zst";
    fs::write(place.0.join(name), b"\x28\xb5\x2f\xfd and so on").unwrap();
    let mut command = place.command("ckptinfo");
    let output = command.arg(name).output().unwrap();
    let said = stderr(&output);
    let (_, pipe) = said.trim_end().split_once("a pipe: zstd -dc ").unwrap();
    let word = pipe.strip_suffix(" | ckptinfo -").unwrap();
    let script = format!("printf %s {word}");
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&place.0)
        .output()
        .unwrap();
    assert_eq!(stdout(&output), name);
    assert!(!place.0.join("gone").exists());
}
