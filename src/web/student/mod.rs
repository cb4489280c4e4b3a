//! The student's pages: what to pay, whether the money has arrived, and a way to say what is wrong.
//!
//! Whoever is signed in sees themselves and nobody else: no address and no field of these pages takes
//! a student's number, and a fee of somebody else is answered as one that does not exist.

mod account;
mod calendar;
mod link;
mod papers;
mod say;
mod view;
mod words;

use super::ground::routes::{May, Routes};
use crate::engine::hear::ATTACHMENT_MAX;
use crate::engine::staff::Role;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::routing::post;

/// Who sees these pages.
const STUDENT: May = May::Roles(&[Role::Student]);
/// What stands around a file in a form.
const FORM_BYTES: usize = 64 * 1024;

/// Their routes.
pub(super) fn routes(routes: Routes) -> Routes {
    let upload = post(say::paid).layer(DefaultBodyLimit::max(ATTACHMENT_MAX + FORM_BYTES));
    routes
        .get("/account", STUDENT, account::page)
        .post("/account/ask", STUDENT, account::ask)
        .get("/account/say/{what}", STUDENT, say::form)
        .get("/account/say/paid", STUDENT, say::paid_form)
        .add(Method::POST, "/account/say/paid", STUDENT, upload)
        .post("/account/say/{what}", STUDENT, say::said)
        .post("/account/papers/statement", STUDENT, papers::statement)
        .post(
            "/account/papers/confirmation",
            STUDENT,
            papers::confirmation,
        )
        .post("/account/calendar", STUDENT, calendar::begin)
        .post("/account/calendar/end", STUDENT, calendar::end)
        .get("/calendar/{token}", May::Anybody, calendar::read)
        .get("/sign-in/link", May::Anybody, link::form)
        .post("/sign-in/link", May::Anybody, link::request)
        .get("/link/{token}", May::Anybody, link::page)
        .post("/link", May::Anybody, link::enter)
}
