//! Whatever writes comes from our own pages.
//!
//! A browser says with `Sec-Fetch-Site`, or else with `Origin`, from where a request comes, and no
//! script can change either. Reading writes nothing, so it needs no check. Cookies are `SameSite` as
//! well. A program that signs in by a header sends no cookie, so nobody can borrow its rights. Neither
//! does the single sign-on's server, which says that a session is over.

use super::Fault;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Refuses what writes and does not come from here.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_server = request.uri().path() == super::sso::BACK && is_no_browser(request.headers());
    if reads || is_server || is_from_here(request.headers()) {
        next.run(request).await
    } else {
        Fault::Elsewhere.into_response()
    }
}

/// Browsers say of whatever writes from where it comes, and bring their cookies.
fn is_no_browser(headers: &HeaderMap) -> bool {
    let of_browsers = ["sec-fetch-site", "origin", "cookie"];
    of_browsers.iter().all(|name| !headers.contains_key(*name))
}

fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    if let Some(origin) = text(ORIGIN) {
        let host = origin.split_once("://").map(|(_, host)| host);
        return host.is_some() && host == text(HOST);
    }
    headers.contains_key(AUTHORIZATION) && !headers.contains_key(COOKIE)
}

#[cfg(test)]
mod tests {
    use super::is_from_here;
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    #[test]
    fn only_our_own_pages_and_programs_without_cookies_write() {
        let cases: [(&[(&str, &str)], bool); 10] = [
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://a"),
                    ("host", "a"),
                ],
                false,
            ),
            (
                &[("origin", "https://a.example"), ("host", "a.example")],
                true,
            ),
            (
                &[("origin", "https://b.example"), ("host", "a.example")],
                false,
            ),
            (&[("origin", "null"), ("host", "a.example")], false),
            (&[("host", "a.example")], false),
            (&[("authorization", "Bearer x")], true),
            (
                &[("authorization", "Bearer x"), ("cookie", "kwestura=1")],
                false,
            ),
        ];
        for (lines, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
            assert_eq!(is_from_here(&headers), expected, "{lines:?}");
        }
    }
}
