//! The description of the interface, made from its types, and a page to read it on.

use super::{accounts, books, writes};
use axum::Json;
use axum::response::Html;
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

/// `GET /api/v1`: the same for people, without a script.
pub(super) async fn viewer() -> Html<String> {
    Html(page(
        &serde_json::to_value(Described::openapi()).unwrap_or_default(),
    ))
}

fn page(document: &serde_json::Value) -> String {
    use std::fmt::Write as _;
    let text = |value: &serde_json::Value| escaped(value.as_str().unwrap_or_default());
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Kwestura API</title><link rel=\"stylesheet\" href=\"/assets/kwestura.css\"><body class=\"alone\"><main><h1>Kwestura API</h1><p>{}</p><p><a href=\"/api/v1/openapi.json\">openapi.json</a> (OpenAPI {}). Every request carries <code>Authorization: Bearer kwestura_…</code>, made with <code>kwestura token add</code>.</p>",
        text(at(document, "/info/description")),
        text(at(document, "/openapi"))
    );
    let none = serde_json::Map::new();
    let paths = at(document, "/paths").as_object().unwrap_or(&none);
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap_or(&none) {
            let summary = text(at(operation, "/summary"));
            let _ = write!(
                html,
                "<section class=\"card\"><h2>{} {}</h2><p>{summary}</p><table><thead><tr><th>Answer</th><th></th></tr></thead><tbody>",
                escaped(&method.to_uppercase()),
                escaped(path)
            );
            let answers = at(operation, "/responses").as_object().unwrap_or(&none);
            for (status, answer) in answers {
                let description = text(at(answer, "/description"));
                let _ = write!(
                    html,
                    "<tr><td>{}</td><td>{description}</td></tr>",
                    escaped(status)
                );
            }
            html.push_str("</tbody></table>");
            let parameters = at(operation, "/parameters").as_array();
            for parameter in parameters.into_iter().flatten() {
                let (name, what) = (
                    text(at(parameter, "/name")),
                    text(at(parameter, "/description")),
                );
                let _ = write!(html, "<p><code>{name}</code> {what}</p>");
            }
            html.push_str("</section>");
        }
    }
    let schemas = at(document, "/components/schemas")
        .as_object()
        .unwrap_or(&none);
    for (name, schema) in schemas {
        let _ = write!(
            html,
            "<section class=\"card\"><h2>{}</h2><dl class=\"facts\">",
            escaped(name)
        );
        for (field, what) in at(schema, "/properties").as_object().unwrap_or(&none) {
            let _ = write!(
                html,
                "<dt><code>{}</code></dt><dd>{}</dd>",
                escaped(field),
                text(at(what, "/description"))
            );
        }
        html.push_str("</dl></section>");
    }
    html.push_str("</main></body></html>");
    html
}

/// What stands there; null where nothing does.
fn at<'a>(value: &'a serde_json::Value, pointer: &str) -> &'a serde_json::Value {
    value.pointer(pointer).unwrap_or(&serde_json::Value::Null)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
