//! What a student is asked for on a day: what is open, less what lies on account and pays for it.
//!
//! In: the folded facts. Out: the open items, oldest first, each with what money on account will pay
//! of it when it falls due. Interest is never among them: it is asked for apart.

use super::facts::{Facts, PersonNo};
use super::state::{Held, ItemNo, State};
use chrono::NaiveDate;

/// An open item of a student.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The item.
    pub item: ItemNo,
    /// Whose it is on the day.
    pub person: PersonNo,
    /// So much of what is open is covered by money on account, minor units.
    pub covered_minor: i64,
}

/// The open items of all students in `facts`. Free money on account pays what falls due next; money
/// that names a fee or waits for a person pays nothing here.
pub fn asked(facts: &Facts, state: &State, as_of: NaiveDate) -> Vec<Asked> {
    let mut free: Vec<(PersonNo, i64)> = Vec::new();
    for lot in state.lots.iter().filter(|lot| lot.held == Held::Free) {
        let person = facts.survivor(facts.credits[lot.credit].person, as_of);
        match free.iter_mut().find(|(whose, _)| *whose == person) {
            Some((_, minor)) => *minor += lot.amount_minor,
            None => free.push((person, lot.amount_minor)),
        }
    }
    let mut open: Vec<_> = (state.items.iter())
        .filter(|(_, item)| item.is_open() && !item.is_interest())
        .collect();
    open.sort_by(|(_, a), (_, b)| a.age().cmp(&b.age()));
    let asked = open.into_iter().map(|(no, item)| {
        let person = facts.survivor(item.person, as_of);
        let money = free.iter_mut().find(|(whose, _)| *whose == person);
        let covered_minor = money.map_or(0, |(_, minor)| {
            let covered = item.open_minor().min(*minor);
            *minor -= covered;
            covered
        });
        Asked {
            item: no,
            person,
            covered_minor,
        }
    });
    asked.collect()
}
