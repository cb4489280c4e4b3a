//! The desk: cases by urgency, and one case with all that is known. The student service centre sees
//! its own queue; the office sees both.

pub mod case;
pub mod cases;
pub mod dossier;
pub mod login;
pub mod many;
pub mod words;

use super::ground::Visit;
use super::ground::routes::{May, Routes};
use super::office::PEOPLE;
use crate::cases::Queue;
use crate::engine::staff::Role;

/// Who works on cases.
const DESK: &[Role] = &[Role::Bursar, Role::Cos];

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/cases", May::Roles(PEOPLE), cases::page)
        .get("/cases.csv", May::Roles(PEOPLE), cases::csv)
        .get("/cases.xlsx", May::Roles(PEOPLE), cases::csv)
        .post("/cases/many", May::Roles(DESK), many::act)
        .get(
            "/cases/{id}/dossier.pdf",
            May::Roles(PEOPLE),
            dossier::download,
        )
        .get("/cases/{id}", May::Roles(PEOPLE), case::page)
        .get("/cases/{id}/login", May::Roles(DESK), login::page)
        .post("/cases/{id}/login", May::Roles(DESK), login::link)
        .post("/cases/{id}/take", May::Roles(DESK), case::take)
        .post("/cases/{id}/assign", May::Roles(DESK), case::assign)
        .post("/cases/{id}/wait", May::Roles(DESK), case::wait)
        .post("/cases/{id}/resume", May::Roles(DESK), case::resume)
        .post("/cases/{id}/note", May::Roles(DESK), case::note)
        .post("/cases/{id}/reply", May::Roles(DESK), case::reply)
        .post("/cases/{id}/resolve", May::Roles(DESK), case::resolve)
}

/// The only queue that somebody sees; none where they see both.
pub fn own_queue(visit: &Visit) -> Option<Queue> {
    let role = visit.session.as_ref().map(|session| session.role);
    (role == Some(Role::Cos)).then_some(Queue::Cos)
}
