//! The database: SQLite or PostgreSQL behind one text of SQL.
//!
//! Every statement is a constant with `$1` placeholders that both engines take. Many rows travel
//! as one JSON text, unfolded by `json_each($1)`. What differs between the engines is in
//! [`connect`], [`mod@line`], [`migrate`] and [`growth`], in [`Db::mark`], [`Tx::lock`] and [`Tx::together`].
//!
//! A transaction that reads sees one moment; one that writes on SQLite is the only writer. Nobody
//! waits for the network inside one.

pub mod alerts;
pub mod api;
pub mod arming;
pub mod audit;
mod backup;
pub mod books;
pub mod cases;
pub mod chain;
mod change;
pub mod connect;
pub mod copy;
pub mod decisions;
pub mod entries;
pub mod exports;
pub mod facts;
pub mod growth;
pub mod held;
pub mod identification;
pub mod jobs;
pub mod journal;
pub mod kept;
pub mod kill;
pub mod line;
pub mod logins;
pub mod lookup;
mod lumps;
pub mod messages;
pub mod migrate;
pub mod papers;
pub mod payments;
pub mod people;
pub mod policy;
pub mod recording;
pub mod remote_files;
pub mod retention;
pub mod review;
pub mod roster;
mod row;
pub mod runs;
pub mod sealed;
pub mod search;
pub mod statements;
pub mod terms;
pub mod texts;
pub mod today;
mod together;
pub mod tokens;
pub mod uploads;
pub mod uses;
pub mod verify;
pub mod waiting;
pub mod webhooks;

pub use backup::Address;
pub use connect::{Db, StoreError, Tx};
pub use row::{Arg, Fetch, Packed, ROWS_MAX, Rows};
pub use together::{Answers, Place, Together};
