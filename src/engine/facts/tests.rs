//! How rows become facts where several students share an entry.

use super::*;
use crate::store::facts::{ShareRow, TakenBackRow};

fn entry(id: i64, day: &str, amount_minor: i64) -> EntryRow {
    let day: NaiveDate = day.parse().unwrap();
    EntryRow {
        id,
        statement_id: 1,
        same_as: None,
        line: 1,
        day,
        booking_date: Some(day),
        value_date: None,
        order_date: None,
        crediting_date: day,
        crediting_source: "booking".to_owned(),
        amount_minor,
        reversal: i64::from(amount_minor < 0),
        charge: 0,
        bank_reference: None,
        reliable: 0,
        customer_reference: None,
        end_to_end_id: None,
        transaction_code: None,
        virtual_account: None,
        counterparty_account: None,
        public_id: String::new(),
        posted_on: day,
        recorded_at: 0,
        counterparty_name: None,
        remittance: String::new(),
        status: "published".to_owned(),
        bank_account_id: 1,
        bank_account: "main".to_owned(),
        currency: "PLN".to_owned(),
        file_sha256: String::new(),
        profile: "generic".to_owned(),
    }
}

#[test]
fn a_split_transfer_is_taken_back_once_however_many_share_it() {
    let share = |part, person_id, amount_minor| ShareRow {
        entry_id: 7,
        part,
        person_id,
        amount_minor,
        category: String::new(),
    };
    let person = |id: i64| PersonRow {
        id,
        external_id: format!("p{id}"),
        album: String::new(),
    };
    let shares = vec![share(0, 1, 300), share(1, 2, 200)];
    let back = |entry_id| TakenBackRow {
        entry_id,
        credit_id: 7,
    };
    let rows = FactRows {
        persons: vec![person(1), person(2)],
        split: shares.clone(),
        shares,
        entries: vec![
            entry(7, "2026-10-01", 500),
            entry(8, "2026-10-06", -150),
            entry(9, "2026-10-05", -150),
        ],
        taken_back: vec![back(8), back(9)],
        ..FactRows::default()
    };
    let groups = groups(rows, &CoveredThrough::new()).unwrap();
    let taken = |group: &Group| -> Vec<(String, i64)> {
        let reversals = group.facts.reversals.iter();
        reversals
            .map(|row| (row.on.to_string(), row.amount_minor))
            .collect()
    };
    assert_eq!(
        groups.iter().map(taken).collect::<Vec<_>>(),
        [
            vec![("2026-10-06".to_owned(), 100)],
            vec![
                ("2026-10-05".to_owned(), 150),
                ("2026-10-06".to_owned(), 50)
            ],
        ]
    );
}
