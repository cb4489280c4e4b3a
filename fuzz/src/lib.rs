//! What must hold for every file, whoever wrote it, beside that nothing panics or hangs.
//!
//! In: bytes that the fuzzer made from the samples. Out: nothing; what does not hold is a panic.
//! A reading is looked at as `inspect` prints it, so that the checks stay when the types change.
//! A target is a function here and a file in `src/bin` that hands it over.

mod seen;

use flate2::Compression;
use flate2::write::GzEncoder;
use kwestura::config;
use kwestura::statement::archive::{self, Limits, Packing};
use kwestura::statement::read::declared::Declared;
use kwestura::statement::read::report::Layout;
use kwestura::statement::read::{Profile, Survey, report as read_report};
use libfuzzer_sys::Corpus;
use seen::Seen;
use std::io::{Cursor, Read, Write};
use std::sync::LazyLock;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

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

/// Two reports as a university declares them.
const DECLARED: &str = include_str!("../../statements/report-declared/kwestura.toml");

/// The layouts of reports, built in and declared.
static LAYOUTS: LazyLock<Vec<(String, Layout)>> = LazyLock::new(|| {
    let built_in = [Profile::names(), Layout::names()].concat();
    let declared = config::parse(DECLARED, &built_in).expect("the sample is right");
    let own = declared
        .profiles
        .iter()
        .map(|profile| profile.name.as_str());
    let names = Layout::names().iter().copied().chain(own);
    let named = names.map(|name| {
        let layout = Declared::report(&declared.profiles, name).expect("it was just named");
        (name.to_owned(), layout)
    });
    named.collect()
});

/// A report of mass payments, by the layout that its last byte names.
///
/// # Panics
///
/// Something does not hold.
pub fn report(input: &[u8]) -> Corpus {
    let [file @ .., which] = input else {
        return Corpus::Reject;
    };
    let (name, layout) = &LAYOUTS[usize::from(*which) % LAYOUTS.len()];
    let read = || {
        let survey = Survey::of(file).expect("bytes in memory can be had");
        read_report(file, &survey, (name, layout)).expect("bytes in memory can be had")
    };
    let reading = read();
    assert_eq!(reading, read(), "read twice, read differently");
    let [statement] = reading.statements.as_slice() else {
        panic!("a report is one");
    };
    let lines = seen::lines_of(file).count();
    let named = |line: u32| (1..=lines.max(1)).contains(&(line as usize));
    for fault in &statement.outline.faults {
        assert!(named(fault.line), "{fault:?} of {lines} lines");
        assert!(!fault.message.is_empty(), "refused without a reason");
    }
    let sum: i128 = (statement.entries.iter())
        .map(|entry| i128::from(entry.amount_minor))
        .sum();
    assert_eq!(sum, statement.outline.booked_minor);
    assert!(statement.entries.iter().all(|entry| named(entry.line)));
    Corpus::Keep
}

/// An archive, or files that are packed into one, of which bytes are then changed; what comes out of
/// it never exceeds the limits.
///
/// Of files that are packed the last five bytes say how, and what is changed.
///
/// # Panics
///
/// Something does not hold.
pub fn packed(input: &[u8]) -> Corpus {
    const LIMITS: Limits = Limits {
        members_max: 20,
        member_bytes_max: 256 * 1024,
        total_bytes_max: 512 * 1024,
        ratio_max: 100,
    };
    let head = &input[..input.len().min(archive::HEAD_BYTES)];
    let made = match archive::packing(head) {
        Packing::Plain => changed_archive(input),
        _ => Some(input.to_vec()),
    };
    let Some(file) = made else {
        return Corpus::Reject;
    };
    let Ok(members) = archive::members(Cursor::new(&file), &LIMITS) else {
        return Corpus::Keep;
    };
    assert!(members.len() <= LIMITS.members_max);
    let mut total = 0;
    for member in &members {
        assert!(!archive::escaped(&member.name).contains(char::is_control));
        let mut bytes = Vec::new();
        let unpacked = member.open(Cursor::new(&file)).expect("it was checked");
        unpacked
            .take(LIMITS.member_bytes_max + 1)
            .read_to_end(&mut bytes)
            .expect("it was checked");
        assert_eq!(
            bytes.len() as u64,
            member.bytes,
            "not as long as it was said"
        );
        assert!(member.bytes <= LIMITS.member_bytes_max);
        total += member.bytes;
    }
    assert!(total <= LIMITS.total_bytes_max);
    Corpus::Keep
}

/// A gzip, or a ZIP of the parts between NUL bytes, each named by its first line.
fn changed_archive(input: &[u8]) -> Option<Vec<u8>> {
    let (content, &[how, place, further, mask, end]) = input.split_last_chunk::<5>()?;
    let mut made = if how % 4 == 0 {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(content).ok()?;
        gzip.finish().ok()?
    } else {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for part in content.split(|&byte| byte == 0) {
            let name = seen::lines_of(part).next().unwrap_or_default();
            let method = [CompressionMethod::Stored, CompressionMethod::Deflated];
            let options =
                SimpleFileOptions::default().compression_method(method[usize::from(how / 4 % 2)]);
            zip.start_file(String::from_utf8_lossy(name), options)
                .ok()?;
            zip.write_all(part).ok()?;
        }
        zip.finish().ok()?.into_inner()
    };
    // From its start or, where a ZIP has its list, from its end.
    let distance = usize::from(place) | usize::from(further) << 8;
    let at = match end % 2 {
        0 => distance,
        _ => made.len().checked_sub(distance)?,
    };
    if let Some(byte) = made.get_mut(at) {
        *byte ^= mask;
    }
    Some(made)
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
