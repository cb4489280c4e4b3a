//! A wire to a PostgreSQL server that is cut at a commit of choice.
//!
//! It reads what the program asks just well enough to count the commits
//! (<https://www.postgresql.org/docs/current/protocol-message-formats.html>), so that the same commit
//! is hit each time, however fast the machine is.

use super::TestDb;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

/// A query, eleven bytes long with its length.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
/// Ends whoever else works on the database, and waits until they are gone.
const END_ALL: &str = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";

/// What becomes of a commit.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// The server never gets it.
    Unasked,
    /// The server carries it out, and nobody hears of it.
    Unanswered,
    /// Before it is there, the server has ended everybody's connection.
    Ended,
}

/// Each of them.
pub const CUTS: [Cut; 3] = [Cut::Unasked, Cut::Unanswered, Cut::Ended];

/// A server behind a wire.
pub struct Wire {
    /// The database as it is reached through the wire.
    pub db: TestDb,
    seen: Arc<Seen>,
    carrying: JoinHandle<()>,
}

/// What passes, on all connections.
struct Seen {
    server: PgConnectOptions,
    commits: AtomicU64,
    cut: Option<(u64, Cut)>,
    is_cut: AtomicBool,
}

impl Wire {
    /// A wire that is cut once, at the so manieth commit, or never.
    pub async fn to(db: &TestDb, cut: Option<(u64, Cut)>) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen {
            server: PgConnectOptions::from_str(db.url()).unwrap(),
            commits: AtomicU64::new(0),
            cut,
            is_cut: AtomicBool::new(false),
        });
        Wire {
            db: TestDb::of_another(here(db.url(), port)),
            seen: Arc::clone(&seen),
            carrying: tokio::spawn(async move {
                while let Ok((client, _)) = listener.accept().await {
                    let seen = Arc::clone(&seen);
                    // What fails here is one end that went away; the other notices.
                    tokio::spawn(async move { seen.carry(client).await });
                }
            }),
        }
    }

    /// How many commits were asked for.
    pub fn commits(&self) -> u64 {
        self.seen.commits.load(Ordering::SeqCst)
    }

    /// Whether it came to the cut.
    pub fn is_cut(&self) -> bool {
        self.seen.is_cut.load(Ordering::SeqCst)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

impl Seen {
    /// Carries one connection.
    async fn carry(&self, client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let (host, port) = (self.server.get_host(), self.server.get_port());
        let socket = self.server.get_socket().map(PathBuf::as_path);
        let folder = socket.or_else(|| host.starts_with('/').then_some(Path::new(host)));
        if let Some(folder) = folder {
            let path = folder.join(format!(".s.PGSQL.{port}"));
            return self.between(client, UnixStream::connect(path).await?).await;
        }
        let server = TcpStream::connect((host, port)).await?;
        self.between(client, server).await
    }

    async fn between<Server>(&self, client: TcpStream, server: Server) -> io::Result<()>
    where
        Server: AsyncRead + AsyncWrite,
    {
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = tokio::io::split(server);
        let is_lost = AtomicBool::new(false);
        tokio::select! {
            over = self.asks(from_client, to_server, &is_lost) => over,
            over = answers(from_server, to_client, &is_lost) => over,
        }
    }

    /// What the client asks goes to the server, until the commit that is cut.
    async fn asks(
        &self,
        mut client: impl AsyncRead + Unpin,
        mut server: impl AsyncWrite + Unpin,
        is_lost: &AtomicBool,
    ) -> io::Result<()> {
        let mut head = 4;
        loop {
            let asked = message(&mut client, head).await?;
            head = 5;
            match self.cut_of(&asked) {
                None => {}
                Some(Cut::Unasked) => return Ok(()),
                Some(Cut::Unanswered) => is_lost.store(true, Ordering::SeqCst),
                // The server's last word is an answer, and with the end of the answers all is over.
                Some(Cut::Ended) => {
                    self.end_all().await;
                    std::future::pending::<()>().await;
                }
            }
            server.write_all(&asked).await?;
        }
    }

    /// Counts it where it is a commit; what becomes of it, if it is to be cut.
    fn cut_of(&self, message: &[u8]) -> Option<Cut> {
        if message != COMMIT {
            return None;
        }
        let nth = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let (_, cut) = self.cut.filter(|(wanted, _)| *wanted == nth)?;
        self.is_cut.store(true, Ordering::SeqCst);
        Some(cut)
    }

    async fn end_all(&self) {
        let mut connection = PgConnection::connect_with(&self.server).await.unwrap();
        let ended: Vec<bool> = sqlx::query_scalar(END_ALL)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert!(!ended.is_empty() && ended.iter().all(|gone| *gone));
        connection.close().await.unwrap();
    }
}

/// What the server answers goes to the client, until it is to get lost.
async fn answers(
    mut server: impl AsyncRead + Unpin,
    mut client: impl AsyncWrite + Unpin,
    is_lost: &AtomicBool,
) -> io::Result<()> {
    let mut bytes = [0; 8192];
    loop {
        let count = server.read(&mut bytes).await?;
        if count == 0 || is_lost.load(Ordering::SeqCst) {
            return Ok(());
        }
        client.write_all(&bytes[..count]).await?;
    }
}

/// The next message of a client. It opens with a sign for its kind, but for the first of all, and its
/// length.
async fn message(from: &mut (impl AsyncRead + Unpin), head: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; head];
    from.read_exact(&mut bytes).await?;
    let length = u32::from_be_bytes(*bytes.last_chunk().unwrap());
    // The length counts itself.
    bytes.resize(head - 4 + usize::try_from(length).unwrap(), 0);
    from.read_exact(&mut bytes[head..]).await?;
    Ok(bytes)
}

/// The URL of a database, with a port of this machine as its server.
fn here(url: &str, port: u16) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, behind) = rest.split_at(rest.find('/').unwrap());
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let path = behind.split('?').next().unwrap();
    format!("{scheme}://{user}@127.0.0.1:{port}{path}")
}

#[test]
fn a_database_behind_a_wire_keeps_its_name_and_its_user() {
    for (url, expected) in [
        (
            "postgres://kwestura@localhost/one?host=/tmp/pg",
            "postgres://kwestura@127.0.0.1:77/one",
        ),
        (
            "postgres://u:p@[::1]:5433/two",
            "postgres://u:p@127.0.0.1:77/two",
        ),
    ] {
        assert_eq!(here(url, 77), expected);
    }
}
