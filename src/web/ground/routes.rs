//! Routes, each with who may use it. What somebody may not use is answered as what is not there.

use super::{Fault, Site, Visit};
use crate::engine::staff::Role;
use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Whoever asks.
    Anybody,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in with one of these roles.
    Roles(&'static [Role]),
}

impl May {
    /// Whether a role may.
    pub fn be(self, role: Option<Role>) -> bool {
        match (self, role) {
            (May::Anybody, _) | (May::SignedIn, Some(_)) => true,
            (May::Roles(roles), Some(role)) => roles.contains(&role),
            (_, None) => false,
        }
    }
}

/// A route as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// `GET` or `POST`.
    pub method: Method,
    /// With its parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub may: May,
}

/// Routes being gathered.
#[derive(Debug, Default)]
pub struct Routes {
    router: Router<Site>,
    listed: Vec<Listed>,
}

impl Routes {
    /// A page, or anything else that is only read.
    #[must_use]
    pub fn get<T: 'static>(
        self,
        path: &'static str,
        may: May,
        handler: impl Handler<T, Site>,
    ) -> Routes {
        self.add(Method::GET, path, may, get(handler))
    }

    /// Something that writes.
    #[must_use]
    pub fn post<T: 'static>(
        self,
        path: &'static str,
        may: May,
        handler: impl Handler<T, Site>,
    ) -> Routes {
        self.add(Method::POST, path, may, post(handler))
    }

    /// A route with settings of its own, such as a longer body.
    #[must_use]
    pub fn add(
        mut self,
        method: Method,
        path: &'static str,
        may: May,
        handler: MethodRouter<Site>,
    ) -> Routes {
        let guarded = handler.layer(from_fn(
            move |visit: Visit, request: Request, next: Next| guard(may, visit, request, next),
        ));
        self.router = self.router.route(path, guarded);
        self.listed.push(Listed { method, path, may });
        self
    }

    /// All that were added.
    pub fn listed(&self) -> &[Listed] {
        &self.listed
    }

    /// To be served.
    pub fn into_router(self) -> Router<Site> {
        self.router
    }
}

async fn guard(may: May, visit: Visit, request: Request, next: Next) -> Response {
    let role = visit.session.as_ref().map(|session| session.role);
    if may.be(role) {
        return next.run(request).await;
    }
    if visit.session.is_none() {
        return Fault::SignIn.into_response();
    }
    // A refusal is noted like a deed; if that fails, it is still refused.
    let (method, path) = (request.method(), request.uri().path());
    let _ = visit.did("denied", "", &format!("{method} {path}")).await;
    Fault::NotFound.into_response()
}
