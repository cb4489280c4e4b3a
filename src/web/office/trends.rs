//! The rest of the morning: how punctual students are, how long their transfers take, and what does
//! not happen as it should.

use super::fees::term_name;
use crate::engine::today::Today;
use crate::text::Language;
use crate::web::ground::figures::short;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use chrono::DateTime;

words! {
    /// Its words.
    pub Words {
        on_time: "Zapłacone w terminie", "Settled by the due date";
        term: "Semestr", "Term";
        fees: "Opłat", "Fees";
        lag: "Od zlecenia do wpływu", "From order to credit";
        bank_days: "Dni bankowe", "Bank days";
        transfers: "Przelewów", "Transfers";
        or_more: "i więcej", "or more";
        same_day: "tego samego dnia", "the same day";
        share: "Udział", "Share";
        unwell: "Nie działa jak powinno", "Not as it should be";
        of: "z", "of";
        since: "od", "since";
        statement_late: "wyciąg się spóźnia", "statement late";
        gap: "luka w wyciągach", "statements missing";
        statement: "wyciąg wstrzymany", "statement held back";
        file: "plik nie wszedł", "file not taken";
        inbox: "skrzynka wejściowa", "inbox";
        job: "zadanie", "job";
        word: "zadanie czeka na człowieka", "job waits for a person";
        outbox: "poczta stoi", "mail stands still";
        disk: "mało miejsca na dysku", "disk nearly full";
    }
}

impl Words {
    fn about<'a>(&self, about: &'a str) -> &'a str
    where
        'static: 'a,
    {
        match about {
            "statement_late" => self.statement_late,
            "gap" => self.gap,
            "statement" => self.statement,
            "file" => self.file,
            "inbox" => self.inbox,
            "job" => self.job,
            "word" => self.word,
            "outbox" => self.outbox,
            "disk" => self.disk,
            other => other,
        }
    }
}

/// Bank days that have a row of their own.
const LAG_ROWS: usize = 5;

/// A name, a count, a share in percent.
type Row = (String, String, i64);

/// What stands below the charts.
pub struct Trends {
    /// Its words.
    pub w: &'static Words,
    /// Alerts, and jobs that did not come to their end: about what, in words, since when.
    pub unwell: Vec<(String, String, String)>,
    /// Title, heads of two columns, rows.
    pub tables: Vec<(&'static str, &'static str, &'static str, Vec<Row>)>,
}

/// For a reader.
pub fn of(seen: &Today, language: Language) -> Trends {
    let w = Words::of(language);
    let tables = [
        (w.on_time, w.term, w.fees, on_time(seen, language, w)),
        (w.lag, w.bank_days, w.transfers, lag(seen, w)),
    ];
    Trends {
        w,
        unwell: unwell(seen, language, w),
        tables: tables
            .into_iter()
            .filter(|(_, _, _, rows)| !rows.is_empty())
            .collect(),
    }
}

fn on_time(seen: &Today, language: Language, w: &'static Words) -> Vec<Row> {
    let fees = super::fees::Words::of(language);
    let terms = seen.on_time.iter().filter(|one| one.count > 0);
    let rows = terms.map(|one| {
        let count = format!("{} {} {}", one.on_time, w.of, one.count);
        (
            term_name(one.term, fees),
            count,
            percent(one.on_time, one.count),
        )
    });
    rows.collect()
}

fn lag(seen: &Today, w: &'static Words) -> Vec<Row> {
    let counts = seen.lags.by_bank_days();
    let (own, rest) = counts.split_at(LAG_ROWS.min(counts.len()));
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return Vec::new();
    }
    let name = |days: usize| match days {
        0 => w.same_day.to_owned(),
        days => days.to_string(),
    };
    let mut rows: Vec<(String, u64)> = own
        .iter()
        .enumerate()
        .map(|(days, count)| (name(days), *count))
        .collect();
    rows.push((format!("{LAG_ROWS} {}", w.or_more), rest.iter().sum()));
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    rows.into_iter()
        .map(|(name, count)| (name, count.to_string(), percent(number(count), number(all))))
        .collect()
}

fn percent(part: i64, all: i64) -> i64 {
    let percent = (i128::from(part) * 100).checked_div(i128::from(all));
    percent.map_or(0, |percent| i64::try_from(percent).unwrap_or(0))
}

fn unwell(seen: &Today, language: Language, w: &'static Words) -> Vec<(String, String, String)> {
    let since = |millis: i64| {
        let day = DateTime::from_timestamp_millis(millis).unwrap_or_default();
        format!("{} {}", w.since, short(language, day.date_naive()))
    };
    let alerts = seen.alerts.iter().map(|alert| {
        (
            w.about(&alert.kind).to_owned(),
            in_language(language, &alert.said),
            since(alert.raised_at),
        )
    });
    // A job that fails again and again has an alert already.
    let is_told = |name: &str| {
        let mut alerts = seen.alerts.iter();
        alerts.any(|alert| matches!(alert.kind.as_str(), "job" | "word") && alert.subject == name)
    };
    let jobs = seen.jobs.iter().filter(|job| !is_told(&job.name));
    let jobs = jobs.map(|job| {
        (
            format!("{} {}", w.job, job.name),
            in_language(language, &job.said),
            job.ended_at.map(since).unwrap_or_default(),
        )
    });
    alerts.chain(jobs).collect()
}
