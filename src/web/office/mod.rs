//! The pages of the bursar's office.

pub mod audit;
pub mod chart;
mod confirmation;
pub mod credits;
pub mod days;
pub mod decisions;
pub mod effect;
pub mod fees;
pub mod judge;
pub mod messages;
mod noted;
pub mod queue;
pub mod refunds;
pub mod reminders;
pub mod review;
pub mod settings;
pub mod staff;
pub mod statements;
pub mod student;
pub mod students;
mod timeline;
pub mod today;
pub mod trends;
pub mod upload;
pub mod why;
pub mod wish;

use super::ground::handed;
use super::ground::routes::{May, Routes};
use crate::engine::staff::Role;
use axum::http::Method;
use axum::routing::post;

/// Who sees money: the office, and who audits it.
pub const MONEY: &[Role] = &[Role::Bursar, Role::Auditor];
/// Who decides about money.
const DECIDES: &[Role] = &[Role::Bursar];
/// Who decides about students.
const DESK: &[Role] = &[Role::Bursar, Role::Cos];
/// Who sees what others did.
pub const WATCHES: &[Role] = &[Role::Auditor, Role::Administrator];
/// Who gives access.
pub const ADMINISTERS: &[Role] = &[Role::Administrator];
/// Who sees the rules.
pub const RULES: &[Role] = &[Role::Bursar, Role::Auditor, Role::Administrator];
/// Who sees students.
pub const PEOPLE: &[Role] = &[Role::Bursar, Role::Cos, Role::Auditor];

pub(super) fn routes(routes: Routes) -> Routes {
    administration(refunds(asking(money(routes))))
}

/// Who works here, by which rules, and what they did.
fn administration(routes: Routes) -> Routes {
    routes
        .get("/staff", May::Roles(ADMINISTERS), staff::page)
        .post("/staff", May::Roles(ADMINISTERS), staff::add)
        .post("/staff/{name}/renew", May::Roles(ADMINISTERS), staff::renew)
        .post(
            "/staff/{name}/disable",
            May::Roles(ADMINISTERS),
            staff::disable,
        )
        .post(
            "/staff/{name}/enable",
            May::Roles(ADMINISTERS),
            staff::enable,
        )
        .post(
            "/staff/{name}/sign-out",
            May::Roles(ADMINISTERS),
            staff::sign_out,
        )
        .get("/settings", May::Roles(RULES), settings::page)
        .get("/audit", May::Roles(WATCHES), audit::page)
}

/// Money that goes back.
fn refunds(routes: Routes) -> Routes {
    routes
        .get("/refunds", May::Roles(MONEY), refunds::page)
        .get("/refunds.csv", May::Roles(MONEY), refunds::csv)
        .get("/refunds.xlsx", May::Roles(MONEY), refunds::csv)
        .post("/refunds/pay", May::Roles(DECIDES), refunds::pay)
        .get(
            "/refunds/files/{id}",
            May::Roles(DECIDES),
            refunds::download,
        )
        .post(
            "/refunds/files/{id}/withdraw",
            May::Roles(DECIDES),
            refunds::withdraw,
        )
}

/// Money that comes, and the students whose it is.
fn money(routes: Routes) -> Routes {
    routes
        .get("/today", May::Roles(MONEY), today::page)
        .get("/credits", May::Roles(MONEY), credits::page)
        .get("/credits.csv", May::Roles(MONEY), credits::csv)
        .get("/credits.xlsx", May::Roles(MONEY), credits::csv)
        .get("/review", May::Roles(MONEY), queue::page)
        .get("/review.csv", May::Roles(MONEY), queue::csv)
        .get("/review.xlsx", May::Roles(MONEY), queue::csv)
        .get("/review/{id}", May::Roles(MONEY), review::page)
        .post("/review/{id}/assign", May::Roles(DECIDES), judge::assign)
        .post("/review/{id}/split", May::Roles(DECIDES), judge::split)
        .post("/review/{id}/ignore", May::Roles(DECIDES), judge::ignore)
        .post(
            "/review/{id}/designate",
            May::Roles(DECIDES),
            judge::designate,
        )
        .post(
            "/review/{id}/hand-over",
            May::Roles(DECIDES),
            judge::hand_over,
        )
        .post("/review/{id}/undo", May::Roles(DECIDES), judge::undo)
        .get("/students", May::Roles(PEOPLE), students::page)
        .get("/students.csv", May::Roles(PEOPLE), students::csv)
        .get("/students.xlsx", May::Roles(PEOPLE), students::csv)
        .get("/students/{id}", May::Roles(PEOPLE), student::page)
        .post("/students/{id}/decide", May::Roles(DESK), student::decide)
        .post(
            "/students/{id}/decisions/{number}/undo",
            May::Roles(DESK),
            student::take_back,
        )
        .get(
            "/students/{id}/confirmations/{number}",
            May::Roles(PEOPLE),
            confirmation::open,
        )
        .get("/why/{name}", May::Roles(PEOPLE), why::page)
        .get("/statements", May::Roles(MONEY), statements::page)
        .get("/statements.csv", May::Roles(MONEY), statements::csv)
        .get("/statements.xlsx", May::Roles(MONEY), statements::csv)
        .get("/statements/calendar", May::Roles(MONEY), days::page)
        .post(
            "/statements/calendar/gap",
            May::Roles(DECIDES),
            days::accept_gap,
        )
        .post(
            "/statements/calendar/anchor",
            May::Roles(DECIDES),
            days::anchor,
        )
        .add(
            Method::POST,
            "/statements/upload",
            May::Roles(DECIDES),
            post(upload::hand_in).layer(handed::limit()),
        )
        .get(
            "/statements/upload/{token}",
            May::Roles(DECIDES),
            upload::page,
        )
        .post(
            "/statements/upload/{token}",
            May::Roles(DECIDES),
            upload::import,
        )
        .get("/statements/{name}", May::Roles(MONEY), statements::one)
        .post(
            "/statements/{name}/judge",
            May::Roles(DECIDES),
            statements::judge,
        )
}

/// What is asked of students, and what is written to them; and what waits for a second person.
fn asking(routes: Routes) -> Routes {
    routes
        .get("/messages", May::Roles(MONEY), messages::page)
        .get("/messages.csv", May::Roles(MONEY), messages::csv)
        .get("/messages.xlsx", May::Roles(MONEY), messages::csv)
        .get("/messages/{id}", May::Roles(PEOPLE), messages::one)
        .post("/messages/retry", May::Roles(DECIDES), messages::retry)
        .post("/messages/{id}/judge", May::Roles(DECIDES), messages::judge)
        .post(
            "/messages/{id}/letter.pdf",
            May::Roles(DESK),
            messages::letter,
        )
        .post(
            "/messages/{id}/delivered",
            May::Roles(DESK),
            messages::delivered,
        )
        .get("/fees", May::Roles(MONEY), fees::page)
        .get("/fees.csv", May::Roles(MONEY), fees::csv)
        .get("/fees.xlsx", May::Roles(MONEY), fees::csv)
        .add(
            Method::POST,
            "/fees/upload",
            May::Roles(DECIDES),
            post(fees::hand_in).layer(handed::limit()),
        )
        .get("/fees/upload/{token}", May::Roles(DECIDES), fees::preview)
        .post("/fees/upload/{token}", May::Roles(DECIDES), fees::import)
        .get("/reminders", May::Roles(MONEY), reminders::page)
        .get("/reminders.csv", May::Roles(MONEY), reminders::csv)
        .get("/reminders.xlsx", May::Roles(MONEY), reminders::csv)
        .get("/reminders/{id}", May::Roles(MONEY), reminders::one)
        .post("/reminders/run", May::Roles(DECIDES), reminders::run)
        .post(
            "/reminders/approve",
            May::Roles(DECIDES),
            reminders::approve,
        )
        .post("/reminders/drop", May::Roles(DECIDES), reminders::drop_it)
        .post(
            "/reminders/runs/{id}/withdraw",
            May::Roles(DECIDES),
            reminders::withdraw,
        )
        .get("/decisions", May::Roles(MONEY), decisions::page)
        .post(
            "/decisions/{id}/approve",
            May::Roles(DECIDES),
            decisions::approve,
        )
        .post(
            "/decisions/{id}/reject",
            May::Roles(DECIDES),
            decisions::reject,
        )
}
