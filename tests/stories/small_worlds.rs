//! Many small universities, drawn at random: whatever arrives in whatever order, once or more often,
//! the books are the same, and no grosz is lost.

use super::bank::{self, Line, Statement, line, october};
use crate::support::books::{assert_same, image};
use crate::support::university::file;
use crate::support::{TestDb, faults, on_postgres, on_sqlite};
use chrono::NaiveDate;
use kwestura::engine::{Office, coverage, fees, record, settle};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

/// The days on which the bank books: two weeks from Monday the 5th.
const BANK_DAYS: [u32; 10] = [5, 6, 7, 8, 9, 12, 13, 14, 15, 16];
const OPENING_MINOR: i64 = 100_000;
const OTHER_PAYER: &str = "27114020040000300201355387";

/// A line as it is drawn.
#[derive(Debug, Clone)]
struct Drawn {
    /// Place in [`BANK_DAYS`].
    day: usize,
    /// Whose, in [`bank::STUDENTS`]; the number after them is nobody's.
    student: usize,
    amount_minor: i64,
    other_payer: bool,
    /// With the bank's own number.
    referenced: bool,
    /// Taken back so many bank days later, if the bank does.
    undone_after: Option<usize>,
    /// And booked again so many bank days after that.
    again_after: Option<usize>,
}

/// What an export says of a fee.
#[derive(Debug, Clone)]
struct Version {
    student: usize,
    fee: usize,
    /// Day of October on which it was exported; one version a day.
    exported_on: u32,
    amount_minor: i64,
    due_on: u32,
}

/// A university of three students for two weeks.
#[derive(Debug, Clone)]
struct World {
    lines: Vec<Drawn>,
    versions: Vec<Version>,
    /// Bank days whose statement is sent again under another name.
    again: Vec<usize>,
    /// Periods for which a statement is drawn by hand: first and last place in [`BANK_DAYS`].
    periods: Vec<(usize, usize)>,
    /// Keys by which what arrives is sorted; what has a second one arrives twice.
    order: Vec<(u32, Option<u32>)>,
    /// Settled after each arrival, or in the end.
    at_once: bool,
}

#[derive(Debug, Clone)]
enum Arrival {
    Statement(Statement),
    Fees(String, String),
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (
        0..BANK_DAYS.len(),
        0usize..4,
        prop::sample::select(vec![10_000i64, 25_000, 50_000, 50_001]),
        prop::bool::weighted(0.3),
        prop::bool::ANY,
        prop::option::weighted(0.25, 0usize..4),
        prop::option::weighted(0.5, 0usize..3),
    )
        .prop_map(|drawn| Drawn {
            day: drawn.0,
            student: drawn.1,
            amount_minor: drawn.2,
            other_payer: drawn.3,
            referenced: drawn.4,
            undone_after: drawn.5,
            again_after: drawn.6,
        })
}

fn version() -> impl Strategy<Value = Version> {
    let amounts = vec![0i64, 10_000, 25_000, 50_000, 60_000];
    (
        0usize..3,
        0usize..2,
        1u32..17,
        prop::sample::select(amounts),
        8u32..31,
    )
        .prop_map(|drawn| Version {
            student: drawn.0,
            fee: drawn.1,
            exported_on: drawn.2,
            amount_minor: drawn.3,
            due_on: drawn.4,
        })
}

fn world() -> impl Strategy<Value = World> {
    let period = (0..BANK_DAYS.len(), 1usize..5)
        .prop_map(|(from, days)| (from, (from + days).min(BANK_DAYS.len() - 1)));
    (
        prop::collection::vec(drawn(), 0..14),
        prop::collection::vec(version(), 0..6),
        prop::collection::vec(0..BANK_DAYS.len(), 0..3),
        prop::collection::vec(period, 0..3),
        prop::collection::vec(
            (any::<u32>(), prop::option::weighted(0.3, any::<u32>())),
            24..=24,
        ),
        any::<bool>(),
    )
        .prop_map(|(lines, versions, again, periods, order, at_once)| World {
            lines,
            versions,
            again,
            periods,
            order,
            at_once,
        })
}

impl World {
    /// The lines of each bank day.
    fn booked(&self) -> Vec<Vec<Line>> {
        let mut days = vec![Vec::new(); BANK_DAYS.len()];
        for (number, drawn) in self.lines.iter().enumerate() {
            let student = bank::STUDENTS
                .get(drawn.student)
                .map_or("", |(name, _)| name);
            let on = |place: usize, sign: i64, reference: String| {
                let mut line = line(BANK_DAYS[place], sign * drawn.amount_minor, student);
                if drawn.other_payer {
                    line = line.from(OTHER_PAYER);
                }
                if drawn.referenced {
                    line = line.tnr(&reference);
                }
                line
            };
            days[drawn.day].push(on(drawn.day, 1, format!("T{number}")));
            let Some(undone) = drawn.undone_after.map(|days| drawn.day + days) else {
                continue;
            };
            if undone >= BANK_DAYS.len() {
                continue;
            }
            days[undone].push(on(undone, -1, format!("T{number}")).reversed());
            let again = drawn.again_after.map(|days| undone + days);
            if let Some(again) = again.filter(|&again| again < BANK_DAYS.len()) {
                days[again].push(on(again, 1, format!("T{number}R")));
            }
        }
        days
    }

    /// Everything that arrives, in the order in which it was made.
    fn arrivals(&self) -> Vec<Arrival> {
        let booked = self.booked();
        let mut opening = vec![OPENING_MINOR];
        for lines in &booked {
            let sum = bank::day(0, 1, 0, lines.clone()).sum();
            opening.push(opening.last().unwrap() + sum);
        }
        let day = |place: usize| {
            let number = 197 + u32::try_from(place).unwrap();
            bank::day(
                number,
                BANK_DAYS[place],
                opening[place],
                booked[place].clone(),
            )
        };
        let mut arrivals: Vec<Arrival> = (0..BANK_DAYS.len())
            .map(|place| Arrival::Statement(day(place)))
            .collect();
        arrivals.extend(
            self.again
                .iter()
                .map(|&place| Arrival::Statement(day(place).named("PONOWNIE"))),
        );
        for (number, &(first, last)) in (900u32..).zip(&self.periods) {
            // A period begins with its first line; one without any is that of its last day.
            if booked[first].is_empty() || first == last {
                continue;
            }
            let lines = booked[first..=last].concat();
            let statement = bank::day(number, BANK_DAYS[first], opening[first], lines);
            arrivals.push(Arrival::Statement(statement.through(BANK_DAYS[last])));
        }
        let mut versions = self.versions.clone();
        versions.sort_by_key(|row| (row.student, row.fee, row.exported_on));
        versions.dedup_by_key(|row| (row.student, row.fee, row.exported_on));
        arrivals.extend(versions.iter().map(|row| {
            let (student, _) = bank::STUDENTS[row.student];
            let text = format!(
                "external_id;student_external_id;kind;amount;currency;published_on;nominal_due_on\n\
                 {student}-{};{student};tuition;{}.{:02};PLN;2026-09-15;2026-10-{:02}\n",
                row.fee,
                row.amount_minor / 100,
                row.amount_minor % 100,
                row.due_on
            );
            Arrival::Fees(format!("2026-10-{:02}", row.exported_on), text)
        }));
        arrivals
    }

    /// The same as it is drawn to arrive, some of it twice.
    fn mixed(&self) -> Vec<Arrival> {
        let keys = self.order.iter().cycle();
        let mut keyed: Vec<(u32, Arrival)> = Vec::new();
        for (arrival, (first, second)) in self.arrivals().into_iter().zip(keys) {
            keyed.extend(second.map(|key| (key, arrival.clone())));
            keyed.push((*first, arrival));
        }
        keyed.sort_by_key(|(key, _)| *key);
        keyed.into_iter().map(|(_, arrival)| arrival).collect()
    }
}

/// What the arrivals make of fresh books.
async fn books(db: &TestDb, arrivals: &[Arrival], at_once: bool) -> String {
    let office = bank::office(db.url(), 31).await;
    bank::students(&office).await;
    for arrival in arrivals {
        match arrival {
            Arrival::Statement(statement) => {
                let report = record::file(&office, "file.sta", &statement.file())
                    .await
                    .unwrap();
                assert_eq!(report.error, None);
            }
            Arrival::Fees(as_of, text) => {
                fees::import(&office, &file("fees.csv", text, as_of))
                    .await
                    .unwrap();
            }
        }
        if at_once {
            settle::run(&office, |_, _| {}).await.unwrap();
        }
    }
    settle::run(&office, |_, _| {}).await.unwrap();
    let days: Vec<NaiveDate> = [7, 12, 15, 31].map(october).to_vec();
    let image = image(&office, &days).await;
    adds_up(&office).await;
    office.db.close().await;
    image
}

/// What came in less what went out is what the bank says it keeps.
async fn adds_up(office: &Office) {
    let covered = coverage::all(office).await.unwrap();
    let covered = &covered[0].coverage;
    assert_eq!(covered.through, Some(october(16)), "{covered:?}");
    let mut tx = office.db.read().await.unwrap();
    let account = tx.bank_accounts().await.unwrap()[0].id;
    let rows = tx.live_entries_of_account(account).await.unwrap();
    let entries = kwestura::engine::facts::best_readings(rows);
    let moved: i64 = entries.values().map(|entry| entry.amount_minor).sum();
    assert_eq!(covered.closing_minor, Some(OPENING_MINOR + moved));
    assert!(tx.statements_held_back().await.unwrap().is_empty());
    tx.rollback().await.unwrap();
}

/// Draws worlds; each is told in its own order and in the drawn one.
fn every_world_ends_the_same(db: &TestDb, cases: u32) {
    for seed in faults::seeds(&[20_261_012]) {
        worlds_of(db, cases, seed);
    }
}

fn worlds_of(db: &TestDb, cases: u32, seed: u64) {
    let config = Config {
        cases,
        failure_persistence: None,
        // The same worlds on every machine and both engines; another number draws others.
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let told = TestRunner::new(config).run(&world(), |world| {
        let story = async {
            let expected = books(&db.another(), &world.arrivals(), false).await;
            let found = books(&db.another(), &world.mixed(), world.at_once).await;
            assert_same(&expected, &found, "in another order");
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(story));
        Ok::<(), TestCaseError>(())
    });
    if let Err(error) = told {
        panic!("{error}");
    }
}

#[test]
fn small_worlds_end_the_same_in_any_order_on_sqlite() {
    on_sqlite(|db| async move { every_world_ends_the_same(&db, 24) });
}

#[test]
fn small_worlds_end_the_same_in_any_order_on_postgres() {
    on_postgres(|db| async move { every_world_ends_the_same(&db, 8) });
}
