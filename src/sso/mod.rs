//! Single sign-on: who a provider of the university says somebody is.
//!
//! In: what a browser brought back from the provider. Out: a login that is proven, with what the
//! provider tells of it, or why it is not. It asks the provider over a line of its own, and knows
//! neither students nor staff: whose a login is, is the engine's.
//!
//! A browser is sent on an [`Errand`]. It holds the errand's seed, and only what is derived from it is
//! seen on the way; so what another browser began is of no use in this one.
//!
//! | file | job |
//! |---|---|
//! | `cas` | CAS 3.0 |
//! | `openid` | `OpenID` Connect: the code's way |
//! | `jwt` | a token's signature |
//! | `known` | what is kept of an `OpenID` provider |

mod cas;
mod jwt;
mod known;
mod openid;

pub use known::Known;

use crate::config::{Provider, SingleSignOn};
use crate::remote::{self, Answer, Ask, Unreachable};
use crate::text::in_address;
use sha2::{Digest as _, Sha256};
use std::fmt;
use thiserror::Error;

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotProven {
    /// The provider says no, or what was brought is not good: the browser may try again.
    #[error("the single sign-on does not prove it: {0}")]
    Refused(String),
    /// The provider cannot be asked, or does not answer as it should.
    #[error("the single sign-on does not answer: {0}")]
    Down(String),
}

impl From<Unreachable> for NotProven {
    fn from(why: Unreachable) -> NotProven {
        NotProven::Down(why.0)
    }
}

fn refused(why: impl fmt::Display) -> NotProven {
    NotProven::Refused(why.to_string())
}

fn down(why: impl fmt::Display) -> NotProven {
    NotProven::Down(why.to_string())
}

/// What a provider says of somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proven {
    /// The login, with its capitals.
    pub login: String,
    /// The student system's id, where the settings say how it is told.
    pub student: Option<String>,
    /// An address that the provider vouches for.
    pub email: Option<String>,
    /// A name; empty where none is told.
    pub name: String,
    /// What the provider calls the session, for single log-out.
    pub session: Option<String>,
}

/// What the provider knows us by, beside our name.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// As the provider gave it.
    pub fn new(text: String) -> Secret {
        Secret(text)
    }
}

impl fmt::Debug for Secret {
    /// Without it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What a browser brings back.
#[derive(Debug, Clone, Default)]
pub struct Brought {
    /// CAS: the ticket.
    pub ticket: String,
    /// `OpenID`: the code.
    pub code: String,
    /// `OpenID`: the errand's state.
    pub state: String,
    /// `OpenID`: who sends it back (RFC 9207).
    pub iss: String,
    /// `OpenID`: why there is no code.
    pub error: String,
}

/// One browser's way to the provider and back.
#[derive(Clone)]
pub struct Errand {
    seed: String,
}

impl Errand {
    /// By its seed, which nobody can guess and the browser alone holds.
    pub fn of(seed: impl Into<String>) -> Errand {
        Errand { seed: seed.into() }
    }

    /// What is derived for a purpose: 43 letters that say nothing of the seed.
    fn derived(&self, purpose: &str) -> String {
        jwt::base64(&Sha256::digest(format!("{purpose} {}", self.seed)))
    }
}

/// The way over the institution's provider.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// The provider.
    pub sso: &'a SingleSignOn,
    /// Where it sends browsers back to: from the settings, never from a request.
    pub back: &'a str,
    /// What it knows us by.
    pub secret: Option<&'a Secret>,
    /// What is kept of it.
    pub known: &'a Known,
}

impl Way<'_> {
    /// `cas` or `oidc`.
    pub fn name(&self) -> &'static str {
        match self.sso.provider {
            Provider::Cas { .. } => "cas",
            Provider::Openid { .. } => "oidc",
        }
    }

    /// Where a browser is sent to sign in, if the provider is there; `now` in milliseconds.
    pub async fn out(&self, errand: &Errand, now: i64) -> Result<String, NotProven> {
        match &self.sso.provider {
            Provider::Cas { address } => cas::out(self, address).await,
            Provider::Openid { client, scopes, .. } => {
                openid::out(self, client, scopes, errand, now).await
            }
        }
    }

    /// What the provider says of whoever comes back; `now` in milliseconds.
    pub async fn back(
        &self,
        errand: &Errand,
        brought: &Brought,
        now: i64,
    ) -> Result<Proven, NotProven> {
        match &self.sso.provider {
            Provider::Cas { address } => cas::back(self, address, &brought.ticket).await,
            Provider::Openid { client, .. } => {
                openid::back(self, client, errand, brought, now).await
            }
        }
    }

    /// The session that the provider's server says is over: of CAS the form field `logoutRequest`, of
    /// `OpenID` a `logout_token`, whose signature is looked at. None where it is neither.
    pub async fn ended(&self, said: &str, now: i64) -> Result<Option<String>, NotProven> {
        match &self.sso.provider {
            Provider::Cas { .. } => Ok(cas::ended(said)),
            Provider::Openid { client, .. } => openid::ended(self, client, said, now).await,
        }
    }

    async fn ask(&self, ask: Ask<'_>) -> Result<Answer, NotProven> {
        let authority = self.sso.authority.as_deref();
        Ok(remote::ask(&Ask { authority, ..ask }).await?)
    }

    async fn read(&self, address: &str) -> Result<String, NotProven> {
        let ask = Ask {
            address,
            ..Ask::default()
        };
        Ok(self.ask(ask).await?.good()?)
    }

    /// What the settings look for, found by `value` in what the provider tells.
    fn proven(&self, login: String, value: impl Fn(&str) -> Option<String>) -> Proven {
        let named = |name: &Option<String>| {
            let value = value(name.as_deref()?)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        Proven {
            student: named(&self.sso.student),
            email: named(&self.sso.email),
            name: named(&self.sso.name).unwrap_or_default(),
            login,
            session: None,
        }
    }
}

/// The fields of a form or an address.
fn fields(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", in_address(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}
