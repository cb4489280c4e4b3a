//! Every message in both languages beside an approved copy, and values that try to be more.

use super::digest::Digest;
use super::*;
use crate::cases::{Kind, Queue};
use std::collections::BTreeMap;
use std::path::Path;

/// A student with one late fee of 500.00.
pub(super) fn content(template: Template, language: Language) -> Content {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let title = match language {
        Language::Pl => "Czesne, semestr zimowy 2026/27",
        Language::En => "Tuition, winter semester 2026/27",
    };
    let is_late = matches!(
        template,
        Template::Reminder | Template::Second | Template::Demand
    );
    Content {
        template,
        language,
        institution: "Politechnika Przykładowa".to_owned(),
        contact: vec![
            "Centrum Obsługi Studenta, ul. Szkolna 1, 45-000 Opole".to_owned(),
            "cos@example.edu".to_owned(),
        ],
        name: "Łucja Źdźbło".to_owned(),
        album: "102345".to_owned(),
        items: vec![Part {
            title: title.to_owned(),
            amount_minor: 195_000,
            currency: Currency::PLN,
            due_on: day("2026-10-12"),
            overdue_days: if is_late { 3 } else { 0 },
            account: Nrb::from_bban("999000097777000000102345"),
            transfer_title: "F-2026-000123 ALBUM 102345".to_owned(),
            order_by: (!is_late && template != Template::Correction).then(|| OrderBy {
                day: day("2026-10-09"),
                basis: Basis::All(1200),
            }),
            interest_minor: if template == Template::Demand { 123 } else { 0 },
            credited_on: (template == Template::Correction).then(|| day("2026-10-09")),
            is_beside: false,
        }],
        counted_through: is_late.then(|| day("2026-10-14")),
        asks_for_the_number: template == Template::Second,
        pay_by: (template == Template::Demand).then(|| day("2026-11-12")),
    }
}

/// The same with a second fee, in euro and to another account.
fn with_another(mut content: Content) -> Content {
    let mut other = content.items[0].clone();
    other.title = "Akademik, październik".to_owned();
    other.amount_minor = 10_050;
    other.currency = Currency::parse("EUR").unwrap();
    other.account = Nrb::from_bban("999000097777030000102345");
    other.transfer_title = "A-2026-10 ALBUM 102345".to_owned();
    content.items.push(other);
    content
}

const TEMPLATES: [(&str, Template); 6] = [
    ("notice", Template::Notice),
    ("order_now", Template::OrderNow),
    ("reminder", Template::Reminder),
    ("second", Template::Second),
    ("demand", Template::Demand),
    ("correction", Template::Correction),
];

/// A message as it stands beside its words, so that a change of them is read in the diff.
fn shown(rendered: &Rendered) -> String {
    format!(
        "{}\n\n{}\n{}",
        rendered.subject, rendered.text, rendered.html
    )
}

/// Compares with the files in `snapshots`, or writes them where `KWESTURA_WRITE_SNAPSHOTS` is set.
fn assert_snapshots(found: &BTreeMap<String, String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/message/snapshots");
    if std::env::var_os("KWESTURA_WRITE_SNAPSHOTS").is_some() {
        for (name, text) in found {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    let mut files: Vec<String> = (std::fs::read_dir(&folder).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, found.keys().cloned().collect::<Vec<_>>());
    for (name, text) in found {
        let kept = std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(*text, kept, "{name}");
    }
}

#[test]
fn every_message_reads_as_it_was_approved() {
    let mut found = BTreeMap::new();
    for (name, template) in TEMPLATES {
        for language in [Language::Pl, Language::En] {
            let one = content(template, language);
            let two = with_another(one.clone());
            let file = |count: &str| format!("{name}-{}-{count}.txt", language.code());
            found.insert(file("one"), shown(&render(&one).unwrap()));
            found.insert(file("two"), shown(&render(&two).unwrap()));
        }
    }
    for language in [Language::Pl, Language::En] {
        for (name, is_urgent) in [("digest", false), ("urgent", true)] {
            let digest = digest::render(&cases(language, is_urgent)).unwrap();
            found.insert(format!("{name}-{}.txt", language.code()), shown(&digest));
        }
    }
    assert_snapshots(&found);
}

/// A desk with three cases, one of them new and one over its day.
fn cases(language: Language, is_urgent: bool) -> Digest {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let case = |id, kind, subject: &str, deadline: &str, owner: &str| digest::Case {
        id,
        kind,
        subject: subject.to_owned(),
        deadline: day(deadline),
        owner: owner.to_owned(),
        is_new: id == 19,
    };
    let mut cases = vec![
        case(17, Kind::EndOfLadder, "900001", "2026-11-10", "ewa"),
        case(18, Kind::Dispute, "F-2026-000123", "2026-11-24", ""),
        case(19, Kind::Statements, "PLN", "2026-11-23", ""),
    ];
    cases.retain(|case| !is_urgent || case.kind.is_urgent());
    Digest {
        language,
        institution: "Politechnika Przykładowa".to_owned(),
        queue: Queue::Cos,
        today: day("2026-11-20"),
        is_urgent,
        // One desk whose pages are served, and one that has the command line alone.
        pages: (!is_urgent).then(|| "https://fees.example.edu/".to_owned()),
        cases,
    }
}

#[test]
fn a_demand_demands_only_what_it_is_about() {
    let mut content = with_another(content(Template::Demand, Language::En));
    content.items[1].is_beside = true;
    let rendered = render(&content).unwrap();
    assert_eq!(
        rendered.subject.replace('\u{A0}', " "),
        "Demand for payment: PLN 1,950.00 by 12 November 2026"
    );
    assert!(
        rendered.text.contains("payment of the overdue fee below"),
        "{}",
        rendered.text
    );
    assert!(
        rendered
            .text
            .contains("Akademik, październik (for information)\n"),
        "{}",
        rendered.text
    );
    assert!(!rendered.text.contains("In all"), "{}", rendered.text);
}

#[test]
fn values_stay_values_whatever_they_hold() {
    let mut content = content(Template::Reminder, Language::Pl);
    content.items[0].title = "<script>alert(1)</script>\r\nBcc: all@example.edu".to_owned();
    content.name = "=cmd|' /C calc'!A0\n---\nlast".to_owned();
    let rendered = render(&content).unwrap();
    assert!(!rendered.subject.contains(['\r', '\n']));
    assert!(
        rendered
            .text
            .contains("<script>alert(1)</script> Bcc: all@example.edu\n")
    );
    assert!(rendered.text.contains("=cmd|' /C calc'!A0 --- last"));
    assert!(
        rendered
            .html
            .contains("&#60;script&#62;alert(1)&#60;/script&#62; Bcc")
    );
    assert!(!rendered.html.contains("<script"));
}

#[test]
fn the_code_of_a_message_pays_what_it_asks_for() {
    let content = content(Template::Notice, Language::Pl);
    let rendered = render(&content).unwrap();
    let [picture] = rendered.pictures.as_slice() else {
        panic!("{:?}", rendered.pictures.len());
    };
    assert!(
        rendered
            .html
            .contains(&format!("cid:{}", picture.content_id))
    );
    let text = read(&picture.png);
    let fields: Vec<&str> = text.split('|').collect();
    assert_eq!(
        fields,
        [
            "",
            "PL",
            content.items[0].account.as_ref().unwrap().as_str(),
            "195000",
            "Politechnika Przykła",
            "F 2026 000123 ALBUM 102345",
            "",
            "",
            ""
        ]
    );
}

/// What a phone reads.
fn read(png: &[u8]) -> String {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let (width, height) = (info.width as usize, info.height as usize);
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}
