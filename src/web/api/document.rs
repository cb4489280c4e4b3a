//! The description of the interface, made from its types.

use super::viewer::Viewer;
use super::{accounts, books, writes};
use crate::web::ground::html;
use axum::Json;
use axum::response::Response;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kwestura",
        description = "Fees of students and the transfers that settle them: accounts, books, coverage."
    ),
    paths(
        accounts::one,
        accounts::by_album,
        accounts::many,
        books::receivables,
        books::credits,
        books::settlements,
        books::coverage,
        writes::students,
        writes::fees,
        writes::statements,
        writes::claims
    ),
    modifiers(&Token),
    tags(
        (name = "accounts", description = "What students owe and what came in, each with the days that count"),
        (name = "books", description = "Everybody's fees, credits and settlements, for the ledger and the student system"),
        (name = "writes", description = "Students, fees, statements, and that somebody paid; each once for its key")
    )
)]
struct Described;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut Document) {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.description = Some("Made with `kwestura token add`.".to_owned());
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(http));
    }
}

/// `GET /api/v1/openapi.json`
pub(super) async fn document() -> Json<Document> {
    Json(Described::openapi())
}

/// `GET /api/v1`: the same for people.
pub(super) async fn page() -> Response {
    let document = serde_json::to_value(Described::openapi()).unwrap_or_default();
    html(&Viewer::of(&document))
}
