//! An open page follows what happens, by server-sent events: each tells what has changed. The stream
//! ends with the session, and with the service.

use super::{Fault, Site, Visit};
use crate::engine::live;
use crate::engine::sessions::{self, Session};
use crate::web::cos::own_queue;
use crate::web::office::MONEY;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;

/// So often it is looked.
const EVERY: Duration = Duration::from_secs(2);

/// What the page shows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Looked {
    case: Option<i64>,
}

struct Follow {
    site: Site,
    visit: Visit,
    session: Session,
    case: Option<i64>,
    told: Option<String>,
}

/// `GET /live`
pub async fn follow(
    State(site): State<Site>,
    visit: Visit,
    Query(looked): Query<Looked>,
) -> Result<Response, Fault> {
    let follow = Follow {
        session: visit.signed_in()?.clone(),
        site,
        visit,
        case: looked.case,
        told: None,
    };
    let events = stream::unfold(follow, next);
    Ok(Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response())
}

/// The next event; none at the end.
async fn next(mut follow: Follow) -> Option<(Result<Event, Infallible>, Follow)> {
    loop {
        if follow.told.is_some() && !follow.goes_on().await {
            return None;
        }
        let now = follow.look().await?;
        if follow.told.as_ref() != Some(&now) {
            follow.told = Some(now.clone());
            return Some((Ok(Event::default().event("live").data(now)), follow));
        }
    }
}

impl Follow {
    /// Waits a while; false where the service ends meanwhile.
    async fn goes_on(&mut self) -> bool {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => true,
            _ = self.site.stop.wait_for(|stop| *stop) => false,
        }
    }

    /// What is to be told; nothing where the session is over or the database fails.
    async fn look(&self) -> Option<String> {
        let office = self.site.office();
        if !sessions::is_open(&office, &self.session).await.ok()? {
            return None;
        }
        let money = MONEY.contains(&self.session.role);
        let own = own_queue(&self.visit);
        let live = live::look(&office, money, self.case, own).await.ok()?;
        serde_json::to_string(&live).ok()
    }
}
