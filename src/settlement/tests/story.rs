//! Stories of single accounts, told in lines of text.
//!
//! ```text
//! fee     T1 1950.00 due=2026-10-15 [pub=] [as_of=] [kind=] [cat=]    once more for a later export
//! credit  C1 2000.00 on=2026-10-05 [ref=] [va=] [payer=] [names=T1,T2] [cat=] [person=]
//! reverse C1 500.00 on=2026-10-20
//! refund  C1 500.00 on=2026-10-20 [paid=] [returned=]
//! waive | writeoff | extend | plan | told  T1 …  on=
//! designate C1 T1 on=
//! day     2026-10-20                            read the account as of this day
//! expect  T1 open=0 settled=2026-10-05 late=0
//! expect  C1 allocated=1950.00 on_account=50.00
//! ```

use crate::money::Currency;
use crate::policy::{Policy, PolicyBook};
use crate::roster::AsOf;
use crate::settlement::account::{Account, accounts};
use crate::settlement::facts::{
    Act, ActKind, ContentKey, Credit, CreditNo, DateSource, Designation, Facts, Fee, FeeNo, Merge,
    Person, PersonNo, Refund, Reversal, Version,
};
use crate::settlement::fold::fold;
use chrono::NaiveDate;
use std::collections::BTreeMap;

pub fn date(text: &str) -> NaiveDate {
    text.parse()
        .unwrap_or_else(|_| panic!("`{text}` is no date"))
}

/// `1950.00` → 195000; `500` → 50000.
pub fn minor(text: &str) -> i64 {
    let (whole, cents) = text.split_once('.').unwrap_or((text, "00"));
    whole.parse::<i64>().unwrap() * 100 + cents.parse::<i64>().unwrap()
}

pub struct Words<'a> {
    pub plain: Vec<&'a str>,
    pub named: BTreeMap<&'a str, &'a str>,
}

pub fn words(line: &str) -> Words<'_> {
    let (named, plain): (Vec<&str>, Vec<&str>) =
        line.split_whitespace().partition(|word| word.contains('='));
    let named = named
        .iter()
        .map(|word| word.split_once('=').unwrap())
        .collect();
    Words { plain, named }
}

impl Words<'_> {
    fn or<'a>(&'a self, name: &str, other: &'a str) -> &'a str {
        self.named.get(name).copied().unwrap_or(other)
    }
    fn date(&self, name: &str) -> Option<NaiveDate> {
        self.named.get(name).map(|text| date(text))
    }
    fn on(&self) -> NaiveDate {
        self.date("on").expect("on=")
    }
}

pub struct Story {
    pub facts: Facts,
    pub book: PolicyBook,
    as_of: NaiveDate,
}

impl Story {
    pub fn new(policy: Policy) -> Self {
        let mut facts = Facts::new(Currency::PLN);
        for id in ["ada", "bob"] {
            let album = format!("album-{id}");
            facts.persons.push(Person {
                external_id: id.to_owned(),
                album,
            });
        }
        Story {
            facts,
            book: PolicyBook::new(policy),
            as_of: date("2027-12-31"),
        }
    }

    pub fn tell(policy: Policy, text: &str) {
        let mut story = Story::new(policy);
        for line in text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            story.line(line);
        }
        conserve(&story.facts, &story.book);
    }

    pub fn fee_named(&self, id: &str) -> FeeNo {
        self.facts
            .fees
            .find(|fee| fee.external_id == id)
            .unwrap_or_else(|| panic!("no fee {id}"))
    }

    pub fn credit_named(&self, id: &str) -> CreditNo {
        self.facts
            .credits
            .find(|credit| credit.bank_reference == id)
            .unwrap_or_else(|| panic!("no credit {id}"))
    }

    /// Tells one line.
    pub fn line(&mut self, line: &str) {
        let words = words(line);
        let id = words.plain[1];
        match words.plain[0] {
            "fee" => self.fee(id, &words),
            "credit" => self.credit(id, &words),
            "covered" => self.facts.covered_through = Some(date(id)),
            "day" => self.as_of = date(id),
            "expect" => self.expect(id, &words),
            "merge" => {
                let (from, into) = (self.person_named(id), self.person_named(words.plain[2]));
                let on = words.on();
                self.facts.merges.push(Merge { from, into, on });
            }
            verb @ ("reverse" | "refund" | "designate") => self.about_credit(verb, id, &words),
            verb => {
                let what = decision(verb, &words);
                let fee = self.fee_named(id);
                let on = words.on();
                self.facts.fees[fee].acts.push(Act { on, what });
            }
        }
    }

    fn person_named(&self, id: &str) -> PersonNo {
        let found = self.facts.persons.find(|row| row.external_id == id);
        found.unwrap_or_else(|| panic!("no person {id}"))
    }

    fn fee(&mut self, id: &str, words: &Words) {
        let published_on = words.date("pub").unwrap_or(date("2026-09-01"));
        let day = words.date("as_of").unwrap_or(published_on);
        let version = Version {
            as_of: AsOf { day, millis: 0 },
            opening: words.named.contains_key("opening"),
            amount_minor: minor(words.plain[2]),
            published_on,
            nominal_due_on: words.date("due").expect("due="),
        };
        if let Some(no) = self.facts.fees.find(|fee| fee.external_id == id) {
            self.facts.fees[no].versions.push(version);
            return;
        }
        let person = self.person_named(words.or("person", "ada"));
        self.facts.fees.push(Fee {
            external_id: id.to_owned(),
            person,
            kind: words.or("kind", "tuition").to_owned(),
            category: words.or("cat", "").to_owned(),
            versions: vec![version],
            acts: Vec::new(),
        });
    }

    fn credit(&mut self, id: &str, words: &Words) {
        let amount_minor = minor(words.plain[2]);
        let named = words.or("names", "").split(',').filter(|id| !id.is_empty());
        let credit = Credit {
            entry: 0,
            key: ContentKey {
                bank_account: "main".to_owned(),
                reference: words.or("ref", "").to_owned(),
                virtual_account: words.or("va", "").to_owned(),
                amount_minor,
                payer_account: words.or("payer", "").to_owned(),
                text: String::new(),
                part: 0,
            },
            person: self.person_named(words.or("person", "ada")),
            bank_reference: id.to_owned(),
            amount_minor,
            order_date: None,
            booking_date: Some(words.on()),
            value_date: None,
            crediting_date: words.on(),
            source: DateSource::Booking,
            category: words.or("cat", "").to_owned(),
            named: named.map(|id| self.fee_named(id)).collect(),
            cancelled: false,
            designations: Vec::new(),
        };
        self.facts.credits.push(credit);
    }

    fn about_credit(&mut self, verb: &str, id: &str, words: &Words) {
        let (credit, on) = (self.credit_named(id), words.on());
        match verb {
            "reverse" => self.facts.reversals.push(Reversal {
                credit,
                on,
                amount_minor: minor(words.plain[2]),
                key: String::new(),
            }),
            "refund" => self.facts.refunds.push(Refund {
                credits: vec![credit],
                amount_minor: minor(words.plain[2]),
                reserved_on: on,
                paid_on: words.date("paid"),
                returned_on: words.date("returned"),
                key: String::new(),
            }),
            _ => {
                let fees = words.plain[2..]
                    .iter()
                    .map(|fee| (self.fee_named(fee), None));
                let fees = fees.collect();
                let designations = &mut self.facts.credits[credit].designations;
                designations.push(Designation { on, fees });
            }
        }
    }

    fn accounts(&self) -> Vec<Account> {
        accounts(&self.facts, &self.book, self.as_of)
    }

    fn expect(&self, id: &str, words: &Words) {
        let accounts = self.accounts();
        let receivable = accounts
            .iter()
            .flat_map(|a| &a.receivables)
            .find(|r| r.external_id == id);
        let credit = accounts
            .iter()
            .flat_map(|a| &a.credits)
            .find(|c| c.bank_reference.as_deref() == Some(id));
        let money = |amount: i64| format!("{}.{:02}", amount / 100, amount % 100);
        let day = |day: Option<NaiveDate>| day.map_or("-".to_owned(), |day| day.to_string());
        for (&name, &wanted) in &words.named {
            let last = receivable.and_then(|r| r.allocations.last());
            let found = match (name, receivable, credit) {
                ("amount", Some(r), _) => money(r.amount_minor),
                ("open", Some(r), _) => money(r.open_minor),
                ("due", Some(r), _) => r.due_on.to_string(),
                ("visible", Some(r), _) => r.visible_from.to_string(),
                ("settled", Some(r), _) => day(r.settled_on),
                ("closed_by", Some(r), _) => r.closed_by.unwrap_or("-").to_owned(),
                ("late", Some(r), _) => r.late_days.to_string(),
                ("interest", Some(r), _) => money(r.interest_minor),
                ("rule", Some(_), _) => last.map_or("-", |part| part.rule).to_owned(),
                ("counts", Some(_), _) => day(last.map(|part| part.counts_from)),
                ("effective", Some(_), _) => day(last.map(|part| part.effective_on)),
                ("allocated", _, Some(c)) => money(c.allocated_minor),
                ("on_account", _, Some(c)) => money(c.on_account_minor),
                ("reversed", _, Some(c)) => money(c.reversed_minor),
                ("credited", _, Some(c)) => c.crediting_date.to_string(),
                ("listed", r, c) => (if r.is_some() || c.is_some() {
                    "yes"
                } else {
                    "no"
                })
                .to_owned(),
                _ => panic!("{id} has no `{name}` on {}: {accounts:#?}", self.as_of),
            };
            let wanted = if wanted.contains('.')
                || !matches!(
                    name,
                    "open" | "amount" | "interest" | "allocated" | "on_account" | "reversed"
                ) {
                wanted.to_owned()
            } else {
                format!("{wanted}.00")
            };
            assert_eq!(
                found, wanted,
                "{id} {name} as of {}\n{accounts:#?}",
                self.as_of
            );
        }
    }
}

/// What was decided about a fee.
fn decision(verb: &str, words: &Words) -> ActKind {
    let amount = || words.plain.get(2).map(|text| minor(text));
    let parts = || {
        words.plain[2..]
            .iter()
            .map(|part| part.split_once('@').unwrap())
    };
    match verb {
        "waive" => ActKind::Waive(amount()),
        "writeoff" => ActKind::WriteOff(amount()),
        "extend" => ActKind::Extend {
            due_on: words.date("due").unwrap(),
            forgive_interest: false,
        },
        "plan" => ActKind::Plan(
            parts()
                .map(|(amount, day)| (date(day), minor(amount)))
                .collect(),
        ),
        "told" => ActKind::InterestTold,
        _ => panic!("`{verb}`?"),
    }
}

/// Credited − reversed = allocated + on account + reserved + refunded − to recover, and nothing is
/// settled by more than its amount.
pub fn conserve(facts: &Facts, book: &PolicyBook) {
    let (facts, state) = fold(facts, book, NaiveDate::MAX);
    for (no, credit) in facts.credits.iter() {
        let purse = &state.purses[no];
        let right = state.allocated_minor(no)
            + state.on_account_minor(no)
            + purse.reserved_minor
            + purse.refunded_minor
            - purse.to_recover_minor;
        assert_eq!(
            credit.amount_minor - purse.reversed_minor,
            right,
            "{}",
            credit.bank_reference
        );
        let posted: i64 = state
            .postings
            .iter()
            .filter(|p| p.credit == no)
            .map(|p| p.amount_minor)
            .sum();
        assert_eq!(
            posted,
            state.allocated_minor(no),
            "the journal of {}",
            credit.bank_reference
        );
    }
    for item in state.items.rows() {
        assert!(
            item.allocated_minor() + item.short_minor() <= item.amount_minor,
            "{}",
            item.id
        );
        assert!(item.parts.iter().all(|part| part.amount_minor > 0));
    }
}
