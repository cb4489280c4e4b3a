//! A semester in which people decide: three students with a fee of 500.00 each, a bank whose
//! statements follow one another, and days that pass.

use super::bank::{self, Line};
use crate::support::TestDb;
use crate::support::university::file;
use kwestura::engine::decide::{self, Answer, Request, Said, Standing};
use kwestura::engine::record::Recorded;
use kwestura::engine::review::{self, InReview, Wanted};
use kwestura::engine::why::{self, CreditWhy, FeeWhy, Why};
use kwestura::engine::{EngineError, Moment, Office, account, fees, settle};
use kwestura::settlement::account::{Account, Receivable};

/// An account of somebody else.
pub const OTHER_PAYER: &str = "76999000090000000000002002";

/// The office, and how far the bank has come.
pub struct World {
    pub office: Office,
    number: u32,
    balance: i64,
}

impl World {
    /// The first of October; fees of 500.00 are due on the 12th.
    pub async fn begin(db: &TestDb) -> World {
        let office = bank::office(db.url(), 1).await;
        bank::students(&office).await;
        World {
            office,
            number: 0,
            balance: 0,
        }
    }

    /// Another process of the same office.
    pub async fn another(db: &TestDb, day: u32) -> Office {
        bank::office(db.url(), day).await
    }

    /// It is noon of a day of October.
    pub fn today(&mut self, day: u32) {
        let noon = bank::october(day).and_hms_opt(10, 0, 0).unwrap().and_utc();
        let zone = self.office.config.institution.time_zone;
        self.office.now = Moment::of(noon.timestamp_millis(), zone);
    }

    /// The bank's statement of a day arrives on it.
    pub async fn bank(&mut self, day: u32, lines: Vec<Line>) {
        self.today(day);
        self.number += 1;
        let statement = bank::day(self.number, day, self.balance, lines);
        self.balance = statement.sum();
        let outcome = bank::import(&self.office, &statement).await;
        assert!(matches!(outcome, Recorded::Published(_)), "{outcome:?}");
    }

    /// The student system announces a fee on the office's day.
    pub async fn fee(&self, id: &str, student: &str, amount: &str, due: &str) {
        let today = self.office.now.today;
        let text = format!(
            "external_id;student_external_id;kind;category;amount;currency;published_on;nominal_due_on\n\
             {id};{student};tuition;tuition;{amount};PLN;{today};{due}\n"
        );
        let as_of = today.to_string();
        fees::import(&self.office, &file("fees.csv", &text, &as_of))
            .await
            .unwrap();
        settle::run(&self.office, |_, _| {}).await.unwrap();
    }

    /// Ada decides, on the office's day.
    pub async fn decide(&self, request: Request) -> Result<Answer, EngineError> {
        decide::decide(&self.office, &request, &said("ada", None), false).await
    }

    /// Ada decides, and it is a fact.
    pub async fn fact(&self, request: Request) -> i64 {
        let answer = self.decide(request).await.unwrap();
        assert_eq!(answer.standing, Standing::Fact);
        answer.numbers[0]
    }

    /// Ada decides, and it waits for a second person.
    pub async fn waits(&self, request: Request) -> (i64, String) {
        let answer = self.decide(request).await.unwrap();
        let Standing::Waits(reason) = answer.standing else {
            panic!("it does not wait: {answer:?}");
        };
        (answer.numbers[0], reason)
    }

    /// Ada decides a second time what stands already, and nothing is written.
    pub async fn already(&self, request: Request) {
        let before = self.decisions().await;
        let answer = self.decide(request).await.unwrap();
        assert_eq!(answer.standing, Standing::Already);
        assert_eq!(self.decisions().await, before);
    }

    /// Ada decides, and is refused with words.
    pub async fn refused(&self, request: Request) -> String {
        let before = self.decisions().await;
        let told = refusal(self.decide(request).await);
        assert_eq!(self.decisions().await, before);
        told
    }

    /// How many decisions are noted.
    pub async fn decisions(&self) -> usize {
        decide::list(&self.office, None, false).await.unwrap().len()
    }

    /// The review queue.
    pub async fn queue(&self) -> Vec<InReview> {
        review::list(&self.office, &Wanted::default())
            .await
            .unwrap()
    }

    /// The name of the only entry in the queue.
    pub async fn only_in_queue(&self) -> String {
        let queue = self.queue().await;
        assert_eq!(queue.len(), 1, "{queue:?}");
        queue[0].id.clone()
    }

    /// The account of a student at the end of the office's day.
    pub async fn account(&self, student: &str) -> Account {
        let today = self.office.now.today;
        let accounts = account::of_student(&self.office, student, today, i64::MAX);
        accounts.await.unwrap().remove(0)
    }

    /// A fee in its student's account.
    pub async fn receivable(&self, student: &str, fee: &str) -> Receivable {
        let account = self.account(student).await;
        let mut rows = account.receivables.into_iter();
        rows.find(|row| row.external_id == fee).unwrap()
    }

    /// Open and on account, minor units.
    pub async fn owes(&self, student: &str) -> (i64, i64) {
        let account = self.account(student).await;
        (account.open_minor, account.on_account_minor)
    }

    /// Why a fee stands as it does.
    pub async fn why_fee(&self, fee: &str) -> FeeWhy {
        match why::why(&self.office, fee, self.office.now.today).await {
            Ok(Why::Fee(fee)) => *fee,
            other => panic!("{fee} is no fee: {other:?}"),
        }
    }

    /// Why a credit is whose it is.
    pub async fn why_credit(&self, credit: &str) -> CreditWhy {
        match why::why(&self.office, credit, self.office.now.today).await {
            Ok(Why::Credit(credit)) => *credit,
            other => panic!("{credit} is no credit: {other:?}"),
        }
    }

    /// The names of a student's credits, by crediting date.
    pub async fn credits(&self, student: &str) -> Vec<String> {
        match why::why(&self.office, student, self.office.now.today).await {
            Ok(Why::Student(student)) => {
                let credits = student.credits.into_iter();
                credits.map(|credit| credit.credit.id).collect()
            }
            other => panic!("{student} is no student: {other:?}"),
        }
    }
}

/// Who says so, for some reason, on a day of October or today.
pub fn said(by: &str, on: Option<u32>) -> Said {
    Said {
        by: by.to_owned(),
        why: "a story".to_owned(),
        on: on.map(bank::october),
    }
}

/// The words of a refusal.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, EngineError>) -> String {
    match result {
        Err(EngineError::Refused(words)) => words,
        other => panic!("it was not refused: {other:?}"),
    }
}

/// A credit for a student.
pub fn assign(credit: &str, student: &str, rule: bool) -> Request {
    Request::Assign {
        credit: credit.to_owned(),
        student: student.to_owned(),
        rule,
    }
}

/// A waiver.
pub fn waive(fee: &str, amount: Option<&str>) -> Request {
    Request::Waive {
        fee: fee.to_owned(),
        amount: amount.map(str::to_owned),
    }
}

/// A refund of one credit.
pub fn refund(credit: &str, amount: &str, to: Option<&str>) -> Request {
    Request::Refund {
        credits: vec![credit.to_owned()],
        student: None,
        amount: amount.to_owned(),
        to: to.map(str::to_owned),
    }
}
