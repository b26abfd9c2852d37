// SPDX-License-Identifier: GPL-2.0-only

//! Escapes what is printed, so that names which other users have chosen cannot control the terminal.
//!
//! Such names are those of processes, files and cgroups, and they are part of messages. All text that a
//! command prints for people goes through [`escaped`] or an [`Escaping`] writer, as the last step; JSON
//! goes through [`Json`], which loses nothing.

use std::{
    borrow::Cow,
    fmt::{
        Display,
        Write as _, //
    },
    io::{
        self,
        Write, //
    },
};

use serde_json::ser::{
    Formatter,
    PrettyFormatter, //
};
use tracing_subscriber::fmt::MakeWriter;

use crate::patient::{
    standard_error,
    Patient, //
};

/// Whether a character moves the cursor, changes the order of others, or cannot be seen.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Soft hyphen, marks and embeddings of direction, isolates, separators of lines.
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A count with its noun.
pub fn count(number: impl Copy + Display + TryInto<u64>, one: &str, many: &str) -> String {
    let is_one = number.try_into().is_ok_and(|number| number == 1);
    format!("{number} {}", if is_one { one } else { many })
}

/// Text in which each character that could upset a terminal stands as `\x1b` or `\u{202e}`.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match u32::from(c) {
            _ if !is_unsafe(c) => out.push(c),
            // Writing to a string does not fail.
            byte @ ..=0xff => drop(write!(out, "\\x{byte:02x}")),
            other => drop(write!(out, "\\u{{{other:x}}}")),
        }
    }
    Cow::Owned(out)
}

/// The same as a text of its own: for names that stand among others in a line.
pub fn printable(text: &str) -> String {
    escaped(text).into_owned()
}

/// Text of no more than so many characters, which tells how many there are more.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let (shown, more) = text.split_at(end);
            Cow::Owned(format!("{shown}… ({} more)", more.chars().count()))
        }
    }
}

/// Escapes all that is written but ends of lines.
#[derive(Debug)]
pub struct Escaping<W>(pub W);

impl<W: Write> Write for Escaping<W> {
    /// Takes all of it, or fails: what is escaped has another length.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (line, end) = match line.split_last() {
                Some((b'\n', line)) => (line, "\n"),
                _ => (line, ""),
            };
            for chunk in line.utf8_chunks() {
                self.0.write_all(escaped(chunk.valid()).as_bytes())?;
                for byte in chunk.invalid() {
                    write!(self.0, "\\x{byte:02x}")?;
                }
            }
            self.0.write_all(end.as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A name as a word for a shell, in a command that is suggested: what it names is told as it is, no part of
/// it is a command, an option or an escape, and copied from a terminal it is what it was. The `$'\x1b'` that
/// stands for what could upset a terminal is that of bash, zsh and POSIX.
pub fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-+=:,./@%^".contains(c);
    // An option, were it not for the directory.
    let name = match name.starts_with('-') {
        true => Cow::Owned(format!("./{name}")),
        false => Cow::Borrowed(name),
    };
    if !name.is_empty() && name.chars().all(is_plain) {
        return name.into_owned();
    }
    if !name.chars().any(is_unsafe) {
        return format!("'{}'", name.replace('\'', r"'\''"));
    }
    let mut out = String::from("$'");
    for c in name.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            c if !is_unsafe(c) => out.push(c),
            // Byte by byte: a number has no more than these digits.
            c => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    out += &format!("\\x{byte:02x}");
                }
            }
        }
    }
    out.push('\'');
    out
}

/// Standard error for the telling of steps.
#[derive(Debug)]
pub struct Steps;

impl<'a> MakeWriter<'a> for Steps {
    type Writer = Escaping<Patient<io::Stderr>>;

    fn make_writer(&'a self) -> Self::Writer {
        Escaping(standard_error())
    }
}

/// JSON in lines for people, in which the same characters stand as `\u202e`.
#[derive(Debug, Default)]
pub struct Json<'a>(PrettyFormatter<'a>);

impl Formatter for Json<'_> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut units = [0; 2];
        for part in fragment.split_inclusive(is_unsafe) {
            let Some(last) = part.chars().next_back().filter(|c| is_unsafe(*c)) else {
                writer.write_all(part.as_bytes())?;
                continue;
            };
            let before = part.strip_suffix(last).unwrap_or_default();
            writer.write_all(before.as_bytes())?;
            for unit in last.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    const HOSTILE: &str = "a\u{1b}]0;b\u{7}\u{9b}1m\r\nc\u{202e}d\u{2066}\u{2028}\u{e0041}\u{7f}ü";
    const HARMLESS: &str =
        "a\\x1b]0;b\\x07\\x9b1m\\x0d\\x0ac\\u{202e}d\\u{2066}\\u{2028}\\u{e0041}\\x7fü";

    #[test]
    fn what_speaks_to_a_terminal_is_escaped() {
        assert_eq!(escaped(HOSTILE), HARMLESS);
        assert_eq!(escaped(HARMLESS), HARMLESS);
        assert!(matches!(escaped("ordinary – ü"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_writer_escapes_all_but_the_ends_of_lines() {
        let mut out = Escaping(Vec::new());
        out.write_all(b"one \x1b[1m\ntwo \x80\xc3\xbc\n\nthree")
            .unwrap();
        assert_eq!(out.0, "one \\x1b[1m\ntwo \\x80ü\n\nthree".as_bytes());
    }

    #[test]
    fn json_keeps_what_it_escapes() {
        let mut out = Vec::new();
        let mut to = serde_json::Serializer::with_formatter(&mut out, Json::default());
        vec![HOSTILE, "\"\\ü"].serialize(&mut to).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.chars().any(|c| is_unsafe(c) && c != '\n'), "{text}");
        let back: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(back, [HOSTILE, "\"\\ü"]);
    }

    #[test]
    fn a_name_is_one_word_of_a_shell() {
        for (name, word) in [
            ("a.ckpt", "a.ckpt"),
            ("-k", "./-k"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(id);`id`", "'$(id);`id`'"),
            ("it's", r"'it'\''s'"),
            ("a\u{1b}[1m'\n\\", r"$'a\x1b[1m\'\x0a\\'"),
            ("~root", "'~root'"),
        ] {
            assert_eq!(quoted(name), word);
        }
    }

    #[test]
    fn a_shell_finds_the_name_again() {
        for name in [
            "a b",
            "it's \"$HOME\"",
            "*\\",
            "a\u{1b}'\n\u{202e}9\\n",
            "-x;y",
        ] {
            let script = format!("printf %s {}", quoted(name));
            let Ok(done) = std::process::Command::new("bash")
                .args(["-c", &script])
                .output()
            else {
                return;
            };
            let said = String::from_utf8(done.stdout).unwrap();
            assert_eq!(said.strip_prefix("./").unwrap_or(&said), name);
        }
    }
}
