//! The list at the end of a ZIP, and whether everything in the archive agrees with it.
//!
//! In: the archive and the limits. Out: its files, each unpacked once into nothing. A ZIP says
//! everything twice, in its list and before each member, and a reader may believe either; here
//! both must say the same, nothing may lie between the members or overlap, and nothing may follow
//! the end. How the formats of the records are read is the `zip` crate's job; unpacking is not.

use super::unpack::{Place, Seal};
use super::{Limits, Member, called, check, names, refused};
use crate::statement::read::ReadError;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Seek, SeekFrom};
use zip::read::{HasZipMetadata, ZipFile};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

/// The end record without its comment (APPNOTE 4.3.16).
const END_BYTES: usize = 22;
const END_SIGN: &[u8] = b"PK\x05\x06";
/// The end record of ZIP64 with its locator (4.3.14, 4.3.15), before the other. Some packers write
/// it for any archive.
const END64_BYTES: usize = 56 + 20;
const END64_SIGN: &[u8] = b"PK\x06\x06";
/// A record of the list without its name, extra fields and comment (4.3.12).
const LIST_RECORD_BYTES: usize = 46;
const LIST_RECORD_SIGN: &[u8] = b"PK\x01\x02";
/// With them. The crate holds the whole list in memory, so it is bounded before.
const LIST_RECORD_BYTES_MAX: u64 = 4_096;
/// The type of a file in its Unix mode (stat's `S_IFMT`, `S_IFREG`, `S_IFDIR`).
const MODE_TYPE: u32 = 0o170_000;
const MODE_FILE: u32 = 0o100_000;
const MODE_FOLDER: u32 = 0o040_000;

pub(super) fn members<R: Read + Seek>(
    input: &mut R,
    limits: &Limits,
) -> Result<Vec<Member>, ReadError> {
    let end = end(input)?;
    check_list(input, end, limits)?;
    let listed = listed(input, end)?;
    let mut left = limits.total_bytes_max;
    let mut members = Vec::new();
    for listed in listed {
        let member = listed.check(input, limits, left)?;
        left = left.saturating_sub(member.bytes);
        if listed.kind == Kind::File {
            members.push(member);
        }
    }
    if members.is_empty() {
        return Err(refused(
            "the archive holds no file: ask the bank for it again",
        ));
    }
    Ok(members)
}

/// Where the list lies and how many members it has, by the end record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    members: u64,
    list_bytes: u64,
    list_start: u64,
}

/// Reads the end record, which must end the file, and right before which the list must end.
fn end<R: Read + Seek>(input: &mut R) -> Result<End, ReadError> {
    let (tail_start, tail) = tail(input).map_err(|error| broken(&error.into()))?;
    let cut_off = || refused("the archive is damaged or cut off: ask the bank for it again");
    let at = tail
        .windows(END_SIGN.len())
        .rposition(|window| window == END_SIGN)
        .ok_or_else(cut_off)?;
    let (before, record) = tail.split_at_checked(at).ok_or_else(cut_off)?;
    let comment: usize = u16_at(record, 20).ok_or_else(cut_off)?.into();
    match record.len().cmp(&(END_BYTES + comment)) {
        Ordering::Less => return Err(cut_off()),
        Ordering::Equal => {}
        Ordering::Greater => return Err(joined()),
    }
    if record.get(4..8) != Some(&[0; 4]) || record.get(8..10) != record.get(10..12) {
        return Err(refused(
            "the archive is one part of several: put the parts together and import the whole",
        ));
    }
    let end32 = end32(record).ok_or_else(cut_off)?;
    let end64 = before
        .len()
        .checked_sub(END64_BYTES)
        .and_then(|at| before.get(at..))
        .and_then(end64);
    let (end, at) = match end64 {
        Some(end64) if end64.fits(end32) => (end64, at - END64_BYTES),
        _ => (end32, at),
    };
    // What the list has is counted from its beginning, so nothing can hide between the two.
    if end.list_start.checked_add(end.list_bytes) == Some(tail_start + at as u64) {
        Ok(end)
    } else {
        Err(joined())
    }
}

fn end32(record: &[u8]) -> Option<End> {
    Some(End {
        members: u16_at(record, 10)?.into(),
        list_bytes: u32_at(record, 12)?.into(),
        list_start: u32_at(record, 16)?.into(),
    })
}

fn end64(record: &[u8]) -> Option<End> {
    let end = End {
        members: u64_at(record, 32)?,
        list_bytes: u64_at(record, 40)?,
        list_start: u64_at(record, 48)?,
    };
    record.starts_with(END64_SIGN).then_some(end)
}

impl End {
    /// The short record says the same, or by all ones that the long one says it (4.4.1.4).
    fn fits(self, short: End) -> bool {
        let same = |long, short, ones: u64| short == long || short == ones;
        same(self.members, short.members, u16::MAX.into())
            && same(self.list_bytes, short.list_bytes, u32::MAX.into())
            && same(self.list_start, short.list_start, u32::MAX.into())
    }
}

fn joined() -> ReadError {
    refused(
        "the archive has bytes before its beginning or behind its end, perhaps a second archive: ask the bank for it again",
    )
}

/// The last bytes of the file, as many as an end record can have, and where they begin.
fn tail<R: Read + Seek>(input: &mut R) -> io::Result<(u64, Vec<u8>)> {
    let length = input.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub((END64_BYTES + END_BYTES + usize::from(u16::MAX)) as u64);
    input.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    input.take(length - start).read_to_end(&mut tail)?;
    Ok((start, tail))
}

fn u16_at(record: &[u8], at: usize) -> Option<u16> {
    let bytes = record.get(at..at + 2)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn u32_at(record: &[u8], at: usize) -> Option<u32> {
    let bytes = record.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn u64_at(record: &[u8], at: usize) -> Option<u64> {
    let bytes = record.get(at..at + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// Reads the list record by record before the crate loads it, so that its length is bounded, and
/// a name that stands twice, of which a map would keep the last, is seen.
fn check_list<R: Read + Seek>(input: &mut R, end: End, limits: &Limits) -> Result<(), ReadError> {
    if (limits.members_max as u64) < end.members {
        return Err(refused(format!(
            "the archive has {} members, more than {}: import it in parts",
            end.members, limits.members_max
        )));
    }
    let wrong = || {
        refused(
            "the archive's list of members is not as long as its end says: ask the bank for it again",
        )
    };
    if LIST_RECORD_BYTES_MAX.saturating_mul(end.members) < end.list_bytes {
        return Err(wrong());
    }
    input
        .seek(SeekFrom::Start(end.list_start))
        .map_err(|error| broken(&error.into()))?;
    let mut list = BufReader::new(input.take(end.list_bytes));
    let mut known = HashSet::new();
    for _ in 0..end.members {
        let raw = next_name(&mut list)
            .map_err(|error| broken(&error.into()))?
            .ok_or_else(wrong)?;
        let name = names::shown(&raw).map_err(|reason| bad_name(&raw, reason))?;
        if !known.insert(raw) {
            return Err(refused(format!(
                "{} stands in the archive twice: ask the bank which of the two is meant",
                called(&name)
            )));
        }
    }
    match list.fill_buf() {
        Ok([]) => Ok(()),
        Ok(_) => Err(wrong()),
        Err(error) => Err(broken(&error.into())),
    }
}

/// The name in the next record of the list; `None` where no record begins.
fn next_name(list: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut record = [0; LIST_RECORD_BYTES];
    list.read_exact(&mut record)?;
    if !record.starts_with(LIST_RECORD_SIGN) {
        return Ok(None);
    }
    let length = |at| u16_at(&record, at).unwrap_or_default();
    let mut name = vec![0; length(28).into()];
    list.read_exact(&mut name)?;
    let rest = u64::from(length(30)) + u64::from(length(32));
    if io::copy(&mut list.take(rest), &mut io::sink())? < rest {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(name))
}

fn bad_name(raw: &[u8], reason: &str) -> ReadError {
    // A name may have 64 KiB; its beginning is enough to find it.
    let shown = raw.get(..80).unwrap_or(raw).escape_ascii();
    refused(format!(
        "the archive's member \"{shown}\" {reason}: such an archive is not opened, ask the bank what it is"
    ))
}

/// The members by the list, after all parts of the archive were found to agree.
fn listed<R: Read + Seek>(input: &mut R, end: End) -> Result<Vec<Listed>, ReadError> {
    let mut archive = ZipArchive::new(input).map_err(|error| broken(&error))?;
    if archive.offset() != 0
        || archive.central_directory_start() != end.list_start
        || archive.len() as u64 != end.members
    {
        return Err(joined());
    }
    archive
        .validate_header_consistency()
        .map_err(|error| broken(&error))?;
    let mut listed = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let file = archive
            .by_index_raw(index)
            .map_err(|error| broken(&error))?;
        listed.push(Listed::of(&file)?);
    }
    Ok(listed)
}

/// What a member is to the one who imports statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Junk,
}

/// A member as the list has it; its seal is a claim.
#[derive(Debug)]
struct Listed {
    name: String,
    kind: Kind,
    place: Place,
    packed: u64,
    claimed: Seal,
}

impl Listed {
    fn of<R: Read>(file: &ZipFile<'_, R>) -> Result<Self, ReadError> {
        let raw = file.name_raw();
        let name = names::shown(raw).map_err(|reason| bad_name(raw, reason))?;
        let wrong = |what: &str| refused(format!("{} {what}", called(&name)));
        if file.encrypted() {
            return Err(wrong(
                "is encrypted: unpack it with its password and import the statement files",
            ));
        }
        let kind = kind(&name, file.external_attributes()).ok_or_else(|| {
            wrong("is a link or another special file, not a statement: ask the bank what it is")
        })?;
        let (start, packed) = (
            file.data_start()
                .ok_or_else(|| wrong("has no place in the archive: ask the bank for it again"))?,
            file.compressed_size(),
        );
        let place = match file.get_metadata().compression_method {
            CompressionMethod::Stored => Place::Stored { start, packed },
            CompressionMethod::Deflated => Place::Deflated { start, packed },
            _ => {
                return Err(wrong(
                    "is packed in a way that is not read here: pack it anew with the method Deflate",
                ));
            }
        };
        let claimed = Seal {
            bytes: file.size(),
            crc: file.crc32(),
        };
        if kind == Kind::Folder && claimed.bytes != 0 {
            return Err(wrong(
                "is a folder by its name and holds bytes: ask the bank what it is",
            ));
        }
        Ok(Listed {
            name,
            kind,
            place,
            packed,
            claimed,
        })
    }

    /// Unpacks it into nothing; it must be what it claims and stay within the limits.
    fn check<R: Read + Seek>(
        &self,
        input: &mut R,
        limits: &Limits,
        left: u64,
    ) -> Result<Member, ReadError> {
        let mut cap = limits.cap(&self.name, self.packed, left);
        // Over a limit by its own word: true or not, it need not be tried.
        if cap.bytes < self.claimed.bytes {
            return Err(refused(cap.exceeded));
        }
        cap.bytes = self.claimed.bytes;
        cap.exceeded = format!(
            "{} holds more than the {} bytes that it declares: do not unpack it, ask the bank what it is",
            called(&self.name),
            self.claimed.bytes
        );
        check(&self.name, input, self.place, cap, Some(self.claimed))
    }
}

/// `None` for links, devices, and what is a folder by its mode but not by its name. DOS and
/// Windows write no Unix mode; zero is a file.
fn kind(name: &str, attributes: u32) -> Option<Kind> {
    let is_folder = name.ends_with('/');
    match (attributes >> 16) & MODE_TYPE {
        0 | MODE_FILE if !is_folder && names::is_junk(name) => Some(Kind::Junk),
        0 | MODE_FILE if !is_folder => Some(Kind::File),
        0 | MODE_FILE | MODE_FOLDER if is_folder => Some(Kind::Folder),
        _ => None,
    }
}

/// What the `zip` crate says, its words escaped: they may quote the archive.
fn broken(error: &ZipError) -> ReadError {
    let detail = names::escaped(&error.to_string());
    match error {
        ZipError::Io(io)
            if !matches!(
                io.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput
            ) =>
        {
            refused(format!(
                "the archive cannot be read ({detail}): try again, or copy it anew"
            ))
        }
        _ => refused(format!(
            "the archive is damaged, cut off, or contradicts itself ({detail}): ask the bank for it again"
        )),
    }
}
