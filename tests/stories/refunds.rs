//! Refunds become a file for the bank, each in one, and the statement confirms them.

use super::bank::{BOSS, IBAN, PAYER, line, october};
use super::world::{World, refund, refusal};
use crate::support::on_both_engines;
use crate::support::schema::Schema;
use chrono::DateTime;
use kwestura::engine::refunds::{self, Format, Refund, State, Wanted};
use kwestura::engine::{EngineError, Office, decide, verify};
use kwestura::money::Currency;
use kwestura::payment::{Batch, Order, Party, pain001};
use kwestura::store::payments::PaymentFileRow;
use std::path::Path;

fn wanted(format: Format) -> Wanted<'static> {
    Wanted {
        format,
        from: None,
        on: None,
        by: "ada",
    }
}

async fn pay(
    office: &Office,
    format: Format,
    path: &Path,
) -> Result<Option<PaymentFileRow>, EngineError> {
    let paid = refunds::pay(office, wanted(format), path).await?;
    Ok(paid.map(|(file, _)| file))
}

async fn states(office: &Office) -> Vec<(String, State)> {
    let all = refunds::list(office).await.unwrap().into_iter();
    all.map(|Refund { student, state, .. }| (student, state))
        .collect()
}

fn one(student: &str, state: State) -> (String, State) {
    (student.to_owned(), state)
}

async fn assert_sound(office: &Office) {
    let report = verify::run(office).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

/// Ada and Bartek paid 600.00 each where 500.00 was due, from one account.
async fn overpaid(world: &mut World) -> (i64, i64) {
    world
        .bank(5, vec![line(5, 60_000, "ada"), line(5, 60_000, "bartek")])
        .await;
    world.bank(12, vec![]).await;
    let mut numbers = Vec::new();
    for student in ["ada", "bartek"] {
        let credit = world.credits(student).await.remove(0);
        numbers.push(world.fact(refund(&credit, "100", None)).await);
    }
    (numbers[0], numbers[1])
}

/// As a bank's program judges it: złoty and euro, here and abroad, whatever people are called.
#[test]
fn a_payment_file_is_what_the_schema_says() {
    let Some(schema) = Schema::found() else {
        return;
    };
    let (polish, german) = ("PL61109010140000071219812874", "DE89370400440532013000");
    let long = "Ćwik & \"Synowie\" <Kancelaria> ".repeat(9);
    let party = |name: &str, account: &str| Party {
        name: name.to_owned(),
        account: account.to_owned(),
    };
    let table = [
        (Currency::PLN, polish, "Ada Lovelace"),
        (Currency::PLN, polish, long.as_str()),
        (Currency::PLN, german, "Ada Lovelace"),
        (Currency::EUR, german, "\u{9}Łucja\u{1f} O'Neill]]>"),
        (Currency::EUR, polish, "李"),
    ];
    for (currency, account, name) in table {
        let order = Order {
            reference: "KWREF17".to_owned(),
            to: party(name, account),
            amount_minor: 1,
            title: format!("Zwrot nadpłaty {name}"),
        };
        let batch = Batch {
            id: "KW-1-1790856000000".to_owned(),
            made_at: DateTime::from_timestamp(1_790_856_000, 0).unwrap(),
            payer: party(name, IBAN),
            pay_on: october(14),
            currency,
            orders: vec![order.clone(), order],
        };
        let xml = pain001::write(&batch).unwrap();
        assert_eq!(schema.wrong(&xml), "", "{xml}");
        let bare = xml.replace("<PmtMtd>TRF</PmtMtd>", "");
        assert!(schema.wrong(&bare).contains("PmtInf"), "{bare}");
    }
}

on_both_engines! {
    async fn a_refund_is_in_one_file_and_the_bank_confirms_it(db: TestDb) {
        let mut world = World::begin(&db).await;
        let (ada, bartek) = overpaid(&mut world).await;
        assert_eq!(states(&world.office).await, [one("ada", State::Decided), one("bartek", State::Decided)]);
        let path = db.folder().join("refunds.txt");
        let file = pay(&world.office, Format::Elixir0, &path).await.unwrap().unwrap();
        assert_eq!((file.number, file.order_count, file.sum_minor), (1, 2, 20_000));
        assert_eq!((file.account.as_str(), file.pay_on), (IBAN, october(12)));
        let written = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&written);
        assert_eq!(text.matches(&format!("110,20261012,10000,99900009,0,\"{}\",\"{PAYER}\"", &IBAN[2..])).count(), 2, "{text}");
        assert!(text.contains(&format!("KWREF{ada}")) && text.contains(&format!("KWREF{bartek}")), "{text}");

        // A second run has nothing to pay, and the first file can be had again.
        assert!(pay(&world.office, Format::Pain001, &db.folder().join("other")).await.unwrap().is_none());
        assert!(!db.folder().join("other").exists());
        refunds::again(&world.office, 1, &db.folder().join("again")).await.unwrap();
        assert_eq!(std::fs::read(db.folder().join("again")).unwrap(), written);
        let told = refusal(decide::revoke(&world.office, ada, "ada", "a mistake", false).await);
        assert!(told.contains("in payment file 1"), "{told}");

        // Two debits of one amount to one account: each is the refund that it names.
        let debit = |day, number: i64| line(day, -10_000, "nobody").title(&format!("Zwrot nadplaty KWREF{number}"));
        world.bank(13, vec![debit(13, bartek)]).await;
        let expected = [one("ada", State::InFile(1)), one("bartek", State::Paid(october(13)))];
        assert_eq!(states(&world.office).await, expected);
        world.bank(14, vec![debit(14, ada)]).await;
        let expected = [one("ada", State::Paid(october(14))), one("bartek", State::Paid(october(13)))];
        assert_eq!(states(&world.office).await, expected);
        assert_eq!(world.owes("ada").await, (0, 0));
        let told = refusal(refunds::withdraw(&world.office, 1, BOSS).await);
        assert!(told.contains("the bank has paid refund"), "{told}");
        assert_sound(&world.office).await;
    }

    /// The bank refuses a file: its refunds are paid by another one, in another format.
    async fn a_file_that_the_bank_refuses_is_withdrawn(db: TestDb) {
        let mut world = World::begin(&db).await;
        let (ada, _) = overpaid(&mut world).await;
        let (first, second) = (db.folder().join("first"), db.folder().join("second.xml"));
        pay(&world.office, Format::Elixir0, &first).await.unwrap().unwrap();
        refunds::withdraw(&world.office, 1, BOSS).await.unwrap();
        let told = refusal(refunds::withdraw(&world.office, 1, BOSS).await);
        assert!(told.contains("withdrawn before"), "{told}");
        let told = refusal(refunds::again(&world.office, 1, &first).await);
        assert!(told.contains("may be in another file"), "{told}");
        decide::revoke(&world.office, ada, "ada", "a mistake", false).await.unwrap();
        let file = pay(&world.office, Format::Pain001, &second).await.unwrap().unwrap();
        assert_eq!((file.number, file.order_count, file.sum_minor), (2, 1, 10_000));
        let text = std::fs::read_to_string(&second).unwrap();
        assert!(text.contains("<CtrlSum>100.00</CtrlSum>") && text.contains("<Nm>Akademia</Nm>"), "{text}");
        assert_eq!(states(&world.office).await, [one("bartek", State::InFile(2))]);
        let told = refusal(refunds::again(&world.office, 9, &second).await);
        assert!(told.contains("no payment file 9"), "{told}");
    }

    /// Two clerks write a file at the same moment: one gets the refunds, the other nothing.
    async fn two_files_at_once_hold_a_refund_once(db: TestDb) {
        let mut world = World::begin(&db).await;
        overpaid(&mut world).await;
        let other = World::another(&db, 12).await;
        let paths = [db.folder().join("one"), db.folder().join("two")];
        let (one, two) = tokio::join!(
            pay(&world.office, Format::Elixir0, &paths[0]),
            pay(&other, Format::Elixir0, &paths[1])
        );
        let written = [one.unwrap(), two.unwrap()].into_iter().flatten();
        assert_eq!(written.map(|file| file.order_count).sum::<i64>(), 2);
        assert_eq!(paths.iter().filter(|path| path.exists()).count(), 1);
        other.db.close().await;
    }
}
