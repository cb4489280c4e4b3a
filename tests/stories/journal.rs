//! The journal for the general ledger agrees with the accounts and with the bank.

use super::bank::{IBAN, october, university};
use crate::support::on_both_engines;
use kwestura::engine::journal::{self, Document};
use kwestura::engine::statements::{self, Said};
use kwestura::engine::{account, coverage};
use std::collections::BTreeMap;

on_both_engines! {
    /// Every document balances, and the ledger ends where the accounts and the bank do.
    async fn the_ledger_ends_at_the_accounts_and_at_the_bank(db: TestDb) {
        let office = university(db.url()).await;
        let documents = journal::documents(&office, None, None).await.unwrap();
        for document in &documents {
            assert_eq!(document.sides.iter().map(|side| side.minor).sum::<i64>(), 0, "{document:?}");
        }
        let ledger = ledger(&documents);
        let balance = |account: &str| ledger.get(account).copied().unwrap_or_default();
        let mut students = 0;
        account::all(&office, october(31), i64::MAX, |account| {
            students += 1;
            assert_eq!(balance(&format!("receivable:{}", account.student)), account.open_minor);
            assert_eq!(balance(&format!("on-account:{}", account.student)), -account.on_account_minor);
        })
        .await
        .unwrap();
        assert_eq!(students, 3);
        let covered = coverage::all(&office).await.unwrap();
        assert_eq!(Some(balance(&format!("bank:{IBAN}"))), closing(&covered[0].coverage), "the account began with nothing");
        assert_eq!(ledger.values().sum::<i64>(), 0);
    }

    /// What was exported once stays as it is; what becomes known later is another document.
    async fn an_exported_document_never_changes(db: TestDb) {
        let mut office = university(db.url()).await;
        let before = journal::documents(&office, None, None).await.unwrap();
        let boss = Said { by: "bursar", why: "of another institution" };
        let first = statements::list(&office, &["published"]).await.unwrap();
        for listed in first {
            office.now.millis += 1000;
            statements::withdraw(&office, &statements::name(&listed.row), boss).await.unwrap();
        }
        let after = journal::documents(&office, None, None).await.unwrap();
        let named: BTreeMap<&str, &Document> = after.iter().map(|row| (row.name.as_str(), row)).collect();
        assert_eq!(named.len(), after.len(), "names are unique");
        for document in &before {
            assert_eq!(named.get(document.name.as_str()), Some(&document));
        }
        let new: Vec<&Document> = after.iter().filter(|row| !before.contains(row)).collect();
        assert!(!new.is_empty() && new.iter().all(|row| row.posted_on > october(31)));
        let november = new[0].posted_on;
        assert_eq!(journal::documents(&office, Some(november), None).await.unwrap().len(), new.len());
        assert_eq!(journal::documents(&office, None, november.pred_opt()).await.unwrap(), before);
    }
}

fn ledger(documents: &[Document]) -> BTreeMap<String, i64> {
    let mut ledger = BTreeMap::new();
    for side in documents.iter().flat_map(|document| &document.sides) {
        *ledger.entry(side.account.clone()).or_default() += side.minor;
    }
    ledger
}

/// The last balance known.
fn closing(coverage: &kwestura::statement::chain::Coverage) -> Option<i64> {
    assert!(
        coverage.gaps.iter().all(|gap| gap.accepted),
        "{:?}",
        coverage.gaps
    );
    coverage.closing_minor
}
