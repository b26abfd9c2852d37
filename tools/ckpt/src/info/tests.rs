// SPDX-License-Identifier: GPL-2.0-only

//! Tests of the decoder with images that are whole, damaged, cut, or of a failed checkpoint.

mod verify;

use std::{
    fs::File,
    io::Write, //
};

use ckpt_image::{
    record::*,
    testing::{
        self,
        Part,
        MINIMAL_PID, //
    },
    Kind, //
};
use nix::fcntl::OFlag;
use zerocopy::FromZeros;

use super::{
    decode::decode,
    descriptors,
    items::Items,
    json::{
        Records,
        Whole, //
    },
    model::{
        self,
        Descriptor,
        Image,
        Task, //
    },
    records,
    show,
    stream::Stream,
    tree, //
};
use crate::{
    failure::{
        Exit,
        Failure, //
    },
    source::ReadError,
};

/// An image in a file that has no name any more.
fn file(image: &[u8]) -> File {
    use std::io::Seek;
    let path = std::env::temp_dir().join(format!(
        "ckpt-image-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let mut file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    file.write_all(image).unwrap();
    file.rewind().unwrap();
    file
}

fn pipe(image: Vec<u8>) -> File {
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
    std::thread::spawn(move || {
        // The reader may have seen enough.
        let _ = File::from(write).write_all(&image);
    });
    read.into()
}

fn decoded(file: File) -> Result<Image, Failure> {
    kept(file).map(|(image, _)| image)
}

/// The image, and its records for programs.
fn kept(file: File) -> Result<(Image, Records), Failure> {
    let mut items = Items::new(Stream::new(file));
    let mut records = Records::default();
    let image = decode::<ReadError>(&mut items, |placed| {
        records.keep(placed);
        Ok(())
    });
    match image {
        Ok(image) => Ok((image, records)),
        Err(error) => Err(super::failure(&error, &mut items, "test")),
    }
}

/// What `--json` prints.
fn json(file: File) -> serde_json::Value {
    let (image, records) = kept(file).unwrap();
    let whole = Whole {
        records: &records,
        behind: image.bytes_behind,
    };
    serde_json::to_value(whole).unwrap()
}

fn minimal() -> Image {
    decoded(file(&testing::seal(&testing::minimal()))).unwrap()
}

/// The failure of an image with one record changed.
fn changed<R: Record>(change: impl FnOnce(&mut R)) -> Failure {
    let mut parts = testing::minimal();
    let part = parts.iter_mut().find(|part| part.kind == R::KIND);
    part.unwrap().change(change);
    decoded(file(&testing::seal(&parts))).unwrap_err()
}

fn text(view: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    view(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_minimal_image_is_decoded() {
    let image = minimal();
    let [task] = &image.tasks[..] else {
        panic!("{:?}", image.tasks);
    };
    assert_eq!((task.pid, &*task.name), (MINIMAL_PID, "minimal"));
    assert_eq!(task.affinity.to_string(), "0-1");
    assert_eq!(image.origin.uname, ["7.2.12-test", "#1 SMP", "x86_64"]);
    assert_eq!(image.needs.features.names(), ["x87", "SSE", "AVX"]);
    assert_eq!(image.directories[0].cwd, "/tmp");
    let stored: Vec<u64> = image.memories[0]
        .mappings
        .iter()
        .map(|m| m.stored)
        .collect();
    assert_eq!(stored, [0, 1, 1, 1, 0]);
    assert_eq!(image.memories[0].mappings[2].guards, 1);
    assert_eq!(image.bytes_behind, 0);
}

#[test]
fn a_pipe_gives_the_same_as_a_file() {
    let image = testing::seal(&testing::minimal());
    assert_eq!(json(pipe(image.clone())), json(file(&image)));
}

#[test]
fn what_follows_the_image_is_noted() {
    let mut image = testing::seal(&testing::minimal());
    image.extend([7; 100_000]);
    assert_eq!(decoded(file(&image)).unwrap().bytes_behind, 100_000);
}

#[test]
fn a_cut_image_is_not_complete_whereever_it_is_cut() {
    let image = testing::seal(&testing::minimal());
    let mut cuts = testing::boundaries(&image);
    assert_eq!(cuts.pop(), Some(image.len()));
    cuts.extend([1, 7, 9, image.len() - 1, image.len() / 2]);
    for cut in cuts {
        for source in [file(&image[..cut]), pipe(image[..cut].to_vec())] {
            let failure = decoded(source).unwrap_err();
            assert_eq!(failure.exit, Exit::Image);
            let wanted = match cut {
                0 => "is empty",
                1..8 => "too short",
                _ => "not complete",
            };
            assert!(
                failure.message.contains(wanted),
                "{cut}: {}",
                failure.message
            );
        }
    }
}

#[test]
fn a_wrong_checksum_is_told_with_its_place() {
    let mut image = testing::seal(&testing::minimal());
    // The seconds of the checkpoint, which anything may stand for.
    image[8 + 36] ^= 1;
    let failure = decoded(file(&image)).unwrap_err();
    let tail = image.len() - 56;
    assert_eq!(
        failure.message,
        format!("test: TAIL at offset {tail}: checksum does not agree with what was read")
    );
}

#[test]
fn damaged_pages_are_told_with_their_addresses() {
    let mut image = testing::seal(&testing::minimal());
    let parts = testing::split(&image);
    let before: usize = parts
        .iter()
        .take_while(|part| part.kind != Kind::PAGES)
        .map(Part::size)
        .sum();
    image[before + 5000] ^= 1;
    let failure = decoded(file(&image)).unwrap_err();
    assert_eq!(
        failure.message,
        format!(
            "test: PAGES at offset {before}: pages do not agree with their checksum (800000-801000)"
        )
    );
}

#[test]
fn a_record_may_grow_by_zeros_only() {
    let mut parts = testing::minimal();
    let at = parts
        .iter()
        .position(|part| part.kind == Kind::VMA)
        .unwrap();
    parts[at].body.extend([0; 8]);
    assert!(decoded(file(&testing::seal(&parts))).is_ok());
    *parts[at].body.last_mut().unwrap() = 1;
    let failure = decoded(file(&testing::seal(&parts))).unwrap_err();
    assert!(
        failure.message.contains("VMA at offset"),
        "{}",
        failure.message
    );
}

#[test]
fn records_that_do_not_fit_together_are_refused() {
    let failures = [
        changed::<FileTable>(|body| body.nr_fds = 3),
        changed::<FileTable>(|body| body.nr_fds = 1),
        changed::<FileTable>(|body| body.nr_fds = u32::MAX),
        changed::<FileTable>(|body| body.objref = 0),
        changed::<FileTable>(|body| body.objref = 1),
        changed::<TaskObjs>(|body| body.mm = 0),
        changed::<Mm>(|body| body.nr_vmas = 4),
        changed::<Mm>(|body| body.nr_pages = 4),
        changed::<Mm>(|body| body.nr_pages = 2),
        changed::<Vma>(|body| body.nr_pages = 2),
        changed::<Vma>(|body| body.end = body.start),
        changed::<Vma>(|body| body.start += 1),
        changed::<Cred>(|body| body.nr_groups = u32::MAX),
        changed::<CpuFpu>(|body| body.size = u32::MAX),
        changed::<Signal>(|body| body.nr_rlimits = 3),
        changed::<Tree>(|body| body.nr_tasks = 2),
    ];
    for failure in failures {
        assert_eq!(failure.exit, Exit::Image);
        assert!(failure.message.contains("at offset"), "{}", failure.message);
    }
}

#[test]
fn filters_of_a_task_stand_upon_each_other() {
    let failures = [
        changed::<SeccompFilter>(|filter| filter.prev = 1),
        changed::<SeccompFilter>(|filter| filter.prev = filter.objref),
        changed::<SeccompFilter>(|filter| filter.flags = 2),
        changed::<SeccompFilter>(|filter| filter.len = 0),
        changed::<SeccompFilter>(|filter| filter.len = 4097),
        changed::<TaskSeccomp>(|task| task.mode = seccomp_mode::STRICT),
        changed::<TaskSeccomp>(|task| task.mode = 3),
        changed::<TaskSeccomp>(|task| task.filter = 0),
        changed::<TaskSeccomp>(|task| task.filter = 1),
    ];
    for failure in failures {
        assert_eq!(failure.exit, Exit::Image);
        assert!(failure.message.contains("SECCOMP"), "{}", failure.message);
    }
    let mut parts = testing::minimal();
    parts.retain(|part| part.kind != Kind::TASK_SECCOMP);
    let failure = decoded(file(&testing::seal(&parts))).unwrap_err();
    assert!(failure.message.contains("wanted (TASK_SECCOMP)"));
}

/// The failure of the minimal image with other records before the first of a kind.
fn preceded<R: Record>(more: &[Part]) -> String {
    let mut parts = testing::minimal();
    let at = parts.iter().position(|part| part.kind == R::KIND).unwrap();
    parts.splice(at..at, more.iter().cloned());
    decoded(file(&testing::seal(&parts))).unwrap_err().message
}

#[test]
fn what_is_not_the_last_of_its_sort_is_complete_too() {
    let pipe = Pipe {
        nr_parts: 1,
        ..Pipe::fresh(3)
    };
    let pipe = preceded::<ckpt_image::record::File>(&[Part::of(&pipe), Part::of(&Pipe::fresh(4))]);
    assert!(
        pipe.contains("PIPE at offset") && pipe.contains("wanted (PIPE_PART)"),
        "{pipe}"
    );
    let contents = |objref, nr_pages| {
        let contents = Contents {
            objref,
            nr_pages,
            kind: contents_kind::MEMORY,
            size: 4096,
            ..Contents::new_zeroed()
        };
        [Part::of(&contents), Part::string("")]
    };
    let contents = preceded::<ckpt_image::record::File>(&[contents(3, 1), contents(4, 0)].concat());
    assert!(
        contents.contains("CONTENTS at offset") && contents.contains("wanted (PAGES)"),
        "{contents}"
    );
}

#[test]
fn what_is_announced_has_to_follow() {
    for (before, what) in [(Kind::CRED, Kind::BUFFER), (Kind::TASK, Kind::STRING)] {
        let mut parts = testing::minimal();
        let at = parts.iter().position(|part| part.kind == before).unwrap();
        assert_eq!(parts.remove(at + 1).kind, what);
        let failure = decoded(file(&testing::seal(&parts))).unwrap_err();
        let wanted = format!("wanted ({})", what.name());
        assert!(failure.message.contains(&wanted), "{}", failure.message);
    }
}

#[test]
fn an_image_of_a_failed_checkpoint_tells_why() {
    let mut parts = testing::minimal();
    parts.truncate(20);
    parts.push(Part {
        kind: Kind::ERROR,
        body: Vec::new(),
        contents: 0..0,
    });
    parts.push(Part::string("[err -95][pid 7 tsk x] fd 3: socket"));
    let image = decoded(file(&testing::join(&parts))).unwrap();
    assert!(image.totals.is_none());
    assert!(image.failure.as_ref().unwrap().contains("socket"));
    let summary = text(|out| show::summary(out, &image, "test").unwrap());
    assert!(summary.contains("FAILED"));
}

#[test]
fn something_else_is_not_called_a_damaged_image() {
    let failure = decoded(file(b"#!/bin/sh\necho this is a script\n")).unwrap_err();
    assert_eq!(failure.message, "test is not a ckpt image");
}

#[test]
fn every_view_shows_the_minimal_image() {
    let image = minimal();
    let summary = text(|out| show::summary(out, &image, "x.ckpt").unwrap());
    assert!(
        summary.contains("4711 minimal (/usr/bin/minimal), running"),
        "{summary}"
    );
    assert!(
        summary.contains("interrupted in nanosleep, 0.500 s left"),
        "{summary}"
    );
    assert!(summary.contains("verified"), "{summary}");
    let maps = text(|out| show::maps(out, &image).unwrap());
    assert!(maps.starts_with("memory of 4711 minimal\n"), "{maps}");
    assert_eq!(maps.lines().count(), 6);
    assert!(maps.contains("00400000-00403000") && maps.contains("[heap] (1 page guarded)"));
    assert!(text(|out| tree::draw(out, &image).unwrap()).contains("4711"));
    let fds = text(|out| descriptors::show(out, &image).unwrap());
    assert!(
        fds.contains("/tmp/output (O_WRONLY|O_APPEND|FD_CLOEXEC)"),
        "{fds}"
    );
    assert!(
        fds.contains("lock: posix write 0-end of /tmp/output"),
        "{fds}"
    );
    let registers = text(|out| show::registers(out, &image).unwrap());
    assert!(registers.contains("rip 0000000000400123"), "{registers}");
}

#[test]
fn who_shares_an_open_file_is_told() {
    let mut image = minimal();
    let file = image.file_tables[0].descriptors[0].file;
    let alone = text(|out| descriptors::show(out, &image).unwrap());
    assert!(alone.contains("descriptors of 4711 minimal\n"), "{alone}");
    assert!(!alone.contains("shared"), "{alone}");
    let descriptor = |fd| Descriptor {
        fd,
        file,
        close_on_exec: false,
    };
    image.file_tables[0].descriptors.push(descriptor(90));
    image.file_tables.push(model::FileTable {
        id: 9999,
        descriptors: (0..5).map(descriptor).collect(),
        locks: Vec::new(),
    });
    let mut other = Task {
        pid: 4712,
        ..Task::default()
    };
    other.name = "other".to_owned();
    other.uses.files = 9999;
    image.tasks.push(other);
    let shared = text(|out| descriptors::show(out, &image).unwrap());
    assert!(shared.contains("descriptors of 4712 other\n"), "{shared}");
    assert!(
        shared
            .contains(", shared with fd 90, fd 0 of 4712, fd 1 of 4712, fd 2 of 4712 and 2 more)"),
        "{shared}"
    );
}

#[test]
fn every_record_has_a_line() {
    let parts = testing::minimal();
    let mut items = Items::new(Stream::new(file(&testing::seal(&parts))));
    let mut count = 0;
    let error = loop {
        match items.read() {
            Ok(placed) => {
                count += 1;
                let line = text(|out| records::line(out, &placed).unwrap());
                assert_eq!(line.lines().count(), 1);
                assert!(line.contains(placed.hdr.kind.name()));
            }
            Err(error) => break error,
        }
    };
    // And INDEX with its BUFFER, TAIL.
    assert_eq!(count, parts.len() + 3);
    assert!(matches!(error, ReadError::End));
}

#[test]
fn what_a_file_holds_is_told_whole_or_not_at_all() {
    let mut image = minimal();
    let (id, close_on_exec) = (image.file_tables[0].descriptors[0].file, true);
    let file = image.file_mut(id).unwrap();
    file.contents = Some(1 << 20);
    image.contents.push(model::Contents {
        id: 1 << 20,
        kind: "memfd",
        seals: model::Set::default(),
        size: 1,
        pages: 25,
    });
    let descriptor = |fd| Descriptor {
        fd,
        file: id,
        close_on_exec,
    };
    image.file_tables[0].descriptors = (0..3).map(descriptor).collect();
    let fds = text(|out| descriptors::show(out, &image).unwrap());
    let whole = "|FD_CLOEXEC, memfd, 25 pages of 1 byte here, shared with";
    assert_eq!(fds.matches(whole).count(), 3, "{fds}");
    // Not cut, if it is long.
    image.contents.last_mut().unwrap().size = u64::MAX;
    let fds = text(|out| descriptors::show(out, &image).unwrap());
    assert_eq!(
        fds.matches("25 pages of 18446744073709551615 bytes here, shared")
            .count(),
        1
    );
    assert_eq!(fds.matches("|FD_CLOEXEC, as above, shared with").count(), 2);
}

#[test]
fn a_checksum_that_does_not_agree_leads_to_the_index() {
    let mut image = testing::seal(&testing::minimal());
    let at = image.windows(4).position(|bytes| bytes == b"/tmp").unwrap();
    image[at] ^= 1;
    let mut items = Items::new(Stream::new(file(&image)));
    let error = decode::<ReadError>(&mut items, |_| Ok(())).unwrap_err();
    assert!(super::is_somewhere(&error), "{error}");
    assert!(super::look_into_index("a b").starts_with("ckptinfo --index 'a b' "));
    let mut parts = testing::minimal();
    parts.pop();
    let mut items = Items::new(Stream::new(file(&testing::seal(&parts))));
    let error = decode::<ReadError>(&mut items, |_| Ok(())).unwrap_err();
    assert!(!super::is_somewhere(&error), "{error}");
}

#[test]
fn json_tells_fields_by_their_roles() {
    let image = testing::seal(&testing::processes(2));
    let json = json(file(&image));
    assert_eq!(json["header"]["release"], "7.2.12-test");
    assert_eq!(json["header"]["magic"], "0xfeed0cc0a2d200");
    assert_eq!(json["container"]["flags"][0], "SUBTREE");
    assert_eq!(json["tree"]["entries"][1]["pid"], MINIMAL_PID + 1);
    assert_eq!(
        json["tree"]["entries"][0]["session"],
        serde_json::Value::Null
    );
    let index = json["index"].as_array().unwrap();
    assert_eq!((index.len(), &index[1]["id"]), (29, &0.into()));
    assert_eq!(index[15]["kind"], "TASK");
    assert_eq!(
        index[15]["offset"],
        json["index"][14]["offset"].as_u64().unwrap() + json["index"][14]["len"].as_u64().unwrap()
    );
    let task = &json["task"][1];
    assert_eq!(
        (&task["name"], &task["state"]),
        (&"minimal".into(), &"RUNNING".into())
    );
    assert_eq!(task["restart_block"]["kind"], "NANOSLEEP");
    assert_eq!(task["cpu"]["ip"], "0x400123");
    assert_eq!(task["sched"]["affinity"], "0300000000000000");
    assert_eq!(task["signal_task"]["blocked"][0], "SIGUSR2");
    assert_eq!(
        task["signal_task"]["sigpending"]["entries"][0]["signo"],
        "SIGUSR2"
    );
    let file = &json["file"][0];
    assert_eq!(
        (&file["kind"], &file["flags"]),
        (&"REGULAR".into(), &"0o2001".into())
    );
    assert_eq!(file["file_node"]["path"], "/tmp/output");
    assert_eq!(file["object"], serde_json::Value::Null);
    assert_eq!(json["file_table"][0]["descriptors"][1]["file"], 4);
    assert_eq!(json["file_table"][0]["file_lock"][0]["kind"], "POSIX");
    let memory = &json["mm"][1];
    assert_eq!(memory["vma"][0]["start"], "0x400000");
    assert_eq!(memory["vma"][2]["guards"]["runs"][0]["nr_pages"], 1);
    assert_eq!(memory["pages"][0]["runs"].as_array().map(Vec::len), Some(3));
    assert_eq!(memory["auxv"][1], "0x1000");
    assert_eq!(json["cred"][0]["groups"][1], 27);
    assert_eq!(json["signal"][0]["rlimits"][0]["cur"], u64::MAX);
    assert_eq!(json["tail"]["pages"], 2 * testing::MINIMAL_PAGES);
    assert!(json["signal"][0].get("reserved").is_none());
}

#[test]
fn json_of_a_failed_checkpoint_tells_why() {
    let mut parts = testing::minimal();
    parts.truncate(12);
    parts.push(Part {
        kind: Kind::ERROR,
        body: Vec::new(),
        contents: 0..0,
    });
    parts.push(Part::string("no"));
    let json = json(file(&testing::join(&parts)));
    assert_eq!(json["error"], "no");
    assert!(json.get("tail").is_none());
}

#[test]
fn whatever_the_bytes_are_they_can_be_shown_or_refused() {
    let good = testing::minimal();
    let mut shown = 0;
    for seed in 0..500 {
        let image = ckpt_mutate::mutate(seed, &good, &good).image;
        let mut items = Items::new(Stream::new(file(&image)));
        // Refusals are a matter of the message, which is made too.
        let _ = super::list(&mut items, &mut Vec::new(), false).map_err(|error| match error {
            super::ListError::Read(error) => Some(super::failure(&error, &mut items, "test")),
            super::ListError::Print(_) => None,
        });
        let Ok(image) = decoded(file(&image)) else {
            continue;
        };
        shown += 1;
        let mut out = Vec::new();
        show::summary(&mut out, &image, "test").unwrap();
        show::maps(&mut out, &image).unwrap();
        descriptors::show(&mut out, &image).unwrap();
        show::registers(&mut out, &image).unwrap();
        tree::draw(&mut out, &image).unwrap();
        tree::table(&mut out, &image).unwrap();
    }
    assert!(shown > 100, "{shown} images were shown");
}
