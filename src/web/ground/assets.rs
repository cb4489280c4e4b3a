//! The files that pages need, inside the program.

use super::Fault;
use crate::engine::secret;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use std::sync::LazyLock;

/// Name, kind, bytes. `inter` is the Inter typeface (SIL Open Font License 1.1, beside it).
const FILES: [(&str, &str, &[u8]); 5] = [
    (
        "kwestura.css",
        "text/css; charset=utf-8",
        include_bytes!("assets/kwestura.css"),
    ),
    (
        "kwestura.js",
        "text/javascript; charset=utf-8",
        include_bytes!("assets/kwestura.js"),
    ),
    (
        "kwestura.svg",
        "image/svg+xml",
        include_bytes!("assets/kwestura.svg"),
    ),
    (
        "inter-latin.woff2",
        "font/woff2",
        include_bytes!("assets/inter-latin.woff2"),
    ),
    (
        "inter-latin-ext.woff2",
        "font/woff2",
        include_bytes!("assets/inter-latin-ext.woff2"),
    ),
];

/// Changes with any of the files.
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let texts = FILES.iter().filter(|file| file.1.starts_with("text/"));
        let all: String = texts.map(|file| String::from_utf8_lossy(file.2)).collect();
        let hash = secret::sha256(&all);
        hash.get(..10).unwrap_or_default().to_owned()
    });
    &VERSION
}

/// One of them; kept by browsers, since pages ask for a new version by a new address.
pub async fn serve(Path(name): Path<String>) -> Result<Response, Fault> {
    let file = FILES.iter().find(|file| file.0 == name);
    let (_, kind, bytes) = file.ok_or(Fault::NotFound)?;
    let kept = "public, max-age=31536000, immutable";
    let headers = [(CONTENT_TYPE, *kind), (CACHE_CONTROL, kept)];
    Ok((headers, *bytes).into_response())
}
