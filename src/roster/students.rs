//! The students file: who they are on the day of the export.

use super::row::{Column, FileRow, Noted, Row, optional, read_rows, required};
use super::{AsOf, Options, Parsed, RowError, StudentRow};

const POPULATIONS: [&str; 2] = ["student", "doctoral"];
const LANGUAGES: [&str; 2] = ["pl", "en"];
/// How a student stands with the university.
pub const STATUSES: [&str; 5] = ["active", "on_leave", "struck_off", "graduated", "deceased"];

/// Reads a students file. Population, language and status may be left out: a student, Polish,
/// active.
///
/// # Errors
///
/// Every mistake of the file; nothing of it may then be used.
pub fn students(bytes: &[u8], options: &Options) -> Result<Parsed<StudentRow>, Vec<RowError>> {
    read_rows(bytes, options)
}

impl FileRow for StudentRow {
    const COLUMNS: &'static [Column] = &[
        required("external_id"),
        required("album"),
        required("given_name"),
        required("family_name"),
        optional("population"),
        optional("email"),
        optional("language"),
        optional("status"),
        optional("valid_from"),
        optional("as_of"),
    ];
    const ID: &'static str = "external_id";
    type Key = (String, AsOf);

    fn read(row: &mut Row<'_>) -> Result<StudentRow, Noted> {
        let external_id = row.filled("external_id");
        let family_name = row.filled("family_name");
        let population = row.one_of("population", &POPULATIONS);
        let language = row.one_of("language", &LANGUAGES);
        let status = row.one_of("status", &STATUSES);
        let valid_from = row.date("valid_from");
        let email = email(row);
        let as_of = row.as_of(valid_from.as_ref().ok().copied().flatten());
        Ok(StudentRow {
            line: row.line(),
            external_id: external_id?,
            album: row.text("album"),
            given_name: row.text("given_name"),
            family_name: family_name?,
            population: population?,
            email: email?,
            language: language?,
            status: status?,
            valid_from: valid_from?,
            as_of: as_of?,
        })
    }

    fn key(&self) -> Self::Key {
        (self.external_id.clone(), self.as_of)
    }

    fn says_the_same(&self, other: &StudentRow) -> bool {
        *self
            == StudentRow {
                line: self.line,
                ..other.clone()
            }
    }
}

/// Only what can be no address at all is refused; whether it works, the mail server knows.
fn email(row: &mut Row<'_>) -> Result<String, Noted> {
    let text = row.text("email");
    let parts = text
        .split_once('@')
        .filter(|(name, host)| !name.is_empty() && !host.is_empty());
    let plausible = parts.is_some_and(|(_, host)| !host.contains('@'))
        && !text.contains([' ', ',', ';', '<', '>']);
    if text.is_empty() || plausible {
        Ok(text)
    } else {
        Err(row.note("email", format!("`{text}` is not an address")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::tests::{date, mistakes, opening, plain, with_as_of};

    #[test]
    fn a_full_row_is_read_as_it_stands() {
        let text = "external_id;album;given_name;family_name;population;email;language;status;valid_from;as_of\n\
                    P-1;102345;Ada;Żółć-Testowa;Doctoral;ada@example.edu;EN;on_leave;01.10.2026;2026-10-05 08:00\n";
        let parsed = students(text.as_bytes(), &plain()).unwrap();
        let expected = StudentRow {
            line: 2,
            external_id: "P-1".to_owned(),
            album: "102345".to_owned(),
            given_name: "Ada".to_owned(),
            family_name: "Żółć-Testowa".to_owned(),
            population: "doctoral".to_owned(),
            email: "ada@example.edu".to_owned(),
            language: "en".to_owned(),
            status: "on_leave".to_owned(),
            valid_from: Some(date("2026-10-01")),
            as_of: AsOf {
                day: date("2026-10-05"),
                millis: 8 * 3_600_000,
            },
        };
        assert_eq!(
            parsed,
            Parsed {
                rows: vec![expected],
                notes: vec![]
            }
        );
    }

    #[test]
    fn a_short_list_is_enough() {
        let text =
            "album,family_name,given_name,external_id,room\n102345,Testowy,  Jan   Adam ,P-1,12\n";
        let parsed = students(text.as_bytes(), &with_as_of("2026-10-01")).unwrap();
        let row = &parsed.rows[0];
        let words = [
            &row.given_name,
            &row.population,
            &row.language,
            &row.status,
            &row.email,
        ]
        .map(String::as_str);
        assert_eq!(words, ["Jan Adam", "student", "pl", "active", ""]);
        assert_eq!(row.as_of, AsOf::day(date("2026-10-01")));
        assert_eq!(parsed.notes, ["columns not used: room"]);
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let text = "external_id;album;given_name;family_name;population;email;language;status;valid_from;as_of\n\
                    ;1;A;;pupil;nobody;de;gone;31.02.2026;soon\n\
                    P-2;2;B;Testowy;;;;;;\n\
                    P-3;3;C\n";
        assert_eq!(
            mistakes(students(text.as_bytes(), &plain())),
            [
                "line 2, external_id: is empty",
                "line 2, family_name: is empty",
                "line 2, population: `pupil` is none of: student, doctoral",
                "line 2, language: `de` is none of: pl, en",
                "line 2, status: `gone` is none of: active, on_leave, struck_off, graduated, deceased",
                "line 2, valid_from: `31.02.2026` is not a day; write it like 2026-10-15 or 15.10.2026",
                "line 2, email: `nobody` is not an address",
                "line 2, as_of: `soon` is neither a day nor an instant; write it like 2026-10-15 or 2026-10-15 08:30",
                "line 3, as_of: when was this export made? Add the column or give `--as-of DATE`",
                "line 4: the row has 3 fields, the header has 10",
            ]
        );
    }

    #[test]
    fn missing_columns_are_told_once_and_not_for_every_row() {
        let text = "\nname;album;Album\nA;1;1\nB;2;2\n";
        assert_eq!(
            mistakes(students(text.as_bytes(), &plain())),
            [
                "line 2, album: the column stands twice in the header",
                "line 2, external_id: the column is missing",
                "line 2, album: the column is missing",
                "line 2, given_name: the column is missing",
                "line 2, family_name: the column is missing",
                "line 2, as_of: when was this export made? Add the column or give `--as-of DATE`",
            ]
        );
    }

    #[test]
    fn columns_may_have_the_student_systems_own_names() {
        let mut options = with_as_of("2026-10-01");
        let names = [
            ("external_id", "OS_ID"),
            ("family_name", "Nazwisko"),
            ("given_name", "Imię"),
        ];
        options.columns.names = names
            .map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()))
            .into();
        let text = "os_id;album;IMIĘ;nazwisko\n7;102345;Jan;Testowy\n";
        let parsed = students(text.as_bytes(), &options).unwrap();
        assert_eq!(parsed.rows[0].external_id, "7");
        let empty = mistakes(students(
            "os_id;album;imię;nazwisko\n;1;A;B".as_bytes(),
            &options,
        ));
        assert_eq!(empty, ["line 2, os_id: is empty"]);
        let missing = mistakes(students("album;imię;nazwisko\n".as_bytes(), &options));
        assert_eq!(
            missing,
            ["line 1, OS_ID: the column is missing (it is read as `external_id`)"]
        );
    }

    #[test]
    fn a_person_twice_must_say_the_same_unless_the_exports_differ() {
        let file = |second: &str| {
            format!(
                "external_id;album;given_name;family_name;as_of\nP-1;1;Jan;Testowy;2026-10-01\n\n{second}\n"
            )
        };
        let read = |second: &str| students(file(second).as_bytes(), &plain());
        assert_eq!(read("P-1;1;Jan;Testowy;2026-10-01").unwrap().rows.len(), 1);
        assert_eq!(read("P-1;2;Jan;Testowy;2026-10-02").unwrap().rows.len(), 2);
        let conflict = mistakes(read("P-1;2;Jan;Testowy;2026-10-01"));
        assert_eq!(
            conflict,
            ["line 4, external_id: stands in line 2 already, with other content"]
        );
    }

    #[test]
    fn an_opening_load_takes_the_rows_own_day() {
        let text = "external_id;album;given_name;family_name;valid_from\nP-1;1;Jan;Testowy;2025-10-01\nP-2;2;Ada;Testowa;\n";
        let found = mistakes(students(text.as_bytes(), &opening()));
        assert_eq!(
            found,
            ["line 3, as_of: when was this export made? Add the column or give `--as-of DATE`"]
        );
        let first = text.rsplit_once("P-2").unwrap().0;
        let rows = students(first.as_bytes(), &opening()).unwrap().rows;
        assert_eq!(rows[0].as_of, AsOf::day(date("2025-10-01")));
    }

    #[test]
    fn json_is_read_like_csv() {
        let text = r#"[{"external_id": 7, "album": "102345", "given_name": "Jan", "family_name": "Testowy", "as_of": "2026-10-01T00:30:00+02:00"}]"#;
        let rows = students(text.as_bytes(), &plain()).unwrap().rows;
        assert_eq!(
            (rows[0].external_id.as_str(), rows[0].as_of.millis),
            ("7", 1_800_000)
        );
        assert_eq!(students(b"[]", &plain()).unwrap().rows, []);
    }

    #[test]
    fn a_header_alone_is_fine_and_an_empty_file_is_not() {
        let header = b"external_id;album;given_name;family_name;as_of\r\n";
        assert_eq!(students(header, &plain()).unwrap().rows, []);
        assert_eq!(
            mistakes(students(b"", &plain())),
            ["line 1: the file is empty"]
        );
    }
}
