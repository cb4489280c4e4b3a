//! Reminders: the ladder, the next run with everybody in it and everybody held back, and the word that
//! writes it.

use super::messages;
use crate::dunning::run::Brake;
use crate::engine::decide::is_same_person;
use crate::engine::mass_mail::{self, Begun};
use crate::engine::outbox::InWords;
use crate::engine::remind::{self, HeldItem, Mode, Reminding, Told};
use crate::engine::{EngineError, Office, policy};
use crate::policy::{LadderStep, Policy};
use crate::store::runs::{AskedRow, RunStateRow};
use crate::text::Language;
use crate::web::ground::counted::counting;
use crate::web::ground::figures::{amount, instant, plain, short};
use crate::web::ground::forms::filled;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, export, html};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

words! {
    /// The words of the pages.
    pub Words {
        title: "Przypomnienia", "Reminders";
        lead: "Kto dostałby wiadomość dzisiaj i kogo coś wstrzymuje. Saldo jest czytane jeszcze raz w chwili wysłania.", "Who would be written to today, and who is held back by what. The balance is read again at the moment of sending.";
        next: "Następny przebieg", "The next run";
        to_write: "Wiadomości", "Messages";
        held: "Wstrzymane", "Held back";
        of_students: "studentów:", "of students:";
        nothing: "Dzisiaj nikt nie dostałby wiadomości.", "Nobody would be written to today.";
        nothing_held: "Nic nie jest wstrzymane.", "Nothing is held back.";
        run: "Zapisz te wiadomości do wysłania", "Write these messages for sending";
        why: "Dlaczego", "Why";
        brake: "Potrzebna druga osoba", "A second person is needed";
        brake_share: "to więcej niż dozwolona część studentów, procent:", "that is more than the share of students that is allowed, percent:";
        brake_growth: "to o wiele więcej niż ostatnio, kiedy było ich:", "that is many times the number of the last run:";
        ask: "Poproś drugą osobę", "Ask a second person";
        asked: "Czeka na drugą osobę", "Waits for a second person";
        asked_by: "prosi", "asked by";
        approve: "Zgadzam się, zapisz je", "I agree, write them";
        drop: "Nie zapisuj", "Do not write them";
        own: "To Twoja prośba: zgodzić się musi ktoś inny.", "You asked for it: somebody else has to agree.";
        written: "Zapisano wiadomości:", "Messages written:";
        sent_by: "Wychodzą same, gdy działa serwer.", "They leave by themselves while the service runs.";
        student: "Student", "Student";
        message: "Wiadomość", "Message";
        language: "Język", "Language";
        fees: "Opłaty", "Fees";
        step: "Krok", "Step";
        reason: "Co wstrzymuje", "What holds it back";
        until: "Do", "Until";
        person: "musi zdecydować człowiek", "a person has to decide";
        ladder: "Drabina", "The ladder";
        kind: "Rodzaj opłaty", "Kind of fee";
        any_kind: "pozostałe", "all others";
        on_the_day: "w dniu terminu", "on the due date";
        before: "przed terminem", "before the due date";
        after: "po terminie", "after the due date";
        none: "bez wiadomości", "no messages";
        runs: "Ostatnie przebiegi", "The last runs";
        day: "Dzień", "Day";
        count: "Zapisano", "Written";
        sent: "Wysłano", "Sent";
        withdrawn: "Wycofano", "Withdrawn";
        waiting: "Jeszcze nie wyszły", "Not left yet";
        withdraw: "Wycofaj, co nie wyszło", "Withdraw what has not left";
        search: "Student (id)", "Student (id)";
        filter: "Filtruj", "Filter";
        more: "Następne", "Next";
        back: "Wszystkie przypomnienia", "All reminders";
        in_polish: "Po polsku", "In Polish";
        in_english: "Po angielsku", "In English";
        not: "Nie wyszłaby teraz", "It would not leave now";
        to: "Adres", "Address";
        letter: "Wiadomości do", "Messages to";
        cannot: "Teraz nie da się tego policzyć", "It cannot be told now";
    }
}

/// So many on a page.
const PAGE: usize = 100;

/// What of the next run is looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// `held` for what is held back.
    list: String,
    q: String,
    /// Behind this student.
    after: String,
    /// How many messages were just written.
    written: String,
}

impl Filter {
    fn is_held(&self) -> bool {
        self.list == "held"
    }

    /// Whether a student is looked at.
    fn shows(&self, student: &str) -> bool {
        filled(&self.q).is_none_or(|wanted| student.contains(wanted))
    }
}

#[derive(Template)]
#[template(path = "office/reminders.html")]
struct RemindersPage {
    page: Page,
    w: &'static Words,
    filter: Filter,
    refusal: Option<String>,
    count: usize,
    students: usize,
    held: usize,
    by_template: Vec<(&'static str, usize)>,
    brake: Option<String>,
    asked: Option<Asked>,
    rows: Vec<[String; 5]>,
    next: Option<String>,
    ladder: Vec<(String, Vec<(String, String)>)>,
    runs: Vec<(String, RunStateRow)>,
    may_write: bool,
}

struct Asked {
    row: AskedRow,
    when: String,
    is_own: bool,
}

/// `GET /reminders`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    let (office, language) = (&visit.office, visit.language);
    let w = Words::of(language);
    let figures = &site.figures;
    let kept = figures
        .reminders
        .see(office, figures.patience, planned)
        .await?;
    let Some(kept) = kept else {
        return Ok(counting(&site, &visit, w.title));
    };
    let (planned, refusal) = match &*kept.figures {
        Ok(planned) => (Some(planned), None),
        Err(words) => (None, Some(in_language(language, words))),
    };
    let (rows, next) = match planned {
        Some(planned) => shown(planned, &filter, language),
        None => (Vec::new(), None),
    };
    let zone = office.config.institution.time_zone;
    let asked = mass_mail::asked(office).await?.map(|row| Asked {
        when: instant(language, row.recorded_at, zone),
        is_own: is_same_person(&row.by_whom, visit.by()),
        row,
    });
    let runs = mass_mail::runs(office).await?.into_iter();
    let messages = planned.map_or(&[][..], |planned| &planned.messages);
    Ok(html(&RemindersPage {
        page: Page::of_figures(&site, &visit, w.title, &kept),
        w,
        filter,
        refusal,
        count: messages.len(),
        students: planned.map_or(0, |planned| planned.students),
        held: planned.map_or(0, |planned| planned.held_back.len()),
        by_template: by_template(messages, language),
        brake: planned.and_then(|planned| brake(planned.brake, w)),
        asked,
        rows,
        next,
        ladder: ladder(&policy::in_force(office).await?, language, w),
        runs: runs
            .map(|row| (instant(language, row.recorded_at, zone), row))
            .collect(),
        may_write: visit.may_decide(),
    }))
}

/// What a run would write now, or why there can be none.
async fn planned(office: Office) -> Result<Result<Reminding, String>, EngineError> {
    match remind::run(&office, office.now.today, Mode::DryRun).await {
        Ok(planned) => Ok(Ok(planned)),
        Err(EngineError::Refused(words)) => Ok(Err(words)),
        Err(error) => Err(error),
    }
}

/// The rows of the list that is looked at, and the student behind whom it goes on.
fn shown(
    planned: &Reminding,
    filter: &Filter,
    language: Language,
) -> (Vec<[String; 5]>, Option<String>) {
    if filter.is_held() {
        let rows = planned
            .held_back
            .iter()
            .filter(|row| filter.shows(&row.student));
        of_page(rows, filter, |row| &row.student, |row| held(row, language))
    } else {
        let rows = planned
            .messages
            .iter()
            .filter(|row| filter.shows(&row.student));
        of_page(rows, filter, |row| &row.student, |row| told(row, language))
    }
}

fn of_page<'a, T: 'a>(
    rows: impl Iterator<Item = &'a T>,
    filter: &Filter,
    student: fn(&T) -> &String,
    row: impl Fn(&T) -> [String; 5],
) -> (Vec<[String; 5]>, Option<String>) {
    let mut rows = rows.filter(|row| *student(row) > filter.after).peekable();
    let mut page: Vec<&T> = rows.by_ref().take(PAGE).collect();
    // A student stays whole.
    while let (Some(last), Some(next)) = (page.last(), rows.peek()) {
        if student(last) != student(next) {
            break;
        }
        page.extend(rows.next());
    }
    let next = page.last().filter(|_| rows.peek().is_some());
    let next = next.map(|last| student(last).clone());
    (page.into_iter().map(row).collect(), next)
}

fn told(one: &Told, language: Language) -> [String; 5] {
    let items = one.items.iter().map(|item| {
        let money = amount(language, item.open_minor, &item.currency);
        format!("{}: {money}, {}", item.id, short(language, item.due_on))
    });
    [
        one.student.clone(),
        messages::Words::of(language)
            .named(&one.template)
            .to_owned(),
        one.language.clone(),
        items.collect::<Vec<_>>().join("; "),
        String::new(),
    ]
}

fn held(one: &HeldItem, language: Language) -> [String; 5] {
    let until = match one.until {
        Some(day) => short(language, day),
        None if one.needs_a_person => Words::of(language).person.to_owned(),
        None => String::new(),
    };
    [
        one.student.clone(),
        messages::Words::of(language).named(&one.step).to_owned(),
        one.id.clone(),
        in_language(language, &one.reason),
        until,
    ]
}

fn by_template(all: &[Told], language: Language) -> Vec<(&'static str, usize)> {
    let w = messages::Words::of(language);
    let names = [
        "notice",
        "order_now",
        "reminder",
        "second",
        "demand",
        "correction",
    ];
    let counts = names.map(|name| {
        let count = all.iter().filter(|told| told.template == name).count();
        (w.named(name), count)
    });
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

fn brake(brake: Option<Brake>, w: &'static Words) -> Option<String> {
    Some(match brake? {
        Brake::Share { percent } => format!("{} {percent}", w.brake_share),
        Brake::Growth { last, .. } => format!("{} {last}", w.brake_growth),
    })
}

/// The steps of each kind that has rules of its own, and of all others.
fn ladder(
    policy: &Policy,
    language: Language,
    w: &'static Words,
) -> Vec<(String, Vec<(String, String)>)> {
    let steps = |steps: &[LadderStep]| -> Vec<(String, String)> {
        let steps = steps.iter();
        steps.map(|step| step_in_words(step, language, w)).collect()
    };
    let own = policy.kinds.iter();
    let own = own.map(|(kind, rules)| (kind.clone(), steps(&rules.ladder)));
    let rest = (w.any_kind.to_owned(), steps(&policy.default_kind.ladder));
    own.chain([rest]).collect()
}

fn step_in_words(step: &LadderStep, language: Language, w: &'static Words) -> (String, String) {
    let name = messages::Words::of(language)
        .named(&step.template)
        .to_owned();
    let count = u64::from(step.offset_days.unsigned_abs());
    let days = if step.business_days {
        language.business_days(count)
    } else {
        language.days(count)
    };
    let when = match step.offset_days {
        0 => w.on_the_day.to_owned(),
        ..0 => format!("{days} {}", w.before),
        _ => format!("{days} {}", w.after),
    };
    (name, when)
}

/// `GET /reminders.csv`: the list that is looked at, whole.
pub async fn csv(visit: Visit, Query(filter): Query<Filter>) -> Result<Response, Fault> {
    let (office, w) = (&visit.office, Words::of(visit.language));
    let planned = remind::run(office, office.now.today, Mode::DryRun).await?;
    let rows: Vec<Vec<String>> = if filter.is_held() {
        let held = planned
            .held_back
            .iter()
            .filter(|row| filter.shows(&row.student));
        held.map(|row| held_row(row, visit.language)).collect()
    } else {
        let told = planned
            .messages
            .iter()
            .filter(|row| filter.shows(&row.student));
        told.flat_map(|row| told_rows(row, visit.language))
            .collect()
    };
    let head = if filter.is_held() {
        vec![w.student, w.fees, w.step, w.reason, w.until]
    } else {
        vec![
            w.student, w.message, w.language, w.fees, w.step, "", "", w.until,
        ]
    };
    export::file(&visit, "reminders", &head, &rows).await
}

fn held_row(row: &HeldItem, language: Language) -> Vec<String> {
    vec![
        row.student.clone(),
        row.id.clone(),
        row.step.clone(),
        in_language(language, &row.reason),
        row.until.map(|day| day.to_string()).unwrap_or_default(),
    ]
}

fn told_rows(told: &Told, language: Language) -> Vec<Vec<String>> {
    let named = messages::Words::of(language).named(&told.template);
    let rows = told.items.iter().map(|item| {
        vec![
            told.student.clone(),
            named.to_owned(),
            told.language.clone(),
            item.id.clone(),
            item.step.clone(),
            plain(item.open_minor, &item.currency),
            item.currency.clone(),
            item.due_on.to_string(),
        ]
    });
    rows.collect()
}

#[derive(Template)]
#[template(path = "office/reminder.html")]
struct ReminderPage {
    page: Page,
    w: &'static Words,
    student: String,
    messages: Vec<(String, [InWords; 2])>,
    held: Vec<[String; 5]>,
}

/// `GET /reminders/{id}`: what one student would be told, in both languages.
pub async fn one(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (language, w) = (visit.language, Words::of(visit.language));
    if crate::engine::students::one(&visit.office, &id)
        .await?
        .is_none()
    {
        return Err(Fault::NotFound);
    }
    visit.viewed(&id).await?;
    let (planned, words) = remind::of_student(&visit.office, &id).await?;
    let named = |told: &Told| {
        messages::Words::of(language)
            .named(&told.template)
            .to_owned()
    };
    Ok(html(&ReminderPage {
        page: Page::of(&site, &visit, w.title),
        w,
        messages: planned.messages.iter().map(named).zip(words).collect(),
        held: planned
            .held_back
            .iter()
            .map(|row| held(row, language))
            .collect(),
        student: id,
    }))
}

/// The word that writes a run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    count: usize,
    why: String,
}

/// `POST /reminders/run`
pub async fn run(visit: Visit, Form(word): Form<Word>) -> Result<Response, Fault> {
    let said = visit.said(&word.why);
    let count = word.count.to_string();
    let to = match mass_mail::begin(&visit.office, word.count, said).await? {
        Begun::Written(written) => {
            visit.did("reminders-written", "", &count).await?;
            format!("/reminders?written={written}")
        }
        Begun::Asked => {
            visit
                .did("reminders-asked", "", &format!("{count} {}", word.why))
                .await?;
            "/reminders".to_owned()
        }
    };
    Ok(Redirect::to(&to).into_response())
}

/// `POST /reminders/approve`
pub async fn approve(visit: Visit) -> Result<Response, Fault> {
    let written = mass_mail::approve(&visit.office, visit.by()).await?;
    let count = written.messages.len();
    visit
        .did("reminders-approved", "", &count.to_string())
        .await?;
    Ok(Redirect::to(&format!("/reminders?written={count}")).into_response())
}

/// `POST /reminders/drop`
pub async fn drop_it(visit: Visit) -> Result<Response, Fault> {
    mass_mail::drop_it(&visit.office, visit.by()).await?;
    visit.did("reminders-dropped", "", "").await?;
    Ok(Redirect::to("/reminders").into_response())
}

/// `POST /reminders/runs/{id}/withdraw`
pub async fn withdraw(
    visit: Visit,
    Path(id): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let said = visit.said(&word.why);
    let count = mass_mail::withdraw(&visit.office, id, said).await?;
    visit
        .did(
            "reminders-withdrawn",
            &id.to_string(),
            &format!("{count} {}", word.why),
        )
        .await?;
    Ok(Redirect::to("/reminders").into_response())
}
