//! Names of members: which are refused, and how the others are shown.
//!
//! In: the bytes of a name as the archive has them. Out: the name as text that is safe on a
//! terminal and in a log, or why an archive with such a name is refused. No name becomes a path,
//! so none of these could do harm here; but nobody packs them by accident, and the next program
//! that unpacks the same file may be less careful.

/// Longer than any path that banks write, short enough for a line of a report.
const NAME_BYTES_MAX: usize = 1_024;

/// The name as it is shown, or what is wrong with it.
pub(super) fn shown(raw: &[u8]) -> Result<String, &'static str> {
    if raw.is_empty() {
        return Err("has no name");
    }
    if raw.len() > NAME_BYTES_MAX {
        return Err("has a name of more than 1024 bytes");
    }
    if raw.contains(&b'\\') {
        return Err("has a backslash in its name");
    }
    let text = text(raw);
    if text.chars().any(char::is_control) {
        return Err("has a control character in its name");
    }
    if text.starts_with('/') || has_drive(raw) {
        return Err("has an absolute path");
    }
    let path = text.strip_suffix('/').unwrap_or(&text);
    if path.split('/').any(|part| part == "..") {
        return Err("has a name that points out of the archive");
    }
    if path.split('/').any(|part| part.is_empty() || part == ".") {
        return Err("has an empty part in its name");
    }
    Ok(escaped(&text))
}

/// UTF-8 where the bytes are, else the ASCII of them with the rest as `\xb9`: which of the code
/// pages of Polish archives it is (852, 1250), an archive does not say.
fn text(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => raw.escape_ascii().to_string(),
    }
}

/// `C:` at the start is a drive on Windows.
fn has_drive(raw: &[u8]) -> bool {
    matches!(raw, [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Letters that turn the line around or do not show become `\u{202e}`; letters and marks stay.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\'' | '"' | '\\') || is_combining(letter) {
            out.push(letter);
        } else {
            out.extend(letter.escape_debug());
        }
    }
    out
}

/// macOS writes ź as z and U+0301, which belongs to the letter before it.
fn is_combining(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// What operating systems add without being asked.
pub(super) fn is_junk(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    name.split('/').next() == Some("__MACOSX")
        || [".DS_Store", "Thumbs.db", "desktop.ini"]
            .iter()
            .any(|junk| file.eq_ignore_ascii_case(junk))
}
