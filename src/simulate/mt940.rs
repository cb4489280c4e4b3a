//! Writes MT940 as mBank's `CompanyNet` sends it: messages between 0x01 and 0x03, ISO-8859-2, the
//! text of `:86:` cut hard after 65 characters, the virtual number as `ID IPH` with 12 digits.

use super::line::{Business, Frame, Line, amount};
use super::number;
use chrono::NaiveDate;

/// The text of `:86:` is cut after this many characters.
const WIDTH: usize = 65;

/// What comes before the first line.
pub(super) fn head(frame: &Frame) -> Vec<u8> {
    latin2(&format!(
        "\u{1}\n:20:ST{}CYC/{}\r\n:25:{}\r\n:28C:{}/1\r\n:60F:{}\r\n",
        frame.closing_date.format("%y%m%d"),
        frame.copy,
        frame.iban,
        frame.number,
        balance(frame.opening_minor, frame.opening_date),
    ))
}

/// What comes after the last line.
pub(super) fn foot(frame: &Frame) -> Vec<u8> {
    let closing = balance(frame.closing_minor, frame.closing_date);
    latin2(&format!(":62F:{closing}\r\n:64:{closing}\r\n-\u{3}\n"))
}

/// `C261012PLN1000,00`
fn balance(minor: i64, date: NaiveDate) -> String {
    let mark = if minor < 0 { 'D' } else { 'C' };
    format!("{mark}{}PLN{}", date.format("%y%m%d"), amount(minor, ','))
}

/// `:61:` with its second line, and `:86:`.
pub(super) fn line(line: &Line) -> Vec<u8> {
    let (code, words) = code(line);
    let mark = match (line.effect_minor < 0, line.reversal) {
        (false, false) => "C",
        (true, false) => "D",
        (true, true) => "RC",
        (false, true) => "RD",
    };
    let short = line
        .short
        .as_ref()
        .map_or(String::new(), |short| format!("//{short}"));
    let head = format!(
        ":61:{}{}{mark}N{}N{}NONREF{short}\r\n{code}-{}\r\n:86:",
        line.value_on.format("%y%m%d"),
        line.booked_on.format("%m%d"),
        amount(line.effect_minor, ','),
        if line.business == Business::Charge {
            "CHG"
        } else {
            "TRF"
        },
        words.chars().take(30).collect::<String>(),
    );
    let body: Vec<char> = text(line, code, words).chars().collect();
    let cut: Vec<String> = body
        .chunks(WIDTH)
        .map(|chunk| chunk.iter().collect())
        .collect();
    latin2(&format!("{head}{}\r\n", cut.join("\r\n")))
}

/// The bank's operation code and its name.
fn code(line: &Line) -> (&'static str, &'static str) {
    match (line.business, line.reversal) {
        (Business::Collect, false) => ("911", "TRANSAKCJA COLLECT"),
        (Business::Collect, true) => ("912", "STORNO TRANSAKCJI COLLECT"),
        (Business::Incoming, _) => ("770", "PRZELEW PRZYCHODZĄCY"),
        (Business::Outgoing, _) => ("771", "PRZELEW WYCHODZĄCY"),
        (Business::Charge, false) => ("775", "OPŁATA BANKOWA"),
        (Business::Charge, true) => ("776", "ZWROT OPŁATY BANKOWEJ"),
        (Business::Interest, _) => ("767", "ODSETKI KREDYTOWE"),
    }
}

/// The text of `:86:` before it is cut.
fn text(line: &Line, code: &str, words: &str) -> String {
    let (their_account, their_name) = if line.business == Business::Outgoing {
        ("NA RACH.", "DLA")
    } else {
        ("Z RACH.", "OD")
    };
    let mut fields = vec![format!("{code} {words}")];
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            fields.push(format!("{name}: {value}"));
        }
    };
    if let Some(number) = &line.virtual_number {
        add("ID IPH", &format!("XX{}", number::collect_id(number)));
    }
    add(their_account, line.party_account.trim_start_matches("PL"));
    add(
        their_name,
        format!("{} {}", line.party_name, line.party_address).trim(),
    );
    add("TYT.", &line.title);
    if let Some(date) = line.ordered_on {
        add("DATA STEMPLA", &date.format("%d.%m.%Y").to_string());
    }
    // The bank ends its text with the number; a text without one ends with a semicolon.
    match &line.operation {
        Some(operation) => format!("{}; TNR: {operation}", fields.join("; ")),
        None => format!("{};", fields.join("; ")),
    }
}

/// ISO-8859-2 for what these statements contain; anything else becomes a question mark.
fn latin2(text: &str) -> Vec<u8> {
    let byte = |char| match char {
        'Ą' => 0xA1,
        'Ł' => 0xA3,
        'Ś' => 0xA6,
        'Ź' => 0xAC,
        'Ż' => 0xAF,
        'Ć' => 0xC6,
        'Ę' => 0xCA,
        'Ń' => 0xD1,
        'Ó' => 0xD3,
        ascii => u8::try_from(ascii)
            .ok()
            .filter(u8::is_ascii)
            .unwrap_or(b'?'),
    };
    text.chars().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::super::days::day;
    use super::*;

    fn credit() -> Line {
        Line {
            business: Business::Collect,
            reversal: false,
            effect_minor: 195_000,
            booked_on: day(2026, 10, 12),
            value_on: day(2026, 10, 10),
            ordered_on: Some(day(2026, 10, 10)),
            virtual_number: Some("02999000097777010000102345".to_owned()),
            party_name: "ŻANETA ŁOŚ".to_owned(),
            party_address: String::new(),
            party_account: "PL61109010140000071219812874".to_owned(),
            title: "CZESNE".to_owned(),
            operation: Some("100000000000001.000001".to_owned()),
            short: Some("EL000001-000042".to_owned()),
        }
    }

    fn written(of: &Line) -> String {
        line(of).into_iter().map(char::from).collect()
    }

    #[test]
    fn a_credit_is_cut_after_65_characters_without_regard_to_words() {
        let expected = "\
            :61:2610101012CN1950,00NTRFNONREF//EL000001-000042\r\n\
            911-TRANSAKCJA COLLECT\r\n\
            :86:911 TRANSAKCJA COLLECT; ID IPH: XX010000102345; Z RACH.: 61109010\r\n\
            140000071219812874; OD: \u{AF}ANETA \u{A3}O\u{A6}; TYT.: CZESNE; DATA STEMPLA: 1\r\n\
            0.10.2026; TNR: 100000000000001.000001\r\n";
        assert_eq!(written(&credit()), expected);
    }

    #[test]
    fn a_reversal_of_a_credit_is_rc_and_a_reversal_of_a_charge_is_rd() {
        let taken_back = Line {
            reversal: true,
            effect_minor: -195_000,
            ..credit()
        };
        assert!(written(&taken_back).starts_with(":61:2610101012RCN1950,00NTRF"));
        let given_back = Line {
            reversal: true,
            business: Business::Charge,
            effect_minor: 500,
            ..credit()
        };
        assert!(written(&given_back).starts_with(":61:2610101012RDN5,00NCHG"));
    }

    #[test]
    fn a_line_without_references_says_nonref_and_ends_with_a_semicolon() {
        let bare = written(&Line {
            operation: None,
            short: None,
            ..credit()
        });
        assert!(
            bare.contains("NTRFNONREF\r\n") && bare.ends_with("0.10.2026;\r\n"),
            "{bare}"
        );
        assert!(!bare.contains("TNR"));
    }

    #[test]
    fn an_overdrawn_balance_is_a_debit() {
        assert_eq!(balance(-5, day(2026, 10, 12)), "D261012PLN0,05");
    }
}
