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
mod link;
mod live;
mod messages;
mod mine;
mod office;
mod papers;
mod reminders;
mod review;
mod rights;
mod sso;
mod student;
mod student_attacks;
mod today;
mod upload;
mod writes;
