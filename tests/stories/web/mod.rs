//! The pages, as browsers of different people see them.

mod browser;
mod ground;
mod rights;
