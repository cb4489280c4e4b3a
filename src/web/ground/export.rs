//! What one sees, as a file for a spreadsheet.

use super::Fault;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// A CSV file as Excel opens it in Poland: UTF-8 with its mark, semicolons.
pub fn csv(name: &str, head: &[&str], rows: &[Vec<String>]) -> Result<Response, Fault> {
    let failed = |error: csv::Error| Fault::Failed(format!("a file cannot be written: {error}"));
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .from_writer(b"\xEF\xBB\xBF".to_vec());
    writer.write_record(head).map_err(failed)?;
    for row in rows {
        let cells = row.iter().map(|cell| inert(cell));
        writer.write_record(cells).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Fault::Failed(error.to_string()))?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.csv\""),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// A text that no spreadsheet takes for a formula. Amounts are digits with a sign, and stay.
fn inert(cell: &str) -> String {
    let number = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || b",.".contains(&byte))
    };
    let is_amount = cell
        .strip_prefix('-')
        .is_some_and(|rest| !rest.is_empty() && number(rest));
    let begins_formula = cell.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\0', '|', '%', '＝', '＋', '－', '＠',
    ]);
    if begins_formula && !is_amount {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn s12_a_cell_never_begins_a_formula() {
        for cell in [
            "=1+1",
            "+48 600",
            "-cmd|' /C calc'!A0",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\0=1",
            "-",
        ] {
            assert_eq!(inert(cell), format!("'{cell}"));
        }
        for cell in ["-12,50", "500,00", "Łucja", "", "1=1"] {
            assert_eq!(inert(cell), cell);
        }
    }
}
