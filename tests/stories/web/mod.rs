//! The pages, as browsers of different people see them.

mod administration;
mod api;
mod browser;
mod counted;
mod credits;
mod desk;
mod exports;
mod fees;
mod ground;
mod hostile;
mod live;
mod messages;
mod office;
mod papers;
mod reminders;
mod review;
mod rights;
mod sso;
mod student;
mod today;
mod upload;
mod writes;
