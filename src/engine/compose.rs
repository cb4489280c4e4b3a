//! A message as it would be said now: what was decided, read again against the facts of this moment.
//!
//! Between the decision and the sending money may have arrived, a person may have stopped messages,
//! a statement may be missing. A message leaves only if a run would decide the same now; otherwise
//! it waits, or is taken back and decided anew.

use super::debtors::{Behind, Ground, Owing};
use super::desk::key_of;
use super::fee_words::{Titles, lags, since, titles, transfer_title};
use super::outbox::Listed;
use super::remind::reason;
use super::{EngineError, Office, login, policy_book, recording};
use crate::cases::Queue;
use crate::dunning::Item;
use crate::dunning::interlock::{Held, Until};
use crate::dunning::ladder::term_ends;
use crate::dunning::order_by::{LagsByCurrency, order_by};
use crate::dunning::run::{self, Plan};
use crate::message::digest::{self, Digest};
use crate::message::{self, Content, Part, Rendered, Template};
use crate::money::Currency;
use crate::policy::PolicyBook;
use crate::store::messages::{MessageItemRow, MessageRow};
use crate::store::roster::{StudentVersionRow, newest};
use crate::store::{StoreError, Tx};
use crate::text::Language;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What is to be done with a message at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be said.
    Say(Box<Spoken>),
    /// Something holds it back: it stays, and is tried again.
    Wait(String),
    /// It is no longer what a run would say.
    Gone(String),
    /// Nobody knows where the student gets mail.
    Nowhere(String),
}

/// A message with its words, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoken {
    /// What it says.
    pub(super) rendered: Rendered,
    /// The address.
    pub(super) to: String,
}

/// What is the same for all messages as long as nothing happens.
pub(super) struct Moments {
    stamp: String,
    today: NaiveDate,
    /// A statement of which only some lines are written, which may say that somebody paid.
    recording: Option<String>,
    ground: Ground,
    book: PolicyBook,
    lags: LagsByCurrency,
}

impl Moments {
    async fn read(tx: &mut Tx, office: &Office) -> Result<Moments, EngineError> {
        let today = office.now.today;
        let book = policy_book(tx, &office.config, i64::MAX).await?;
        let ground = Ground::read(tx, office, &book, today).await?;
        Ok(Moments {
            stamp: tx.stamp().await?,
            today,
            recording: recording::under_way(tx).await?,
            ground,
            book,
            lags: lags(tx.all_lags(since(today)).await?),
        })
    }

    /// The same, read again where anything happened since.
    pub(super) async fn fresh(
        known: Option<Moments>,
        tx: &mut Tx,
        office: &Office,
    ) -> Result<Moments, EngineError> {
        if let Some(known) = known
            && known.today == office.now.today
            && known.stamp == tx.stamp().await?
        {
            return Ok(known);
        }
        Moments::read(tx, office).await
    }
}

/// What is to be done with a message now.
pub(super) async fn verdict(
    tx: &mut Tx,
    office: &Office,
    moments: &Moments,
    message: &Listed,
) -> Result<Verdict, EngineError> {
    let row = &message.row;
    if let Some(queue) = row.queue.as_deref().and_then(Queue::of) {
        return to_desk(tx, office, row, queue).await;
    }
    if let Some(verdict) = login::preview(tx, office, row).await? {
        return Ok(verdict);
    }
    to_student(tx, office, moments, (message, None)).await
}

/// The same of a message to a student, in a language that is not the student's where one is named.
pub(super) async fn to_student(
    tx: &mut Tx,
    office: &Office,
    moments: &Moments,
    message: (&Listed, Option<Language>),
) -> Result<Verdict, EngineError> {
    let (content, student) = match content(tx, office, moments, message).await? {
        Ok(found) => found,
        Err(verdict) => return Ok(verdict),
    };
    let students = office.config.mail.as_ref().map(|mail| &mail.students);
    let students = students.cloned().unwrap_or_default();
    Ok(
        match students.of(&student.email, &student.album, &student.population) {
            Some(to) => {
                let rendered = message::render(&content).map_err(|error| unwritable(&error))?;
                Verdict::Say(Box::new(Spoken { rendered, to }))
            }
            None => Verdict::Nowhere(NOWHERE.to_owned()),
        },
    )
}

/// What a message to a student says now, and to whom; or what is to be done with it instead.
pub(super) async fn content(
    tx: &mut Tx,
    office: &Office,
    moments: &Moments,
    (message, language): (&Listed, Option<Language>),
) -> Result<Result<(Content, StudentVersionRow), Verdict>, EngineError> {
    let row = &message.row;
    let (Some(template), Some(person)) = (Template::of(&row.template), row.person_id) else {
        let words = format!("there are no words for `{}`", row.template);
        return Ok(Err(Verdict::Gone(words)));
    };
    let person = moments.ground.home(person);
    let drafts = if template == Template::Correction {
        corrected(tx, &message.items).await?
    } else {
        asked(tx, moments, person, message).await?
    };
    let drafts = match drafts {
        Ok(drafts) => drafts,
        Err(verdict) => return Ok(Err(verdict)),
    };
    let Some(student) = newest(tx.students_by_id(&[person]).await?).pop() else {
        return Ok(Err(Verdict::Gone("the student is not known".to_owned())));
    };
    let own = lags(tx.lags_of(person, since(moments.today)).await?);
    let writer = Writer {
        moments,
        template,
        language: language.unwrap_or_else(|| Language::of(&student.language)),
        student: &student,
        own,
    };
    let content = writer
        .content(tx, office, drafts, row.asks_for_the_number == 1)
        .await?;
    Ok(Ok((content, student)))
}

fn unwritable(error: &askama::Error) -> EngineError {
    EngineError::refused(format!("a message cannot be put into words: {error}"))
}

/// What a desk of the office is told now: its open cases.
async fn to_desk(
    tx: &mut Tx,
    office: &Office,
    row: &MessageRow,
    queue: Queue,
) -> Result<Verdict, EngineError> {
    let offices = office.config.mail.as_ref().map(|mail| &mail.offices);
    let address = offices.and_then(|offices| match queue {
        Queue::Cos => offices.cos.clone(),
        Queue::Bursar => offices.bursar.clone(),
    });
    let Some(to) = address else {
        return Ok(Verdict::Nowhere(format!(
            "[mail] names no address for {}",
            queue.name()
        )));
    };
    if row.as_of < office.now.today {
        return Ok(Verdict::Gone("it was for another day".to_owned()));
    }
    let told_before = tx.last_digest_before(queue.name(), row.id).await?;
    let is_urgent = row.template == "urgent";
    let mut cases = Vec::new();
    for case in tx
        .open_cases()
        .await?
        .into_iter()
        .filter(|case| case.queue == queue.name() && !case.is_asleep(office.now.today))
    {
        let (key, _) = key_of(&case)?;
        if is_urgent && !key.kind.is_urgent() {
            continue;
        }
        cases.push(digest::Case {
            id: case.id,
            kind: key.kind,
            subject: key.subject,
            deadline: case.deadline,
            owner: case.owner,
            is_new: told_before < case.recorded_at,
        });
    }
    if cases.is_empty() {
        return Ok(Verdict::Gone("no case is open any more".to_owned()));
    }
    cases.sort_by_key(|case| (case.deadline, case.id));
    let digest = Digest {
        language: Language::of(&row.language),
        institution: office.config.institution.name.clone(),
        queue,
        today: office.now.today,
        is_urgent,
        pages: office.config.sign_in.address.clone(),
        cases,
    };
    let rendered = digest::render(&digest).map_err(|error| unwritable(&error))?;
    Ok(Verdict::Say(Box::new(Spoken { rendered, to })))
}

const NOWHERE: &str = "neither an address in the university's domains nor an alias is known";

/// An item of a message as it stands now.
struct Draft {
    id: String,
    fee: String,
    amount_minor: i64,
    currency: String,
    due_on: NaiveDate,
    covered_through: Option<NaiveDate>,
    behind: Option<Behind>,
    credited_on: Option<NaiveDate>,
    /// It is at an earlier step than the message.
    is_beside: bool,
}

/// The items of a notice or reminder, if a run would decide them now; else what is to be done.
async fn asked(
    tx: &mut Tx,
    moments: &Moments,
    person: i64,
    message: &Listed,
) -> Result<Result<Vec<Draft>, Verdict>, EngineError> {
    if let Some(words) = &moments.recording {
        return Ok(Err(Verdict::Wait(words.clone())));
    }
    let ground = (&moments.ground, &moments.book);
    let owing = Owing::of(tx, ground, &[person], Some(message.row.id)).await?;
    let policy = moments.book.on(moments.today).0;
    let plan = run::plan(&owing.debtors, policy, moments.today);
    let items = owing
        .debtors
        .first()
        .map(|debtor| debtor.items.as_slice())
        .unwrap_or_default();
    if let Some(verdict) = stands(items, &plan, &message.items) {
        return Ok(Err(verdict));
    }
    let drafts = message.items.iter().filter_map(|told| {
        let item = items.iter().find(|item| item.id == told.item)?;
        Some(Draft {
            id: item.id.clone(),
            fee: item.fee.clone(),
            amount_minor: item.open_minor,
            currency: item.currency.clone(),
            due_on: item.due_on,
            covered_through: item.covered_through,
            behind: owing.behind.get(&item.id).cloned(),
            credited_on: None,
            is_beside: told.step != message.row.template,
        })
    });
    // What the message is about comes first.
    let mut drafts: Vec<Draft> = drafts.collect();
    drafts.sort_by_key(|draft| draft.is_beside);
    Ok(Ok(drafts))
}

/// What is to be done with a message that is not what a run would say now; none where it is.
fn stands(items: &[Item], plan: &Plan, told: &[MessageItemRow]) -> Option<Verdict> {
    let planned = plan.messages.iter().flat_map(|message| &message.items);
    let planned: Vec<(&str, &str)> = planned
        .filter_map(|(place, step)| Some((items.get(*place)?.id.as_str(), step.as_str())))
        .collect();
    let is_planned =
        |row: &&MessageItemRow| planned.contains(&(row.item.as_str(), row.step.as_str()));
    let missing: Vec<&MessageItemRow> = told.iter().filter(|row| !is_planned(row)).collect();
    let held = |row: &MessageItemRow| -> &[Held] {
        let back = plan.held_back.iter().find(|back| {
            let item = items.get(back.item);
            item.is_some_and(|item| item.id == row.item) && back.step == row.step
        });
        back.map(|back| back.held.as_slice()).unwrap_or_default()
    };
    let waits = |row: &&MessageItemRow| {
        let held = held(row);
        !held.is_empty() && held.iter().all(|held| held.until != Until::Case)
    };
    let first = missing.first()?;
    let why = missing.iter().find_map(|row| held(row).first()).map(reason);
    Some(
        match (why, items.iter().any(|item| item.id == first.item)) {
            // It passes by itself. What waits for a person is taken back, so that it is seen as a case.
            (Some(why), _) if missing.len() == told.len() && missing.iter().all(waits) => {
                Verdict::Wait(why)
            }
            (Some(why), _) => Verdict::Gone(why),
            (None, false) => Verdict::Gone(format!("nothing is open for {} any more", first.item)),
            (None, true) => Verdict::Gone(format!(
                "its day is over: {} is at another step",
                first.item
            )),
        },
    )
}

/// The items of a correction, if they still are settled.
async fn corrected(
    tx: &mut Tx,
    items: &[MessageItemRow],
) -> Result<Result<Vec<Draft>, Verdict>, EngineError> {
    let ids: Vec<String> = items.iter().map(|row| row.item.clone()).collect();
    let settled = tx.settled(&ids).await?;
    let mut drafts = Vec::new();
    for row in items {
        let Some(credited_on) = settled.get(&row.item) else {
            let words = format!("{} is open again", row.item);
            return Ok(Err(Verdict::Gone(words)));
        };
        drafts.push(Draft {
            id: row.item.clone(),
            fee: root(&row.item).to_owned(),
            amount_minor: row.open_minor,
            currency: row.currency.clone(),
            due_on: row.due_on,
            covered_through: None,
            behind: None,
            credited_on: Some(*credited_on),
            is_beside: false,
        });
    }
    Ok(Ok(drafts))
}

/// The fee behind an item: an instalment is `<fee>:<n>`.
fn root(item: &str) -> &str {
    match item.rsplit_once(':') {
        Some((fee, number)) if number.bytes().all(|digit| digit.is_ascii_digit()) => fee,
        _ => item,
    }
}

/// What all items of a message share.
struct Writer<'a> {
    moments: &'a Moments,
    template: Template,
    language: Language,
    student: &'a StudentVersionRow,
    own: LagsByCurrency,
}

impl Writer<'_> {
    async fn content(
        &self,
        tx: &mut Tx,
        office: &Office,
        drafts: Vec<Draft>,
        asks_for_the_number: bool,
    ) -> Result<Content, EngineError> {
        let today = self.moments.today;
        let covered = drafts
            .iter()
            .filter_map(|draft| draft.covered_through)
            .min();
        // An account that is closed is covered for ever.
        let covered = covered.map(|day| day.min(today.pred_opt().unwrap_or(today)));
        let fees: Vec<String> = drafts.iter().map(|draft| draft.fee.clone()).collect();
        let titles = titles(tx, &fees).await?;
        let StudentVersionRow {
            given_name,
            family_name,
            album,
            ..
        } = self.student;
        let mut items = Vec::new();
        for draft in drafts {
            items.push(self.part(draft, &titles)?);
        }
        let is_overdue = items.iter().any(|item| item.overdue_days > 0);
        Ok(Content {
            template: self.template,
            language: self.language,
            institution: office.config.institution.name.clone(),
            contact: office.config.institution.contact.clone(),
            name: format!("{given_name} {family_name}"),
            album: album.clone(),
            items,
            counted_through: covered.filter(|_| is_overdue),
            asks_for_the_number,
            pay_by: self.pay_by(),
        })
    }

    /// The last day of the term that a demand sets when it leaves today.
    fn pay_by(&self) -> Option<NaiveDate> {
        let policy = self.moments.book.on(self.moments.today).0;
        (self.template == Template::Demand)
            .then(|| term_ends(self.moments.today, policy.dunning.demand_days))
    }

    fn part(&self, draft: Draft, titles: &BTreeMap<String, Titles>) -> Result<Part, StoreError> {
        let inconsistent = || StoreError::Inconsistent {
            table: "receivable",
            what: format!(
                "{} is in `{}`, which is no currency",
                draft.id, draft.currency
            ),
        };
        let today = self.moments.today;
        let title = titles.get(&draft.fee).cloned().unwrap_or_default();
        let title = title.of(self.language, &draft.id, &draft.fee);
        let late = u64::try_from((today - draft.due_on).num_days()).unwrap_or(0);
        // A fee that is not late yet keeps its day, whatever stands beside it.
        let deadline = if late == 0 {
            Some(draft.due_on)
        } else {
            self.pay_by()
        };
        let currency = Currency::parse(&draft.currency).ok_or_else(inconsistent)?;
        let (own, all) = (self.own.of(currency), self.moments.lags.of(currency));
        let advice = deadline.map(|day| order_by(day, currency, own, all));
        let interest_minor = draft
            .behind
            .as_ref()
            .map_or(0, |behind| behind.interest_minor);
        Ok(Part {
            title,
            amount_minor: draft.amount_minor,
            currency,
            due_on: draft.due_on,
            overdue_days: if draft.credited_on.is_some() { 0 } else { late },
            account: draft.behind.and_then(|behind| behind.account),
            transfer_title: transfer_title(&draft.fee, &self.student.album),
            order_by: advice.filter(|advice| today <= advice.day && draft.credited_on.is_none()),
            interest_minor,
            credited_on: draft.credited_on,
            is_beside: draft.is_beside,
        })
    }
}
