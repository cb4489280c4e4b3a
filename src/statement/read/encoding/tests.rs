//! Polish letters, umlauts and damage in every encoding.

use super::*;
use std::io::Read as _;

/// A text as it was decoded.
struct Text {
    content: String,
    encoding: &'static str,
    warnings: Vec<Warning>,
}

fn run(bytes: &[u8], plan: &Plan) -> Text {
    let mut decoded = Decoded::new(bytes, plan);
    let mut content = String::new();
    decoded.read_to_string(&mut content).unwrap();
    let mut warnings: Vec<Warning> = plan.warning.clone().into_iter().collect();
    warnings.extend(decoded.problems());
    Text {
        content,
        encoding: plan.name,
        warnings,
    }
}

fn decode(bytes: &[u8], expected: Expected) -> Text {
    run(bytes, &plan(&Survey::of(bytes).unwrap(), expected))
}

/// The text, and why it cannot be trusted.
fn decode_xml(bytes: &[u8]) -> Result<(String, Vec<Warning>), ReadError> {
    let plan = plan_xml(&Survey::of(bytes).unwrap())?;
    let text = run(bytes, &plan);
    let mut faults: Vec<Warning> = plan.fault.clone().into_iter().collect();
    if plan.strict {
        faults.extend(text.warnings);
    }
    Ok((text.content, faults))
}

#[test]
fn polish_letters_are_read_in_every_code_page() {
    let table: [(&[u8], &str); 3] = [
        (b"GAWE\xA3 \xA1WIST \xB6r\xF3da", "ISO-8859-2"),
        (b"GAWE\xA3 \xA5WIST \x9Cr\xF3da", "windows-1250"),
        (b"GAWE\x9D \xA4WIST \x98r\xA2da", "CP852"),
    ];
    for (bytes, name) in table {
        let text = decode(bytes, Expected::Unknown);
        assert_eq!(
            (text.content.as_str(), text.encoding),
            ("GAWEŁ ĄWIST śróda", name)
        );
        assert!(text.warnings.is_empty());
    }
}

#[test]
fn an_umlaut_stays_an_umlaut() {
    for bytes in [
        &b"M\xFCller"[..],
        b"M\x81ller",
        "Müller".as_bytes(),
        b"\xEF\xBB\xBFM\xC3\xBCller",
    ] {
        assert_eq!(
            decode(bytes, Expected::Unknown).content,
            "Müller",
            "{bytes:?}"
        );
    }
}

#[test]
fn two_polish_letters_that_happen_to_be_utf8_are_still_polish() {
    let bytes = b"SP\xD3\xA3KA"; // valid UTF-8: U+04E3
    assert_eq!(decode(bytes, Expected::Unknown).content, "SPÓŁKA");
    assert_eq!(
        decode(bytes, Expected::Profile(Encoding::Iso8859_2)).content,
        "SPÓŁKA"
    );
    assert_eq!(
        decode("ПРИВЕТ".as_bytes(), Expected::Unknown).content,
        "ПРИВЕТ"
    );
}

#[test]
fn utf8_under_a_profile_of_another_encoding_is_read_and_said() {
    let text = decode("Żółć".as_bytes(), Expected::Profile(Encoding::Iso8859_2));
    assert_eq!(text.content, "Żółć");
    assert!(text.warnings[0].message.contains("ISO-8859-2"));
}

#[test]
fn a_byte_without_a_meaning_is_visible_and_has_a_line() {
    let text = decode(b"first\nA\x81B", Expected::Profile(Encoding::Windows1250));
    assert_eq!(text.content, "first\nA\u{FFFD}B");
    assert_eq!(text.warnings[0].line, 2);
}

#[test]
fn utf16_is_read_behind_its_mark() {
    let bytes: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain("Żak".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(decode(&bytes, Expected::Unknown).content, "Żak");
}

#[test]
fn an_xml_declaration_is_honoured_or_the_contradiction_is_named() {
    let latin2 = decode_xml(b"<?xml version='1.0' encoding='ISO-8859-2'?><a>\xB6</a>").unwrap();
    assert!(latin2.0.ends_with("<a>ś</a>") && latin2.1.is_empty());

    let wrong = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>ś</a>";
    let wrong = decode_xml(wrong.as_bytes()).unwrap();
    assert!(wrong.0.contains('ś') && wrong.1[0].message.contains("ISO-8859-1"));

    let not_utf8 = decode_xml(b"<?xml version=\"1.0\"?>\n<a>\xB6</a>").unwrap_err();
    assert_eq!(not_utf8.line, 2);

    let c1 = decode_xml(b"<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><a>\x9C</a>").unwrap();
    assert_eq!(c1.1.len(), 1);

    assert!(decode_xml(b"<?xml version=\"1.0\" encoding=\"EBCDIC\"?><a/>").is_err());
}
