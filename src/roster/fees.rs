//! The fees file: what students owe on the day of the export.

use super::row::{Column, FileRow, Noted, Row, either, optional, read_rows, required};
use super::{AsOf, FeeRow, Options, Parsed, RowError};
use crate::money::Currency;

/// Reads a fees file. A fee without a day of publication was published on the day of the export.
///
/// # Errors
///
/// Every mistake of the file; nothing of it may then be used.
pub fn fees(bytes: &[u8], options: &Options) -> Result<Parsed<FeeRow>, Vec<RowError>> {
    read_rows(bytes, options)
}

impl FileRow for FeeRow {
    const COLUMNS: &'static [Column] = &[
        required("external_id"),
        either("student_external_id", "album"),
        optional("album"),
        required("kind"),
        optional("category"),
        optional("title_pl"),
        optional("title_en"),
        required("amount"),
        required("currency"),
        optional("published_on"),
        required("nominal_due_on"),
        optional("as_of"),
    ];
    const ID: &'static str = "external_id";
    type Key = (String, AsOf);

    fn read(row: &mut Row<'_>) -> Result<FeeRow, Noted> {
        let external_id = match row.filled("external_id") {
            Ok(id) if is_derived(&id) => Err(row.note(
                "external_id",
                "ends like the number of an instalment or of interest; give the fee another id",
            )),
            filled => filled,
        };
        let student = row
            .student()
            .ok_or_else(|| row.note("student_external_id", "is empty, and so is the album"));
        let kind = row.filled("kind");
        let currency = row.currency("currency");
        let amount_minor = currency
            .as_ref()
            .map_or(Err(Noted), |&currency| amount(row, currency));
        let published_on = row.date("published_on");
        let nominal_due_on = row.date("nominal_due_on");
        if let Ok(None) = nominal_due_on {
            row.note("nominal_due_on", "is empty");
        }
        let as_of = row.as_of(published_on.as_ref().ok().copied().flatten());
        let as_of = as_of?;
        Ok(FeeRow {
            line: row.line(),
            external_id: external_id?,
            student: student?,
            kind: kind?,
            category: row.text("category"),
            title_pl: row.text("title_pl"),
            title_en: row.text("title_en"),
            amount_minor: amount_minor?,
            currency: currency?,
            published_on: published_on?.unwrap_or(as_of.day),
            nominal_due_on: nominal_due_on?.ok_or(Noted)?,
            as_of,
        })
    }

    fn key(&self) -> Self::Key {
        (self.external_id.clone(), self.as_of)
    }

    fn says_the_same(&self, other: &FeeRow) -> bool {
        *self
            == FeeRow {
                line: self.line,
                ..other.clone()
            }
    }
}

fn amount(row: &mut Row<'_>, currency: Currency) -> Result<i64, Noted> {
    let minor = row.amount("amount", currency)?;
    if minor < 0 && !row.opening() {
        return Err(row.note(
            "amount",
            "is negative: money on account can only be loaded with `--opening`",
        ));
    }
    Ok(minor)
}

/// Instalments are numbered `<id>:<n>` and interest is `<id>:interest`; no fee may be called so.
fn is_derived(id: &str) -> bool {
    let tail = id.rsplit_once(':').map(|(_, tail)| tail);
    tail.is_some_and(|tail| tail == "interest" || tail.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::StudentRef;
    use crate::roster::tests::{date, mistakes, opening, plain, with_as_of};
    use proptest::prelude::*;

    const HEADER: &str = "external_id;student_external_id;album;kind;category;title_pl;title_en;amount;currency;published_on;nominal_due_on";

    fn read(rows: &str, options: &Options) -> Result<Parsed<FeeRow>, Vec<RowError>> {
        fees(format!("{HEADER}\n{rows}").as_bytes(), options)
    }

    #[test]
    fn no_fee_is_called_like_an_instalment_or_interest() {
        for (id, derived) in [
            ("F1:interest", true),
            ("F1:2", true),
            ("F:1:a", false),
            ("F-12", false),
        ] {
            assert_eq!(is_derived(id), derived, "{id}");
        }
    }

    #[test]
    fn a_full_row_is_read_as_it_stands() {
        let rows = "F-1;P-1;102345;tuition;tuition;\"Czesne;  sem. 1\";Tuition;1 950,00;pln;15.09.2026;15.10.2026";
        let parsed = read(rows, &with_as_of("2026-09-20")).unwrap();
        let expected = FeeRow {
            line: 2,
            external_id: "F-1".to_owned(),
            student: StudentRef::ExternalId("P-1".to_owned()),
            kind: "tuition".to_owned(),
            category: "tuition".to_owned(),
            title_pl: "Czesne; sem. 1".to_owned(),
            title_en: "Tuition".to_owned(),
            amount_minor: 195_000,
            currency: Currency::PLN,
            published_on: date("2026-09-15"),
            nominal_due_on: date("2026-10-15"),
            as_of: AsOf::day(date("2026-09-20")),
        };
        assert_eq!(parsed.rows, [expected]);
    }

    #[test]
    fn a_student_may_be_named_by_album_and_a_fee_published_with_the_export() {
        let rows = read(
            "F-1;;102345;dormitory;;;;450;EUR;;2026-10-15",
            &with_as_of("2026-09-20"),
        )
        .unwrap()
        .rows;
        assert_eq!(rows[0].student, StudentRef::Album("102345".to_owned()));
        assert_eq!(rows[0].published_on, date("2026-09-20"));
        assert_eq!(
            (rows[0].amount_minor, rows[0].currency),
            (45_000, Currency::EUR)
        );
    }

    #[test]
    fn zero_cancels_and_less_than_zero_is_for_opening_loads_alone() {
        let rows = "F-1;P-1;;tuition;;;;0;PLN;2026-09-15;2026-10-15";
        assert_eq!(
            read(rows, &with_as_of("2026-09-20")).unwrap().rows[0].amount_minor,
            0
        );
        let negative = "F-1;P-1;;tuition;;;;-5;PLN;2026-09-15;2026-10-15";
        let found = mistakes(read(negative, &with_as_of("2026-09-20")));
        assert_eq!(
            found,
            ["line 2, amount: is negative: money on account can only be loaded with `--opening`"]
        );
        let opened = read(negative, &opening()).unwrap().rows;
        assert_eq!(opened[0].amount_minor, -500);
        assert_eq!(opened[0].as_of, AsOf::day(date("2026-09-15")));
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let rows = ";;;;;;;1.234;PLN;x;\nF-2;P-1;;tuition;;;;0,005;PLN;;2026-10-15\nF-3;P-1;;tuition;;;;x;zł;;2026-10-15";
        assert_eq!(
            mistakes(read(rows, &with_as_of("2026-09-20"))),
            [
                "line 2, external_id: is empty",
                "line 2, student_external_id: is empty, and so is the album",
                "line 2, kind: is empty",
                "line 2, amount: `1.234` can be read in two ways; write the thousands without a mark and two decimals",
                "line 2, published_on: `x` is not a day; write it like 2026-10-15 or 15.10.2026",
                "line 2, nominal_due_on: is empty",
                "line 3, amount: `0,005` has more decimals than PLN has (2)",
                "line 4, currency: `zł` is not a currency; write it like PLN",
            ]
        );
        let nobody = "external_id;kind;amount;currency;nominal_due_on;as_of\n";
        assert_eq!(
            mistakes(fees(nobody.as_bytes(), &plain())),
            ["line 1, student_external_id: the column is missing, and so is `album`"]
        );
    }

    #[test]
    fn a_fee_twice_with_other_content_names_both_lines() {
        let rows = "F-1;P-1;;tuition;;;;10;PLN;;2026-10-15\nF-1;P-1;;tuition;;;;11;PLN;;2026-10-15";
        let found = mistakes(read(rows, &with_as_of("2026-09-20")));
        assert_eq!(
            found,
            ["line 3, external_id: stands in line 2 already, with other content"]
        );
    }

    #[test]
    fn an_amount_in_json_keeps_its_digits() {
        let file = |amount: &str| {
            format!(
                r#"{{"external_id": "F", "album": 7, "kind": "k", "amount": {amount}, "currency": "PLN", "nominal_due_on": "2026-10-15"}}"#
            )
        };
        let read = |amount: &str| fees(file(amount).as_bytes(), &with_as_of("2026-09-20"));
        assert_eq!(read("1950.10").unwrap().rows[0].amount_minor, 195_010);
        assert_eq!(read("\"1 950,10\"").unwrap().rows[0].amount_minor, 195_010);
        for amount in ["1950.10000000000000000001", "1.95e3", "null", "true"] {
            assert_eq!(mistakes(read(amount)).len(), 1, "{amount}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_rows_or_mistakes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = fees(&bytes, &plain());
        }

        #[test]
        fn any_text_below_the_header_gives_rows_or_true_lines(text in "[-0-9a-z;,.\"\r\n ]{0,120}") {
            let lines = u32::try_from(text.len()).unwrap() + 1;
            if let Err(errors) = read(&text, &with_as_of("2026-09-20")) {
                prop_assert!(!errors.is_empty());
                prop_assert!(errors.iter().all(|error| (1..=lines).contains(&error.line)));
            }
        }

        #[test]
        fn what_a_spreadsheet_writes_is_what_is_read(
            amounts in prop::collection::vec(0..1_000_000_i64, 1..20),
            title in "[a-zżółć;\"\n ]{0,12}",
        ) {
            let quoted = title.replace('"', "\"\"");
            let rows: Vec<String> = amounts.iter().enumerate().map(|(index, minor)| {
                let (whole, fraction) = (minor / 100, minor % 100);
                format!("F-{index};P;;k;;\"{quoted}\";;{whole},{fraction:02};PLN;;2026-10-15")
            }).collect();
            let parsed = read(&rows.join("\r\n"), &with_as_of("2026-09-20")).unwrap();
            let found: Vec<i64> = parsed.rows.iter().map(|row| row.amount_minor).collect();
            prop_assert_eq!(found, amounts);
            let words = title.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert!(parsed.rows.iter().all(|row| row.title_pl == words));
        }
    }
}
