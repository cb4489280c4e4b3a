//! The review queue as a list: what is looked for stands in the address.

use super::noted::{self, Noted};
use crate::engine::review::{self, At, InReview, Wanted};
use crate::identify::evidence::Grade;
use crate::text::Language;
use crate::web::ground::figures::{amount, plain, short};
use crate::web::ground::forms::{filled, query};
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, export, html};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

words! {
    /// The words of the list.
    pub Words {
        title: "Do wyjaśnienia", "Review";
        lead: "Wpłaty, o których człowiek musi powiedzieć, czyje są. Liczy się dzień wpływu, kiedykolwiek to powie.", "Credits of which a person has to tell whose they are. The crediting date counts, whenever they tell.";
        search: "Szukaj", "Search";
        search_hint: "nadawca, tytuł, rachunek, kwota", "payer, text, account, amount";
        strong_only: "Tylko z mocnym dowodem", "Strong evidence only";
        filter: "Filtruj", "Filter";
        export: "Pobierz CSV", "Export CSV";
        begin: "Zacznij od pierwszej", "Begin with the first";
        credited: "Wpłynęło", "Credited";
        amount: "Kwota", "Amount";
        payer: "Nadawca", "Payer";
        text: "Tytuł", "Text";
        why: "Dlaczego tu", "Why it is here";
        meant: "Prawdopodobnie", "Probably";
        in_cos: "pyta COS", "COS asks";
        answered: "COS odpowiedział", "COS has answered";
        strong: "mocny", "strong";
        weak: "słaby", "weak";
        nobody: "nic nie wskazuje", "nothing speaks";
        empty: "Nic nie czeka na wyjaśnienie. Nowe wpłaty przychodzą z wyciągami.", "Nothing is in review. New credits come with statements.";
        empty_filtered: "Nic takiego nie czeka. Usuń filtr, aby zobaczyć wszystko.", "Nothing of this kind waits. Remove the filter to see all.";
        shown: "pokazano", "shown";
        of: "z", "of";
        more: "Następne", "Next";
        keys: "Klawisze: j k albo strzałki — w dół i w górę; Enter — otwórz, bez wyboru: pierwszą; / — szukaj; z — cofnij ostatnią.", "Keys: j k or arrows move down and up; Enter opens, the first where none is chosen; / search; z undo the last.";
    }
}

/// So many on a page.
const PAGE: usize = 50;

/// What of the queue is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Words that stand in the entry.
    pub q: String,
    /// Only what strong evidence speaks for.
    pub strong: String,
    /// Only one account of ours.
    pub account: String,
    /// Behind this entry.
    pub after: String,
    /// The entry about which something was just decided.
    pub done: String,
}

impl Filter {
    /// For the engine.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            strong: !self.strong.is_empty(),
            bank_account: filled(&self.account).map(str::to_owned),
            words: self.q.clone(),
        }
    }

    /// As it stands in an address, with a question mark where it is not empty.
    pub fn in_address(&self) -> String {
        let query = query(&[
            ("q", &self.q),
            ("strong", &self.strong),
            ("account", &self.account),
        ]);
        if query.is_empty() {
            query
        } else {
            format!("?{query}")
        }
    }

    fn is_empty(&self) -> bool {
        self.in_address().is_empty()
    }
}

#[derive(Template)]
#[template(path = "office/queue.html")]
struct QueuePage {
    page: Page,
    w: &'static Words,
    filter: Filter,
    address: String,
    rows: Vec<Row>,
    all: usize,
    next: Option<String>,
    noted: Option<Noted>,
    is_filtered: bool,
}

struct Row {
    id: String,
    credited: String,
    amount: String,
    payer: String,
    text: String,
    why: String,
    meant: Option<(String, String, bool)>,
    handed: Option<&'static str>,
}

/// `GET /review`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let wanted = filter.wanted();
    let looked = review::look(&visit.office, &wanted, At::Behind(&filter.after), PAGE).await?;
    let last = looked.rows.last().filter(|_| looked.next.is_some());
    let next = last.map(|row| row.id.clone());
    let rows = looked.rows.iter();
    let rows: Vec<Row> = rows.map(|row| shown(row, visit.language, w)).collect();
    Ok(html(&QueuePage {
        page: Page::of(&site, &visit, w.title),
        w,
        address: filter.in_address(),
        is_filtered: !filter.is_empty(),
        next,
        noted: noted::of(&visit, &filter.done).await?,
        rows,
        all: looked.all,
        filter,
    }))
}

fn shown(row: &InReview, language: Language, w: &'static Words) -> Row {
    let meant = match (&row.student, row.proposals.first()) {
        (Some(student), _) => Some((student.clone(), String::new(), true)),
        (None, Some(first)) => {
            let is_strong = first.grade == Grade::Strong;
            Some((first.name.clone(), first.album.clone(), is_strong))
        }
        (None, None) => None,
    };
    Row {
        id: row.id.clone(),
        credited: short(language, row.crediting_date),
        amount: amount(language, row.amount_minor, &row.currency),
        payer: row.payer_name.clone().unwrap_or_default(),
        text: row.remittance.clone(),
        why: in_language(language, &row.reason),
        meant,
        handed: row
            .handed
            .as_ref()
            .map(|handed| match handed.state.as_str() {
                "closed" | "resolved" => w.answered,
                _ => w.in_cos,
            }),
    }
}

/// `GET /review.csv`
pub async fn csv(visit: Visit, Query(filter): Query<Filter>) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let head = [
        "id", w.credited, w.amount, "", w.payer, w.text, w.why, w.meant,
    ];
    let rows: Vec<Vec<String>> = (review::list(&visit.office, &filter.wanted()).await?.iter())
        .map(|row| {
            let meant = row
                .proposals
                .first()
                .map(|one| format!("{} {}", one.album, one.name));
            vec![
                row.id.clone(),
                row.crediting_date.to_string(),
                plain(row.amount_minor, &row.currency),
                row.currency.clone(),
                row.payer_name.clone().unwrap_or_default(),
                row.remittance.clone(),
                in_language(visit.language, &row.reason),
                meant.unwrap_or_default(),
            ]
        })
        .collect();
    export::file(&visit, "review", &head, &rows).await
}
