//! How long the server takes for each page of the office, idle and while an import runs.
//!
//! `cargo bench --bench pages -- CREDITS` makes up a university with about so many credits, imports into
//! SQLite all that its bank had sent by the middle of January, lets the reminders and the cases of that
//! day be written, and asks for every page that somebody may open, in this process: by turns, a few times
//! each; and again for as long as another process imports the rest of the statements.
//!
//! It prints the median of each page beside the first request and the slowest query that it waited for,
//! judges nothing, and ends well whatever it found: the machine may be shared, so no number is worth
//! anything outside of its run.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(
    clippy::float_arithmetic,
    reason = "times are measured, amounts are not"
)]

#[path = "../office.rs"]
mod office;
#[path = "../program.rs"]
mod program;
mod queries;

use anyhow::{Context, Result, bail, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::COOKIE;
use chrono::NaiveDate;
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::staff::{self, Role};
use kwestura::engine::{Clock, Office, escalate, sessions};
use kwestura::web::ground::routes::May;
use kwestura::web::{Site, router, routes};
use office::office;
use program::Program;
use queries::Queries;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tower::ServiceExt as _;

/// Credits of a student who pays month by month.
const CREDITS_EACH: u32 = 5;
/// Requests for each page while nobody else works.
const ROUNDS: usize = 7;
/// A page should take no longer at the median.
const GOAL: Duration = Duration::from_millis(100);
/// The page of something, and the list on which the first of it stands.
const ONE_OF: [(&str, &str); 5] = [
    ("/review/", "/review"),
    ("/students/", "/students?q=anna"),
    ("/cases/", "/cases"),
    ("/messages/", "/messages"),
    ("/statements/", "/statements"),
];
/// On a page whose figures are being counted.
const COUNTING: &str = "data-again";
/// What is looked for.
const SEARCHES: [&str; 7] = [
    "/students?q=anna%20kowal",
    "/review?q=czesne",
    "/credits",
    "/credits?whose=review&q=czesne",
    "/credits?q=nobody+writes+so",
    "/cases?mine=1",
    "/statements?status=published",
];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let credits: u32 = match words.as_slice() {
        [] => 20_000,
        [credits] => credits.parse().context("the number of credits")?,
        _ => bail!("usage: cargo bench --bench pages -- [CREDITS]"),
    };
    ensure!(500 <= credits, "less than 500 credits tell nothing");
    let queries = Queries::heard()?;
    let folder = tempfile::TempDir::with_prefix("kwestura-pages-")?;
    let university = University::new(&folder.path().join("university"), credits)?;
    tokio::runtime::Runtime::new()?.block_on(measured(&university, &queries))
}

/// The middle of January: a term is under way, and there are statements to come.
fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 1, 15).unwrap_or_default()
}

/// A university in a folder, with the statements that its bank had sent by [`today`].
struct University {
    folder: PathBuf,
}

impl University {
    fn new(folder: &Path, credits: u32) -> Result<University> {
        let out = folder.to_str().context("a folder with a plain name")?;
        let students = credits.div_ceil(CREDITS_EACH).to_string();
        let words = ["--monthly", "--students", &students, "--out", out];
        let simulate = ["simulate"].into_iter().chain(words);
        Program::on_file(Path::new(".")).run(&simulate.collect::<Vec<_>>())?;
        std::fs::create_dir(folder.join("later"))?;
        for arrival in std::fs::read_to_string(folder.join("arrivals.jsonl"))?.lines() {
            let arrival: serde_json::Value = serde_json::from_str(arrival)?;
            let text = |name: &str| arrival.get(name).and_then(|value| value.as_str());
            let (Some(file), Some(on)) = (text("file"), text("arrives_on")) else {
                continue;
            };
            if today() < on.parse()? {
                let from = folder.join("statements").join(file);
                std::fs::rename(from, folder.join("later").join(file))?;
            }
        }
        Program::on_file(folder).books()?;
        Ok(University {
            folder: folder.to_owned(),
        })
    }
}

async fn measured(university: &University, queries: &Queries) -> Result<()> {
    let database = university.folder.join("kwestura.db").display().to_string();
    let office = office(&university.folder, &database, today()).await?;
    remind::run(&office, today(), Mode::Write { confirmed: None }).await?;
    escalate::run(&office, today(), false).await?;
    let mut staffed = Staffed::of(&office).await?;
    let pages = staffed.pages().await?;
    let mut idle = Times::default();
    for _ in 0..=ROUNDS {
        for page in &pages {
            idle.add(page, staffed.asked(page, queries).await?);
            staffed.rest().await?;
        }
    }
    let mut import = Program::on_file(&university.folder).import_later()?;
    let mut beside = Times::default();
    let mut next = pages.iter().cycle();
    while import.try_wait()?.is_none() {
        let page = next.next().context("a page")?;
        beside.add(page, staffed.asked(page, queries).await?);
    }
    print(&pages, &idle, &beside);
    Ok(())
}

/// The pages, and somebody of each role who is signed in.
struct Staffed {
    router: Router,
    cookies: BTreeMap<&'static str, String>,
    /// The page whose figures are still being counted.
    counting: Option<Asked>,
}

/// A page and the role of whoever opens it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    address: String,
    role: &'static str,
}

/// A request: how long it took, and the slowest query of it.
type Took = (Duration, Option<(Duration, String)>);

impl Staffed {
    async fn of(office: &Office) -> Result<Staffed> {
        let mut cookies = BTreeMap::new();
        for role in [Role::Bursar, Role::Cos, Role::Administrator] {
            let name = role.name();
            let password = Some("a password of a bench".to_owned());
            staff::add(office, (name, name, role), password, false).await?;
            let token = sessions::begin(office, sessions::Whose::Staff(name), None, None).await?;
            cookies.insert(name, format!("kwestura={token}"));
        }
        let now = office.now.millis;
        let clock = Clock::new(move || now);
        let site = Site::new(office.db.clone(), office.config.clone(), clock, false).for_people();
        Ok(Staffed {
            router: router(site),
            cookies,
            counting: None,
        })
    }

    /// Every page that somebody may open without a name, one of each with a name, and some searches.
    async fn pages(&mut self) -> Result<Vec<Asked>> {
        let of_role = |may: May| {
            let roles = [Role::Bursar, Role::Cos, Role::Administrator];
            roles.into_iter().find(|role| may.be(Some(*role)))
        };
        let mut pages = Vec::new();
        for route in routes() {
            let is_page = route.method == "GET"
                && !route.path.contains(['{', '.'])
                && !matches!(route.path, "/live" | "/cases/many");
            if let (May::Roles(_), Some(role), true) = (route.may, of_role(route.may), is_page) {
                pages.push(Asked {
                    address: route.path.to_owned(),
                    role: role.name(),
                });
            }
        }
        let asked = |address: String| Asked {
            address,
            role: Role::Bursar.name(),
        };
        pages.extend(SEARCHES.map(|address| asked(address.to_owned())));
        for (one, list) in ONE_OF {
            let (_, text) = self.get(&asked(list.to_owned())).await?;
            let mark = format!("href=\"{one}");
            let named = text.split(mark.as_str()).skip(1);
            let named = named.filter_map(|rest| rest.split(['"', '?']).next());
            let mut named = named.map(|name| format!("{one}{name}"));
            // Pages of the list itself are among those without a name.
            let is_one = |page: &String| routes().iter().all(|route| route.path != page.as_str());
            if let Some(page) = named.find(is_one) {
                pages.push(asked(page));
            }
        }
        Ok(pages)
    }

    async fn asked(&mut self, page: &Asked, queries: &Queries) -> Result<Took> {
        queries.forget();
        let (took, text) = self.get(page).await?;
        let slowest = queries.slowest();
        if text.contains(COUNTING) {
            self.counting = Some(page.clone());
        }
        Ok((took, slowest))
    }

    /// Waits until the figures of the last page are counted, so that no other is measured beside that.
    async fn rest(&mut self) -> Result<()> {
        while let Some(page) = self.counting.take() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let (_, text) = self.get(&page).await?;
            self.counting = text.contains(COUNTING).then_some(page);
        }
        Ok(())
    }

    async fn get(&mut self, page: &Asked) -> Result<(Duration, String)> {
        let cookie = self.cookies.get(page.role).context("a role")?;
        let request = Request::get(&page.address).header(COOKIE, cookie);
        let request = request.body(Body::empty())?;
        let began = Instant::now();
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await?;
        let took = began.elapsed();
        // An entry may be decided, or a case be gone, while the import runs.
        let is_answer = status.is_success() || status == 409;
        ensure!(is_answer, "{}: {status}", page.address);
        Ok((took, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// What the requests for each page took.
#[derive(Default)]
struct Times(BTreeMap<Asked, Vec<Took>>);

impl Times {
    fn add(&mut self, page: &Asked, took: Took) {
        self.0.entry(page.clone()).or_default().push(took);
    }

    /// The first request of all: what is kept for those behind it is not there yet.
    fn first(&self, page: &Asked) -> Option<Duration> {
        let (took, _) = self.0.get(page)?.first()?;
        Some(*took)
    }

    /// The request at the median.
    fn median(&self, page: &Asked) -> Option<Took> {
        let mut all = self.0.get(page)?.clone();
        all.sort_by_key(|(took, _)| *took);
        all.get(all.len() / 2).cloned()
    }
}

fn print(pages: &[Asked], idle: &Times, beside: &Times) {
    println!(
        "| page | idle, ms | the first, ms | beside an import, ms | the slowest query, ms | |"
    );
    println!("|---|---|---|---|---|---|");
    let shown = |took: Option<Duration>| {
        took.map_or_else(
            || "–".to_owned(),
            |took| format!("{:.0}", took.as_secs_f64() * 1e3),
        )
    };
    let mut over = 0;
    for page in pages {
        let (took, query) = idle.median(page).unwrap_or_default();
        over += usize::from(GOAL < took);
        let other = beside.median(page).map(|(took, _)| took);
        let (waited, words) = query.unwrap_or_default();
        println!(
            "| `{}` | {} | {} | {} | {} | {words} |",
            page.address,
            shown(Some(took)),
            shown(idle.first(page)),
            shown(other),
            shown(Some(waited))
        );
    }
    println!(
        "{over} of {} pages took longer than {GOAL:?} at the median",
        pages.len()
    );
}
