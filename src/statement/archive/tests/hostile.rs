//! Archives that somebody made on purpose: bombs, lies, names, links, archives in archives.

use super::*;
use std::cell::Cell;

const MIB: usize = 1 << 20;

/// Counts the bytes that are taken from an archive.
struct Counted<'a> {
    inner: Cursor<&'a [u8]>,
    bytes: &'a Cell<usize>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + read);
        Ok(read)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Why it was refused, and how many bytes were read until then.
fn refusal(archive: &[u8], limits: &Limits) -> (String, usize) {
    let bytes = Cell::new(0);
    let inner = Cursor::new(archive);
    let counted = Counted {
        inner,
        bytes: &bytes,
    };
    let error = members(counted, limits).unwrap_err();
    (error.message, bytes.get())
}

/// Zeros, so many MiB. Deflate forgets at each full flush, so that one MiB can be repeated.
fn zeros(mib: usize) -> Entry {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&vec![0; MIB]).unwrap();
    // The first flush ends the block, the second is empty: 00 00 00 ff ff, on a byte's border.
    packed.flush().unwrap();
    let block = packed.get_ref().clone();
    let mut one = flate2::Crc::new();
    one.update(&vec![0; MIB]);
    let mut crc = flate2::Crc::new();
    (0..mib).for_each(|_| crc.combine(&one));
    Entry {
        packed: [block.repeat(mib), b"\x03\0".to_vec()].concat(),
        bytes: u32::try_from(mib * MIB).unwrap(),
        crc: crc.sum(),
        ..deflated("bomb.xml", b"")
    }
}

/// RFC 1952 around a deflated member.
fn gzip_of(entry: &Entry) -> Vec<u8> {
    let mut out = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
    out.extend(&entry.packed);
    out.extend(entry.crc.to_le_bytes());
    out.extend(entry.bytes.to_le_bytes());
    out
}

#[test]
fn the_bomb_is_a_whole_file_to_those_who_allow_it() {
    let limits = Limits {
        ratio_max: 2_000,
        ..Limits::default()
    };
    for archive in [zip_of(&[zeros(3)]), gzip_of(&zeros(3))] {
        let members = members(Cursor::new(&archive), &limits).unwrap();
        assert_eq!(members[0].bytes, 3 * MIB as u64);
    }
}

#[test]
fn s15_b71_a_zip_bomb_is_refused_by_measured_bytes() {
    let bomb = zeros(100);
    let honest = zip_of(std::slice::from_ref(&bomb));
    let (message, _) = refusal(&honest, &Limits::default());
    assert!(message.contains("200 times"), "{message}");

    let modest = Entry { bytes: 10, ..bomb };
    let (message, read) = refusal(&zip_of(std::slice::from_ref(&modest)), &Limits::default());
    assert!(message.contains("more than the 10 bytes"), "{message}");
    // The tail, in which the end record may be, and a buffer or two.
    assert!(read < 80_000, "{read} bytes were read");
}

#[test]
fn s15_b71_a_gzip_bomb_is_refused_long_before_its_end() {
    let bomb = gzip_of(&zeros(100));
    let (message, read) = refusal(&bomb, &Limits::default());
    assert!(message.contains("200 times"), "{message}");
    assert!(read < bomb.len() / 2, "{read} of {} were read", bomb.len());
}

#[test]
fn b71_every_limit_holds_at_its_border() {
    let file = |name| stored(name, &[b'x'; 100]);
    let three = zip_of(&[file("a"), file("b"), file("c")]);
    let within = Limits {
        members_max: 3,
        member_bytes_max: 100,
        total_bytes_max: 300,
        ratio_max: 1,
    };
    assert_eq!(members(Cursor::new(&three), &within).unwrap().len(), 3);
    for (limits, word) in [
        (
            Limits {
                members_max: 2,
                ..within.clone()
            },
            "3 members, more than 2",
        ),
        (
            Limits {
                member_bytes_max: 99,
                ..within.clone()
            },
            "member a unpacks to more than 99 bytes",
        ),
        (
            Limits {
                total_bytes_max: 299,
                ..within.clone()
            },
            "more than 299 bytes in all, reached in the archive's member c",
        ),
    ] {
        refused_with(&three, &limits, word);
    }

    let (free, counted) = (zip_of(&[zeros(1)]), zip_of(&[zeros(2)]));
    assert!(members(Cursor::new(&free), &Limits::default()).is_ok());
    refused_with(&counted, &Limits::default(), "200 times");
    let small = Limits {
        member_bytes_max: 99,
        ..Limits::default()
    };
    refused_with(
        &gz(&[b'x'; 100]),
        &small,
        "gzip file unpacks to more than 99",
    );
}

#[test]
fn b71_more_members_than_the_limit_are_not_even_listed() {
    let many: Vec<Entry> = (0..1_001)
        .map(|day| stored(format!("{day}.xml"), b"x"))
        .collect();
    let (message, read) = refusal(&zip_of(&many), &Limits::default());
    assert!(
        message.contains("1001 members, more than 1000"),
        "{message}"
    );
    // The tail in which the end record may be.
    assert!(read < 70_000, "{read} bytes were read");
}

#[test]
fn b71_a_size_that_lies_is_found_out() {
    let honest = deflated("a.xml", OCTOBER);
    let bytes = honest.bytes;
    let longer = [honest.packed.as_slice(), b"more"].concat();
    let cut = honest.packed[..honest.packed.len() - 1].to_vec();
    for (name, entry, word) in [
        (
            "fewer bytes",
            Entry {
                bytes: bytes - 1,
                ..honest.clone()
            },
            "holds more than the 27 bytes",
        ),
        (
            "more bytes",
            Entry {
                bytes: bytes + 1,
                ..honest.clone()
            },
            "28 bytes where 29 were declared",
        ),
        (
            "no bytes",
            Entry {
                bytes: 0,
                ..honest.clone()
            },
            "holds more than the 0 bytes",
        ),
        (
            "4 GiB",
            Entry {
                bytes: u32::MAX - 1,
                ..honest.clone()
            },
            "200 times",
        ),
        (
            "other checksum",
            Entry {
                crc: honest.crc ^ 1,
                ..honest.clone()
            },
            "its checksum is wrong",
        ),
        (
            "bytes behind",
            Entry {
                packed: longer,
                ..honest.clone()
            },
            "bytes behind its end",
        ),
        (
            "cut off",
            Entry {
                packed: cut,
                ..honest.clone()
            },
            "damaged or cut off",
        ),
        (
            "no deflate",
            Entry {
                method: 8,
                ..stored("a.xml", OCTOBER)
            },
            "damaged or cut off",
        ),
        (
            "stored too long",
            Entry {
                bytes: bytes - 1,
                ..stored("a.xml", OCTOBER)
            },
            "holds more than the 27",
        ),
        (
            "stored too short",
            Entry {
                bytes: bytes + 1,
                ..stored("a.xml", OCTOBER)
            },
            "28 bytes where 29 were declared",
        ),
    ] {
        let message = listed(&zip_of(&[entry])).unwrap_err().message;
        assert!(message.contains(word), "{name}: {message}");
    }
}

#[test]
fn b71_an_archive_in_an_archive_is_refused() {
    for inner in [good(), gz(OCTOBER), zip_of(&[])] {
        refused_for(&zip_of(&[stored("x.xml", &inner)]), "itself an archive");
        refused_for(&zip_of(&[deflated("x.xml", &inner)]), "itself an archive");
        refused_for(&gz(&inner), "itself an archive");
    }
}

#[test]
fn b72_a_name_that_could_be_a_trick_refuses_the_archive() {
    for (name, word) in [
        (b"../x.xml".as_slice(), "points out"),
        (b"a/../x.xml", "points out"),
        (b"a/..", "points out"),
        (b"..", "points out"),
        (b"../", "points out"),
        (b"/etc/x.xml", "absolute"),
        (b"/", "absolute"),
        (b"C:x.xml", "absolute"),
        (b"c:/x.xml", "absolute"),
        (b"..\\x.xml", "backslash"),
        (b"a\\b.xml", "backslash"),
        (b"\\\\host\\share\\x.xml", "backslash"),
        (b"", "no name"),
        (b"./x.xml", "empty part"),
        (b"a//x.xml", "empty part"),
        (b"a/.", "empty part"),
        (b"x.xml\0.pdf", "control character"),
        (b"x\n2026-10-12 imported.xml", "control character"),
        (b"x\r.xml", "control character"),
        (b"x\x1b[2J.xml", "control character"),
        (b"x\x7f.xml", "control character"),
        ("x\u{85}.xml".as_bytes(), "control character"),
        (&[b'x'; 1_025], "more than 1024 bytes"),
    ] {
        let archive = zip_of(&[deflated("good.xml", OCTOBER), deflated(name, OCTOBER)]);
        refused_for(&archive, word);
        let message = listed(&archive).unwrap_err().message;
        assert!(!message.chars().any(char::is_control), "{message:?}");
    }
}

#[test]
fn b78_a_name_is_shown_escaped() {
    for (name, shown) in [
        ("październik/12.xml".as_bytes(), "październik/12.xml"),
        (
            "paz\u{301}dziernik.xml".as_bytes(),
            "paz\u{301}dziernik.xml",
        ),
        (
            b"Bank's \"copy\" 10:00 ...xml",
            "Bank's \"copy\" 10:00 ...xml",
        ),
        ("a\u{202e}lmx.xml".as_bytes(), "a\\u{202e}lmx.xml"),
        ("a\u{200b}.xml".as_bytes(), "a\\u{200b}.xml"),
        // Code page 852, and half a letter.
        (b"pa\xabdziernik.xml", "pa\\xabdziernik.xml"),
        (b"a\xc5", "a\\xc5"),
    ] {
        let archive = zip_of(&[deflated(name, OCTOBER)]);
        assert_eq!(read(&archive).unwrap(), expected(&[(shown, OCTOBER)]));
    }
}

#[test]
fn b72_links_and_devices_are_refused() {
    for mode in [
        0o120_777, 0o060_644, 0o020_644, 0o010_644, 0o140_755, 0o040_755, 0o170_000,
    ] {
        let entry = Entry {
            mode,
            ..stored("x.xml", b"/etc/passwd")
        };
        refused_for(&zip_of(&[entry]), "link or another special file");
    }
    let folder = Entry {
        mode: 0o120_777,
        ..stored("x/", b"")
    };
    refused_for(&zip_of(&[folder]), "link or another special file");
    refused_for(&zip_of(&[stored("x/", b"bytes")]), "folder by its name");
}

#[test]
fn encrypted_members_and_other_methods_are_refused() {
    for flags in [1, 0x41] {
        let entry = Entry {
            flags,
            ..deflated("x.xml", OCTOBER)
        };
        refused_for(&zip_of(&[entry]), "is encrypted");
    }
    // Shrunk, imploded, Deflate64, bzip2, LZMA, Zstandard, xz, PPMd, AES.
    for method in [1, 6, 9, 12, 14, 93, 95, 98, 99] {
        let entry = Entry {
            method,
            ..deflated("x.xml", OCTOBER)
        };
        refused_for(&zip_of(&[entry]), "not read here");
    }
}

#[test]
fn b72_one_name_twice_is_refused() {
    let twice = [deflated("a.xml", OCTOBER), deflated("a.xml", NOVEMBER)];
    refused_for(&zip_of(&twice), "member a.xml stands in the archive twice");
}

#[test]
fn a_name_that_differs_before_the_member_is_refused() {
    let entry = Entry {
        local_name: b"b.xml".to_vec(),
        ..deflated("a.xml", OCTOBER)
    };
    refused_for(&zip_of(&[entry]), "contradicts itself");
}

#[test]
fn a_second_archive_is_found_wherever_it_lies() {
    let (one, other) = (good(), zip_of(&[deflated("other.xml", NOVEMBER)]));
    refused_for(&[one.clone(), other.clone()].concat(), "second archive");
    refused_for(&[one.clone(), b"x".to_vec()].concat(), "second archive");
    refused_for(&[other.clone(), vec![0; 70_000]].concat(), "cut off");
    let in_comment = zip_with_comment(&[deflated("a.xml", OCTOBER)], &other);
    refused_for(&in_comment, "second archive");
    let sign_in_comment = zip_with_comment(&[deflated("a.xml", OCTOBER)], b"PK\x05\x06");
    refused_for(&sign_in_comment, "cut off");
    refused_for(&[gz(OCTOBER), other].concat(), "gzip file is damaged");
}

#[test]
fn a_member_that_the_list_does_not_name_is_found() {
    let (shown, hidden) = (deflated("a.xml", OCTOBER), deflated("b.xml", NOVEMBER));
    let members = [local(&shown), local(&hidden)].concat();
    let list = record(&shown, 0);
    let end = end_of(1, list.len(), members.len(), b"");
    refused_for(&[members.clone(), list, end].concat(), "contradicts itself");

    let list = [record(&shown, 0), record(&hidden, local(&shown).len())].concat();
    for (count, word) in [(1, "not as long as"), (3, "cut off"), (0, "not as long as")] {
        let end = end_of(count, list.len(), members.len(), b"");
        refused_for(&[members.clone(), list.clone(), end].concat(), word);
    }
}

#[test]
fn b71_members_that_share_their_bytes_are_refused() {
    let (one, other) = (deflated("a.xml", OCTOBER), deflated("b.xml", OCTOBER));
    let members = local(&one);
    let same = Entry {
        local_name: b"a.xml".to_vec(),
        ..other
    };
    let list = [record(&one, 0), record(&same, 0)].concat();
    let end = end_of(2, list.len(), members.len(), b"");
    refused_for(&[members, list, end].concat(), "contradicts itself");
}

#[test]
fn a_part_of_a_split_archive_is_refused() {
    let mut archive = good();
    let end = archive.len() - 22;
    archive[end + 4] = 1;
    refused_for(&archive, "one part of several");
}
