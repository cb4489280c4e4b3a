//! Rows B24, B25, B45, B73 to B75, B77, B79: encodings, marks, damage, floods and size.

use super::{
    OWN, amounts, assert_clean, assert_quarantined, assert_refused, mt940, one, read, warnings,
};
use crate::support::camt;
use crate::support::readings::{self, By};
use encoding_rs::{Encoding, ISO_8859_2, WINDOWS_1250};
use serde_json::{Value, json};
use std::fmt::Write as _;

const LINE: &str = ":61:2610121012C1,00NTRFX\n:86:";

/// The remittance information of a statement whose text is these bytes.
#[track_caller]
fn text_of(text: &[u8], profile: Option<&str>) -> (Value, String) {
    let whole = mt940(&format!("{LINE}@"), "1001,00").into_bytes();
    let at = whole.iter().position(|&byte| byte == b'@').unwrap();
    let bytes = [&whole[..at], text, &whole[at + 1..]].concat();
    let by = profile.map_or(By::Detection, By::dialect);
    let mut found = readings::of(&bytes, &by);
    assert_eq!(found.len(), 1);
    let found = found.remove(0);
    let text = found["entries"][0]["remittance"]
        .as_str()
        .unwrap()
        .to_owned();
    (found, text)
}

/// Polish letters and umlauts survive in every encoding that banks write.
#[test]
fn b24_letters_are_read_in_the_banks_encoding() {
    for (bytes, expected) in [
        (&b"M\xFCller"[..], "Müller"),
        (b"M\x81ller", "Müller"),
        ("Müller".as_bytes(), "Müller"),
        (
            b"\xAF\xD3\xA3\xC6 \xBF\xF3\xB3\xE6 \xA1\xB1",
            "ŻÓŁĆ żółć Ąą",
        ),
        (
            b"\xAF\xD3\xA3\xC6 \xBF\xF3\xB3\xE6 \xA5\xB9",
            "ŻÓŁĆ żółć Ąą",
        ),
        (
            b"\xBD\xE0\x9D\x8F \xBE\xA2\x88\x86 \xA4\xA5",
            "ŻÓŁĆ żółć Ąą",
        ),
        ("ŻÓŁĆ żółć Ąą".as_bytes(), "ŻÓŁĆ żółć Ąą"),
    ] {
        let (found, text) = text_of(bytes, None);
        assert_eq!(text, expected, "{bytes:?} read as {}", found["encoding"]);
        // Where letters that are not Polish leave a doubt, the guess is shown.
        let doubt = bytes.starts_with(b"M") && std::str::from_utf8(bytes).is_err();
        assert_eq!(
            warnings(&found).contains("nothing says how"),
            doubt,
            "{bytes:?}"
        );
        assert_eq!(warnings(&found).lines().count(), usize::from(doubt));
    }
    // Two letters that may be either are what the bank's profile says.
    for (profile, expected) in [("mbank", "Ą"), ("pekao", "í")] {
        assert_eq!(text_of(b"\xA1", Some(profile)).1, expected, "{profile}");
    }
}

/// A byte that means nothing in the bank's encoding is shown, not replaced in silence.
#[test]
fn b24_a_byte_without_a_meaning_is_visible() {
    let (found, text) = text_of(b"CZ\x9CSNE", Some("mbank"));
    assert_eq!(text, "CZ\u{FFFD}SNE");
    assert!(warnings(&found).starts_with("6: "), "{found}");
}

/// The traits of real files: the code page of DOS, in a whole statement.
#[test]
fn cp852_is_read_with_and_without_a_profile() {
    for profile in [None, Some("pekao"), Some("bs")] {
        let (found, text) = text_of(b"OP\x9DATA ZA STUDIA ZAOCZNE, \x97R\xE0D\x9DO", profile);
        assert_eq!(
            (text.as_str(), &found["encoding"]),
            ("OPŁATA ZA STUDIA ZAOCZNE, ŚRÓDŁO", &json!("CP852"))
        );
    }
}

/// Marks and line ends change nothing of what is read.
#[test]
fn b25_marks_and_line_ends_change_nothing() {
    let plain = mt940(&format!("{LINE}CZESNE ŻÓŁĆ"), "1001,00");
    let expected = one(&plain);
    assert_clean(&expected);
    for text in [
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        format!("\u{FEFF}{plain}"),
        format!("\u{FEFF}{}", plain.replace('\n', "\r\n")),
        plain.trim_end().to_owned(),
        format!("{plain}\n\n"),
    ] {
        assert_eq!(one(&text), expected, "{text:?}");
    }
    let plain = camt::statement(
        1,
        "2026-10-12",
        0,
        &[(100, "<AddtlNtryInf>ŻÓŁĆ</AddtlNtryInf>")],
    );
    let expected = one(&plain);
    assert_clean(&expected);
    for text in [
        plain.replace('\n', "\r\n"),
        format!("\u{FEFF}{plain}"),
        format!("{plain}\r\n\u{1A}"),
    ] {
        assert_eq!(one(&text), expected, "{text:?}");
    }
}

/// A NUL byte is damage.
#[test]
fn b25_a_nul_byte_quarantines() {
    let text = mt940(&format!("{LINE}CZE\0SNE"), "1001,00");
    assert_quarantined(&one(text), 6, "NUL");
}

/// An XML declaration is honoured, and one that contradicts the bytes is never overlooked.
#[test]
fn b45_a_wrong_declaration_is_honoured_or_quarantines() {
    let text = |name: &str| {
        let inside = "<AddtlNtryInf>ŚRODA, ŻÓŁĆ</AddtlNtryInf>";
        camt::statement(1, "2026-10-12", 0, &[(100, inside)]).replace("UTF-8", name)
    };
    let encoded: [(&str, &'static Encoding); 2] =
        [("windows-1250", WINDOWS_1250), ("ISO-8859-2", ISO_8859_2)];
    for (name, encoding) in encoded {
        let declared = text(name);
        let (bytes, ..) = encoding.encode(&declared);
        let found = one(&bytes);
        assert_clean(&found);
        assert_eq!(found["encoding"], name);
        assert_eq!(found["entries"][0]["remittance"], "ŚRODA, ŻÓŁĆ");
        let lying = one(&declared);
        assert_quarantined(&lying, 1, name);
        assert_eq!(lying["entries"][0]["remittance"], "ŚRODA, ŻÓŁĆ");
    }
    let declared = text("UTF-8");
    let (bytes, ..) = WINDOWS_1250.encode(&declared);
    assert_refused(bytes, 5, "UTF-8");
    assert_refused(text("EBCDIC-CP-ROECE"), 1, "EBCDIC-CP-ROECE");
}

/// A document type declaration is refused wherever it stands, whatever it defines.
#[test]
fn b73_any_document_type_is_refused() {
    let text = camt::statement(
        1,
        "2026-10-12",
        0,
        &[(100, "<AddtlNtryInf>&a;</AddtlNtryInf>")],
    );
    let laughs = "<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">";
    for doctype in [
        "<!DOCTYPE Document>".to_owned(),
        "<!DOCTYPE Document SYSTEM \"http://example.invalid/a.dtd\">".to_owned(),
        "<!DOCTYPE Document [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>".to_owned(),
        format!("<!DOCTYPE Document [{laughs}]>"),
    ] {
        assert_refused(
            text.replace("<Document", &format!("{doctype}<Document")),
            2,
            "DOCTYPE",
        );
    }
    // Nor does an entity mean anything without one.
    assert_refused(text, 5, "&a;");
}

/// Floods of attributes, namespaces and depth are cut short, with a reason.
#[test]
fn b74_floods_of_attributes_and_depth_are_bounded() {
    let text = camt::statement(1, "2026-10-12", 0, &[(100, "")]);
    let mut attributes = String::new();
    let mut namespaces = String::new();
    for number in 0..20_000 {
        let _ = write!(attributes, " a{number}='1'");
        let _ = write!(namespaces, " xmlns:n{number}='urn:n'");
    }
    assert_refused(
        text.replace("<Ntry>", &format!("<Ntry{attributes}>")),
        5,
        "long",
    );
    assert_refused(
        text.replacen("<Document", &format!("<Document{namespaces}"), 1),
        2,
        "long",
    );
    assert_refused(text.replace("<Ntry>", &"<Ntry>".repeat(20_000)), 5, "deep");
}

/// Whatever is cut off is refused, quarantined or says the same money as the whole.
#[test]
fn b75_a_file_cut_off_anywhere_brings_no_other_money() {
    let mt = mt940(
        ":61:2610121012C1950,00NTRFA\n:86:CZESNE ŻÓŁĆ\n:61:2610121012D5,00NCHGB\n:86:OPLATA",
        "2945,00",
    );
    let xml = camt::statement(1, "2026-10-12", 0, &[(195_000, ""), (-500, "")]);
    for bytes in [mt.into_bytes(), xml.into_bytes()] {
        let whole = one(&bytes);
        assert_clean(&whole);
        for end in 0..bytes.len() {
            for found in read(&bytes[..end])
                .iter()
                .filter(|one| one["status"] == "final")
            {
                assert_eq!(amounts(found), amounts(&whole), "cut off at {end}");
                assert_eq!(
                    found["closing_minor"], whole["closing_minor"],
                    "cut off at {end}"
                );
            }
        }
    }
}

/// Nothing at all is refused by name.
#[test]
fn b77_an_empty_file_is_refused() {
    for bytes in [&b""[..], b"\n", b" \r\n\t\n", b"\n\n\n\n"] {
        assert_refused(bytes, 1, "empty");
    }
    for bytes in [
        &b"PK\x03\x04"[..],
        b"%PDF-1.7",
        b"Date;Amount\n2026-10-12;1,00\n",
        b"\x00\x01",
        b"\xEF\xBB\xBF",
    ] {
        let found = one(bytes);
        assert_eq!(found["error"]["line"], 1, "{bytes:?}: {found}");
    }
}

/// A long file is read to its last line.
#[test]
fn b79_a_long_file_is_read_to_its_end() {
    const ENTRIES: i64 = 20_000;
    let mut lines = String::new();
    let mut entries = String::new();
    for number in 1..=ENTRIES {
        let _ = writeln!(
            lines,
            ":61:2610121012C1,00NTRFNONREF//EL{number}\n:86:CZESNE {number}"
        );
        entries += &camt::entry(
            100,
            "2026-10-12",
            &format!("<AcctSvcrRef>EL{number}</AcctSvcrRef>"),
        );
    }
    let mt = mt940(lines.trim_end(), &format!("{},00", 1000 + ENTRIES));
    let balances = camt::balance("OPBD", 0, "2026-10-12")
        + &camt::balance("CLBD", ENTRIES * 100, "2026-10-12");
    for text in [
        mt,
        camt::document("camt.053.001.08", 1, &(balances + &entries)),
    ] {
        let found = one(text);
        assert_clean(&found);
        assert_eq!(found["account"], OWN);
        let entries = found["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 20_000);
        assert_eq!(entries[19_999]["bank_reference"], "EL20000");
    }
}
