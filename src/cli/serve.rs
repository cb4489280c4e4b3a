//! `kwestura serve`: the pages, until it is stopped.

use super::say::say;
use super::{Context, Outcome};
use crate::engine::{Clock, EngineError};
use crate::web::{self, Site};
use clap::{Args as ClapArgs, ValueEnum};
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Arguments of `kwestura serve`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura staff add ada \"Ada Nowak\" --role bursar
  kwestura serve --only web                          the pages, for browsers on this machine
  kwestura serve --only web --behind-https           behind a proxy that speaks https

Other machines reach the pages through a proxy on this one, which speaks https, keeps the Host header
and adds X-Forwarded-For. Ctrl-C finishes the requests that are being answered, and ends.")]
pub struct Args {
    /// Only this part.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Browsers reach the pages by https: cookies are for https alone.
    #[arg(long)]
    behind_https: bool,
}

/// A part of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The pages.
    Web,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    // Whoever could listen in would have the passwords.
    if !args.listen.ip().is_loopback() && !args.behind_https {
        return Err(EngineError::refused(format!(
            "{} can be reached from other machines, and passwords would travel in the open; \
             listen on 127.0.0.1 behind a proxy that speaks https, and give --behind-https",
            args.listen
        )));
    }
    let office = context.office().await?;
    let site = Site::new(
        office.db.clone(),
        office.config.clone(),
        context.clock.clone(),
        args.behind_https,
    );
    let (listener, address) = listen(args.listen).await?;
    say!("Serving http://{address}, until Ctrl-C.");
    until_stopped(site, listener).await?;
    office.db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Takes an address.
pub async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), EngineError> {
    let cannot = |error| EngineError::refused(format!("cannot listen on {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let taken = listener.local_addr().map_err(cannot)?;
    Ok((listener, taken))
}

/// Serves until a person or the system says stop.
pub async fn until_stopped(site: Site, listener: TcpListener) -> Result<(), EngineError> {
    let (stop, stopped) = watch::channel(false);
    let signal = tokio::spawn(async move {
        asked_to_stop().await;
        let _ = stop.send(true);
    });
    let served = web::serve(site, listener, stopped).await;
    signal.abort();
    served.map_err(|error| EngineError::refused(format!("the pages cannot be served: {error}")))
}

async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}

/// A clock that shows another time now and goes on from there: that of a made-up institution.
pub fn clock_from(clock: &Clock, millis: i64) -> Clock {
    let (clock, ahead) = (clock.clone(), millis - clock.millis());
    Clock::new(move || clock.millis() + ahead)
}
