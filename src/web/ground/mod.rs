//! What every page stands on: who asks, in which language, what they may see, and how a page, an
//! error and a file leave the house.

pub mod assets;
pub mod codes;
pub mod cookies;
pub mod counted;
pub mod csrf;
pub mod export;
pub mod fault;
pub mod figures;
pub mod forms;
pub mod genuine;
pub mod handed;
pub mod headers;
pub mod live;
mod on_pages;
pub mod page;
mod refusals;
pub mod routes;
pub mod said;
pub mod sealing;
pub mod sign_in;
pub mod site;
pub mod sso;
pub mod visit;
pub mod words;

pub use fault::Fault;
pub use page::{Page, as_refused, html};
pub use site::Site;
pub use visit::Visit;

use super::office::PEOPLE;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::post;
use routes::{May, Routes};

/// No request is longer, uploads of statements apart.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// The routes of the ground itself.
pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/", May::Anybody, sign_in::home)
        .get("/sign-in", May::Anybody, sign_in::page)
        .post("/sign-in", May::Anybody, sign_in::with_password)
        .get("/sign-in/sso", May::Anybody, sso::leave)
        .get(sso::BACK, May::Anybody, sso::come_back)
        .post(sso::BACK, May::Anybody, sso::log_out)
        .post("/sign-out", May::SignedIn, sign_in::out)
        .post(
            "/sign-out-everywhere",
            May::SignedIn,
            sign_in::out_everywhere,
        )
        .post("/language", May::Anybody, sign_in::language)
        .get("/genuine", May::Anybody, genuine::form)
        .add(
            Method::POST,
            "/genuine",
            May::Anybody,
            post(genuine::look_up).layer(genuine::limit()),
        )
        .get("/live", May::Roles(PEOPLE), live::follow)
        .get("/assets/{name}", May::Anybody, assets::serve)
}

/// Routes with all that surrounds them: from the outside in, headers, pages for errors, the same
/// origin for whatever writes, and who asks.
pub(super) fn dressed(router: Router<Site>, site: Site) -> Router {
    router
        .fallback(async || Fault::NotFound)
        .method_not_allowed_fallback(async || Fault::NotFound)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(csrf::same_origin))
        .layer(from_fn_with_state(site.clone(), fault::in_words))
        .layer(from_fn_with_state(site.clone(), visit::who))
        .layer(from_fn_with_state(site.clone(), headers::safe))
        .with_state(site)
}
