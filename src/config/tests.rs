//! What `kwestura.toml` may say, and what is told about mistakes in it.

use super::*;
use crate::iban::{IssueMode, PayerNumber};
use crate::money::Currency;
use crate::policy::{AmountChange, CategoryRule, InterestRule, OnAccountRule, PlanBreach};
use crate::roster::FileKind;
use proptest::prelude::*;

const PROFILES: [&str; 3] = ["mbank", "german", "camt"];

const INSTITUTION: &str = "[institution]\nname = \"Politechnika Przykładowa\"\n";

const FULL: &str = r#"
[institution]
name = "Politechnika Przykładowa"
time_zone = "Europe/Warsaw"
go_live_on = 2026-10-01
address = ["ul. Szkolna 1", "45-000 Opole"]
contact = ["COS, ul. Szkolna 1"]

[mail]
host = "smtp.example.edu"
security = "tls"
port = 465
user = "kwestura"
password_file = "password"
authority = "authority.pem"
from = "Kwestura <kwestura@example.edu>"
reply_to = "cos@example.edu"
per_minute = 60
cos = "cos@example.edu"
bursar = "kwestura@example.edu"
language = "en"

[service]
administrator = "admin@example.edu"
health = "127.0.0.1:9464"
disk_free_mib = 500
backups = "backups"
exports = "exports"

[inbox]
folder = "inbox"
still_seconds = 5
students = "stud*"
accounts = "rach*"
fees = "opl*"

[[sftp]]
name = "bank"
host = "sftp.bank.example"
port = 2222
user = "university"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICCkWEMnxeHWVKwoW3sHjscbC1f8kWQ0up3XfusahF2+"
key_file = "/etc/kwestura/bank"
folder = "outgoing"
moved_to = "fetched"

[jobs]
fetch = "*/10 * * * *"
import = "*/20 * * * *"
settle = "*/10 * * * *"
remind = "0 10 * * 1-5"
escalate = "never"
send = "*/2 * * * *"
backup = "0 2 * * *"
verify = "0 4 * * *"
export = "0 5 * * *"
alerts = "*/2 * * * *"

[mail.students]
student_domain = "student.example.edu"
doctoral_domain = "phd.example.edu"
domains = ["example.edu"]

[[bank_account]]
iban = "PL40 9990 0009 0000 0000 0000 1001"
name = "Opłaty PLN"
currency = "PLN"
profile = "mbank"
encoding = "cp1250"
value_before_booking = "value"
silent_days = true
statements = "weekly"
statements_by = "08:30"
opened_on = 2020-01-01
closed_on = "31.12.2030"
reference_is_identity = true
own_accounts = ["61 1090 1014 0000 0712 1981 2874"]

[bank_account.virtual]
mode = "generate"
settlement = "99900009"
client_code = "7777"
category_digits = 2
payer_digits = 10
payer = "running"
[bank_account.virtual.categories]
tuition = "01"
dormitory = "03"

[[bank_account]]
iban = "DE89370400440532013000"
currency = "EUR"
profile = "camt"

[policy.allocation]
category = "strict"
exact_amount = false
on_account = "when_visible"
rebooking_bank_days = 3
reversal_days = 60
waive_limit = "100"

[policy.dunning]
distance_days = 7
demand_days = 21
brake_percent = 20
brake_times = 5

[policy.default_kind]
notice_days = 7
tolerance = "0,50"
ladder = [{ template = "reminder", offset_days = 5, minimum = "5.00" }]

[policy.kind.tuition]
interest = "statutory"
interest_minimum = "1.00"
interest_first = true
move_to_business_day = false
amount_change = "waiver"
plan_breach = "all_due"

[[policy.kind.tuition.ladder]]
template = "order_now"
offset_days = -2
business_days = true

[[policy.kind.tuition.ladder]]
template = "demand"
offset_days = 17

[interest]
reviewed_through = 2026-12-31
[[interest.rate]]
from = 2026-10-08
percent = "9,00"

[columns.students]
external_id = "OS_ID"

[[file]]
name = "akademiki*"
kind = "fees"
[file.columns]
amount = "NALEŻNOŚĆ"
[file.values]
currency = "PLN"
"#;

fn good(text: &str) -> Config {
    parse(text, &PROFILES).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn mistakes(text: &str) -> Vec<String> {
    parse(text, &PROFILES)
        .expect_err("no mistake was found")
        .iter()
        .map(ConfigError::to_string)
        .collect()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn a_full_file_is_read_as_it_stands() {
    let config = good(FULL);
    assert_eq!(config.institution.go_live_on, Some(day("2026-10-01")));
    let [main, euro] = config.bank_accounts.as_slice() else {
        panic!("two accounts")
    };
    assert_eq!(
        (main.iban.as_str(), main.name.as_str()),
        ("PL40999000090000000000001001", "Opłaty PLN")
    );
    assert_eq!(
        (main.currency, main.profile.as_str()),
        (Currency::PLN, "mbank")
    );
    assert_eq!(main.encoding.as_deref(), Some("windows-1250"));
    assert_eq!(main.value_before_booking, Some(ValueBeforeBooking::Value));
    assert_eq!(
        (
            main.silent_days,
            main.statements,
            main.reference_is_identity
        ),
        (true, Every::Week, Some(true))
    );
    assert_eq!(
        (main.opened_on, main.closed_on),
        (Some(day("2020-01-01")), Some(day("2030-12-31")))
    );
    assert_eq!(main.own_accounts, ["PL61109010140000071219812874"]);
    let scheme = main.virtual_scheme.as_ref().unwrap();
    assert_eq!(
        (scheme.mode, scheme.payer),
        (IssueMode::Generate, PayerNumber::Running)
    );
    assert_eq!(
        scheme.make("tuition", "102345").unwrap().to_string(),
        "02 9990 0009 7777 0100 0010 2345"
    );
    assert_eq!(
        (euro.name.as_str(), &euro.virtual_scheme),
        ("DE89370400440532013000", &None)
    );
    let columns = |kind, name: &str| config.files.columns(kind, name);
    let students = columns(FileKind::Students, "people.csv");
    assert_eq!(students.in_file("external_id"), "OS_ID");
    let dormitory = columns(FileKind::Fees, "/exports/Akademiki-1.csv");
    assert_eq!(dormitory.in_file("amount"), "NALEŻNOŚĆ");
    assert_eq!(dormitory.values["currency"], "PLN");
    assert_eq!(
        columns(FileKind::Fees, "akademiki/fees.csv").in_file("amount"),
        "amount"
    );
    assert_eq!(columns(FileKind::Students, "akademiki.csv"), students);
}

#[test]
fn rules_of_a_kind_are_complete_and_start_from_the_default_kind() {
    let config = good(FULL);
    let allocation = &config.policy.allocation;
    assert_eq!(
        (allocation.category, allocation.exact_amount),
        (CategoryRule::Strict, false)
    );
    assert_eq!(
        (allocation.on_account, allocation.waive_limit_minor),
        (OnAccountRule::WhenVisible, 10_000)
    );
    assert_eq!(
        (allocation.rebooking_bank_days, allocation.reversal_days),
        (3, 60)
    );
    let dunning = &config.policy.dunning;
    assert_eq!((dunning.distance_days, dunning.demand_days), (7, 21));
    assert_eq!((dunning.brake_percent, dunning.brake_times), (20, 5));
    let tuition = config.policy.kind("tuition");
    assert_eq!((tuition.notice_days, tuition.tolerance_minor), (7, 50));
    assert_eq!(
        (tuition.interest, tuition.interest_minimum_minor),
        (InterestRule::Statutory, 100)
    );
    assert!(tuition.interest_first && !tuition.move_to_business_day);
    assert_eq!(
        (tuition.amount_change, tuition.plan_breach),
        (AmountChange::Waiver, PlanBreach::AllDue)
    );
    let steps: Vec<_> = tuition
        .ladder
        .iter()
        .map(|step| (step.template.as_str(), step.offset_days, step.business_days))
        .collect();
    assert_eq!(steps, [("order_now", -2, true), ("demand", 17, false)]);
    let other = config.policy.kind("library");
    assert_eq!(
        (other.interest, other.ladder.len()),
        (InterestRule::None, 1)
    );
    assert_eq!(other.ladder[0].minimum_minor, 500);
}

#[test]
fn the_order_of_sections_does_not_matter() {
    let kinds_first = format!(
        "{INSTITUTION}[policy.kind.tuition]\ninterest = \"statutory\"\n[policy.default_kind]\nnotice_days = 3\n"
    );
    let tuition = good(&kinds_first).policy.kind("tuition").clone();
    assert_eq!(
        (tuition.notice_days, tuition.interest),
        (3, InterestRule::Statutory)
    );
}

#[test]
fn rates_of_the_file_come_on_top_of_those_of_the_program() {
    let rates = good(FULL).rates;
    let percent = |text: &str| text.parse::<rust_decimal::Decimal>().unwrap();
    assert_eq!(rates.delay_rate_on(day("2026-10-08")), percent("9"));
    assert_eq!(rates.delay_rate_on(day("2026-10-07")), percent("9.25"));
    assert!(rates.is_reviewed(day("2026-12-31")) && !rates.is_reviewed(day("2027-01-01")));
}

#[test]
fn what_is_left_out_has_its_default() {
    let config = good(INSTITUTION);
    assert_eq!(config.policy, Policy::default());
    assert_eq!(config.rates, RateTable::statutory());
    assert_eq!(config.institution.time_zone, chrono_tz::Europe::Warsaw);
    assert!(config.bank_accounts.is_empty() && config.files == Files::default());
}

#[test]
fn the_settlement_number_and_the_payer_digits_follow_from_the_rest() {
    let account = "[[bank_account]]\niban = \"PL40999000090000000000001001\"\ncurrency = \"PLN\"\nprofile = \"mbank\"\n";
    let config = good(&format!(
        "{INSTITUTION}{account}[bank_account.virtual]\nclient_code = \"7777\"\n"
    ));
    let scheme = config.bank_accounts[0].virtual_scheme.clone().unwrap();
    assert_eq!(
        scheme.make("", "102345").unwrap().to_string(),
        "64 9990 0009 7777 0000 0010 2345"
    );
    let list = good(&format!(
        "{INSTITUTION}{account}[bank_account.virtual]\nmode = \"list\"\n"
    ));
    assert_eq!(
        list.bank_accounts[0].virtual_scheme.as_ref().unwrap().mode,
        IssueMode::List
    );
}

#[test]
fn every_mistake_is_told_at_once_with_its_line_and_key() {
    let text = r#"
[institution]
nmae = "Politechnika"
time_zone = "Europe/Warszawa"
go_live_on = "soon"

[[bank_account]]
iban = "PL40999000090000000000001002"
currency = "złoty"
profile = "mbnak"
encoding = "EBCDIC"
value_before_booking = "never"
silent_days = "no"
opened_on = 2020-02-28T10:00:00
[bank_account.virtual]
settlement = "99900008"
client_code = "77x7"
category_digits = 2
payer_digits = 9
[bank_account.virtual.categories]
tuition = "1"
dormitory = 3

[policy.default_kind]
notice_days = -1
tolerance = 0.5
interest = "statutry"
interest_minimum = "1.005"
[[policy.default_kind.ladder]]
template = "reminder"
offset_days = 3
[[policy.default_kind.ladder]]
template = "reminder"
offset_days = 2
[[policy.default_kind.ladder]]
offset_days = 9

[policy.kind.tuition]
ladder = "none"

[polcy.allocation]

[interest]
[[interest.rate]]
percent = "101"

[columns.fees]
amuont = "KWOTA"

[[file]]
name = "akademiki*"
kind = "fee"

[[file]]
kind = "fees"
columns = { amount = "KWOTA" }
values = { amount = "480,00", kindd = "dormitory" }
"#;
    assert_eq!(
        mistakes(text),
        [
            "line 2, institution.name: is missing",
            "line 3, institution.nmae: there is no such setting; did you mean `name`?",
            "line 4, institution.time_zone: `Europe/Warszawa` is not a time zone; write it like Europe/Warsaw",
            "line 5, institution.go_live_on: a day like 2026-10-15 is expected here",
            "line 8, bank_account.iban: `PL40999000090000000000001002` is mistyped: its check digits are wrong",
            "line 9, bank_account.currency: `złoty` is not a currency; write it like PLN",
            "line 10, bank_account.profile: `mbnak` is none of: mbank, german, camt; did you mean `mbank`?",
            "line 11, bank_account.encoding: `EBCDIC` is none of: UTF-8, windows-1250, ISO-8859-2, ISO-8859-1, CP852",
            "line 12, bank_account.value_before_booking: `never` is none of: booking, value",
            "line 13, bank_account.silent_days: true or false is expected here",
            "line 14, bank_account.opened_on: a day like 2026-10-15 is expected here",
            "line 16, bank_account.virtual.settlement: `99900008` is no settlement number: eight digits, the last of them a check digit",
            "line 17, bank_account.virtual.client_code: `77x7` is not made of digits",
            "line 19, bank_account.virtual.payer_digits: client code 4 + category 2 + payer 9 digits are 15, not 16",
            "line 21, bank_account.virtual.categories.tuition: `1` must be 2 digits",
            "line 22, bank_account.virtual.categories.dormitory: a text in quotation marks is expected here",
            "line 25, policy.default_kind.notice_days: a whole number from 0 to 366 is expected here",
            "line 26, policy.default_kind.tolerance: an amount in quotation marks like \"5.00\" is expected here",
            "line 27, policy.default_kind.interest: `statutry` is none of: none, statutory; did you mean `statutory`?",
            "line 28, policy.default_kind.interest_minimum: `1.005` can be read in two ways; write the thousands without a mark and two decimals",
            "line 33, policy.default_kind.ladder.template: the step `reminder` stands twice",
            "line 34, policy.default_kind.ladder.offset_days: the steps must stand in the order of their days",
            "line 35, policy.default_kind.ladder.template: is missing",
            "line 39, policy.kind.tuition.ladder: these are sections: write [[policy.kind.tuition.ladder]]",
            "line 41, polcy: there is no such setting; did you mean `policy`?",
            "line 44, interest.rate.from: is missing",
            "line 45, interest.rate.percent: `101` is not a rate; write it like \"9.25\"",
            "line 48, columns.fees.amuont: there is no such setting; did you mean `amount`?",
            "line 52, file.kind: `fee` is none of: students, fees, accounts; did you mean `fees`?",
            "line 54, file.name: is missing",
            "line 57, file.values.kindd: there is no such setting; did you mean `kind`?",
            "line 57, file.values: `amount` stands under `columns` too; a file has it or has it not",
        ]
    );
}

#[test]
fn a_client_code_without_quotation_marks_is_one_mistake() {
    let account = "[[bank_account]]\niban = \"PL40999000090000000000001001\"\ncurrency = \"PLN\"\nprofile = \"mbank\"\n";
    let scheme = "[bank_account.virtual]\nclient_code = 7777\npayer_digits = 12\n";
    let found = mistakes(&format!("{INSTITUTION}{account}{scheme}"));
    assert_eq!(
        found,
        ["line 8, bank_account.virtual.client_code: a text in quotation marks is expected here"]
    );
}

#[test]
fn sections_that_are_missing_or_something_else_are_told() {
    assert_eq!(mistakes(""), ["line 1, institution: is missing"]);
    let found =
        mistakes("institution = 1\npolicy = true\nbank_account = [1]\n[columns]\nfees = 2\n");
    assert_eq!(
        found,
        [
            "line 1, institution: this is a section: write [institution]",
            "line 2, policy: this is a section: write [policy]",
            "line 3, bank_account: these are sections: write [[bank_account]]",
            "line 5, columns.fees: this is a section: write [columns.fees]",
        ]
    );
}

#[test]
fn text_that_is_no_toml_is_told_with_its_line() {
    for (text, line) in [
        ("[institution]\nname = Politechnika\n", 2),
        ("[institution]\nname = \"a\"\nname = \"b\"\n", 3),
        ("[institution\n", 1),
        ("[institution]\ngo_live_on = 2026-02-30\n", 2),
    ] {
        let errors = parse(text, &PROFILES).unwrap_err();
        assert_eq!(
            (errors.len(), errors[0].line, errors[0].key.as_str()),
            (1, line, ""),
            "{errors:?}"
        );
        assert!(!errors[0].message.is_empty());
    }
}

#[test]
fn accounts_must_differ_and_their_numbers_too() {
    let account = |iban: &str, code: &str| {
        format!(
            "[[bank_account]]\niban = \"{iban}\"\nname = \"A\"\ncurrency = \"PLN\"\nprofile = \"mbank\"\n[bank_account.virtual]\nclient_code = \"{code}\"\n"
        )
    };
    let first = "PL40999000090000000000001001";
    let second = crate::iban::Nrb::from_bban("999000090000000000001002")
        .unwrap()
        .iban();
    let two = |iban: &str, code: &str| {
        format!(
            "{INSTITUTION}{}{}",
            account(first, "7777"),
            account(iban, code)
        )
    };
    assert_eq!(good(&two(&second, "7778")).bank_accounts.len(), 2);
    assert_eq!(
        mistakes(&two(first, "7778")),
        ["line 11, bank_account.iban: this account is configured twice"]
    );
    assert_eq!(
        mistakes(&two(&second, "77771")),
        [
            "line 15, bank_account.virtual: its numbers would also be those of A: the client codes must differ"
        ]
    );
}

/// Takes the `#` from every line that holds a setting or the head of a section.
fn uncommented(template: &str) -> String {
    let lines = template.lines().map(|line| {
        let setting = line
            .strip_prefix('#')
            .filter(|rest| !rest.is_empty() && !rest.starts_with(' '));
        setting.unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_template_holds_the_defaults() {
    let config = good(template());
    assert_eq!(config.policy, Policy::default());
    assert_eq!(config.rates, RateTable::statutory());
    assert!(config.bank_accounts.is_empty());
}

#[test]
fn the_template_with_its_comments_taken_away_is_right_and_its_rules_are_the_defaults() {
    let config = good(&uncommented(template()));
    assert_eq!(config.policy.allocation, Policy::default().allocation);
    assert_eq!(config.policy.default_kind, Policy::default().default_kind);
    assert_eq!((config.bank_accounts.len(), config.profiles.len()), (1, 2));
    assert_eq!((config.files.usual.len(), config.files.named.len()), (3, 1));
    assert_eq!(config.rates.reviewed_through(), day("2026-12-31"));
}

#[test]
fn the_template_names_every_setting() {
    let full = uncommented(template());
    let keys = |text: &str| -> std::collections::BTreeSet<String> {
        let settings = text.lines().filter_map(|line| line.split_once(" = "));
        settings
            .map(|(key, _)| key.trim().to_owned())
            .filter(|key| !key.starts_with('#'))
            .collect()
    };
    let ladder_is_written_as_sections = ["ladder".to_owned()].into();
    let missing: Vec<String> = keys(FULL).difference(&keys(&full)).cloned().collect();
    assert_eq!(
        missing
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>(),
        ladder_is_written_as_sections
    );
}

proptest! {
    #[test]
    fn any_text_is_settings_or_mistakes_on_lines_of_the_file(
        lines in prop::collection::vec(prop::sample::select(FULL.lines().collect::<Vec<_>>()), 0..30),
    ) {
        let text = lines.join("\n");
        if let Err(errors) = parse(&text, &PROFILES) {
            prop_assert!(!errors.is_empty());
            let last = u32::try_from(lines.len()).unwrap().max(1);
            prop_assert!(errors.iter().all(|error| (1..=last).contains(&error.line)), "{:?}", errors);
        }
    }
}
