//! Letters as a reader of PDF sees them: their words, their fonts, their pages.

use super::super::tests::content;
use super::super::{Template, render};
use super::*;
use crate::paper::{font, sheet};
use lopdf::Document;
use proptest::prelude::*;
use std::collections::BTreeSet;

const LANGUAGES: [Language; 2] = [Language::Pl, Language::En];
const PANGRAM: &str = "zażółć gęślą jaźń ZAŻÓŁĆ GĘŚLĄ JAŹŃ";

fn envelope() -> Envelope {
    let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
    Envelope {
        sender: lines(&["ul. Szkolna 1", "45-000 Opole"]),
        recipient: lines(&["Łucja Źdźbło", "ul. Krótka 5 m. 7", "50-001 Wrocław"]),
        written_on: NaiveDate::from_ymd_opt(2026, 10, 15).unwrap(),
        reference: "17".to_owned(),
    }
}

/// A demand for so many fees.
fn demand(language: Language, fees: usize) -> Content {
    let mut content = content(Template::Demand, language);
    let first = content.items[0].clone();
    let parts = (1..=fees).map(|number| {
        let mut part = first.clone();
        part.title = format!("{}, część-{number}", part.title);
        part.transfer_title = format!("F-2026-{number:06} ALBUM 102345");
        part
    });
    content.items = parts.collect();
    content
}

/// What a reader of PDF finds on each page, blanks and line breaks as one blank.
fn texts(pdf: &[u8]) -> Vec<String> {
    let document = Document::load_mem(pdf).unwrap();
    let pages = document.get_pages().into_keys();
    pages
        .map(|page| {
            let text = document.extract_text(&[page]).unwrap();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// The pages before they are written.
fn marks(content: &Content, envelope: &Envelope) -> (Fonts, Vec<Vec<Mark>>) {
    let fonts = Fonts::load().unwrap();
    let letter = Letter {
        fonts: &fonts,
        labels: Labels::of(content.language),
        content,
        envelope,
        said: &Said::of(content).unwrap(),
    };
    let pages = letter.pages().unwrap();
    (fonts, pages)
}

/// Nothing leaves the paper or runs into its edge.
#[track_caller]
fn assert_inside(content: &Content, envelope: &Envelope) {
    let (fonts, pages) = marks(content, envelope);
    for mark in pages.iter().flatten() {
        match mark {
            Mark::Text {
                x,
                y,
                face,
                size,
                text,
                ..
            } => {
                let signs = text.chars().map(|sign| fonts.sign(*face, sign).advance);
                let width = signs.map(u32::from).sum::<u32>() * u32::from(*size) / 1000;
                assert!(*x >= LEFT && x + width <= RIGHT, "{text}");
                assert!(*y < sheet::A4_HEIGHT - 300, "{text}");
            }
            Mark::Boxes(boxes) => {
                for [left, top, width, height] in boxes {
                    assert!(left + width <= RIGHT && top + height < sheet::A4_HEIGHT - 300);
                }
            }
        }
    }
}

#[test]
fn a_letter_says_every_word_that_the_mail_says() {
    for language in LANGUAGES {
        for template in [
            "notice",
            "order_now",
            "reminder",
            "second",
            "demand",
            "correction",
        ] {
            let content = content(Template::of(template).unwrap(), language);
            let mail = render(&content).unwrap();
            let letter = texts(&pdf(&content, &envelope()).unwrap()).join(" ");
            let found: BTreeSet<&str> = letter.split(' ').collect();
            let said = format!("{} {}", mail.subject, mail.text);
            for word in said.split_whitespace() {
                // The label of a row has no colon on paper.
                let is_found = [word, word.trim_end_matches(':')]
                    .iter()
                    .any(|word| found.contains(word));
                assert!(is_found, "{template} {language:?}: {word} in {letter}");
            }
        }
    }
}

#[test]
fn a_letter_bears_what_paper_needs() {
    for (language, expected) in [
        (
            Language::Pl,
            [
                "15 października 2026",
                "Nasz znak: 17",
                "podpis osoby upoważnionej",
            ],
        ),
        (
            Language::En,
            [
                "15 October 2026",
                "Our reference: 17",
                "authorised signature",
            ],
        ),
    ] {
        let mut content = demand(language, 1);
        content.items[0].title = PANGRAM.to_owned();
        let pages = texts(&pdf(&content, &envelope()).unwrap());
        let [page] = pages.as_slice() else {
            panic!("{} pages", pages.len());
        };
        let address = "Łucja Źdźbło ul. Krótka 5 m. 7 50-001 Wrocław";
        let account = "64 9990 0009 7777 0000 0010 2345";
        let amount = language
            .amount(195_000, crate::money::Currency::PLN)
            .replace('\u{A0}', " ");
        for expected in expected
            .into_iter()
            .chain([PANGRAM, address, account, &amount])
        {
            assert!(page.contains(expected), "{expected} in {page}");
        }
        assert!(!page.contains("1/1"));
    }
}

#[test]
fn a_letter_is_pdf_a_with_both_fonts_in_it_and_the_same_again() {
    let bytes = pdf(&demand(Language::Pl, 1), &envelope()).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.7"));
    assert_eq!(bytes, pdf(&demand(Language::Pl, 1), &envelope()).unwrap());
    let raw = String::from_utf8_lossy(&bytes);
    for expected in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>B</pdfaid:conformance>",
        "/OutputIntents",
        "/Lang(pl)",
        "<xmp:CreateDate>2026-10-15T00:00:00+00:00</xmp:CreateDate>",
    ] {
        let is_found = raw.contains(expected) || raw.contains(&expected.replacen('(', " (", 1));
        assert!(is_found, "{expected}");
    }
    let document = Document::load_mem(&bytes).unwrap();
    let dictionaries = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok());
    let fonts: BTreeSet<String> = dictionaries
        .filter(|dictionary| dictionary.get(b"FontFile2").is_ok())
        .map(|dictionary| {
            let name = dictionary.get(b"FontName").unwrap().as_name().unwrap();
            String::from_utf8_lossy(&name[7..]).into_owned()
        })
        .collect();
    let expected = ["NotoSans-Bold", "NotoSans-Regular"].map(str::to_owned);
    assert_eq!(fonts, BTreeSet::from(expected));
}

#[test]
fn an_item_is_on_one_page_and_pages_are_numbered() {
    for language in LANGUAGES {
        let content = demand(language, 12);
        let pages = texts(&pdf(&content, &envelope()).unwrap());
        let count = pages.len();
        assert!(count > 2, "{count}");
        for (page, number) in pages.iter().zip(1..) {
            assert!(page.contains(&format!("{number}/{count}")), "{page}");
        }
        for number in 1..=12 {
            let has_title = |page: &&String| page.contains(&format!("część-{number} "));
            let page = pages.iter().find(has_title).unwrap();
            assert!(page.contains(&format!("F-2026-{number:06}")));
        }
        assert_inside(&content, &envelope());
    }
}

#[test]
fn long_words_are_broken_and_stay_on_paper() {
    let mut content = demand(Language::Pl, 2);
    content.items[0].title = "Opłata za powtarzanie zajęć ".repeat(12);
    content.items[1].title = "Ż".repeat(400);
    content.items[1].transfer_title = "W".repeat(200);
    content.institution = "Wyższa Szkoła Bardzo Długich Nazw ".repeat(3);
    let mut envelope = envelope();
    envelope.reference = "9".repeat(90);
    assert_inside(&content, &envelope);
    // Higher than any page: parted, not lost.
    content.items[1].title = "Ż".repeat(9000);
    assert_inside(&content, &envelope);
    let text = texts(&pdf(&content, &envelope).unwrap()).join("");
    assert_eq!(text.matches('Ż').count(), 9000);
}

#[test]
fn an_address_that_does_not_fit_its_window_is_refused() {
    let mut envelope = envelope();
    envelope.recipient = vec!["Łucja Źdźbło".to_owned(); 7];
    let refused = pdf(&demand(Language::Pl, 1), &envelope).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "an address of 7 lines on paper does not fit its place of 6"
    );
    envelope.recipient.clear();
    let (_, pages) = marks(&demand(Language::Pl, 1), &envelope);
    let in_window = |mark: &&Mark| {
        matches!(mark, Mark::Text { x: WINDOW_LEFT, y, text, .. }
            if *y > WINDOW_TOP && text == "Łucja Źdźbło")
    };
    assert_eq!(pages[0].iter().filter(in_window).count(), 1);
}

#[test]
fn signs_that_only_steer_are_left_out_and_others_are_told() {
    let mut content = demand(Language::Pl, 1);
    content.name = "Ł\u{202E}ucja\u{0}\r\nŹdźbło \u{1F600}".to_owned();
    content.institution = "<b>\u{FFFE}(Politechnika\\".to_owned();
    let text = texts(&pdf(&content, &envelope()).unwrap()).join(" ");
    assert!(
        text.contains("Dotyczy: Łucja Źdźbło ?, nr albumu"),
        "{text}"
    );
    assert!(text.contains("<b>?(Politechnika\\"), "{text}");
}

#[test]
fn what_belongs_together_stays_on_one_line() {
    for (text, expected) in [
        ("do 12 listopada 2026", &["do", "12 listopada", "2026"][..]),
        (
            "w tym i za 1 950,00 zł, razem",
            &["w tym", "i za", "1 950,00 zł,", "razem"],
        ),
        ("of PLN 1,950.00 by", &["of", "PLN 1,950.00", "by"]),
        ("12\u{A0}dni", &["12 dni"]),
    ] {
        let words: Vec<String> = font::together(text)
            .into_iter()
            .map(|word| word.replace('\u{A0}', " "))
            .collect();
        assert_eq!(words, expected);
    }
}

#[test]
fn a_phone_reads_the_code_on_paper() {
    let text = "|PL|64999000097777000000102345|195000|Politechnika Przykła|F 2026 000123|||";
    let Mark::Boxes(boxes) = dark_boxes(&Modules::of(text).unwrap(), 0, 0, 76, 19) else {
        panic!("no boxes");
    };
    let side = CODE_SIDE as usize;
    let mut pixels = vec![255u8; side * side];
    for [left, top, width, height] in boxes {
        for y in top..top + height {
            for x in left..left + width {
                pixels[y as usize * side + x as usize] = 0;
            }
        }
    }
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| pixels[y * side + x]);
    let grids = image.detect_grids();
    assert_eq!(grids[0].decode().unwrap().1, text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_the_data_holds_becomes_a_letter(
        title in any::<String>(),
        name in any::<String>(),
        institution in any::<String>(),
        reference in any::<String>(),
    ) {
        let mut content = demand(Language::En, 1);
        content.items[0].title = title;
        content.name = name;
        content.institution = institution;
        let mut envelope = envelope();
        envelope.reference = reference;
        let bytes = pdf(&content, &envelope).unwrap();
        prop_assert!(!Document::load_mem(&bytes).unwrap().get_pages().is_empty());
        assert_inside(&content, &envelope);
    }
}
