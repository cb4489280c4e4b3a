//! The pages, as browsers of different people see them.

mod api;
mod browser;
mod ground;
mod rights;
mod student;
