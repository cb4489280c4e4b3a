//! Statement files that come packed, as ZIP or gzip.
//!
//! In: bytes that can be read and sought, and the limits. Out: the members by their names, after
//! the whole archive was unpacked once into nothing, or an error and no member at all; and each
//! member again, as a stream. Never here: a file opened or written, a name used as a path, a
//! member held in memory, a size believed because it is written down.
//!
//! An archive is taken whole or not at all: a bank packs what belongs together, and half of it
//! would look like a day on which nobody paid. It is checked strictly, because two readers that
//! see different members in one archive are how a false statement gets past the one who looked.
//!
//! | file | job |
//! |---|---|
//! | `directory` | the list of a ZIP: what it names, where it lies, whether all its parts agree |
//! | `names` | which names a member may have, and how they are shown |
//! | `unpack` | a member as a stream, counted against a cap and held to its size and checksum |

mod directory;
mod names;
#[cfg(test)]
mod tests;
mod unpack;

pub use names::escaped;
pub use unpack::Unpacked;

use super::read::ReadError;
use std::io::{Read, Seek, SeekFrom};
use unpack::{Cap, Place, Seal};

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not packed, or in a way that is not read here.
    Plain,
    /// RFC 1952; one file, in one or several gzip members.
    Gzip,
    /// PKWARE's APPNOTE.TXT; any number of files.
    Zip,
}

/// How many bytes [`packing`] wants to see.
pub const HEAD_BYTES: usize = 4;

/// Tells by the first bytes how a file is packed. No statement begins with these bytes.
pub fn packing(head: &[u8]) -> Packing {
    // A local file header, or the end record of an archive without members (APPNOTE 4.3.7, 4.3.16).
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Packing::Zip
    } else if head.starts_with(b"\x1f\x8b") {
        Packing::Gzip
    } else {
        Packing::Plain
    }
}

/// What an archive may hold. All bytes are measured while unpacking, none is taken from a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Entries of a ZIP, folders included.
    pub members_max: usize,
    /// Bytes of one member, unpacked.
    pub member_bytes_max: u64,
    /// Bytes of all members, unpacked.
    pub total_bytes_max: u64,
    /// How many times its packed size a member may have, unpacked. The first MiB is free: a short
    /// text of equal lines packs far better than a statement does, and harms nobody.
    pub ratio_max: u32,
}

impl Default for Limits {
    /// Generous to banks. One file for each account and day of a year is 366 members. A camt.053
    /// with a million entries has 1.15 GB and packs about 30 : 1, a year of MT940 stays below
    /// that. Deflate packs at most 1032 : 1 (zlib's technical notes), which only emptiness
    /// reaches: 200 : 1 tells the two apart.
    fn default() -> Self {
        Limits {
            members_max: 1_000,
            member_bytes_max: 4 << 30,
            total_bytes_max: 8 << 30,
            ratio_max: 200,
        }
    }
}

/// Unpacked bytes of a member that the ratio does not count.
const RATIO_FREE_BYTES: u64 = 1 << 20;

/// A file inside an archive that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name in a ZIP, with the folders inside it; empty in a gzip, whose file name is taken
    /// from outside. Data, escaped for showing, and never a path.
    pub name: String,
    /// Its size unpacked, as measured.
    pub bytes: u64,
    place: Place,
    seal: Seal,
}

impl Member {
    /// What to call it beside the name of its archive: `october.zip/2026-10-12.xml`, and of a
    /// gzip the name without `.gz`.
    pub fn shown_in(&self, archive: &str) -> String {
        if self.place != Place::Gzip {
            return format!("{archive}/{}", self.name);
        }
        let cut = archive.len().saturating_sub(".gz".len());
        match archive.split_at_checked(cut) {
            Some((name, end)) if end.eq_ignore_ascii_case(".gz") && !name.is_empty() => {
                name.to_owned()
            }
            _ => archive.to_owned(),
        }
    }

    /// Reads it again from its archive, from the beginning, as often as wanted.
    ///
    /// The stream ends well only after as many bytes, with the same checksum, as [`members`] saw:
    /// of an archive that was exchanged in between, nothing else can pass.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if the archive cannot be read at the member's place.
    pub fn open<R: Read + Seek>(&self, input: R) -> Result<Unpacked<R>, ReadError> {
        let called = called(&self.name);
        let changed = Cap {
            bytes: self.bytes,
            exceeded: format!("{called} has changed since it was checked: import the file again"),
        };
        Unpacked::new(input, self.place, called, changed, Some(self.seal))
            .map_err(|error| unreadable(&error))
    }
}

/// Checks a whole archive and lists its files, in its order.
///
/// Each member is unpacked once, into nothing, at most up to the limits. Folders are left out, and
/// so is what macOS and Windows put into an archive without being asked (`__MACOSX/`, `.DS_Store`,
/// `Thumbs.db`, `desktop.ini`): the sender does not see it and cannot leave it away, and it holds
/// no statement. It is checked all the same.
///
/// Several gzip members one after the other are one file (RFC 1952, 2.2); if the file was cut off
/// exactly between two of them nothing in it tells, only the balances of its statements do.
///
/// # Errors
///
/// [`ReadError`] if anything is wrong with any member, or with the archive as such: it is
/// damaged, encrypted, over a limit, holds no file, holds another archive, a link, one name twice,
/// a name that points outside, or more than its list says.
pub fn members(mut input: impl Read + Seek, limits: &Limits) -> Result<Vec<Member>, ReadError> {
    match packing(&head(&mut input)?) {
        Packing::Zip => directory::members(&mut input, limits),
        Packing::Gzip => gzip(&mut input, limits).map(|member| vec![member]),
        Packing::Plain => Err(refused("this is neither a ZIP nor a gzip archive")),
    }
}

fn head(input: &mut (impl Read + Seek)) -> Result<Vec<u8>, ReadError> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    input
        .rewind()
        .and_then(|()| input.take(HEAD_BYTES as u64).read_to_end(&mut head))
        .map_err(|error| unreadable(&error))?;
    Ok(head)
}

fn gzip(input: &mut (impl Read + Seek), limits: &Limits) -> Result<Member, ReadError> {
    let packed = input
        .seek(SeekFrom::End(0))
        .map_err(|error| unreadable(&error))?;
    let cap = limits.cap("", packed, limits.total_bytes_max);
    check("", input, Place::Gzip, cap, None)
}

/// Unpacks a member into nothing and tells what it measured.
fn check<R: Read + Seek>(
    name: &str,
    input: R,
    place: Place,
    cap: Cap,
    declared: Option<Seal>,
) -> Result<Member, ReadError> {
    let measured = Unpacked::new(input, place, called(name), cap, declared)
        .and_then(Unpacked::measure)
        .map_err(|error| unreadable(&error))?;
    if packing(&measured.head) != Packing::Plain {
        return Err(refused(format!(
            "{} is itself an archive: unpack it and import the statement files",
            called(name)
        )));
    }
    Ok(Member {
        name: name.to_owned(),
        bytes: measured.seal.bytes,
        place,
        seal: measured.seal,
    })
}

impl Limits {
    /// The lowest limit of a member that has `packed` bytes, when all together have `left`.
    fn cap(&self, name: &str, packed: u64, left: u64) -> Cap {
        let of_ratio = packed
            .saturating_mul(self.ratio_max.into())
            .max(RATIO_FREE_BYTES);
        let called = called(name);
        let caps = [
            (
                self.member_bytes_max,
                format!(
                    "{called} unpacks to more than {} bytes, which is more than a statement file may have: ask the bank for smaller files",
                    self.member_bytes_max
                ),
            ),
            (
                left,
                format!(
                    "the archive unpacks to more than {} bytes in all, reached in {called}: import it in parts",
                    self.total_bytes_max
                ),
            ),
            (
                of_ratio,
                format!(
                    "{called} unpacks to more than {} times its packed size, as no statement does: do not unpack it, ask the bank what it is",
                    self.ratio_max
                ),
            ),
        ];
        let [first, rest @ ..] = caps;
        let (bytes, exceeded) =
            rest.into_iter().fold(
                first,
                |least, cap| {
                    if cap.0 < least.0 { cap } else { least }
                },
            );
        Cap { bytes, exceeded }
    }
}

/// What messages call a member: a gzip holds one and has no name for it.
fn called(name: &str) -> String {
    if name.is_empty() {
        "the gzip file".to_owned()
    } else {
        format!("the archive's member {name}")
    }
}

fn refused(message: impl Into<String>) -> ReadError {
    ReadError {
        line: 1,
        message: message.into(),
    }
}

/// The stream says itself what is wrong with a member; anything else is the disk's word.
fn unreadable(error: &std::io::Error) -> ReadError {
    if unpack::is_verdict(error) {
        refused(error.to_string())
    } else {
        refused(format!(
            "the archive cannot be read ({error}): try again, or copy it anew"
        ))
    }
}
