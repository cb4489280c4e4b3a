//! `OpenID` Connect, as a client: the way of the code, with PKCE, state and nonce.
//!
//! | step | what is looked at |
//! |---|---|
//! | what the provider says of itself | it names itself as the settings do |
//! | the browser comes back | with the errand's state, from this provider (RFC 9207) |
//! | the code becomes a token | over a line of ours, with the errand's verifier (RFC 7636) |
//! | the token | a key of the provider signed it; `iss`, `aud`, `azp`, `exp`, `iat`, `nonce` |
//! | what it leaves out | is asked for at `userinfo`, which must speak of the same `sub` |
//!
//! Source: `OpenID` Connect Core 1.0, section 3.1; Back-Channel Logout 1.0, sections 2.4 and 2.6.
//! What a provider says of itself and its keys are kept for minutes; see [`super::known`].

use super::jwt::{self, Keys};
use super::known::{MINUTE_MILLIS, WHILE_MILLIS};
use super::{Brought, Errand, NotProven, Proven, Way, down, fields, refused};
use crate::config::Provider;
use crate::remote::Ask;
use crate::text::in_address;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// Clocks differ by so many seconds.
const SKEW_SECONDS: i64 = 120;
/// A log-out that was said so many seconds ago is over.
const LOG_OUT_SECONDS: i64 = 10 * 60;
const LOG_OUT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a provider says of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Itself {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Debug, Deserialize)]
struct Tokens {
    id_token: String,
    access_token: String,
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, NotProven> {
    serde_json::from_str(text)
        .map_err(|error| down(format!("its answer is not understood: {error}")))
}

fn issuer<'a>(way: &Way<'a>) -> &'a str {
    match &way.sso.provider {
        Provider::Openid { issuer, .. } => issuer,
        Provider::Cas { address } => address,
    }
}

/// What the provider says of itself, read `within` so many milliseconds.
async fn itself(way: &Way<'_>, now: i64, within: i64) -> Result<Arc<Itself>, NotProven> {
    if let Some(kept) = way.known.itself(now, within) {
        return Ok(kept);
    }
    let issuer = issuer(way);
    let base = issuer.trim_end_matches('/');
    let address = format!("{base}/.well-known/openid-configuration");
    let itself: Itself = json(&way.read(&address).await?)?;
    if itself.issuer != issuer {
        let other = &itself.issuer;
        return Err(down(format!(
            "it calls itself {other}, and sign_in.sso.address is {issuer}"
        )));
    }
    Ok(way.known.keep_itself(now, itself))
}

/// What a token says that a key of the provider signed. A token of none of the keys that are known makes
/// them read again: the provider may have changed them.
async fn signed(way: &Way<'_>, itself: &Itself, token: &str, now: i64) -> Result<Value, NotProven> {
    if let Some(keys) = way.known.keys(now, WHILE_MILLIS) {
        let signed = jwt::signed(token, &keys);
        // Whoever sends made-up tokens does not make us ask each time.
        let is_fresh = way.known.keys(now, MINUTE_MILLIS).is_some();
        if signed != Err(jwt::BY_NO_KEY) || is_fresh {
            return signed.map_err(refused);
        }
    }
    let keys: Keys = json(&way.read(&itself.jwks_uri).await?)?;
    let keys = way.known.keep_keys(now, keys);
    jwt::signed(token, &keys).map_err(refused)
}

/// Where the browser is sent.
pub(super) async fn out(
    way: &Way<'_>,
    client: &str,
    scopes: &[String],
    errand: &Errand,
    now: i64,
) -> Result<String, NotProven> {
    let itself = itself(way, now, MINUTE_MILLIS).await?;
    let challenge = jwt::base64(&<sha2::Sha256 as sha2::Digest>::digest(
        errand.derived("verifier"),
    ));
    let query = fields(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", way.back),
        ("scope", &scopes.join(" ")),
        ("state", &errand.derived("state")),
        ("nonce", &errand.derived("nonce")),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let address = &itself.authorization_endpoint;
    let sign = if address.contains('?') { '&' } else { '?' };
    Ok(format!("{address}{sign}{query}"))
}

/// What the provider says of whoever comes back.
pub(super) async fn back(
    way: &Way<'_>,
    client: &str,
    errand: &Errand,
    brought: &Brought,
    now: i64,
) -> Result<Proven, NotProven> {
    if brought.state != errand.derived("state") {
        return Err(refused(
            "another browser began this, or it was done already",
        ));
    }
    if !brought.error.is_empty() {
        return Err(refused(&brought.error));
    }
    let itself = itself(way, now, WHILE_MILLIS).await?;
    let names_itself =
        !brought.iss.is_empty() || itself.authorization_response_iss_parameter_supported;
    if names_itself && brought.iss != itself.issuer {
        return Err(refused("it comes from another provider"));
    }
    let tokens = tokens(way, &itself, client, errand, &brought.code).await?;
    let claims = signed(way, &itself, &tokens.id_token, now).await?;
    is_for_us(&claims, &itself.issuer, client, now).map_err(refused)?;
    if text(&claims, "nonce").as_deref() != Some(&errand.derived("nonce")) {
        return Err(refused("the token is for another errand"));
    }
    let more = more(way, &itself, &claims, &tokens.access_token).await?;
    proven(way, &claims, &more)
}

async fn tokens(
    way: &Way<'_>,
    itself: &Itself,
    client: &str,
    errand: &Errand,
    code: &str,
) -> Result<Tokens, NotProven> {
    let verifier = errand.derived("verifier");
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", way.back),
        ("code_verifier", &verifier),
    ];
    // Without a secret we only name ourselves (RFC 6749, 2.3.1 and 3.2.1).
    let authorization = way.secret.map(|secret| {
        let pair = format!("{}:{}", in_address(client), in_address(&secret.0));
        format!("Basic {}", STANDARD.encode(pair))
    });
    if authorization.is_none() {
        form.push(("client_id", client));
    }
    let answer = way.ask(Ask {
        address: &itself.token_endpoint,
        authorization,
        body: Some(("application/x-www-form-urlencoded", fields(&form))),
        ..Ask::default()
    });
    let answer = answer.await?;
    // 401 is about us, and 400 about the code, unless it says otherwise.
    match answer.status {
        200 => json(&answer.text),
        400 if !answer.text.contains("invalid_client") => Err(refused("the code is good no more")),
        status => Err(down(format!(
            "for the code it answers {status}: {}",
            answer.text
        ))),
    }
}

/// Whether a token is from this provider, for us, and of now.
fn is_for_us(claims: &Value, issuer: &str, client: &str, now: i64) -> Result<(), &'static str> {
    let now = now / 1_000;
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    if text(claims, "iss").as_deref() != Some(issuer) {
        return Err("the token is from another provider");
    }
    let is_ours = |value: &Value| value.as_str() == Some(client);
    let is_for_us = match claims.get("aud") {
        Some(Value::Array(all)) => {
            let named = text(claims, "azp");
            all.iter().any(is_ours) && (all.len() == 1 || named.as_deref() == Some(client))
        }
        Some(one) => is_ours(one),
        None => false,
    };
    if !is_for_us || text(claims, "azp").is_some_and(|azp| azp != client) {
        return Err("the token is for somebody else");
    }
    if number("iat").is_none_or(|at| now + SKEW_SECONDS < at) {
        return Err("the token is of a time to come");
    }
    if number("exp").is_none_or(|end| end <= now - SKEW_SECONDS) {
        return Err("the token is too old");
    }
    Ok(())
}

/// What the token leaves out of what the settings look for.
async fn more(
    way: &Way<'_>,
    itself: &Itself,
    claims: &Value,
    access_token: &str,
) -> Result<Value, NotProven> {
    let sso = way.sso;
    let login = login_claim(way);
    let wanted = [&sso.student, &sso.email, &sso.name].into_iter().flatten();
    let is_missing = wanted
        .map(String::as_str)
        .chain([login])
        .any(|name| claims.get(name).is_none());
    let Some(address) = itself.userinfo_endpoint.as_deref().filter(|_| is_missing) else {
        return Ok(Value::Null);
    };
    let answer = way.ask(Ask {
        address,
        authorization: Some(format!("Bearer {access_token}")),
        ..Ask::default()
    });
    let more: Value = json(&answer.await?.good()?)?;
    if text(&more, "sub").is_none() || text(&more, "sub") != text(claims, "sub") {
        return Err(refused("userinfo speaks of somebody else"));
    }
    Ok(more)
}

fn login_claim<'a>(way: &Way<'a>) -> &'a str {
    match &way.sso.provider {
        Provider::Openid { login, .. } => login,
        Provider::Cas { .. } => "sub",
    }
}

fn proven(way: &Way<'_>, claims: &Value, more: &Value) -> Result<Proven, NotProven> {
    let value = |name: &str| text(claims, name).or_else(|| text(more, name));
    let login = value(login_claim(way)).filter(|login| !login.is_empty());
    let login = login.ok_or_else(|| down(format!("it tells no {}", login_claim(way))))?;
    let proven = way.proven(login, value);
    // An address that anybody could have typed is none.
    let verified =
        [claims, more].map(|said| said.get("email_verified") == Some(&Value::Bool(true)));
    let email = proven.email.clone().filter(|_| verified.contains(&true));
    Ok(Proven {
        email,
        session: text(claims, "sid"),
        ..proven
    })
}

/// A claim as text; numbers are such, too, since ids are.
fn text(claims: &Value, name: &str) -> Option<String> {
    match claims.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The session that a log-out token ends; none where it is no such token.
pub(super) async fn ended(
    way: &Way<'_>,
    client: &str,
    token: &str,
    now: i64,
) -> Result<Option<String>, NotProven> {
    let itself = itself(way, now, WHILE_MILLIS).await?;
    let claims = signed(way, &itself, token, now).await?;
    is_for_us(&claims, &itself.issuer, client, now).map_err(refused)?;
    let said_at = claims
        .get("iat")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let is_log_out = claims
        .get("events")
        .is_some_and(|events| events.get(LOG_OUT).is_some())
        && claims.get("nonce").is_none()
        && now / 1_000 - said_at <= LOG_OUT_SECONDS;
    Ok(text(&claims, "sid").filter(|_| is_log_out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn s10_a_token_is_from_the_provider_for_us_and_of_now() {
        let good =
            json!({"iss": "https://op", "aud": "rp", "iat": 1_799_999_990, "exp": 1_800_000_300});
        assert_eq!(is_for_us(&good, "https://op", "rp", NOW), Ok(()));
        let with = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            is_for_us(&claims, "https://op", "rp", NOW)
        };
        assert_eq!(with("aud", json!(["rp"])), Ok(()));
        assert_eq!(with("azp", json!("rp")), Ok(()));
        for (name, value) in [
            ("iss", json!("https://op/")),
            ("iss", json!(null)),
            ("aud", json!("rp2")),
            ("aud", json!(["rp2"])),
            ("aud", json!(["rp", "rp2"])),
            ("aud", json!([])),
            ("aud", json!(null)),
            ("azp", json!("rp2")),
            ("exp", json!(1_799_999_000)),
            ("exp", json!("1800000300")),
            ("exp", json!(null)),
            ("iat", json!(1_800_001_000)),
            ("iat", json!(null)),
        ] {
            assert!(with(name, value.clone()).is_err(), "{name} {value}");
        }
        // The clocks of two machines differ.
        assert_eq!(with("exp", json!(1_799_999_950)), Ok(()));
    }
}
