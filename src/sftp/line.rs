//! A line to a server: SSH with SFTP in it (draft-ietf-secsh-filexfer-02, version 3), by russh with ring.

use super::{Found, Kind, Secret, Trouble};
use crate::config::{Proof, Sftp};
use russh::client::{self, Handle};
use russh::keys::{
    Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate, decode_secret_key,
};
use russh::{Disconnect, Preferred};
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::client::fs::Metadata;
use russh_sftp::client::{Config, SftpSession};
use russh_sftp::protocol::{FileType, StatusCode};
use std::borrow::Cow;
use std::fmt;
use std::io::SeekFrom;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::time::timeout;

/// A server that takes longer to let somebody in is not there.
const PATIENCE: Duration = Duration::from_secs(30);
/// What it takes for a single answer. Seconds.
const ANSWER_SECONDS: u64 = 30;
/// Nothing was heard for so long: is it still there? It is asked three times.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);
/// Pieces that are asked for before the first has come.
const READS: usize = 4;
/// Bytes that are handed on at once.
const PIECE: usize = 64 * 1024;
/// More than this in one folder is nobody's outbox.
const FOUND_MAX: usize = 20_000;

/// A line on which somebody has signed in.
pub struct Line {
    ssh: Handle<Pinned>,
    sftp: SftpSession,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

/// The one key that the server may show.
struct Pinned {
    key: Vec<u8>,
}

/// Why there is no line.
#[derive(Debug)]
enum Failure {
    /// The server showed another key: its fingerprint.
    OtherKey(String),
    Ssh(russh::Error),
}

impl From<russh::Error> for Failure {
    fn from(error: russh::Error) -> Failure {
        Failure::Ssh(error)
    }
}

impl client::Handler for Pinned {
    type Error = Failure;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Failure> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            return Err(Failure::OtherKey("a certificate".to_owned()));
        };
        let bytes = key.to_bytes().map_err(russh::Error::from)?;
        if bytes == self.key {
            return Ok(true);
        }
        let shown = key.fingerprint(HashAlg::Sha256).to_string();
        Err(Failure::OtherKey(shown))
    }
}

impl Line {
    /// Whether a server could be shown this: a private key is one, and opens without a passphrase.
    pub fn examine(server: &Sftp, secret: &Secret) -> Result<(), Trouble> {
        let Proof::Key(path) = &server.proof else {
            return Ok(());
        };
        let path = path.display();
        match decode_secret_key(&secret.0, None) {
            Ok(key) if key.algorithm().is_ed25519() || key.algorithm().is_ecdsa() => Ok(()),
            Ok(key) => Err(Trouble::new(format!(
                "key_file: {path} holds a key of the kind {}; make one of the kind ed25519: \
                 `ssh-keygen -t ed25519 -N ''`",
                key.algorithm()
            ))),
            Err(russh::keys::Error::KeyIsEncrypted) => Err(Trouble::new(format!(
                "key_file: {path} opens with a passphrase, which nobody is there to say: \
                 `ssh-keygen -p -N '' -f {path}` takes it away"
            ))),
            // What the error says may quote the key.
            Err(_) => Err(Trouble::new(format!(
                "key_file: {path} holds no private key"
            ))),
        }
    }

    /// Opens a line: the server proves itself, then we do.
    pub async fn open(server: &Sftp, secret: &Secret) -> Result<Line, Trouble> {
        Line::examine(server, secret)?;
        match timeout(PATIENCE, Box::pin(opened(server, secret))).await {
            Ok(line) => line,
            Err(_) => Err(unreachable(server, "no answer within 30 seconds")),
        }
    }

    /// What lies in a folder.
    pub async fn list(&self, folder: &str) -> Result<Vec<Found>, Trouble> {
        let entries = self.sftp.read_dir(folder).await.map_err(|error| {
            Trouble::new(match status(&error) {
                Some(StatusCode::NoSuchFile) => format!(
                    "there is no folder `{folder}` on the server any more; ask whoever runs it, or name \
                     another `folder`"
                ),
                Some(StatusCode::PermissionDenied) => {
                    format!("the server does not let us look into its folder `{folder}`")
                }
                _ => format!("the folder `{folder}` on the server cannot be read: {error}"),
            })
        })?;
        let found: Vec<Found> = entries
            .map(|entry| found(entry.file_name(), &entry.metadata()))
            .collect();
        if found.len() > FOUND_MAX {
            return Err(Trouble::new(format!(
                "{} files lie in `{folder}` on the server; have those that were fetched moved away (`moved_to`)",
                found.len()
            )));
        }
        Ok(found)
    }

    /// What a path leads to, a link to itself; nothing where nothing is.
    pub async fn look(&self, path: &str) -> Result<Option<Found>, Trouble> {
        match self.sftp.symlink_metadata(path).await {
            Ok(metadata) => Ok(Some(found(path.to_owned(), &metadata))),
            Err(error) if status(&error) == Some(StatusCode::NoSuchFile) => Ok(None),
            Err(error) => Err(broken(path, &error)),
        }
    }

    /// Reads a file from a place on, and no more than so many bytes.
    pub async fn read(
        &self,
        path: &str,
        (from, length): (u64, u64),
        mut take: impl FnMut(&[u8]) -> Result<(), Trouble> + Send,
    ) -> Result<(), Trouble> {
        let mut file = self
            .sftp
            .open(path)
            .await
            .map_err(|error| broken(path, &error))?;
        file.seek(SeekFrom::Start(from))
            .await
            .map_err(|error| broken(path, &error))?;
        let mut file = file.take(length);
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece).await;
            let read = read.map_err(|error| broken(path, &error))?;
            match piece.get(..read) {
                None | Some([]) => return Ok(()),
                Some(bytes) => take(bytes)?,
            }
        }
    }

    /// Gives a file another name, perhaps in another folder.
    pub async fn rename(&self, from: &str, to: &str) -> Result<(), Trouble> {
        self.sftp.rename(from, to).await.map_err(|error| {
            Trouble::new(format!(
                "`{from}` was fetched and cannot be moved to `{to}` on the server: {error}; is the folder of \
                 `moved_to` there, and may we write into it?"
            ))
        })
    }

    /// Ends it. What was done is done: a server that does not hear it any more changes nothing.
    pub async fn close(self) {
        let _ = self.sftp.close().await;
        let _ = self.ssh.disconnect(Disconnect::ByApplication, "", "").await;
    }
}

async fn opened(server: &Sftp, secret: &Secret) -> Result<Line, Trouble> {
    let kind = Algorithm::new(&server.host_key.kind)
        .map_err(|error| unreachable(server, &error.to_string()))?;
    let config = client::Config {
        // A server that has several keys shows the one that is known.
        preferred: Preferred {
            key: Cow::Owned(vec![kind]),
            ..Preferred::DEFAULT
        },
        keepalive_interval: Some(SIGN_OF_LIFE),
        nodelay: true,
        ..client::Config::default()
    };
    let pinned = Pinned {
        key: server.host_key.bytes.clone(),
    };
    let address = (server.host.as_str(), server.port);
    let mut ssh = client::connect(Arc::new(config), address, pinned)
        .await
        .map_err(|failure| not_connected(server, failure))?;
    sign_in(&mut ssh, server, secret).await?;
    let sftp = begin(&ssh)
        .await
        .map_err(|why| Trouble::new(format!("the server lets us in and speaks no SFTP: {why}")))?;
    Ok(Line { ssh, sftp })
}

fn not_connected(server: &Sftp, failure: Failure) -> Trouble {
    match failure {
        Failure::OtherKey(shown) => Trouble::new(format!(
            "the server shows another key than `host_key`: {shown}. Nothing was said to it. Ask whoever runs it: \
             if its key was changed, put the new one into kwestura.toml; if not, somebody stands in between"
        )),
        Failure::Ssh(russh::Error::NoCommonAlgo { theirs, .. }) => Trouble::new(format!(
            "the server and we have no way in common to keep the line private, or it has no key of the kind of \
             `host_key` ({}); it offers {}",
            server.host_key.kind,
            theirs.join(", ")
        )),
        Failure::Ssh(error) => unreachable(server, &error.to_string()),
    }
}

fn unreachable(server: &Sftp, why: &str) -> Trouble {
    let Sftp { host, port, .. } = server;
    Trouble::new(format!(
        "{host}, port {port}, cannot be reached: {why}; is the server up, and may this machine reach it?"
    ))
}

async fn sign_in(ssh: &mut Handle<Pinned>, server: &Sftp, secret: &Secret) -> Result<(), Trouble> {
    let user = &server.user;
    let (answer, refused) = match &server.proof {
        Proof::Key(path) => {
            let key = decode_secret_key(&secret.0, None);
            let key = key.map_err(|_| Trouble::new(format!("key_file: {}", path.display())))?;
            let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
            let refused = format!(
                "the server does not let `{user}` in with the key of {}: its public half has to stand there",
                path.display()
            );
            (ssh.authenticate_publickey(user, key).await, refused)
        }
        Proof::Password(path) => {
            let refused = format!(
                "the server does not let `{user}` in with the password of {}",
                path.display()
            );
            (ssh.authenticate_password(user, &secret.0).await, refused)
        }
    };
    match answer {
        Ok(answer) if answer.success() => Ok(()),
        Ok(_) if ssh.is_closed() => Err(unreachable(server, "it ended the line at the sign-in")),
        Ok(_) => Err(Trouble::new(refused)),
        Err(error) => Err(unreachable(server, &error.to_string())),
    }
}

async fn begin(ssh: &Handle<Pinned>) -> Result<SftpSession, String> {
    let words = |error: russh::Error| error.to_string();
    let channel = ssh.channel_open_session().await.map_err(words)?;
    channel
        .request_subsystem(true, "sftp")
        .await
        .map_err(words)?;
    let config = Config {
        request_timeout_secs: ANSWER_SECONDS,
        max_concurrent_reads: READS,
        ..Config::default()
    };
    SftpSession::new_with_config(channel.into_stream(), config)
        .await
        .map_err(|error| error.to_string())
}

fn found(name: String, metadata: &Metadata) -> Found {
    Found {
        name,
        kind: match metadata.file_type() {
            FileType::File => Kind::File,
            FileType::Dir => Kind::Folder,
            FileType::Symlink => Kind::Link,
            FileType::Other => Kind::Other,
        },
        size: metadata.size.unwrap_or_default(),
        modified: metadata.mtime.unwrap_or_default().into(),
    }
}

fn status(error: &SftpError) -> Option<StatusCode> {
    match error {
        SftpError::Status(status) => Some(status.status_code),
        _ => None,
    }
}

fn broken(path: &str, error: &dyn fmt::Display) -> Trouble {
    Trouble::new(format!(
        "`{path}` cannot be read to its end: {error}; what is here is kept, and the next run goes on from there"
    ))
}
