//! The service: what runs by itself, and notices when it does not.
//!
//! | module | job |
//! |---|---|
//! | [`worker`] | a round: which jobs are due, taken and run; and the loop around it |
//! | [`jobs`] | what each job does |
//! | `fetch` | files that lie on other servers, into the inbox |
//! | [`inbox`] | a folder into which others lay files |
//! | `folders` | which of them there are, and whose job it is to take the files |
//! | [`alerts`] | what does not happen as it should, and who is told |
//! | [`health`] | the same for other programs: /healthz, /readyz, /metrics |
//! | `watch` | a file is looked at when it lands there |
//! | `webhooks` | other systems hear what changed |
//! | [`lease`] | who runs a job, and when it runs next |
//!
//! Nothing is decided here: a job calls a use case of the engine and notes what came of it. Any
//! number of workers may run, in one process or on several machines; each job is run by one of them.
//! A worker may die at any moment: whoever comes next goes on.

pub mod alerts;
mod fetch;
mod folders;
pub mod health;
pub mod inbox;
pub mod jobs;
pub mod lease;
mod said;
mod watch;
mod webhooks;
pub mod worker;

pub use worker::{Ran, Worker, work};
