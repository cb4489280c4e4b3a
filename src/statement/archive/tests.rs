//! Archives as banks send them, and the builder of those that nobody should.

mod damage;
mod hostile;

use super::*;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use std::io::{self, Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const OCTOBER: &[u8] = b"<Document>october</Document>";
const NOVEMBER: &[u8] = b":20:NOVEMBER\r\n:28C:11/1\r\n";

/// A member as it is written down, each word of it free to lie.
#[derive(Debug, Clone)]
struct Entry {
    name: Vec<u8>,
    /// Before the member, where it may differ from the list.
    local_name: Vec<u8>,
    packed: Vec<u8>,
    method: u16,
    flags: u16,
    mode: u32,
    bytes: u32,
    crc: u32,
}

fn crc(content: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    crc.sum()
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn gz(content: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn deflated(name: impl AsRef<[u8]>, content: &[u8]) -> Entry {
    Entry {
        name: name.as_ref().to_owned(),
        local_name: name.as_ref().to_owned(),
        packed: deflate(content),
        method: 8,
        flags: 0,
        mode: 0o100_644,
        bytes: content.len().try_into().unwrap(),
        crc: crc(content),
    }
}

fn stored(name: impl AsRef<[u8]>, content: &[u8]) -> Entry {
    Entry {
        packed: content.to_owned(),
        method: 0,
        ..deflated(name, content)
    }
}

/// The fields that stand before the member and in the list alike (APPNOTE 4.3.7, 4.3.12).
fn common(entry: &Entry, name: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for half in [20, entry.flags, entry.method, 0, 0x5b6c] {
        out.extend(half.to_le_bytes());
    }
    let packed = u32::try_from(entry.packed.len()).unwrap();
    for word in [entry.crc, packed, entry.bytes] {
        out.extend(word.to_le_bytes());
    }
    out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

fn local(entry: &Entry) -> Vec<u8> {
    [
        b"PK\x03\x04",
        common(entry, &entry.local_name).as_slice(),
        &entry.local_name,
        &entry.packed,
    ]
    .concat()
}

fn record(entry: &Entry, start: usize) -> Vec<u8> {
    let mut out = [b"PK\x01\x02\x14\x03", common(entry, &entry.name).as_slice()].concat();
    out.extend([0; 6]);
    out.extend((entry.mode << 16).to_le_bytes());
    out.extend(u32::try_from(start).unwrap().to_le_bytes());
    out.extend(&entry.name);
    out
}

fn end_of(members: u16, list_bytes: usize, list_start: usize, comment: &[u8]) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend([members.to_le_bytes(), members.to_le_bytes()].concat());
    for word in [list_bytes, list_start] {
        out.extend(u32::try_from(word).unwrap().to_le_bytes());
    }
    out.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
    out.extend(comment);
    out
}

fn zip_of(entries: &[Entry]) -> Vec<u8> {
    zip_with_comment(entries, b"")
}

fn zip_with_comment(entries: &[Entry], comment: &[u8]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for entry in entries {
        list.extend(record(entry, out.len()));
        out.extend(local(entry));
    }
    let end = end_of(
        entries.len().try_into().unwrap(),
        list.len(),
        out.len(),
        comment,
    );
    [out, list, end].concat()
}

fn good() -> Vec<u8> {
    zip_of(&[
        deflated("2026-10-12.xml", OCTOBER),
        stored("mt/2026-11-12.sta", NOVEMBER),
    ])
}

fn listed(archive: &[u8]) -> Result<Vec<Member>, ReadError> {
    members(Cursor::new(archive), &Limits::default())
}

fn content(archive: &[u8], member: &Member) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    member
        .open(Cursor::new(archive))
        .unwrap()
        .read_to_end(&mut out)?;
    Ok(out)
}

/// Names and contents.
fn read(archive: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
    let members = listed(archive)?;
    Ok(members
        .into_iter()
        .map(|member| {
            let content = content(archive, &member).unwrap();
            assert_eq!(member.bytes, content.len() as u64);
            (member.name, content)
        })
        .collect())
}

#[track_caller]
fn refused_with(archive: &[u8], limits: &Limits, word: &str) {
    match members(Cursor::new(archive), limits) {
        Ok(members) => panic!("accepted where \"{word}\" was expected: {members:?}"),
        Err(error) => assert!(error.message.contains(word), "{error} lacks \"{word}\""),
    }
}

#[track_caller]
fn refused_for(archive: &[u8], word: &str) {
    refused_with(archive, &Limits::default(), word);
}

fn expected(files: &[(&str, &[u8])]) -> Vec<(String, Vec<u8>)> {
    files
        .iter()
        .map(|(name, content)| ((*name).to_owned(), content.to_vec()))
        .collect()
}

#[test]
fn the_first_bytes_tell_the_packing() {
    for (head, expected) in [
        (b"PK\x03\x04\x14\0".as_slice(), Packing::Zip),
        (b"PK\x05\x06", Packing::Zip),
        (b"\x1f\x8b\x08", Packing::Gzip),
        (b"PK", Packing::Plain),
        (b"PK\x01\x02", Packing::Plain),
        (b"\x1f", Packing::Plain),
        (b"", Packing::Plain),
        (b":20:", Packing::Plain),
        (b"\xEF\xBB\xBF<?xml", Packing::Plain),
    ] {
        assert_eq!(packing(head), expected, "{}", head.escape_ascii());
    }
    refused_for(OCTOBER, "neither a ZIP nor a gzip");
    refused_for(b"", "neither a ZIP nor a gzip");
}

#[test]
fn b70_every_file_of_a_zip_is_listed_and_read_as_often_as_wanted() {
    let archive = good();
    let files = expected(&[("2026-10-12.xml", OCTOBER), ("mt/2026-11-12.sta", NOVEMBER)]);
    assert_eq!(read(&archive).unwrap(), files);
    let members = listed(&archive).unwrap();
    for member in members.iter().rev().chain(&members) {
        let (_, expected) = files.iter().find(|(name, _)| *name == member.name).unwrap();
        assert_eq!(&content(&archive, member).unwrap(), expected);
    }
}

#[test]
fn what_common_packers_write_is_read() {
    let options = SimpleFileOptions::default();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("plain.xml", options).unwrap();
    writer.write_all(OCTOBER).unwrap();
    let zip64 = options.large_file(true);
    writer.start_file("zip64.xml", zip64).unwrap();
    writer.write_all(NOVEMBER).unwrap();
    writer.set_comment("made for the bursar").unwrap();
    let seekable = writer.finish().unwrap().into_inner();
    assert_eq!(
        read(&seekable).unwrap(),
        expected(&[("plain.xml", OCTOBER), ("zip64.xml", NOVEMBER)])
    );

    // Into a pipe: sizes stand behind the member (APPNOTE 4.3.9).
    let mut writer = ZipWriter::new_stream(Vec::new());
    writer.start_file("streamed.xml", options).unwrap();
    writer.write_all(OCTOBER).unwrap();
    let piped = writer.finish().unwrap().into_inner();
    assert_eq!(
        read(&piped).unwrap(),
        expected(&[("streamed.xml", OCTOBER)])
    );
}

/// Some packers write the end twice, with or without all ones in the second, as if the archive were of 4 GiB (APPNOTE 4.3.14, 4.3.15).
#[test]
fn an_end_in_the_form_of_zip64_is_read_if_it_is_one() {
    let archive = good();
    let (before, end) = archive.split_at(archive.len() - 22);
    let (members, list_bytes, list_start) = (2_u64, &end[12..16], &end[16..20]);
    let mut end64 = b"PK\x06\x06".to_vec();
    end64.extend(44_u64.to_le_bytes());
    end64.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    end64.extend([members.to_le_bytes(), members.to_le_bytes()].concat());
    end64.extend([list_bytes, &[0; 4], list_start, &[0; 4]].concat());
    end64.extend(b"PK\x06\x07\0\0\0\0");
    end64.extend((before.len() as u64).to_le_bytes());
    end64.extend(1_u32.to_le_bytes());
    assert_eq!(
        read(&[before, &end64, end].concat()).unwrap(),
        read(&archive).unwrap()
    );
    let ones = [&end[..8], &[0xff; 12], &end[20..]].concat();
    assert_eq!(
        read(&[before, &end64, &ones].concat()).unwrap(),
        read(&archive).unwrap()
    );
    end64[0] = b'Q';
    refused_for(&[before, &end64, end].concat(), "second archive");
}

#[test]
fn folders_and_what_operating_systems_add_are_left_out() {
    let mut folder = stored("10/", b"");
    folder.mode = 0o040_755;
    let dos_folder = Entry {
        mode: 0,
        ..stored("11/", b"")
    };
    let archive = zip_of(&[
        folder,
        dos_folder,
        deflated("10/a.xml", OCTOBER),
        deflated("__MACOSX/10/._a.xml", b"\0\x05\x16\x07"),
        deflated("10/.DS_Store", b"\0\0\0\x01Bud1"),
        deflated("Thumbs.db", b"x"),
        deflated("10/desktop.ini", b"x"),
    ]);
    assert_eq!(read(&archive).unwrap(), expected(&[("10/a.xml", OCTOBER)]));
}

#[test]
fn an_archive_without_a_file_is_refused() {
    refused_for(&zip_of(&[]), "holds no file");
    refused_for(&zip_of(&[stored("empty/", b"")]), "holds no file");
    refused_for(&zip_of(&[stored(".DS_Store", b"x")]), "holds no file");
}

#[test]
fn gzip_members_one_after_the_other_are_one_file() {
    let archive = [gz(OCTOBER), gz(b""), gz(NOVEMBER)].concat();
    assert_eq!(
        read(&archive).unwrap(),
        [(String::new(), [OCTOBER, NOVEMBER].concat())]
    );
}

#[test]
fn a_member_is_named_within_its_archive() {
    let zipped = listed(&good()).unwrap().remove(1);
    let gzipped = listed(&gz(OCTOBER)).unwrap().remove(0);
    for (member, archive, expected) in [
        (&zipped, "october.zip", "october.zip/mt/2026-11-12.sta"),
        (&gzipped, "2026-10-12.xml.gz", "2026-10-12.xml"),
        (&gzipped, "2026-10-12.XML.GZ", "2026-10-12.XML"),
        (&gzipped, "statement", "statement"),
        (&gzipped, ".gz", ".gz"),
        (&gzipped, "ó", "ó"),
        (&gzipped, "ńz", "ńz"),
    ] {
        assert_eq!(member.shown_in(archive), expected);
    }
}

#[test]
fn b79_a_camt_of_equal_lines_packs_well_and_passes() {
    let lines = (0..20_000).map(|entry| {
        format!(
            "<Ntry><Amt Ccy=\"PLN\">{}.{:02}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-10-12</Dt></BookgDt></Ntry>\n",
            entry * 7_919 % 10_000,
            entry * 31 % 100
        )
    });
    let statement = lines.collect::<Vec<_>>().concat();
    let entry = deflated("2026-10-12.xml", statement.as_bytes());
    assert!(10 * entry.packed.len() < statement.len());
    assert_eq!(
        read(&zip_of(&[entry])).unwrap(),
        [("2026-10-12.xml".to_owned(), statement.into_bytes())]
    );
}
