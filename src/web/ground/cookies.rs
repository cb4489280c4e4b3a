//! Cookies: the session, the way over a single sign-on, and the language.

use super::Site;
use crate::text::Language;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const LANGUAGE: &str = "kwestura-language";
const ERRAND_SECONDS: u32 = 10 * 60;
const YEAR_SECONDS: u32 = 365 * 24 * 60 * 60;

/// What the session's cookie is called. With the prefix a browser takes it for this host alone and
/// only by https (RFC 6265bis, 4.1.3.2); on the same machine there is no https.
fn session_name(site: &Site) -> &'static str {
    if site.secure {
        "__Host-kwestura"
    } else {
        "kwestura"
    }
}

/// The session's token that a browser holds.
pub fn session(site: &Site, headers: &HeaderMap) -> Option<String> {
    read(headers, session_name(site))
}

/// Hands a token to the browser, until it is closed or the session ends.
pub fn set_session(site: &Site, token: &str) -> Option<HeaderValue> {
    let secure = if site.secure { "; Secure" } else { "" };
    let name = session_name(site);
    HeaderValue::from_str(&format!(
        "{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

/// Takes it back.
pub fn end_session(site: &Site) -> Option<HeaderValue> {
    ended(site, session_name(site))
}

/// The same for somebody who is on the way over a single sign-on.
fn errand_name(site: &Site) -> &'static str {
    if site.secure {
        "__Host-kwestura-errand"
    } else {
        "kwestura-errand"
    }
}

/// The seed of a browser's errand, and the page of ours that it leads to.
pub fn errand(site: &Site, headers: &HeaderMap) -> Option<(String, String)> {
    let value = read(headers, errand_name(site))?;
    let (seed, to) = value.split_once('.')?;
    let to = String::from_utf8(URL_SAFE_NO_PAD.decode(to).ok()?).ok()?;
    Some((seed.to_owned(), to))
}

/// Hands an errand to the browser, for ten minutes.
pub fn set_errand(site: &Site, seed: &str, to: &str) -> Option<HeaderValue> {
    let secure = if site.secure { "; Secure" } else { "" };
    let (name, to) = (errand_name(site), URL_SAFE_NO_PAD.encode(to));
    HeaderValue::from_str(&format!(
        "{name}={seed}.{to}; Path=/; HttpOnly; SameSite=Lax; Max-Age={ERRAND_SECONDS}{secure}"
    ))
    .ok()
}

/// Takes it back.
pub fn end_errand(site: &Site) -> Option<HeaderValue> {
    ended(site, errand_name(site))
}

fn ended(site: &Site, name: &str) -> Option<HeaderValue> {
    let secure = if site.secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}"
    ))
    .ok()
}

/// The language that was chosen here.
pub fn language(headers: &HeaderMap) -> Option<Language> {
    match read(headers, LANGUAGE)?.as_str() {
        "pl" => Some(Language::Pl),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// Keeps a choice for a year.
pub fn set_language(site: &Site, language: Language) -> Option<HeaderValue> {
    let secure = if site.secure { "; Secure" } else { "" };
    let code = language.code();
    HeaderValue::from_str(&format!(
        "{LANGUAGE}={code}; Path=/; HttpOnly; SameSite=Lax; Max-Age={YEAR_SECONDS}{secure}"
    ))
    .ok()
}

fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.filter_map(|line| line.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}
