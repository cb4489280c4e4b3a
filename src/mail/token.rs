//! A token to sign in by at the mail server in place of a password (OAuth 2.0, RFC 6749, 4.4).
//!
//! In: who gives tokens, and the secret that proves who asks. Out: a token, kept until shortly before
//! its end. Neither it nor the secret is ever shown.

use crate::config::TokenService;
use crate::remote::{Ask, ask};
use crate::text::in_address;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// A token that ends so soon is asked for anew.
const EARLY: Duration = Duration::from_mins(5);
/// How long one is good whose service does not say so.
const USUAL: u64 = 3600;

/// Somebody who asks for tokens.
pub(super) struct Tokens {
    service: TokenService,
    authority: Option<PathBuf>,
    secret: String,
    kept: Option<Kept>,
}

/// A token.
struct Kept {
    token: String,
    until: Instant,
    /// Whether it was good once, so that it may be no more.
    is_used: bool,
}

/// What the service answers with a token.
#[derive(Deserialize)]
struct Given {
    access_token: String,
    expires_in: Option<u64>,
}

/// What it answers without one (RFC 6749, 5.2).
#[derive(Deserialize)]
struct Denied {
    error: String,
}

impl Tokens {
    pub(super) fn new(service: TokenService, authority: Option<PathBuf>, secret: String) -> Tokens {
        Tokens {
            service,
            authority,
            secret,
            kept: None,
        }
    }

    /// Forgets a token that the server takes no more; whether there was one that had been used before.
    pub(super) fn forgot(&mut self) -> bool {
        self.kept.take().is_some_and(|kept| kept.is_used)
    }

    /// A token that is good for a while; in words why there is none.
    pub(super) async fn token(&mut self) -> Result<String, String> {
        if let Some(kept) = &mut self.kept
            && Instant::now() < kept.until
        {
            kept.is_used = true;
            return Ok(kept.token.clone());
        }
        self.kept = None;
        let given = self.ask().await?;
        let seconds = given.expires_in.unwrap_or(USUAL).min(24 * 3600);
        let good = Duration::from_secs(seconds).saturating_sub(EARLY);
        self.kept = Some(Kept {
            token: given.access_token.clone(),
            until: Instant::now() + good,
            is_used: false,
        });
        Ok(given.access_token)
    }

    async fn ask(&self) -> Result<Given, String> {
        let TokenService {
            address,
            client,
            scope,
        } = &self.service;
        let at = |why: &str| format!("no token to sign in by comes from {address}: {why}");
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
            in_address(client),
            in_address(&self.secret),
            in_address(scope)
        );
        let asked = Ask {
            address,
            authority: self.authority.as_deref(),
            body: Some(("application/x-www-form-urlencoded", form)),
            ..Ask::default()
        };
        let answer = ask(&asked).await.map_err(|why| at(&why.0))?;
        if answer.status == 200 {
            return serde_json::from_str(&answer.text).map_err(|_| at("its answer has no token"));
        }
        let denied = serde_json::from_str::<Denied>(&answer.text).map(|denied| denied.error);
        Err(match denied.as_deref() {
            Ok("invalid_client" | "unauthorized_client") => at(
                "it does not know the client, or the secret is wrong or over: see client and password_file under [mail]",
            ),
            Ok("invalid_scope") => at("it gives none for this scope: see scope under [mail.oauth]"),
            // Only words of the standard are told: an answer may repeat what was sent.
            _ => at(&format!("it answers {}", answer.status)),
        })
    }
}
