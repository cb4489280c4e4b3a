//! What becomes of a file on a server. Pure: a listing, what is known and an instant in, a word out.

use super::super::inbox::{is_ours, is_unfinished};
use crate::sftp::{Found, Kind};
use crate::store::remote_files::RemoteFileRow;
use std::ffi::OsStr;

/// Bytes of a name: with what the inbox adds to it, a file system still takes it.
const NAME_MAX: usize = 200;
/// No bank's file is larger; whoever says that it is would fill the disk. Bytes.
const SIZE_MAX: u64 = 1 << 30;

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is no business of ours: a folder, hidden, or still being written.
    Nothing,
    /// It has to look like this for a little longer.
    Wait,
    /// It is fetched.
    Take,
    /// It was fetched.
    Known,
    /// It is left where it lies, for a reason that a person is told.
    Odd(&'static str),
}

/// What becomes of a file, of which this is known, at an instant; `still` is how long it has to have
/// looked the same. Both in milliseconds.
pub(super) fn fate(found: &Found, known: Option<&RemoteFileRow>, (now, still): (i64, i64)) -> Fate {
    if let Some(why) = oddity(found) {
        return Fate::Odd(why);
    }
    let Some(known) = known.filter(|_| is_candidate(found)) else {
        return Fate::Nothing;
    };
    if known.fetched_at.is_some() {
        Fate::Known
    } else if known.seen_at.saturating_add(still) <= now {
        Fate::Take
    } else {
        Fate::Wait
    }
}

/// Whether it may be fetched once it stands still.
pub(super) fn is_candidate(found: &Found) -> bool {
    let name = OsStr::new(&found.name);
    found.kind == Kind::File && oddity(found).is_none() && !is_ours(name) && !is_unfinished(name)
}

/// Why a file is left where it lies, if it is.
pub(super) fn oddity(found: &Found) -> Option<&'static str> {
    let name = found.name.as_str();
    let is_broken =
        |sign: char| sign == '/' || sign == char::REPLACEMENT_CHARACTER || sign.is_control();
    if name.is_empty() || name.contains(is_broken) {
        return Some("its name is no name of a file here");
    }
    let is_hidden = name.starts_with('.') || is_unfinished(OsStr::new(name));
    if is_hidden || found.kind == Kind::Folder {
        return None;
    }
    match found.kind {
        Kind::Link => Some("a symbolic link"),
        Kind::Other => Some("no regular file"),
        _ if is_ours(OsStr::new(name)) => Some("it is called like a folder of the inbox"),
        _ if name.len() > NAME_MAX => Some("its name is too long"),
        _ if found.size == 0 => Some("empty"),
        _ if found.size > SIZE_MAX => Some("larger than 1 GiB"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: i64 = 10_000;
    const NOW: i64 = 1_000_000;

    fn file(name: &str) -> Found {
        Found {
            name: name.to_owned(),
            kind: Kind::File,
            size: 7,
            modified: 42,
        }
    }

    fn row(name: &str, seen_at: i64, fetched_at: Option<i64>) -> RemoteFileRow {
        RemoteFileRow {
            name: name.to_owned(),
            size: 7,
            modified_at: 42,
            seen_at,
            fetched_at,
        }
    }

    #[test]
    fn a_file_that_stood_still_is_taken_once() {
        let name = "ST261012.sta";
        for (seen_at, fetched_at, expected) in [
            (NOW, None, Fate::Wait),
            (NOW - STILL + 1, None, Fate::Wait),
            (NOW - STILL, None, Fate::Take),
            // A clock that was set back.
            (NOW + 1, None, Fate::Wait),
            (NOW - STILL, Some(NOW - 1), Fate::Known),
            (NOW, Some(NOW), Fate::Known),
        ] {
            let known = row(name, seen_at, fetched_at);
            let fate = fate(&file(name), Some(&known), (NOW, STILL));
            assert_eq!(fate, expected, "{seen_at} {fetched_at:?}");
        }
    }

    #[test]
    fn what_is_no_plain_file_is_left_and_told_or_none_of_our_business() {
        let odd = Fate::Odd;
        let no_name = odd("its name is no name of a file here");
        let long = "x".repeat(NAME_MAX + 1);
        for (name, kind, size, expected) in [
            ("../../etc/cron.d/x", Kind::File, 7, no_name),
            ("a/b", Kind::File, 7, no_name),
            ("a\nb", Kind::File, 7, no_name),
            ("a\u{1b}[31m", Kind::File, 7, no_name),
            ("a\u{fffd}b", Kind::File, 7, no_name),
            ("", Kind::File, 7, no_name),
            (".hidden", Kind::File, 7, Fate::Nothing),
            ("..", Kind::Folder, 7, Fate::Nothing),
            ("a.part", Kind::File, 7, Fate::Nothing),
            ("a.FILEPART", Kind::File, 0, Fate::Nothing),
            ("~a", Kind::Link, 7, Fate::Nothing),
            ("done", Kind::Folder, 4096, Fate::Nothing),
            (
                "archive",
                Kind::File,
                7,
                odd("it is called like a folder of the inbox"),
            ),
            ("quarantine", Kind::Folder, 7, Fate::Nothing),
            ("link.sta", Kind::Link, 7, odd("a symbolic link")),
            ("pipe", Kind::Other, 0, odd("no regular file")),
            ("empty.sta", Kind::File, 0, odd("empty")),
            (
                "huge.sta",
                Kind::File,
                SIZE_MAX + 1,
                odd("larger than 1 GiB"),
            ),
            (long.as_str(), Kind::File, 7, odd("its name is too long")),
            ("zażółć 1.sta", Kind::File, SIZE_MAX, Fate::Take),
        ] {
            let found = Found {
                name: name.to_owned(),
                kind,
                size,
                modified: 42,
            };
            let known = row(name, 0, None);
            let is_candidate = is_candidate(&found);
            assert_eq!(
                fate(&found, Some(&known), (NOW, STILL)),
                expected,
                "{name:?}"
            );
            assert_eq!(is_candidate, expected == Fate::Take, "{name:?}");
        }
    }
}
