//! Chains the audit log every few seconds, so that no request waits for it.

use super::Site;
use crate::engine::audit;
use std::time::Duration;
use tokio::sync::watch;

const EVERY: Duration = Duration::from_secs(5);

/// Seals until `stop` says true. A failure is tried again with the next round.
pub async fn run(site: Site, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if let Err(error) = audit::seal(&site.office()).await {
                    eprintln!("kwestura: the audit log is not sealed yet: {error}");
                }
            }
            () = async { let _ = stop.wait_for(|stop| *stop).await; } => return,
        }
    }
}
