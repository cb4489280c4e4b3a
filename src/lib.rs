//! Kwestura: the receivables engine of a bursar's office.
//!
//! `statement file → entries → credits → whose → settlement of the account`
//!
//! Amounts are `i64` minor units (grosze, cents) beside a currency; days are calendar dates in
//! the institution's time zone. The modules stand here in reading order, which is the order of
//! the data's way. A module uses what stands above it and never what stands below.
//!
//! The core: no I/O, no clock, no randomness, no SQL.
//!
//! | module | job |
//! |---|---|
//! | [`money`] | minor units and currencies: parse, format, checked arithmetic |
//! | [`calendar`] | statutory holidays, business days, the due-date rule, Elixir and TARGET days |
//! | [`iban`] | IBAN, NRB and the scheme of virtual accounts |
//! | [`policy`] | the institution's rules, in versions |
//! | [`statement`] | bytes → statements → which lines are new |
//! | [`roster`] | students, their account numbers and fees: a file's rows, read and checked |
//! | [`identify`] | a credit → whose it is, with graded evidence |
//! | [`settlement`] | one student's facts → what settles what, since when |
//! | [`text`] | days, amounts, counted nouns and account numbers in Polish and English |
//! | [`paper`] | text on pages of A4, as PDF/A |
//! | [`dunning`] | settlement, coverage and a day → who hears what, and what holds it back |
//! | [`cases`] | what needs a person: which cases there should be |
//! | [`message`] | what a message says: subject, text, HTML, the codes to pay by |
//! | [`payment`] | orders to the bank: Elixir-0 and pain.001 |
//!
//! The shell:
//!
//! | module | job |
//! |---|---|
//! | [`config`] | `kwestura.toml`, checked as a whole |
//! | [`store`] | the database: SQLite or PostgreSQL behind one text of SQL |
//! | [`remote`] | one request to another server, and its answer |
//! | [`mail`] | a message becomes bytes, handed to a mail server or laid into a folder |
//! | [`sftp`] | files on another server: listed, read, renamed |
//! | [`sso`] | who a provider of the university says somebody is |
//! | [`engine`] | the use cases: record, settle, decide, verify … |
//! | [`web`] | the pages: who may see them, the office, the COS desk |
//! | [`service`] | what runs by itself: jobs, the inbox, alerts |
//! | [`cli`] | one file per command |
//! | [`simulate`] | a made-up university with the truth beside it |

pub mod calendar;
pub mod cases;
#[cfg(feature = "shell")]
pub mod cli;
pub mod config;
pub mod dunning;
#[cfg(feature = "shell")]
pub mod engine;
pub mod iban;
pub mod identify;
#[cfg(feature = "shell")]
pub mod mail;
#[cfg(feature = "shell")]
pub mod message;
pub mod money;
#[cfg(feature = "shell")]
pub mod paper;
pub mod payment;
pub mod policy;
#[cfg(feature = "shell")]
pub mod remote;
pub mod roster;
#[cfg(feature = "shell")]
pub mod service;
pub mod settlement;
#[cfg(feature = "shell")]
pub mod sftp;
#[cfg(feature = "shell")]
pub mod simulate;
#[cfg(feature = "shell")]
pub mod sso;
pub mod statement;
#[cfg(feature = "shell")]
pub mod store;
pub mod text;
#[cfg(feature = "shell")]
pub mod web;
