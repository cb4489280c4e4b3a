//! Who asks, and in which language.

use super::{Fault, Site, cookies};
use crate::engine::Office;
use crate::engine::audit;
use crate::engine::sessions::{self, Session};
use crate::engine::staff::Role;
use crate::engine::statements::Said;
use crate::text::Language;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::net::{IpAddr, SocketAddr};

/// One request: the institution now, who asks, their language, and where they are.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The institution, at the instant of the request.
    pub office: Office,
    /// Who is signed in.
    pub session: Option<Session>,
    /// The language of the answer.
    pub language: Language,
    /// Path and query.
    pub uri: Uri,
    /// The network address it comes from.
    pub network: String,
    /// The token that the browser holds, valid or not.
    pub token: Option<String>,
}

impl Visit {
    /// Who is signed in; whoever is not is sent to sign in.
    pub fn signed_in(&self) -> Result<&Session, Fault> {
        self.session.as_ref().ok_or(Fault::SignIn)
    }

    /// The login of who is signed in, as it stands beside decisions.
    pub fn by(&self) -> &str {
        self.session.as_ref().map_or("", |session| &session.login)
    }

    /// A word of this person, with its reason.
    pub fn said<'a>(&'a self, why: &'a str) -> Said<'a> {
        Said { by: self.by(), why }
    }

    /// Whether this person decides about money and people, and does not only read.
    pub fn may_decide(&self) -> bool {
        let role = self.session.as_ref().map(|session| session.role);
        matches!(role, Some(Role::Bursar | Role::Cos))
    }

    /// Whether this person decides about money.
    pub fn is_bursar(&self) -> bool {
        let role = self.session.as_ref().map(|session| session.role);
        role == Some(Role::Bursar)
    }

    /// Notes that this person did something.
    pub async fn did(&self, what: &str, about: &str, detail: &str) -> Result<(), Fault> {
        let session = self.signed_in()?;
        Ok(audit::did(&self.office, session, what, about, detail).await?)
    }

    /// Notes that this person looked at a student.
    pub async fn viewed(&self, student: &str) -> Result<(), Fault> {
        Ok(audit::viewed(&self.office, self.signed_in()?, student).await?)
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let visit = parts.extensions.get::<Visit>().cloned();
        visit.ok_or_else(|| Fault::Failed("a route outside of the ground".to_owned()))
    }
}

/// Finds out who asks, once for each request.
pub async fn who(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let office = site.office();
    let headers = request.headers();
    let token = cookies::session(&site, headers);
    let session = match &token {
        Some(token) => sessions::find(&office, token).await,
        None => Ok(None),
    };
    let session = match session {
        Ok(session) => session,
        Err(error) => return Fault::from(error).into_response(),
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let visit = Visit {
        network: network(peer.map(|peer| peer.0.ip()), headers),
        language: language(headers),
        uri: request.uri().clone(),
        office,
        session,
        token,
    };
    request.extensions_mut().insert(visit);
    next.run(request).await
}

/// The address that attempts are counted by. A proxy on the same machine is believed: it writes down
/// last whom it talks with. Addresses of one IPv6 customer count as one.
fn network(peer: Option<IpAddr>, headers: &HeaderMap) -> String {
    let forwarded = headers.get("x-forwarded-for");
    let forwarded = forwarded.and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    let address = match peer {
        Some(peer) if !peer.is_loopback() => Some(peer),
        peer => last.or(peer),
    };
    match address {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(address) => address.to_string(),
        None => "here".to_owned(),
    }
}

/// The language that was chosen, else the first of Polish and English that the browser wants.
fn language(headers: &HeaderMap) -> Language {
    let wanted = || {
        let list = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        let codes = list.split(',').map(|part| part.trim().get(..2));
        codes
            .flatten()
            .find(|code| code.eq_ignore_ascii_case("pl") || code.eq_ignore_ascii_case("en"))
            .map(Language::of)
    };
    let chosen = cookies::language(headers).or_else(wanted);
    chosen.unwrap_or(Language::Pl)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn only_a_proxy_on_the_same_machine_is_believed() {
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let forwarded = headers("x-forwarded-for", "6.6.6.6, 10.0.0.9");
        assert_eq!(network(ip("127.0.0.1"), &forwarded), "10.0.0.9");
        assert_eq!(network(ip("192.0.2.1"), &forwarded), "192.0.2.1");
        assert_eq!(network(ip("127.0.0.1"), &HeaderMap::new()), "127.0.0.1");
        let v6 = network(ip("2001:db8:1:2:3:4:5:6"), &HeaderMap::new());
        assert_eq!(v6, "2001:db8:1:2::/64");
    }

    #[test]
    fn the_browser_is_asked_until_a_language_is_chosen() {
        let of = |value| language(&headers("accept-language", value));
        assert_eq!(of("de, en-GB;q=0.8, pl;q=0.5"), Language::En);
        assert_eq!(of("pl-PL"), Language::Pl);
        assert_eq!(language(&HeaderMap::new()), Language::Pl);
        let chosen = headers("cookie", "a=b; kwestura-language=en");
        assert_eq!(language(&chosen), Language::En);
    }
}
