//! A mail server, spoken to one command at a time, so that it is known how far a message came.
//!
//! Once the dot behind the data is on its way, only an answer tells whether the message was taken;
//! without one it is uncertain, and is never sent again by itself (RFC 5321, 4.5.3.2.6 and 6.1).

use super::token::Tokens;
use super::{Handed, Outgoing};
use crate::config::{Security, Server};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Severity;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

/// A server that says nothing for so long is not there.
const PATIENCE: Duration = Duration::from_secs(30);
/// Behind the data a server may think for longer: it looks for viruses.
const PATIENCE_DATA: Duration = Duration::from_mins(2);

/// Why the settings of the mail server cannot be used.
#[derive(Debug, Error)]
pub enum Unusable {
    /// A file is not there or cannot be read.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// The certificate is none, or TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(Error),
    /// Somebody signs in without a password.
    #[error(
        "the mail server wants a password for `{0}`: set KWESTURA_SMTP_PASSWORD, or password_file under [mail]"
    )]
    NoPassword(String),
}

/// A mail server, with a line to it while there is one.
pub struct Smtp {
    server: Server,
    proof: Proof,
    tls: Option<TlsParameters>,
    hello: ClientId,
    line: Option<AsyncSmtpConnection>,
    patience: Duration,
    patience_data: Duration,
}

/// What proves who speaks.
enum Proof {
    Nothing,
    Password(Credentials),
    /// Of whom, and by which tokens.
    Token(String, Tokens),
}

impl std::fmt::Debug for Smtp {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Smtp {
    /// Prepares to speak to a server; nothing is said yet. The password is that of the environment,
    /// or else that of the file.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read, a certificate is none, or a password is missing.
    pub fn new(server: &Server, password: Option<String>) -> Result<Smtp, Unusable> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| Unusable::File(path.clone(), error))
        };
        let password = match (password, &server.password_file) {
            (Some(password), _) => Some(password),
            (None, Some(path)) => Some(String::from_utf8_lossy(&read(path)?).trim().to_owned()),
            (None, None) => None,
        };
        let proof = match (&server.user, password) {
            (Some(user), Some(secret)) => match &server.tokens {
                Some(service) => {
                    let authority = server.authority.clone();
                    Proof::Token(
                        user.clone(),
                        Tokens::new(service.clone(), authority, secret),
                    )
                }
                None => Proof::Password(Credentials::new(user.clone(), secret)),
            },
            (Some(user), None) => return Err(Unusable::NoPassword(user.clone())),
            (None, _) => Proof::Nothing,
        };
        let mut tls = TlsParameters::builder(server.host.clone());
        if let Some(path) = &server.authority {
            tls = tls
                .add_root_certificate(Certificate::from_pem(&read(path)?).map_err(Unusable::Tls)?);
        }
        Ok(Smtp {
            server: server.clone(),
            proof,
            tls: match server.security {
                Security::None => None,
                Security::StartTls | Security::Tls => Some(tls.build().map_err(Unusable::Tls)?),
            },
            hello: ClientId::default(),
            line: None,
            patience: PATIENCE,
            patience_data: PATIENCE_DATA,
        })
    }

    /// With less patience; for tests.
    #[must_use]
    pub fn impatient(mut self, patience: Duration) -> Smtp {
        (self.patience, self.patience_data) = (patience, patience);
        self
    }

    /// Hands a message over, on the line that is open or a new one. A line that the server closed
    /// while nothing was said is opened anew, once.
    pub(super) async fn hand_over(&mut self, mail: &Outgoing) -> Handed {
        let was_open = self.line.is_some();
        match self.try_once(mail).await {
            Handed::Unreachable(_) if was_open => self.try_once(mail).await,
            handed => handed,
        }
    }

    async fn try_once(&mut self, mail: &Outgoing) -> Handed {
        let mut line = match self.line.take() {
            Some(line) => line,
            None => match self.open().await {
                Ok(line) => line,
                Err(why) => return Handed::Unreachable(why),
            },
        };
        let handed = self.say(&mut line, mail).await;
        let goes_on = match &handed {
            Handed::Taken(_) => true,
            // The server forgets the recipient that it refused.
            Handed::Later(_) | Handed::Refused(_) => {
                in_time(self.patience, line.command(Rset)).await.is_ok()
            }
            Handed::Unreachable(_) | Handed::Uncertain(_) => false,
        };
        if goes_on {
            self.line = Some(line);
        }
        handed
    }

    /// A line on which we are known.
    async fn open(&mut self) -> Result<AsyncSmtpConnection, String> {
        let at = |why: String| {
            let Server { host, port, .. } = &self.server;
            format!("the mail server {host}:{port} cannot be used: {why}")
        };
        let mut line = self.connect().await.map_err(at)?;
        let known = sign_in(&mut self.proof, &mut line, self.patience).await;
        let Err(why) = known else { return Ok(line) };
        if !self.proof.forgot() {
            return Err(at(why));
        }
        // The token may have been withdrawn before its end: once more, with another.
        let mut line = self.connect().await.map_err(at)?;
        let known = sign_in(&mut self.proof, &mut line, self.patience).await;
        known.map(|()| line).map_err(at)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, String> {
        let Server {
            host,
            port,
            security,
            ..
        } = &self.server;
        let from_the_start = self.tls.clone().filter(|_| *security == Security::Tls);
        let address = (host.as_str(), *port);
        let connect = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(self.patience),
            &self.hello,
            from_the_start,
            None,
        );
        let connected = in_time(self.patience, connect).await;
        let mut line = connected.map_err(|broken| broken.words())?;
        if let (Security::StartTls, Some(tls)) = (security, self.tls.clone()) {
            let private = line.starttls(tls, &self.hello);
            let private = in_time(self.patience, private).await;
            private.map_err(|broken| broken.words())?;
        }
        Ok(line)
    }

    async fn say(&self, line: &mut AsyncSmtpConnection, mail: &Outgoing) -> Handed {
        let mut options = Vec::new();
        if !mail.bytes.is_ascii() && line.server_info().supports_feature(Extension::EightBitMime) {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        // What is wrong with the sender is wrong with every message.
        let from = line.command(Mail::new(Some(mail.from.clone()), options));
        if let Err(broken) = in_time(self.patience, from).await {
            return Handed::Unreachable(broken.words());
        }
        let to = line.command(Rcpt::new(mail.to.clone(), Vec::new()));
        if let Err(broken) = in_time(self.patience, to).await {
            return broken.of_message();
        }
        if let Err(broken) = in_time(self.patience, line.command(Data)).await {
            return broken.of_message();
        }
        match in_time(self.patience_data, line.message(&mail.bytes)).await {
            Ok(response) => Handed::Taken(response.first_line().unwrap_or_default().to_owned()),
            Err(Broken::Answer(error)) if error.status().is_some() => {
                Broken::Answer(error).of_message()
            }
            Err(broken) => Handed::Uncertain(broken.words()),
        }
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        if let Some(mut line) = self.line.take() {
            // Whether the server says goodbye too makes no difference.
            let _ = in_time(self.patience, line.quit()).await;
        }
    }
}

impl Proof {
    /// Whether there was a token from before that is now forgotten.
    fn forgot(&mut self) -> bool {
        match self {
            Proof::Token(_, tokens) => tokens.forgot(),
            _ => false,
        }
    }
}

/// Says who speaks, and proves it.
async fn sign_in(
    proof: &mut Proof,
    line: &mut AsyncSmtpConnection,
    patience: Duration,
) -> Result<(), String> {
    match proof {
        Proof::Nothing => Ok(()),
        Proof::Password(known) => {
            let known = line.auth(&[Mechanism::Plain, Mechanism::Login], known);
            let known = in_time(patience, known).await;
            known.map(|_| ()).map_err(|broken| broken.words())
        }
        Proof::Token(user, tokens) => {
            let token = Credentials::new(user.clone(), tokens.token().await?);
            let known = in_time(patience, line.auth(&[Mechanism::Xoauth2], &token)).await;
            known.map(|_| ()).map_err(|broken| {
                format!(
                    "it does not take the token for {user} ({}): whoever asks for tokens must be allowed to send as this mailbox, and the mailbox to send by SMTP",
                    broken.words()
                )
            })
        }
    }
}

/// Why a command came to nothing.
enum Broken {
    /// An answer that is none, or that says no.
    Answer(Error),
    /// No answer.
    Silence,
}

impl Broken {
    fn words(&self) -> String {
        match self {
            Broken::Answer(error) => error.to_string(),
            Broken::Silence => "it does not answer".to_owned(),
        }
    }

    /// What that says about the message, whose recipient or data the server was just told. Silence, or
    /// the server going away (421, RFC 5321, 3.8), may be on account of it: it is put off, so that
    /// those behind it get their turn.
    fn of_message(&self) -> Handed {
        let words = self.words();
        let code = match self {
            Broken::Answer(error) => error.status(),
            Broken::Silence => None,
        };
        match code {
            Some(code) if code.severity == Severity::PermanentNegativeCompletion => {
                Handed::Refused(words)
            }
            _ => Handed::Later(words),
        }
    }
}

async fn in_time<T>(
    patience: Duration,
    said: impl Future<Output = Result<T, Error>>,
) -> Result<T, Broken> {
    match tokio::time::timeout(patience, said).await {
        Ok(answer) => answer.map_err(Broken::Answer),
        Err(_) => Err(Broken::Silence),
    }
}
