//! The accounts file: virtual account numbers, the bank's list or what was assigned elsewhere.

use super::row::{Column, FileRow, Noted, Row, optional, read_rows, required};
use super::{AccountRow, Options, Parsed, RowError};
use crate::iban::Nrb;

/// Reads an accounts file. A number without a student is free to be assigned.
///
/// # Errors
///
/// Every mistake of the file; nothing of it may then be used.
pub fn accounts(bytes: &[u8], options: &Options) -> Result<Parsed<AccountRow>, Vec<RowError>> {
    read_rows(bytes, options)
}

impl FileRow for AccountRow {
    const COLUMNS: &'static [Column] = &[
        required("iban"),
        optional("student_external_id"),
        optional("album"),
        optional("category"),
        optional("bank_account"),
        optional("assigned_on"),
        optional("retired_on"),
    ];
    const ID: &'static str = "iban";
    type Key = String;

    fn read(row: &mut Row<'_>) -> Result<AccountRow, Noted> {
        let text = row.filled("iban");
        let nrb = text.and_then(|text| Nrb::parse(&text).map_err(|error| row.note("iban", error)));
        let student = row.student();
        let assigned_on = row.date("assigned_on");
        let retired_on = row.date("retired_on");
        if let (Ok(Some(assigned)), Ok(Some(retired))) = (&assigned_on, &retired_on)
            && retired < assigned
        {
            return Err(row.note("retired_on", "is earlier than the day of assignment"));
        }
        if let (None, Ok(Some(_))) = (&student, &assigned_on) {
            return Err(row.note("assigned_on", "is a day, but no student is named"));
        }
        Ok(AccountRow {
            line: row.line(),
            nrb: nrb?.as_str().to_owned(),
            student,
            category: row.text("category"),
            bank_account: Some(row.text("bank_account")).filter(|text| !text.is_empty()),
            assigned_on: assigned_on?,
            retired_on: retired_on?,
        })
    }

    fn key(&self) -> String {
        self.nrb.clone()
    }

    fn says_the_same(&self, other: &AccountRow) -> bool {
        *self
            == AccountRow {
                line: self.line,
                ..other.clone()
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::StudentRef;
    use crate::roster::tests::{date, mistakes, plain};

    const NUMBER: &str = "64 9990 0009 7777 0000 0010 2345";
    const DIGITS: &str = "64999000097777000000102345";

    fn read(rows: &str) -> Result<Parsed<AccountRow>, Vec<RowError>> {
        let header = "iban;album;category;assigned_on;retired_on";
        accounts(format!("{header}\n{rows}").as_bytes(), &plain())
    }

    #[test]
    fn a_number_is_somebodys_or_free() {
        let rows = read(&format!(
            "{NUMBER};102345;tuition;2026-10-01;01.02.2027\nPL61109010140000071219812874;;;;"
        ))
        .unwrap()
        .rows;
        let first = AccountRow {
            line: 2,
            nrb: DIGITS.to_owned(),
            student: Some(StudentRef::Album("102345".to_owned())),
            category: "tuition".to_owned(),
            bank_account: None,
            assigned_on: Some(date("2026-10-01")),
            retired_on: Some(date("2027-02-01")),
        };
        assert_eq!(rows[0], first);
        assert_eq!(
            (rows[1].nrb.as_str(), &rows[1].student),
            ("61109010140000071219812874", &None)
        );
        let list = accounts(format!("iban\n{NUMBER}\n").as_bytes(), &plain());
        assert_eq!(list.unwrap().rows.len(), 1);
    }

    #[test]
    fn mistyped_numbers_and_impossible_days_are_told() {
        let rows = "64999000097777000000102346;1;;;\n;1;;;\n\
                    64999000097777000000102345;1;;2026-10-02;2026-10-01\n\
                    61109010140000071219812874;;;2026-10-02;";
        assert_eq!(
            mistakes(read(rows)),
            [
                "line 2, iban: `64999000097777000000102346` is mistyped: its check digits are wrong",
                "line 3, iban: is empty",
                "line 4, retired_on: is earlier than the day of assignment",
                "line 5, assigned_on: is a day, but no student is named",
            ]
        );
    }

    #[test]
    fn one_number_of_two_students_names_both_lines() {
        let twice = |album: &str| read(&format!("{NUMBER};1;;;\n{DIGITS};{album};;;"));
        assert_eq!(twice("1").unwrap().rows.len(), 1);
        assert_eq!(
            mistakes(twice("2")),
            ["line 3, iban: stands in line 2 already, with other content"]
        );
    }
}
