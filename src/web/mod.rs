//! The pages: one process of the same binary, over the same database as every other command.
//!
//! [`ground`] is what all pages stand on; [`office`] is the bursar's, [`cos`] the student service
//! centre's, [`student`] the students'; [`api`] is what other systems ask. A page reads through the engine and hands decisions to it; nothing is decided here. All
//! routes are listed with the roles that may use them ([`routes`]): what is not in a route's list is
//! answered as if it were not there.

pub mod api;
pub mod cos;
pub mod ground;
pub mod office;
pub mod student;

pub use ground::site::Site;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use ground::routes::{Listed, Routes};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// All routes of all pages.
fn all() -> Routes {
    let routes = ground::routes(Routes::default());
    let routes = office::routes(routes);
    let routes = student::routes(routes);
    cos::routes(routes)
}

/// Every route with the roles that may use it.
pub fn routes() -> Vec<Listed> {
    all().listed().to_vec()
}

/// The pages of an institution; tests call it in-process.
pub fn router(site: Site) -> Router {
    let api = api::router(site.clone());
    ground::dressed(all().into_router(), site).merge(api)
}

/// Serves the pages until `stop` says true; requests that are being answered are finished.
pub async fn serve(
    site: Site,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let site = Site {
        stop: stop.clone(),
        ..site
    };
    let db = site.office().db;
    let sealing = tokio::spawn(ground::sealing::run(site.clone(), stop.clone()));
    let service: IntoMakeServiceWithConnectInfo<Router, SocketAddr> =
        router(site).into_make_service_with_connect_info();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            // An error means that whoever could say stop is gone.
            let _ = stop.wait_for(|stop| *stop).await;
        })
        .await;
    sealing.abort();
    if let Err(error) = db.collect_uses().await {
        eprintln!(
            "kwestura: the next start moves uses of the interface into the audit log: {error}"
        );
    }
    served
}
