//! What one sees, as a file for a spreadsheet: CSV, or a workbook of one sheet.

use super::{Fault, Visit};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

/// What a workbook is called (ECMA-376).
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// A cell holds no more.
const CELL_CHARS_MAX: usize = 32_767;
/// The parts of a workbook around its one sheet.
const AROUND: [(&str, &str); 4] = [
    (
        "[Content_Types].xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
         <Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>\
         <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>\
         </Types>",
    ),
    (
        "_rels/.rels",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
         <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>\
         </Relationships>",
    ),
    (
        "xl/workbook.xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
         <workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
         xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
         <sheets><sheet name=\"Kwestura\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
    ),
    (
        "xl/_rels/workbook.xml.rels",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
         <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         </Relationships>",
    ),
];

/// A table as a file, of the kind that the address asks for: `.xlsx`, else CSV. That it left the house
/// is noted.
pub async fn file(
    visit: &Visit,
    name: &str,
    head: &[&str],
    rows: &[Vec<String>],
) -> Result<Response, Fault> {
    visit.did("exported", name, &rows.len().to_string()).await?;
    match visit.uri.path().rsplit_once('.') {
        Some((_, "xlsx")) => xlsx(name, head, rows),
        _ => csv(name, head, rows),
    }
}

/// A CSV file as Excel opens it in Poland: UTF-8 with its mark, semicolons.
fn csv(name: &str, head: &[&str], rows: &[Vec<String>]) -> Result<Response, Fault> {
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
    let named = format!("attachment; filename=\"{name}.csv\"");
    let kind = "text/csv; charset=utf-8".to_owned();
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, named)], bytes).into_response())
}

/// A workbook. A text is written as a text, so that none is a formula; amounts are numbers.
fn xlsx(name: &str, head: &[&str], rows: &[Vec<String>]) -> Result<Response, Fault> {
    let failed = |error: ZipError| Fault::Failed(format!("a file cannot be written: {error}"));
    let bytes = workbook(head, rows).map_err(failed)?;
    let named = format!("attachment; filename=\"{name}.xlsx\"");
    Ok((
        [
            (CONTENT_TYPE, XLSX.to_owned()),
            (CONTENT_DISPOSITION, named),
        ],
        bytes,
    )
        .into_response())
}

fn workbook(head: &[&str], rows: &[Vec<String>]) -> Result<Vec<u8>, ZipError> {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in AROUND {
        file.start_file(name, SimpleFileOptions::default())?;
        file.write_all(text.as_bytes())?;
    }
    file.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default())?;
    file.write_all(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
          <worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>",
    )?;
    let head = head.iter().map(|cell| text_cell(cell)).collect::<String>();
    file.write_all(format!("<row>{head}</row>").as_bytes())?;
    for row in rows {
        let cells = row.iter().map(|cell| match number(cell) {
            Some(number) => format!("<c><v>{number}</v></c>"),
            None => text_cell(cell),
        });
        let cells: String = cells.collect();
        file.write_all(format!("<row>{cells}</row>").as_bytes())?;
    }
    file.write_all(b"</sheetData></worksheet>")?;
    Ok(file.finish()?.into_inner())
}

/// An amount as the pages write it into files, with a decimal point.
fn number(cell: &str) -> Option<String> {
    let (whole, fraction) = cell.split_once(',')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(fraction);
    // More digits than a number of a spreadsheet keeps are a text.
    (is_number && cell.len() <= 16).then(|| format!("{whole}.{fraction}"))
}

/// A text in its cell; signs that XML cannot hold are left out.
fn text_cell(text: &str) -> String {
    let mut cell = String::from("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    for letter in text.chars().take(CELL_CHARS_MAX) {
        match letter {
            '&' => cell.push_str("&amp;"),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '\t' | '\n' => cell.push(letter),
            '\u{FFFE}' | '\u{FFFF}' => {}
            letter if letter < ' ' => {}
            letter => cell.push(letter),
        }
    }
    cell.push_str("</t></is></c>");
    cell
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
    use super::{inert, number, workbook};
    use std::io::{Cursor, Read as _};
    use zip::ZipArchive;

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

    #[test]
    fn s12_a_workbook_has_texts_and_numbers_and_no_formula() {
        let rows = [vec![
            "=1+1".to_owned(),
            "-12,50".to_owned(),
            "a\u{1}<b>&\u{FFFF}".to_owned(),
        ]];
        let bytes = workbook(&["id", "amount", "text"], &rows).unwrap();
        let mut file = ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(file.len(), 5);
        let mut sheet = String::new();
        let mut part = file.by_name("xl/worksheets/sheet1.xml").unwrap();
        part.read_to_string(&mut sheet).unwrap();
        assert!(
            sheet.contains("preserve\">=1+1</t>") && !sheet.contains("<f>"),
            "{sheet}"
        );
        assert!(
            sheet.contains("<c><v>-12.50</v></c>") && sheet.contains(">a&lt;b&gt;&amp;</t>"),
            "{sheet}"
        );
        assert!(quick_xml::Reader::from_str(&sheet).read_event().is_ok());
        assert_eq!(number("26 1234"), None);
        assert_eq!(number("12345678901234,5678"), None);
    }
}
