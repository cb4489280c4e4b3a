//! One entry of the review queue: all that the bank says, who may be meant, and what the decision
//! would settle, before it is made.

use super::effect::{self, Effect};
use super::judge::Word;
use super::noted::{self, Noted};
use super::queue::Filter;
use crate::engine::decide::{self, Request, Said};
use crate::engine::review::{self, At, InReview, Proposed};
use crate::engine::{EngineError, account, desk, students};
use crate::identify::evidence::Grade;
use crate::text::{Language, in_address};
use crate::web::ground::figures::{self, amount, short};
use crate::web::ground::forms::{day_or_dash, filled};
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

words! {
    /// The words of the page.
    pub Words {
        title: "Wpłata do wyjaśnienia", "Credit in review";
        back: "Cała lista", "Whole list";
        of: "z", "of";
        previous: "Poprzednia", "Previous";
        next: "Następna", "Next";
        credited: "Wpłynęło", "Credited";
        ordered: "Zlecono", "Ordered";
        booked: "Zaksięgowano", "Booked";
        value: "Data waluty", "Value date";
        our_account: "Nasz rachunek", "Our account";
        virtual_account: "Rachunek indywidualny", "Individual account";
        payer: "Nadawca", "Payer";
        payer_account: "Rachunek nadawcy", "Payer's account";
        reference: "Nr operacji", "Bank reference";
        text: "Tytuł, jak w wyciągu", "Text, as in the statement";
        why: "Dlaczego tu", "Why it is here";
        proposals: "Kto to może być", "Who may be meant";
        nobody: "Nic nie wskazuje na konkretną osobę. Znajdź ją po albumie albo nazwisku.", "Nothing speaks for anybody. Find the student by album or name.";
        look_for: "Szukaj nadawcy wśród studentów", "Look for the payer among the students";
        strong: "mocny", "strong";
        weak: "słaby", "weak";
        somebody_else: "Ktoś inny (album lub id)", "Somebody else (album or id)";
        show: "Pokaż skutek", "Show the effect";
        open_fees: "Otwarte opłaty", "Open fees";
        no_fees: "Nie ma otwartych opłat; pieniądze zostaną na koncie.", "No open fees; the money will lie on account.";
        fee: "Opłata", "Fee";
        due: "Termin", "Due";
        amount: "Do zapłaty", "Open";
        assign: "Przypisz", "Assign to";
        reason: "Dlaczego", "Why";
        rule: "Odtąd zawsze tak z tego rachunku", "From now on always so from this account";
        ignore: "To nie są pieniądze studenta", "This is not a student's money";
        ignore_do: "Nie studenta", "Not a student's";
        split: "Podziel między kilku", "Split between several";
        split_hint: "W każdym wierszu: album lub id = kwota, np. 102345 = 500,00", "On each line: album or id = amount, like 102345 = 500.00";
        split_do: "Podziel", "Split";
        designate: "Na co są te pieniądze", "What the money is for";
        designate_hint: "W każdym wierszu opłata, ewentualnie z kwotą: F-2026-17 = 500,00", "A fee on each line, with an amount if needed: F-2026-17 = 500.00";
        designate_do: "Przeznacz", "Designate";
        hand_over: "Zapytaj COS, czyje to", "Ask COS whose it is";
        hand_over_hint: "COS dostaje sprawę z tą wpłatą i Twoim pytaniem, a wpłata zostaje w kolejce, aż ktoś ją przypisze.", "COS gets a case with this credit and your question; the credit stays in the queue until somebody assigns it.";
        hand_over_ask: "O co pytasz", "What you ask";
        hand_over_do: "Przekaż do COS", "Hand to COS";
        handed: "COS pyta o tę wpłatę:", "COS asks about this credit:";
        answered: "COS odpowiedział:", "COS has answered:";
        handed_case: "sprawa", "case";
        undone: "Cofnięte: wpłata znów czeka.", "Taken back: the credit waits again.";
        taken: "Ktoś inny zdecydował już o tej wpłacie. Twojego słowa nie zapisano.", "Somebody else has decided about this credit meanwhile. Your word was not noted.";
        gone: "Ta wpłata już nie czeka.", "This credit does not wait any more.";
        see_noted: "Zobacz, co zapisano", "See what was noted";
        see_why: "Zobacz, czyja jest", "See whose it is";
        ignored: "nie są to pieniądze studenta", "no student's money";
        splitted: "lista od wpłacającego", "a list by the payer";
        keys: "Klawisze", "Keys";
        keys_words: "j k następna i poprzednia, 1–9 osoba, a przypisz, r odtąd zawsze tak, x nie studenta, s podziel, d na co są pieniądze, c zapytaj COS, z cofnij ostatnią, / szukaj", "j k next and previous, 1–9 person, a assign, r from now on always so, x not a student's, s split, d what the money is for, c ask COS, z undo the last, / search";
    }
}

/// What is looked at beside the entry.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Looked {
    /// Whose effect is shown: an id or an album.
    pub student: String,
    /// The entry about which something was just decided.
    pub done: String,
    /// Set where the last word was taken back.
    pub undone: String,
    q: String,
    strong: String,
    account: String,
}

impl Looked {
    pub(super) fn filter(&self) -> Filter {
        Filter {
            q: self.q.clone(),
            strong: self.strong.clone(),
            account: self.account.clone(),
            ..Filter::default()
        }
    }
}

#[derive(Template)]
#[template(path = "office/review.html")]
struct ReviewPage {
    page: Page,
    w: &'static Words,
    filter: Filter,
    typed: Typed,
    address: String,
    join: &'static str,
    entry: EntryView,
    place: usize,
    all: usize,
    previous: Option<String>,
    next: Option<String>,
    proposals: Vec<ProposalView>,
    chosen: Option<Chosen>,
    asked: String,
    refusal: Option<String>,
    mark: String,
    noted: Option<Noted>,
    undone: bool,
    may_write: bool,
}

/// A form that was refused, or whose effect is looked at first, as it was typed.
#[derive(Default)]
pub(super) struct Typed {
    /// `assign`, `split` …; empty where nothing was.
    form: &'static str,
    /// What was typed.
    word: Word,
    /// Why it cannot be so; empty where it can.
    refusal: String,
    /// What it would change.
    effect: Option<Effect>,
}

impl Typed {
    pub(super) fn refused(form: &'static str, word: Word, refusal: String) -> Typed {
        Typed {
            form,
            word,
            refusal,
            effect: None,
        }
    }

    pub(super) fn with_effect(form: &'static str, word: Word, effect: Effect) -> Typed {
        Typed {
            form,
            word,
            refusal: String::new(),
            effect: Some(effect),
        }
    }

    fn effect(&self, form: &str) -> Option<&Effect> {
        self.effect.as_ref().filter(|_| self.is(form))
    }

    fn is_refused(&self, form: &str) -> bool {
        self.is(form) && !self.refusal.is_empty()
    }

    fn is(&self, form: &str) -> bool {
        self.form == form
    }

    /// The reason in a form: as it was typed, or as it is proposed.
    fn why<'a>(&'a self, form: &str, proposed: &'a str) -> &'a str {
        if self.is(form) {
            &self.word.why
        } else {
            proposed
        }
    }

    fn parts(&self, form: &str) -> &str {
        if self.is(form) { &self.word.parts } else { "" }
    }

    fn has_rule(&self, form: &str) -> bool {
        self.is(form) && !self.word.rule.is_empty()
    }
}

struct EntryView {
    id: String,
    amount: String,
    credited: String,
    facts: Vec<(&'static str, String)>,
    payer: Option<String>,
    text: String,
    why: String,
    is_held: bool,
    handed: Option<HandedView>,
}

struct HandedView {
    case: i64,
    is_answered: bool,
    word: String,
}

struct ProposalView {
    key: usize,
    student: String,
    name: String,
    album: String,
    is_strong: bool,
    evidence: Vec<String>,
    is_chosen: bool,
}

struct Chosen {
    student: String,
    name: String,
    why: String,
    fees: Vec<(String, String, String)>,
    effect: Effect,
}

/// `GET /review/{id}`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<String>,
    Query(looked): Query<Looked>,
) -> Result<Response, Fault> {
    drawn(&site, &visit, &id, (&looked, Typed::default())).await
}

/// The page with what was typed into one of its forms, and why that was refused or what it would change.
pub(super) async fn again(
    site: &Site,
    visit: &Visit,
    id: &str,
    (filter, typed): (&Filter, Typed),
) -> Result<Response, Fault> {
    let looked = Looked {
        student: typed.word.student.clone(),
        q: filter.q.clone(),
        strong: filter.strong.clone(),
        account: filter.account.clone(),
        ..Looked::default()
    };
    let is_refused = !typed.refusal.is_empty();
    let mut page = drawn(site, visit, id, (&looked, typed)).await?;
    if is_refused && page.status().is_success() {
        *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(page)
}

async fn drawn(
    site: &Site,
    visit: &Visit,
    id: &str,
    (looked, typed): (&Looked, Typed),
) -> Result<Response, Fault> {
    let (language, w) = (visit.language, Words::of(visit.language));
    let filter = looked.filter();
    let queue = review::look(&visit.office, &filter.wanted(), At::On(id), 1).await?;
    let Some(row) = queue.rows.first() else {
        return elsewhere(visit, id, w).await;
    };
    let first = row.proposals.first().map(|one| one.student.clone());
    let asked = filled(&looked.student).map(str::to_owned);
    let (chosen, refusal) = match asked.clone().or(first) {
        Some(student) if row.student.is_none() => match chosen(visit, row, &student).await {
            Ok(chosen) => {
                visit.viewed(&chosen.student).await?;
                chosen.effect.viewed(visit).await?;
                (Some(chosen), None)
            }
            Err(EngineError::Refused(words)) => (None, Some(in_language(visit.language, &words))),
            Err(error) => return Err(error.into()),
        },
        _ => (None, None),
    };
    for student in row
        .proposals
        .iter()
        .map(|one| &one.student)
        .chain(&row.student)
    {
        visit.viewed(student).await?;
    }
    let address = filter.in_address();
    let mut page = Page::of(site, visit, w.title);
    if !typed.form.is_empty() {
        // Where its form was sent there is nothing to be read.
        page.here = format!("/review/{}{address}", in_address(id));
    }
    Ok(html(&ReviewPage {
        page,
        w,
        filter,
        typed,
        join: if address.is_empty() { "?" } else { "&" },
        address,
        entry: EntryView {
            handed: handed(visit, row).await?,
            ..entry(row, language, w)
        },
        place: queue.place,
        all: queue.all,
        previous: queue.previous.clone(),
        next: queue.next.clone(),
        proposals: proposals(row, chosen.as_ref(), language),
        chosen,
        asked: asked.unwrap_or_default(),
        refusal,
        mark: decide::mark(&visit.office, id).await?,
        noted: noted::of(visit, &looked.done).await?,
        undone: !looked.undone.is_empty(),
        may_write: visit.may_decide(),
    }))
}

/// An entry that does not wait any more, or that there is none of.
async fn elsewhere(visit: &Visit, id: &str, w: &'static Words) -> Result<Response, Fault> {
    match crate::engine::why::why(&visit.office, id, visit.office.now.today).await {
        Ok(_) => Err(Fault::Conflict(w.gone.to_owned()).and(noted::why(id), w.see_why)),
        Err(EngineError::Refused(_)) => Err(Fault::NotFound),
        Err(error) => Err(error.into()),
    }
}

fn entry(row: &InReview, language: Language, w: &'static Words) -> EntryView {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    let number = |text: &Option<String>| {
        let text = text.as_deref();
        text.map_or_else(|| "–".to_owned(), figures::account)
    };
    EntryView {
        id: row.id.clone(),
        amount: amount(language, row.amount_minor, &row.currency),
        credited: short(language, row.crediting_date),
        facts: vec![
            (w.payer, text(&row.payer_name)),
            (w.payer_account, number(&row.payer_account)),
            (w.ordered, day_or_dash(language, row.order_date)),
            (w.booked, day_or_dash(language, row.booking_date)),
            (w.value, day_or_dash(language, row.value_date)),
            (w.virtual_account, number(&row.virtual_account)),
            (w.our_account, figures::account(&row.bank_account)),
            (w.reference, text(&row.bank_reference)),
        ],
        payer: row.payer_name.clone(),
        text: row.remittance.clone(),
        why: in_language(language, &row.reason),
        is_held: row.student.is_some(),
        handed: None,
    }
}

/// What became of the question to COS, with the last word on it.
async fn handed(visit: &Visit, row: &InReview) -> Result<Option<HandedView>, Fault> {
    let Some(handed) = &row.handed else {
        return Ok(None);
    };
    let (case, events) = desk::show(&visit.office, handed.case).await?;
    let is_word = |what: &str| matches!(what, "note" | "waiting" | "closed" | "resolved");
    let word = events.iter().rev().find(|event| is_word(&event.what));
    Ok(Some(HandedView {
        case: case.id,
        is_answered: !case.is_open(),
        word: word.map_or_else(String::new, |event| {
            let none = format!("{}: ", desk::NONE);
            let detail = event.detail.strip_prefix(&none).unwrap_or(&event.detail);
            format!("{}: {detail}", event.by_whom)
        }),
    }))
}

fn proposals(row: &InReview, chosen: Option<&Chosen>, language: Language) -> Vec<ProposalView> {
    let numbered = (1..).zip(&row.proposals);
    let shown = numbered.map(|(key, one)| ProposalView {
        key,
        student: one.student.clone(),
        name: one.name.clone(),
        album: one.album.clone(),
        is_strong: one.grade == Grade::Strong,
        evidence: evidence(one, language),
        is_chosen: chosen.is_some_and(|chosen| chosen.student == one.student),
    });
    shown.collect()
}

fn evidence(one: &Proposed, language: Language) -> Vec<String> {
    let words = one.evidence.iter();
    words.map(|words| in_language(language, words)).collect()
}

/// A student who may be meant: what is open, and what assigning the credit would change.
async fn chosen(visit: &Visit, row: &InReview, student: &str) -> Result<Chosen, EngineError> {
    let (office, language) = (&visit.office, visit.language);
    let today = office.now.today;
    let accounts = account::of_student(office, student, today, i64::MAX).await?;
    let open = accounts.iter().flat_map(|account| {
        let open = account.receivables.iter().filter(|fee| fee.open_minor > 0);
        open.map(|fee| {
            let money = amount(language, fee.open_minor, &account.currency);
            (fee.external_id.clone(), short(language, fee.due_on), money)
        })
    });
    let fees = open.collect();
    let request = Request::Assign {
        credit: row.id.clone(),
        student: student.to_owned(),
        rule: false,
    };
    let said = Said {
        by: visit.by().to_owned(),
        why: "-".to_owned(),
        on: None,
    };
    let answer = decide::decide(office, &request, &said, true).await?;
    let proposed = row
        .proposals
        .iter()
        .find(|one| one.student == student || one.album == student);
    let (student, name) = match proposed {
        Some(one) => (one.student.clone(), one.name.clone()),
        None => match students::one(office, student).await? {
            Some(one) => (one.external_id.clone(), one.full_name()),
            None => (student.to_owned(), String::new()),
        },
    };
    Ok(Chosen {
        student,
        name,
        why: proposed.map_or_else(String::new, |one| evidence(one, language).join("; ")),
        fees,
        effect: effect::of(&answer, language),
    })
}

/// The next entry behind one about which a word was said.
pub(super) async fn onwards(
    visit: &Visit,
    filter: &Filter,
    (id, next): (&str, &str),
) -> Result<Response, Fault> {
    let (office, wanted) = (&visit.office, filter.wanted());
    let mut here = review::look(office, &wanted, At::On(next), 1).await?;
    // What comes next may have been decided meanwhile; nothing is skipped, and nothing shown twice.
    for behind in [id, ""] {
        if here.rows.is_empty() {
            here = review::look(office, &wanted, At::Behind(behind), 1).await?;
        }
    }
    let here = here.rows.first();
    let address = filter.in_address();
    let join = if address.is_empty() { "?" } else { "&" };
    let id = in_address(id);
    Ok(match here {
        Some(row) => Redirect::to(&format!("/review/{}{address}{join}done={id}", row.id)),
        None => Redirect::to(&format!("/review{address}{join}done={id}")),
    }
    .into_response())
}
