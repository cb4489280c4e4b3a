//! The last step of the demo: an office in the middle of a term, in a browser.
//!
//! Its books are played day by day with statements that come late, so that there is something to
//! decide. Its accounts have passwords made up on the spot, good for this folder alone.

use super::super::progress::Progress;
use super::super::rehearse::play;
use super::super::say::say;
use super::super::serve::{clock_from, listen, pages_until_stopped};
use super::super::{Context, common::table};
use crate::engine::lookup::{self, Account};
use crate::engine::staff::{self, Role};
use crate::engine::{EngineError, Moment, Office, login, students};
use crate::simulate::{Plan, simulate_with};
use crate::web::Site;
use chrono::NaiveDate;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

/// So many students are a morning's work.
const STUDENTS: u32 = 400;
/// For how long the student's link works.
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;
/// Who works in the office.
const STAFF: [(&str, &str, Role); 4] = [
    ("bursar", "Beata Kwestor", Role::Bursar),
    ("cos", "Celina Okienko", Role::Cos),
    ("auditor", "Adam Rewident", Role::Auditor),
    ("administrator", "Ignacy Serwer", Role::Administrator),
];

/// Plays the first weeks of a term into a folder and serves its pages until Ctrl-C.
pub async fn serve(context: &Context, seed: u64, folder: &Path) -> Result<(), EngineError> {
    say!("\n7. The office in a browser, on a day in the middle of the term (kwestura serve).");
    let cannot = |error| super::failed(folder, &error);
    simulate_with(&Plan::of(STUDENTS, seed), folder, |_| {}).map_err(cannot)?;
    let mut office = super::open(context, folder).await?;
    let progress = Progress::new("days", 0);
    play(&mut office, folder, last_day(), |done, of| {
        progress.of(done, of);
    })
    .await?;
    progress.end();
    let morning = morning(&office);
    let mut rows = table(&["sign in as", "password", "who"]);
    for (login, name, role) in STAFF {
        let secrets = staff::add(&office, (login, name, role), None, false).await?;
        rows.add_row([login.to_owned(), secrets.password, name.to_owned()]);
    }
    say!("{rows}");
    let (listener, address) = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    say!(
        "http://{address}/ is the office of {}, until Ctrl-C.",
        last_day().unwrap_or_default()
    );
    office.now = Moment::of(morning, office.config.institution.time_zone);
    if let Some((student, link)) = student_link(&office).await? {
        say!("http://{address}{link}\n  opens the page of {student}, a student, once.");
    }
    let clock = clock_from(&context.clock, morning);
    let site = Site::new(office.db.clone(), office.config.clone(), clock, false).for_people();
    pages_until_stopped(site, listener).await?;
    office.db.close().await;
    Ok(())
}

/// A student who has paid something and owes what is not overdue, and a link to their page.
async fn student_link(office: &Office) -> Result<Option<(String, String)>, EngineError> {
    let is_typical = |account: &Account| {
        account.to_pay_minor() > 0 && !account.is_overdue() && !account.transfers.is_empty()
    };
    for student in students::list(office, None).await? {
        let found = lookup::by_external(office, &student.external_id).await?;
        if found.accounts.iter().any(is_typical) {
            let until = office.now.millis + DAY_MILLIS;
            let link = login::by_hand(office, &found.student, until).await?;
            return Ok(Some((found.name, link)));
        }
    }
    Ok(None)
}

/// The day that is played last.
fn last_day() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, 10, 28)
}

/// Half past eight or so, behind the run of that day.
fn morning(office: &Office) -> i64 {
    let morning = last_day().and_then(|day| day.and_hms_opt(8, 30, 0));
    morning.map_or(office.now.millis, |morning| {
        morning.and_utc().timestamp_millis()
    })
}
