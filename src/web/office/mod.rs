//! The pages of the bursar's office.

pub mod chart;
pub mod today;

use super::ground::routes::{May, Routes};
use crate::engine::staff::Role;

/// Who sees money: the office, and who audits it.
pub const MONEY: &[Role] = &[Role::Bursar, Role::Auditor];
/// Who sees students.
pub const PEOPLE: &[Role] = &[Role::Bursar, Role::Cos, Role::Auditor];

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/today", May::Roles(MONEY), today::page)
}
