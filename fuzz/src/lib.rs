//! What must hold for every file, whoever wrote it, beside that nothing panics or hangs.
//!
//! In: bytes that the fuzzer made from the samples. Out: nothing; what does not hold is a panic.
//! A reading is looked at as `inspect` prints it, so that the checks stay when the types change.
//! A target is a function here and a file in `src/bin` that hands it over.

mod seen;

use kwestura::statement::read::Profile;
use libfuzzer_sys::Corpus;
use seen::Seen;

/// By the first so many bytes a dialect is told; the same text may be told apart differently
/// where other line ends make it longer than that.
const DETECTION_LENGTH: usize = 64 * 1024;

/// A file of which nobody says what it is.
pub fn any(file: &[u8]) -> Corpus {
    Seen::twice_in_file(file, None);
    Corpus::Keep
}

/// A file that is no XML, in the profile that its last byte names; the byte before says where a
/// shorter one ends.
pub fn mt940(input: &[u8]) -> Corpus {
    let [file @ .., cut, profile] = input else {
        return Corpus::Reject;
    };
    if is_xml(file) || is_utf16(file) {
        return Corpus::Reject;
    }
    let profile = profile_of(*profile);
    let whole = Seen::twice_in_file(file, profile.as_ref());
    whole.assert_no_line_is_dropped(file);
    let dos = with_dos_line_ends(file);
    if dos.len() <= DETECTION_LENGTH {
        whole.assert_same(&Seen::in_file(&dos, profile.as_ref()));
    }
    // A page that follows belongs to the statement before it and may change that.
    if memchr::memmem::find(file, b":60M").is_some() {
        return Corpus::Keep;
    }
    let end = file[..place(file, *cut)]
        .iter()
        .rposition(|&byte| byte == b'\n');
    let part = Seen::in_file(&file[..end.map_or(0, |end| end + 1)], profile.as_ref());
    part.assert_statements_do_not_depend_on_what_follows(&whole);
    Corpus::Keep
}

/// An XML file, in the profile that its last byte names; the byte before says where a shorter one
/// ends.
pub fn camt(input: &[u8]) -> Corpus {
    let [file @ .., cut, profile] = input else {
        return Corpus::Reject;
    };
    if !is_xml(file) {
        return Corpus::Reject;
    }
    let profile = profile_of(*profile);
    let whole = Seen::twice_in_file(file, profile.as_ref());
    let part = Seen::in_file(&file[..place(file, *cut)], profile.as_ref());
    part.assert_documents_are_whole(&whole);
    Corpus::Keep
}

/// None for a file whose dialect is to be detected.
fn profile_of(byte: u8) -> Option<Profile> {
    let names = Profile::names();
    let chosen = usize::from(byte) % (names.len() + 1);
    Profile::by_name(names.get(chosen.checked_sub(1)?)?)
}

/// A place in the file, from its start to shortly before its end.
fn place(file: &[u8], byte: u8) -> usize {
    file.len() * usize::from(byte) / 256
}

/// UTF-16 behind its mark, in which a byte is half a letter.
fn is_utf16(file: &[u8]) -> bool {
    file.starts_with(b"\xFF\xFE") || file.starts_with(b"\xFE\xFF")
}

/// Whether the first sign is `<`, in any encoding that XML comes in.
fn is_xml(file: &[u8]) -> bool {
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF"];
    let bare = marks.iter().find_map(|mark| file.strip_prefix(*mark));
    let mut signs = bare.unwrap_or(file).iter();
    signs.find(|byte| !byte.is_ascii_whitespace() && **byte != 0) == Some(&b'<')
}

/// Every `\n`, `\r` and `\r\n` as `\r\n`.
fn with_dos_line_ends(file: &[u8]) -> Vec<u8> {
    seen::lines_of(file).collect::<Vec<_>>().join(&b"\r\n"[..])
}
