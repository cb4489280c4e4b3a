//! A bank that writes MT940 as stories need it, and an office with three students.

use chrono::NaiveDate;
use kwestura::config::{self, Keys};
use kwestura::engine::digest::Digest;
use kwestura::engine::record::{self, FileReport, Recorded};
use kwestura::engine::statements::{self, Said};
use kwestura::engine::{Moment, Office, account, period, quarantine, settle};
use kwestura::iban::Recognised;
use kwestura::statement::read::Profile;
use kwestura::store::{Db, Rows};
use std::fmt::Write as _;

/// The account of the stories.
pub const IBAN: &str = "PL40999000090000000000001001";
/// Students with the last twelve digits of their account numbers.
pub const STUDENTS: [(&str, &str); 3] = [
    ("ada", "000000100001"),
    ("bartek", "000000100002"),
    ("celina", "000000100003"),
];
/// An account that pays.
pub const PAYER: &str = "61109010140000071219812874";

/// Who decides in the stories.
pub const BOSS: Said<'static> = Said {
    by: "bursar",
    why: "the bank says so",
};

/// A day of October 2026.
pub fn october(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 10, day).unwrap()
}

/// A line of a statement.
#[derive(Debug, Clone)]
pub struct Line {
    day: NaiveDate,
    amount_minor: i64,
    reversal: bool,
    to: Option<String>,
    payer: String,
    title: String,
    reference: Option<String>,
}

/// A transfer to a student's account; a negative amount goes out.
pub fn line(day: u32, amount_minor: i64, student: &str) -> Line {
    let to = STUDENTS.iter().find(|(name, _)| *name == student);
    Line {
        day: october(day),
        amount_minor,
        reversal: false,
        to: to.map(|(_, tail)| format!("XX{tail}")),
        payer: PAYER.to_owned(),
        title: "CZESNE".to_owned(),
        reference: None,
    }
}

impl Line {
    /// With the bank's own number of the operation.
    pub fn tnr(mut self, reference: &str) -> Line {
        self.reference = Some(reference.to_owned());
        self
    }

    /// It undoes an earlier line.
    pub fn reversed(mut self) -> Line {
        self.reversal = true;
        self
    }

    /// From another account.
    pub fn from(mut self, payer: &str) -> Line {
        self.payer = payer.to_owned();
        self
    }

    /// To another number, as mBank shows it.
    pub fn to(mut self, tail: &str) -> Line {
        self.to = Some(format!("XX{tail}"));
        self
    }

    /// With another title.
    pub fn title(mut self, title: &str) -> Line {
        self.title = title.to_owned();
        self
    }
}

/// A statement in the making.
#[derive(Debug, Clone)]
pub struct Statement {
    /// `:28C:`; none writes zero, as banks do that do not number.
    pub number: Option<u32>,
    /// `:20:`.
    pub reference: String,
    /// The day of the opening balance.
    pub opens: u32,
    /// The closing day.
    pub closes: u32,
    /// Balance before the first line.
    pub opening_minor: i64,
    /// Balance after the last line; `None` adds up.
    pub closing_minor: Option<i64>,
    /// The lines.
    pub lines: Vec<Line>,
}

/// The statement of a day.
pub fn day(number: u32, day: u32, opening_minor: i64, lines: Vec<Line>) -> Statement {
    Statement {
        number: Some(number),
        reference: format!("ST{number}"),
        opens: day,
        closes: day,
        opening_minor,
        closing_minor: None,
        lines,
    }
}

impl Statement {
    /// What the lines lead to.
    pub fn sum(&self) -> i64 {
        self.opening_minor + self.lines.iter().map(|line| line.amount_minor).sum::<i64>()
    }

    /// Ends on a later day.
    pub fn through(mut self, day: u32) -> Statement {
        self.closes = day;
        self
    }

    /// Without a number.
    pub fn unnumbered(mut self) -> Statement {
        self.number = None;
        self
    }

    /// With another `:20:`.
    pub fn named(mut self, reference: &str) -> Statement {
        self.reference = reference.to_owned();
        self
    }

    /// With a closing balance that does not add up.
    pub fn closing(mut self, minor: i64) -> Statement {
        self.closing_minor = Some(minor);
        self
    }

    /// As a file.
    pub fn file(&self) -> Vec<u8> {
        let number = self.number.unwrap_or(0);
        let mut text = format!(
            ":20:{}\r\n:25:{IBAN}\r\n:28C:{number}\r\n:60F:{}\r\n",
            self.reference,
            balance(self.opening_minor, october(self.opens)),
        );
        for line in &self.lines {
            write_line(&mut text, line);
        }
        let closing = self.closing_minor.unwrap_or_else(|| self.sum());
        let _ = write!(
            text,
            ":62F:{}\r\n-\r\n",
            balance(closing, october(self.closes))
        );
        text.into_bytes()
    }
}

fn balance(minor: i64, day: NaiveDate) -> String {
    let mark = if minor < 0 { 'D' } else { 'C' };
    format!("{mark}{}PLN{}", day.format("%y%m%d"), amount(minor))
}

fn amount(minor: i64) -> String {
    format!("{},{:02}", minor.abs() / 100, minor.abs() % 100)
}

fn write_line(text: &mut String, line: &Line) {
    let mark = match (line.amount_minor < 0, line.reversal) {
        (false, false) => "C",
        (true, false) => "D",
        (true, true) => "RC",
        (false, true) => "RD",
    };
    let _ = write!(
        text,
        ":61:{}{}{mark}N{}NTRFNONREF\r\n",
        line.day.format("%y%m%d"),
        line.day.format("%m%d"),
        amount(line.amount_minor)
    );
    let direction = if line.amount_minor < 0 && !line.reversal {
        "NA"
    } else {
        "Z"
    };
    let mut parts = vec!["911 TRANSAKCJA COLLECT".to_owned()];
    parts.extend(line.to.as_ref().map(|to| format!("ID IPH: {to}")));
    parts.push(format!("{direction} RACH.: {}", line.payer));
    parts.push(format!("TYT.: {}", line.title));
    parts.extend(
        line.reference
            .as_ref()
            .map(|reference| format!("TNR: {reference}")),
    );
    let _ = write!(text, ":86:{}\r\n", parts.join("; "));
}

/// An office on a database, at noon of a day of October 2026.
pub async fn office(url: &str, day: u32) -> Office {
    office_with(url, day, "").await
}

/// An office whose account has more settings.
pub async fn office_with(url: &str, day: u32, more: &str) -> Office {
    let mut config = config::parse(&toml(more), Profile::names()).unwrap();
    config.keys = Keys::parse(&"5e".repeat(32)).unwrap();
    let noon = october(day).and_hms_opt(10, 0, 0).unwrap().and_utc();
    Office {
        db: Db::connect(url, false).await.unwrap(),
        now: Moment::of(noon.timestamp_millis(), config.institution.time_zone),
        config: config.into(),
    }
}

/// The configuration of the stories.
pub fn toml(more: &str) -> String {
    format!(
        "[institution]\nname = \"Akademia\"\n\n[[bank_account]]\niban = \"{IBAN}\"\nname = \"fees\"\n\
         currency = \"PLN\"\nprofile = \"mbank\"\n{more}\n[bank_account.virtual]\nmode = \"generate\"\n\
         settlement = \"99900009\"\nclient_code = \"7777\"\ncategory_digits = 2\npayer_digits = 10\n\
         payer = \"album\"\n[bank_account.virtual.categories]\ntuition = \"00\"\n"
    )
}

/// Three students with an account number each, and a fee of 500.00 due on 12 October.
pub async fn students(office: &Office) {
    let now = office.now.millis;
    let mut tx = office.db.write().await.unwrap();
    let account = tx.bank_account(IBAN, "PLN", now).await.unwrap();
    tx.students_came(now).await.unwrap();
    let names = STUDENTS.iter().map(|(name, _)| (name,));
    tx.add_persons(&Rows::of(names).unwrap(), now)
        .await
        .unwrap();
    for (place, (name, tail)) in STUDENTS.iter().enumerate() {
        let found = tx.persons_by_external(&[(*name).to_owned()]).await.unwrap();
        let person = found[0].id;
        let album = format!("{}", 900_001 + place);
        let (from, day) = ("2026-09-01", "2026-09-01");
        let version = (person, from, day, 0, &album, "student", "pl", "active");
        let text = (
            person,
            from,
            day,
            0,
            name,
            "Testowa",
            "",
            format!("testowa {name}"),
        );
        let (versions, names) = (Rows::of([version]).unwrap(), Rows::of([text]).unwrap());
        tx.add_student_versions(&versions, &names, now)
            .await
            .unwrap();
        let scheme = office.config.bank_accounts[0].virtual_scheme.as_ref();
        let Some(Recognised::Number(nrb)) = scheme.map(|scheme| scheme.recognise(tail)) else {
            panic!("{tail} is a number of the stories");
        };
        let number = (nrb.as_str(), tail, account.id, person, "tuition", 0, from);
        tx.add_numbers(&Rows::of([number]).unwrap(), now)
            .await
            .unwrap();
        let fee = (format!("F-{name}"), person, "tuition", "tuition", "PLN");
        tx.add_fees(&Rows::of([fee]).unwrap(), now).await.unwrap();
        let fee = tx.fees_by_external(&[format!("F-{name}")]).await.unwrap()[0].id;
        let version = (fee, day, 0, 0, 50_000, day, "2026-10-12", day);
        let title = (fee, day, 0, "Czesne", "Tuition");
        let (versions, titles) = (Rows::of([version]).unwrap(), Rows::of([title]).unwrap());
        tx.add_fee_versions(&versions, &titles, now).await.unwrap();
        tx.mark([person]).await.unwrap();
    }
    tx.commit().await.unwrap();
    settle::run(office, |_, _| {}).await.unwrap();
}

/// Imports a statement and settles; tells what became of it.
pub async fn import(office: &Office, statement: &Statement) -> Recorded {
    let report = import_file(office, "file.sta", &statement.file()).await;
    assert_eq!(report.error, None);
    report.statements[0].outcome.clone()
}

/// Imports a file and settles.
pub async fn import_file(office: &Office, name: &str, bytes: &[u8]) -> FileReport {
    let report = record::file(office, name, bytes).await.unwrap();
    settle::run(office, |_, _| {}).await.unwrap();
    report
}

/// The name under which a statement is recorded.
pub fn name(statement: &Statement) -> String {
    let digest = Digest::of(statement.file().as_slice()).unwrap();
    kwestura::engine::statements::reference(&digest.sha256, 0)
}

/// Open and on account of a student at the end of October, minor units.
pub async fn owes(office: &Office, student: &str) -> (i64, i64) {
    let accounts = account::of_student(office, student, october(31), i64::MAX)
        .await
        .unwrap();
    (accounts[0].open_minor, accounts[0].on_account_minor)
}

/// How much came in for a student, by transfer.
pub async fn credits(office: &Office, student: &str) -> Vec<i64> {
    let accounts = account::of_student(office, student, october(31), i64::MAX)
        .await
        .unwrap();
    accounts[0]
        .credits
        .iter()
        .map(|credit| credit.amount_minor)
        .collect()
}

/// Noon of a day in November.
pub fn november() -> Moment {
    let noon = october(31)
        .and_hms_opt(10, 0, 0)
        .unwrap()
        .and_utc()
        .timestamp_millis();
    Moment::of(noon + 3 * 86_400_000, chrono_tz::Europe::Warsaw)
}

/// Something of everything: overlapping, withdrawn, superseded and rejected statements, a reversal, money
/// of nobody, a closed month.
pub async fn university(url: &str) -> Office {
    let mut office = office(url, 31).await;
    students(&office).await;
    let first = day(
        197,
        12,
        0,
        vec![
            line(12, 50_000, "ada").tnr("100.1").title("CZESNE 900001"),
            line(12, 70_000, "").tnr("100.2"),
        ],
    );
    let second = day(
        198,
        14,
        120_000,
        vec![
            line(14, 20_000, "bartek").tnr("100.3"),
            line(14, -500, "").tnr("100.4"),
        ],
    );
    let week = day(
        42,
        12,
        0,
        first.lines.iter().chain(&second.lines).cloned().collect(),
    )
    .through(16);
    let wrong = day(
        200,
        19,
        139_500,
        vec![line(19, 30_000, "celina").tnr("100.5")],
    );
    let right = day(
        200,
        19,
        139_500,
        vec![line(19, 31_000, "celina").tnr("100.6")],
    );
    let back = day(
        201,
        20,
        170_500,
        vec![line(20, -20_000, "bartek").reversed().tnr("100.3")],
    );
    let copy = first.clone().named("COPY");
    let mistaken = day(900, 28, 5, vec![line(28, 10_000, "ada").tnr("100.7")]);
    let odd = day(901, 29, 5, vec![line(29, 10_000, "ada").tnr("100.8")]).closing(6);
    for statement in [
        &first, &copy, &second, &week, &wrong, &right, &back, &mistaken, &odd,
    ] {
        import(&office, statement).await;
    }
    quarantine::supersede(&office, &name(&right), &[], BOSS)
        .await
        .unwrap();
    quarantine::reject(&office, &name(&odd), BOSS)
        .await
        .unwrap();
    statements::withdraw(&office, &name(&mistaken), BOSS)
        .await
        .unwrap();
    office.now = november();
    period::close(&office, "2026-10", "bursar", true)
        .await
        .unwrap();
    office
}

/// Monday's statement: Ada pays her fee.
pub fn monday() -> Vec<u8> {
    day(1, 12, 0, vec![line(12, 50_000, "ada")]).file()
}
