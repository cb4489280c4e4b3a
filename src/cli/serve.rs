//! `kwestura serve`: the jobs and the pages, until somebody says stop.

use super::say::say;
use super::{Context, Outcome, secrets, send};
use crate::engine::{Clock, EngineError, Office, sealed};
use crate::mail::Post;
use crate::service::{Worker, health, work};
use crate::sftp;
use crate::store::Db;
use crate::web::{self, Site};
use clap::{Args as ClapArgs, ValueEnum};
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Arguments of `kwestura serve`.
///
/// Runs the jobs of `[jobs]` in kwestura.toml at their times, and serves the pages of the office. Any
/// number may run, on several machines, on one PostgreSQL: each job is run by one of them. SIGTERM or
/// Ctrl-C ends it: what runs is finished or handed back, requests are answered.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura staff add ada \"Ada Nowak\" --role bursar
  kwestura serve                                     the jobs, and the pages for browsers on this machine
  kwestura serve --behind-https                      behind a proxy that speaks https
  kwestura serve --only worker --log json
  kwestura serve --only web --health 127.0.0.1:9465  beside it, with a port of its own for its health
  kwestura init --systemd                            prints a unit that runs it

Other machines reach the pages through a proxy on this one, which speaks https, keeps the Host header
and adds X-Forwarded-For.")]
pub struct Args {
    /// Only this part.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// The address of the pages; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where /healthz, /readyz and /metrics are told, in place of `health` under `[service]`; of several on one
    /// machine each needs its own.
    #[arg(long, value_name = "ADDRESS")]
    health: Option<SocketAddr>,
    /// Browsers reach the pages by https: cookies are for https alone.
    #[arg(long)]
    behind_https: bool,
    /// How many jobs may run at once in this process.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    workers: u32,
    /// How the log is written, on the error stream.
    #[arg(long, env = "KWESTURA_LOG", value_enum, default_value_t = Log::Human)]
    log: Log,
}

/// A part of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The pages.
    Web,
    /// The jobs.
    Worker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Log {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let (has_web, has_jobs) = (
        args.only != Some(Part::Worker),
        args.only != Some(Part::Web),
    );
    if let Some(address) = args.health.filter(|address| !address.ip().is_loopback()) {
        return Err(EngineError::refused(format!(
            "{address} can be reached from other machines; --health wants an address of this machine alone"
        )));
    }
    // Whoever could listen in would have the passwords.
    if has_web && !args.listen.ip().is_loopback() && !args.behind_https {
        return Err(EngineError::refused(format!(
            "{} can be reached from other machines, and passwords would travel in the open; \
             listen on 127.0.0.1 behind a proxy that speaks https, and give --behind-https",
            args.listen
        )));
    }
    begin_log(args.log);
    let signals = Signals::listen()?;
    let office = context.office().await?;
    let again = sealed::again(&office).await?;
    if again.sealed > 0 {
        tracing::info!(secrets = again.sealed, "sealed with the newest key");
    }
    if again.lost > 0 {
        tracing::warn!(
            secrets = again.lost,
            "their key is missing; see `kwestura key list`"
        );
    }
    let (stop, stopping) = watch::channel(false);
    let mut running = JoinSet::new();
    if has_web {
        let (db, config) = (office.db.clone(), office.config.clone());
        let secret = secrets::sso(&config)?;
        let site = Site::new(db, config, context.clock.clone(), args.behind_https)
            .with_sso_secret(secret)
            .for_people();
        let (listener, address) = listen(args.listen).await?;
        say!("Serving http://{address}, until Ctrl-C.");
        running.spawn(until_ended(
            "pages",
            web::serve(site, listener, stopping.clone()),
        ));
    }
    if let Some(address) = args.health.or(office.config.service.health) {
        let (listener, taken) = listen(address).await?;
        tracing::info!(address = taken.to_string(), "health");
        let worker = worker(context, office.clone(), 0, stopping.clone());
        running.spawn(until_ended("health", health::serve(listener, worker)));
    }
    if has_jobs {
        if !office.config.service.sftp.is_empty() && !sftp::IS_BUILT_IN {
            tracing::warn!("{}", sftp::ABSENT);
        }
        for number in 1..=args.workers {
            let worker = worker(context, office.clone(), number, stopping.clone());
            running.spawn(work(worker));
        }
    }
    tracing::info!(pages = has_web, jobs = has_jobs, "serving");
    let is_asked_to = until_stopped(running, signals.asked_to_stop(), &stop).await;
    office.db.close().await;
    tracing::info!("stopped");
    // Whoever watches over the service begins it again.
    Ok(if is_asked_to {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Until somebody says stop, or a part ends without that; then all of them end. Whether somebody said so.
async fn until_stopped(
    mut running: JoinSet<()>,
    asked_to_stop: impl Future<Output = ()>,
    stop: &watch::Sender<bool>,
) -> bool {
    let is_asked_to = tokio::select! {
        () = asked_to_stop => true,
        // Each part ends only when it is told to, or by a mistake of ours.
        _ = running.join_next() => {
            tracing::error!("a part of the service ended by itself");
            false
        }
    };
    tracing::info!("stopping");
    let _ = stop.send(true);
    // Not `join_all`, which would go down with whatever went down.
    while running.join_next().await.is_some() {}
    is_asked_to
}

/// A part that listens, to its end.
async fn until_ended(part: &'static str, serving: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = serving.await {
        tracing::error!(part, why = error.to_string(), "cannot be served any more");
    }
}

/// Serves the pages alone until a person or the system says stop.
pub async fn pages_until_stopped(site: Site, listener: TcpListener) -> Result<(), EngineError> {
    let signals = Signals::listen()?;
    let (stop, stopping) = watch::channel(false);
    let told = tokio::spawn(async move {
        signals.asked_to_stop().await;
        let _ = stop.send(true);
    });
    let served = web::serve(site, listener, stopping).await;
    told.abort();
    served.map_err(|error| EngineError::refused(format!("the pages cannot be served: {error}")))
}

/// Takes an address.
pub async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), EngineError> {
    let cannot = |error| EngineError::refused(format!("cannot listen on {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let taken = listener.local_addr().map_err(cannot)?;
    Ok((listener, taken))
}

/// How the system and a person say stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on.
    fn listen() -> Result<Signals, EngineError> {
        let cannot = |error| EngineError::refused(format!("cannot listen for signals: {error}"));
        Ok(Signals {
            terminate: signal(SignalKind::terminate()).map_err(cannot)?,
            interrupt: signal(SignalKind::interrupt()).map_err(cannot)?,
        })
    }

    async fn asked_to_stop(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// A worker of this process.
pub(super) fn worker(
    context: &Context,
    office: Office,
    number: u32,
    stop: watch::Receiver<bool>,
) -> Worker {
    let machine = rustix::system::uname();
    let machine = machine.nodename().to_string_lossy();
    let name = format!("{machine}/{}/{number}", std::process::id());
    let way = Arc::new(|office: &Office| {
        let smtp = send::smtp_if_set(&office.config)?;
        Ok(smtp.map(|smtp| Post::Smtp(Box::new(smtp))))
    });
    let disk = match office.db {
        // A name alone lies where the service runs.
        Db::Sqlite { .. } => std::path::absolute(&context.database)
            .ok()
            .and_then(|file| file.parent().map(Path::to_path_buf)),
        Db::Pg(_) => None,
    };
    let database = &context.database;
    let mut worker = Worker::new(name, office, database, context.clock.clone(), way, stop);
    worker.disks.extend(disk);
    worker
}

fn begin_log(format: Log) {
    let ours = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target(env!("CARGO_PKG_NAME"), LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let log = tracing_subscriber::registry().with(ours);
    // A second one in a process has nothing to begin.
    let _ = match format {
        Log::Human => log.with(lines).try_init(),
        Log::Json => log.with(lines.json().flatten_event(true)).try_init(),
    };
}

/// A clock that shows another time now and goes on from there: that of a made-up institution.
pub fn clock_from(clock: &Clock, millis: i64) -> Clock {
    let (clock, ahead) = (clock.clone(), millis - clock.millis());
    Clock::new(move || clock.millis() + ahead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    /// A part that waits until it is told to stop.
    async fn part(mut stopping: watch::Receiver<bool>) {
        let _ = stopping.wait_for(|stop| *stop).await;
    }

    /// Whoever watches over the service learns that from the exit status, and begins it again.
    #[tokio::test]
    async fn a_part_that_ends_by_itself_ends_the_others_as_a_failure() {
        let (stop, stopping) = watch::channel(false);
        let mut running = JoinSet::new();
        running.spawn(part(stopping.clone()));
        running.spawn(ready(()));
        assert!(!until_stopped(running, pending(), &stop).await);

        let (stop, stopping) = watch::channel(false);
        let mut running = JoinSet::new();
        running.spawn(part(stopping));
        assert!(until_stopped(running, ready(()), &stop).await);
    }
}
