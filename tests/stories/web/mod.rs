//! The pages, as browsers of different people see them.

mod api;
mod browser;
mod desk;
mod fees;
mod ground;
mod hostile;
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
