//! What `[[profile]]` may say, what is read by it, and what is told about mistakes in it.

use super::super::{Config, ConfigError, parse};
use crate::statement::read::declared::{Declared, DeclaredKind};
use crate::statement::read::report::{self, Summary};
use crate::statement::read::{CreditingRule, Encoding, Profile};
use proptest::prelude::*;

const INSTITUTION: &str = "[institution]\nname = \"Politechnika Przykładowa\"\n";

const CSV: &str = r#"
[[profile]]
name = "bank-csv"
role = "entries"
encoding = "cp1250"
separator = ";"
head_lines = 1
detail = ["D"]
footer = ["S"]
decimal_mark = ","
thousands_separator = " "
date_format = "YYYY-MM-DD"
credit = ["C"]
debit = ["D"]
account = "PL40 9990 0009 0000 0000 0000 1001"
[profile.columns]
record_type = "Typ"
booking_date = "Data księgowania"
order_date = "Data zlecenia"
amount = "Kwota"
currency = "Waluta"
direction = "Strona"
virtual_account = "Rachunek wirtualny"
payer_account = "Rachunek nadawcy"
payer_name = "Nadawca"
title = ["Tytuł 1", "Tytuł 2"]
bank_reference = "Referencja"
[profile.totals]
at = "footer"
count = 2
sum = 3
"#;

const FIXED: &str = r#"
[[profile]]
name = "bank-fixed"
role = "details"
encoding = "CP852"
container = "fixed"
detail = ["1"]
header = ["0"]
footer = ["9"]
amount_unit = "grosze"
date_format = "DDMMYY"
currency = "PLN"
[profile.columns]
record_type = "1-1"
booking_date = "8-13"
amount = "14-28"
virtual_account = "29-54"
payer_name = "55-74"
title = "75-104"
[profile.totals]
at = "footer"
count = "2-7"
sum = "8-22"
"#;

const DIALECT: &str = r#"
[[profile]]
name = "bank-mt940"
based_on = "pko"
encoding = "CP852"
separator = "^"
subfields_at_line_start = false
title_subfields = [21, 20]
name_subfields = [27]
account_subfields = [29]
split_account_subfields = [30, 31]
order_date_subfield = 61
virtual_account = ["subfield 62", "creditor account"]
bank_reference = "subfield 10"
reference_is_identity = true
value_before_booking = "value"
"#;

fn good(text: &str) -> Config {
    parse(&format!("{INSTITUTION}{text}"), Profile::names())
        .unwrap_or_else(|errors| panic!("{errors:?}"))
}

#[track_caller]
fn mistakes(text: &str, expected: &[&str]) {
    let errors = parse(text, Profile::names()).expect_err("no mistake was found");
    let told: Vec<String> = errors.iter().map(ConfigError::to_string).collect();
    assert_eq!(told, expected);
}

fn read(config: &Config, name: &str, text: &str) -> (Vec<i64>, Summary) {
    let layout = Declared::report(&config.profiles, name).unwrap();
    let mut amounts = Vec::new();
    let sink = |line: report::ReportLine<'_>| amounts.push(line.amount_minor);
    let summary = report::read(text.as_bytes(), &layout, sink).unwrap();
    (amounts, summary)
}

#[test]
fn a_declared_report_is_read() {
    let config = good(&format!("{CSV}{FIXED}"));
    let bytes = include_bytes!("../../../statements/report-declared/columns.csv");
    let text = encoding_rs::WINDOWS_1250.decode(bytes).0;
    let (amounts, summary) = read(&config, "bank-csv", &text);
    assert_eq!(
        (amounts, summary.faults),
        (vec![195_000, 45_050, -45_050], vec![])
    );
    let bytes = include_bytes!("../../../statements/report-declared/fixed.txt");
    let table = &oem_cp::code_table::DECODING_TABLE_CP852;
    let text = oem_cp::decode_string_complete_table(bytes, table);
    let (amounts, summary) = read(&config, "bank-fixed", &text);
    assert_eq!((amounts, summary.faults), (vec![195_000, 45_050], vec![]));
    let encodings: Vec<_> = ["bank-csv", "bank-fixed", "bph-collect"]
        .map(|name| Declared::report(&config.profiles, name).unwrap().encoding)
        .into();
    assert_eq!(
        encodings,
        [
            Some(Encoding::Windows1250),
            Some(Encoding::Cp852),
            Some(Encoding::Iso8859_2)
        ]
    );
    assert_eq!(Declared::dialect(&config.profiles, "bank-csv"), None);
    assert_eq!(Declared::report(&config.profiles, "mbank"), None);
}

#[test]
fn the_mt940_of_an_unknown_bank_is_read_by_a_declared_dialect() {
    let config = good(DIALECT);
    let profile = Declared::dialect(&config.profiles, "bank-mt940").unwrap();
    assert_eq!(profile.value_before_booking, CreditingRule::Value);
    assert!(profile.reliable_reference);
    let text = b":20:ST1\r\n:25:PL40999000090000000000001001\r\n:28C:1\r\n:60F:C261009PLN0,00\r\n\
        :61:2610121012C1950,00N110NONREF\r\n\
        :86:110^00PRZELEW^10EL0042^20CZESNE ^21SEM 1^27\x9dUKASZ TESTOWY\r\n\
        ^2906999000090000000000002001^61091026^6264999000097777000000102345\r\n\
        :62F:C261012PLN1950,00\r\n-\r\n";
    let reading = crate::statement::read::read(text, Some(&profile)).unwrap();
    let line = crate::statement::inspect::inspect_json("x", &reading).remove(0);
    let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(entry["profile"], "bank-mt940");
    let entry = &entry["entries"][0];
    for (key, value) in [
        ("virtual_account", "64999000097777000000102345"),
        ("bank_reference", "EL0042"),
        ("counterparty_name", "ŁUKASZ TESTOWY"),
        ("counterparty_account", "06999000090000000000002001"),
        ("remittance", "CZESNE SEM 1"),
        ("order_date", "2026-10-09"),
    ] {
        assert_eq!(entry[key], value, "{key}");
    }
}

#[test]
fn a_bank_account_chooses_among_built_in_and_declared_profiles() {
    let account = |profile: &str| {
        format!(
            "{INSTITUTION}{CSV}{FIXED}{DIALECT}[[bank_account]]\niban = \"PL40999000090000000000001001\"\ncurrency = \"PLN\"\nprofile = \"{profile}\"\n"
        )
    };
    for profile in ["bank-mt940", "camt", "mbank"] {
        let config = parse(&account(profile), Profile::names()).unwrap();
        assert_eq!(config.bank_accounts[0].profile, profile);
    }
    let line = account("").lines().count();
    for report in ["bph-collect", "bank-csv"] {
        mistakes(
            &account(report),
            &[&format!(
                "line {line}, bank_account.profile: `{report}` reads reports, which hold no balances: name the profile of the bank's MT940 or camt.053 here"
            )],
        );
    }
    mistakes(
        &account("bank-mt941"),
        &[&format!(
            "line {line}, bank_account.profile: `bank-mt941` is none of: {}, bank-mt940; did you mean `bank-mt940`?",
            Profile::names().join(", ")
        )],
    );
}

#[test]
fn every_mistake_of_a_report_is_told_with_its_line_and_key() {
    let text = r#"
[institution]
name = "Politechnika Przykładowa"
[[profile]]
name = "Bank"
role = "detials"
encoding = "EBCDIC"
container = "separated"
separator = ";;"
quote = "''"
head_lines = "one"
detail = "D"
amount_unit = "złoty"
date_format = "MMDDYYYY"
credit = ["C"]
currency = "złoty"
account = "PL1"
line_width = 35
virtual_acount_is_tail = true
[profile.columns]
amount = 3.5
title = [1, true]
tilte = 2
[profile.totals]
at = "fotter"
[[profile]]
name = "mbank"
[[profile]]
name = "bank"
[[profile]]
name = "bank"
based_on = "camt"
[[bank_account]]
iban = "PL40999000090000000000001001"
currency = "PLN"
profile = "bank"
"#;
    let forms = "YYYYMMDD, DDMMYYYY, YYMMDD, DDMMYY, YYYY-MM-DD, YYYY.MM.DD, YYYY/MM/DD, DD-MM-YYYY, DD.MM.YYYY, DD/MM/YYYY, DD.MM.YY";
    let [columns_26, columns_28] = [
        "line 26, profile.columns: is missing; a profile of MT940 or camt has `based_on` instead",
        "line 28, profile.columns: is missing; a profile of MT940 or camt has `based_on` instead",
    ];
    let column = "a column's number like 3, its name like \"Kwota\" or its signs like \"12-26\"";
    mistakes(
        text,
        &[
            "line 4, profile.decimal_mark: is missing",
            "line 5, profile.name: `Bank` is no name for a profile; write it in small letters, digits and -",
            "line 6, profile.role: `detials` is none of: details, entries; did you mean `details`?",
            "line 7, profile.encoding: `EBCDIC` is none of: UTF-8, windows-1250, ISO-8859-2, ISO-8859-1, CP852",
            "line 9, profile.separator: one sign in quotation marks is expected here",
            "line 10, profile.quote: one sign in quotation marks, or \"\" where nothing is quoted, is expected here",
            "line 11, profile.head_lines: a whole number from 0 to 1000 is expected here",
            "line 12, profile.detail: a list of texts like [\"…\", \"…\"] is expected here",
            "line 12, profile.detail: no column `record_type` in [profile.columns] tells what a line is",
            "line 13, profile.amount_unit: `złoty` is none of: decimal, grosze",
            &format!("line 14, profile.date_format: `MMDDYYYY` is none of: {forms}"),
            "line 15, profile.credit: no column `direction` in [profile.columns] holds it",
            "line 16, profile.currency: `złoty` is not a currency; write it like PLN",
            "line 17, profile.account: `PL1` has 1 digits, an account number has 26",
            "line 18, profile.line_width: `line_separator` is missing",
            "line 19, profile.virtual_acount_is_tail: there is no such setting; did you mean `virtual_account_is_tail`?",
            "line 20, profile.columns.virtual_account: is missing",
            &format!("line 21, profile.columns.amount: {column} is expected here"),
            &format!(
                "line 22, profile.columns.title: {column}, or a list of them, is expected here"
            ),
            "line 23, profile.columns.tilte: there is no such setting; did you mean `title`?",
            "line 25, profile.totals.at: `fotter` is none of: header, footer, head line 1, foot line 1",
            columns_26,
            "line 26, profile.role: is missing",
            "line 26, profile.separator: is missing",
            "line 26, profile.decimal_mark: is missing",
            "line 27, profile.name: `mbank` is built in; choose another name",
            columns_28,
            "line 28, profile.role: is missing",
            "line 28, profile.separator: is missing",
            "line 28, profile.decimal_mark: is missing",
            "line 31, profile.name: the profile `bank` stands twice",
        ],
    );
}

#[test]
fn a_layout_that_contradicts_itself_is_told_at_its_keys() {
    let without_sum = CSV.replace("sum = 3\n", "");
    mistakes(
        &format!("{INSTITUTION}{without_sum}"),
        &[
            "line 6, profile.role: a report without a control sum cannot be a source of entries: write [profile.totals] with `sum`, or role = \"details\"",
        ],
    );
    let wrong = CSV
        .replace("head_lines = 1\n", "foot_lines = 2\n")
        .replace("at = \"footer\"", "at = \"foot line 3\"")
        .replace("amount = \"Kwota\"", "amount = \"1-12\"")
        .replace("debit = [\"D\"]", "debit = [\"C\"]\nsigned = true")
        .replace("\"Typ\"", "1")
        .replace("\"Data księgowania\"", "0");
    let told = parse(&format!("{INSTITUTION}{wrong}"), Profile::names()).unwrap_err();
    assert_eq!(told.len(), 1, "{told:?}");
    let wrong = wrong.replace("\nsigned = true", "");
    let told = parse(&format!("{INSTITUTION}{wrong}"), Profile::names()).unwrap_err();
    let keys: Vec<&str> = told.iter().map(|error| error.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "profile.foot_lines",
            "profile.debit",
            "profile.columns.booking_date",
            "profile.columns.order_date",
            "profile.columns.amount",
            "profile.columns.currency",
            "profile.columns.direction",
            "profile.columns.virtual_account",
            "profile.columns.payer_account",
            "profile.columns.payer_name",
            "profile.columns.title",
            "profile.columns.title",
            "profile.columns.bank_reference",
            "profile.totals.at",
        ]
    );
}

#[test]
fn every_mistake_of_a_dialect_is_told() {
    let text = r#"
[institution]
name = "Politechnika Przykładowa"
[[profile]]
name = "one"
based_on = "pok"
separator = ":"
title_subfields = [20, 99]
split_account_subfields = [30]
order_date_subfield = 40
virtual_account = ["subfield 63", "after slash"]
bank_reference = "after slashes"
value_before_booking = "never"
role = "details"
[[profile]]
name = "two"
based_on = "mbank"
title_subfields = [20]
[[profile]]
name = "elixir-0"
based_on = "elixir-0"
[[profile]]
name = "two"
based_on = "camt"
"#;
    let places = "subfield 63, id iph, tnr, after slashes, creditor account, ultimate creditor, structured reference, second unstructured, references, additional information";
    let known = Profile::names().join(", ");
    let number = |number: u8| {
        format!("no bank has a sub-field {number}; they are 0, 10, 20 to 34, 38 and 60 to 65")
    };
    mistakes(
        text,
        &[
            &format!("line 6, profile.based_on: `pok` is none of: {known}; did you mean `pko`?"),
            "line 7, profile.separator: sub-fields begin with a sign like ?, ~, ^, < or +",
            &format!("line 8, profile.title_subfields: {}", number(99)),
            "line 9, profile.split_account_subfields: two numbers are expected here: bank code and account",
            &format!("line 10, profile.order_date_subfield: {}", number(40)),
            &format!(
                "line 11, profile.virtual_account: `after slash` is none of: {places}; did you mean `after slashes`?"
            ),
            "line 12, profile.bank_reference: a reference stands in a sub-field, as \"subfield 10\", or is \"tnr\"; what follows // and camt's own element are always read",
            "line 13, profile.value_before_booking: `never` is none of: booking, value",
            "line 14, profile.role: there is no such setting",
            "line 18, profile.title_subfields: the profile on which this one is based has no numbered sub-fields; `german` has them",
            "line 20, profile.name: `elixir-0` is built in; choose another name",
            "line 21, profile.based_on: `elixir-0` is a report; name it as it is, or write a report of your own with all its columns",
            "line 23, profile.name: the profile `two` stands twice",
        ],
    );
}

#[test]
fn every_key_is_in_the_template() {
    let template = super::super::template();
    for text in [CSV, FIXED, DIALECT] {
        for key in text.lines().filter_map(|line| line.split_once(" = ")) {
            let (key, _) = key;
            let known = template.lines().any(|line| {
                line.trim_start_matches('#')
                    .starts_with(&format!("{key} = "))
            });
            assert!(known || matches!(key, "currency" | "account"), "{key}");
        }
    }
    let config = good("");
    assert!(config.profiles.is_empty());
    let DeclaredKind::Dialect(profile) = &good(DIALECT).profiles[0].kind else {
        panic!("no dialect")
    };
    assert_eq!(profile.name, "bank-mt940");
}

proptest! {
    #[test]
    fn any_lines_are_profiles_or_mistakes(
        lines in prop::collection::vec(
            prop::sample::select([CSV, FIXED, DIALECT].iter().flat_map(|text| text.lines()).collect::<Vec<_>>()),
            0..40,
        ),
    ) {
        let text = format!("{INSTITUTION}{}", lines.join("\n"));
        match parse(&text, Profile::names()) {
            Ok(config) => {
                for profile in &config.profiles {
                    if let DeclaredKind::Report(layout) = &profile.kind {
                        prop_assert_eq!(layout.faults(), vec![]);
                    }
                }
            }
            Err(errors) => prop_assert!(!errors.is_empty()),
        }
    }
}
