//! Archives that were damaged on their way, exchanged, or never were archives.

use super::*;
use proptest::prelude::*;

/// Refused, or nothing of it differs from the whole.
fn refused_or_whole(archive: &[u8], whole: &[(String, Vec<u8>)], what: &str) {
    if let Ok(files) = read(archive) {
        assert_eq!(files, whole, "{what}");
    }
}

#[test]
fn b75_an_archive_that_is_cut_off_anywhere_is_refused() {
    for archive in [good(), gz(OCTOBER)] {
        for length in 0..archive.len() {
            assert!(listed(&archive[..length]).is_err(), "{length} bytes");
        }
    }
}

#[test]
fn b70_one_damaged_byte_refuses_the_archive_or_changes_nothing() {
    for archive in [good(), gz(OCTOBER)] {
        let whole = read(&archive).unwrap();
        for at in 0..archive.len() {
            for bit in 0..8 {
                let mut damaged = archive.clone();
                damaged[at] ^= 1 << bit;
                refused_or_whole(&damaged, &whole, &format!("bit {bit} of byte {at}"));
            }
        }
    }
}

#[test]
fn b70_one_damaged_member_refuses_all() {
    let mut entry = deflated("b.xml", NOVEMBER);
    entry.crc ^= 1;
    let archive = zip_of(&[deflated("a.xml", OCTOBER), entry]);
    refused_for(&archive, "member b.xml is damaged");
}

#[test]
fn b72_a_name_that_is_cut_off_refuses_the_archive() {
    let archive = good();
    for sign in [b"PK\x01\x02", b"PK\x03\x04"] {
        let at = archive.windows(4).position(|four| four == sign).unwrap();
        let name_bytes = at + if sign == b"PK\x01\x02" { 28 } else { 26 };
        for length in (0..=u8::MAX).filter(|length| *length != archive[name_bytes]) {
            let mut damaged = archive.clone();
            damaged[name_bytes] = length;
            assert!(listed(&damaged).is_err(), "{length}");
        }
    }
}

#[test]
fn a_gzip_with_a_wrong_end_is_refused() {
    let archive = gz(OCTOBER);
    refused_for(
        &[archive.as_slice(), b"\0\0"].concat(),
        "gzip file is damaged",
    );
    refused_for(
        &[archive.as_slice(), OCTOBER].concat(),
        "gzip file is damaged",
    );
    for from_end in [1, 5] {
        let mut damaged = archive.clone();
        let at = damaged.len() - from_end;
        damaged[at] ^= 1;
        refused_for(&damaged, "gzip file is damaged");
    }
}

#[test]
fn an_archive_that_was_exchanged_after_the_check_is_not_read() {
    let other = b"<Document>OCTOBER</Document>";
    let longer = b"<Document>october, and more</Document>";
    for packed in [
        |content: &[u8]| zip_of(&[stored("a.xml", content)]),
        |content: &[u8]| zip_of(&[deflated("a.xml", content)]),
        gz,
    ] {
        let member = listed(&packed(OCTOBER)).unwrap().remove(0);
        assert_eq!(content(&packed(OCTOBER), &member).unwrap(), OCTOBER);
        for other in [other.as_slice(), longer, b""] {
            let error = content(&packed(other), &member).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        }
        assert!(content(b"", &member).is_err());
    }
}

/// A disk that fails from some byte on.
struct Failing {
    inner: Cursor<Vec<u8>>,
    from: u64,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.from <= self.inner.position() {
            return Err(io::Error::other("the disk is gone"));
        }
        let left = usize::try_from(self.from - self.inner.position()).unwrap();
        let length = buffer.len().min(left);
        self.inner.read(&mut buffer[..length])
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[test]
fn a_disk_that_fails_is_not_blamed_on_the_bank() {
    for archive in [good(), gz(OCTOBER)] {
        for from in 0..archive.len() as u64 {
            let inner = Cursor::new(archive.clone());
            let error = members(Failing { inner, from }, &Limits::default()).unwrap_err();
            assert!(error.message.contains("try again"), "{from}: {error}");
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_behind_a_head_never_panic(
        head in prop::sample::select(vec![
            b"PK\x03\x04".as_slice(),
            b"PK\x05\x06",
            b"\x1f\x8b\x08",
        ]),
        body in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let archive = [head, &body].concat();
        prop_assert!(read(&archive).is_err());
    }

    #[test]
    fn a_good_archive_with_a_piece_overwritten_is_refused_or_whole(
        at in 0_usize..400,
        piece in prop::collection::vec(any::<u8>(), 1..8),
        cut in 0_usize..400,
    ) {
        let mut archive = good();
        let whole = read(&archive).unwrap();
        for (byte, new) in archive.iter_mut().skip(at).zip(piece) {
            *byte = new;
        }
        archive.truncate(archive.len().saturating_sub(cut.saturating_sub(200)));
        refused_or_whole(&archive, &whole, "overwritten");
    }
}
