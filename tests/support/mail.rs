//! A real mail server on this machine: aiosmtpd, started by the story that needs one and ended with
//! it. It wants STARTTLS and a password, keeps what arrives, and misbehaves towards whom it is told to.
//!
//! Where Python with aiosmtpd is missing, the stories of mail are skipped and counted, unless
//! `KWESTURA_REQUIRE_MAIL=1`. `KWESTURA_TEST_PYTHON` names the Python to be used.

use super::{python, skipped};
use kwestura::config::{Addresses, Mail, Offices, Security, Server, TokenService};
use kwestura::mail::{Post, Smtp};
use kwestura::text::Language;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A mail server with a folder.
pub struct MailServer {
    folder: PathBuf,
    port: u16,
    /// Where tokens are given.
    tokens: u16,
    child: Child,
}

/// A mail that arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// Headers and body.
    pub text: String,
}

impl Arrived {
    /// The first line of a header, without its name.
    pub fn header(&self, name: &str) -> &str {
        let head = self.text.lines().take_while(|line| !line.is_empty());
        let mut lines = head.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        lines.next().unwrap_or_default()
    }
}

impl Arrived {
    /// The whole of it with its quoted-printable undone (RFC 2045, 6.7), as a mail program shows it.
    pub fn body(&self) -> String {
        let joined = self.text.replace("=\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let [first, behind @ ..] = rest {
            let code = behind
                .get(..2)
                .and_then(|code| std::str::from_utf8(code).ok());
            let code = code
                .filter(|_| *first == b'=')
                .and_then(|code| u8::from_str_radix(code, 16).ok());
            bytes.push(code.unwrap_or(*first));
            rest = if code.is_some() { &behind[2..] } else { behind };
        }
        String::from_utf8(bytes).unwrap()
    }
}

impl MailServer {
    /// Starts a server that keeps its files in a folder; none where this machine cannot.
    pub fn start(folder: &Path) -> Option<MailServer> {
        let python = python::that_knows("aiosmtpd", &skipped::MAIL)?;
        let folder = folder.join("mail");
        std::fs::create_dir(&folder).unwrap();
        certificate(&folder);
        std::fs::write(folder.join("rules.json"), "{}").unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/mail_server.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut ready)
            .unwrap();
        let ports = ready.trim().strip_prefix("READY ").unwrap();
        let (port, tokens) = ports.split_once(' ').unwrap();
        Some(MailServer {
            folder,
            port: port.parse().unwrap(),
            tokens: tokens.parse().unwrap(),
            child,
        })
    }

    /// How recipients are treated from now on.
    pub fn rules(&self, rules: &[(&str, &str)]) {
        let rules: BTreeMap<&str, &str> = rules.iter().copied().collect();
        let part = self.folder.join("rules.part");
        std::fs::write(&part, serde_json::to_vec(&rules).unwrap()).unwrap();
        std::fs::rename(part, self.folder.join("rules.json")).unwrap();
    }

    /// `[mail]` of an office that sends through it.
    pub fn settings(&self) -> Mail {
        let mut mail = folder_settings();
        mail.server.port = self.port;
        mail.server.authority = Some(self.folder.join("cert.pem"));
        mail
    }

    /// The same in the words of `kwestura.toml`; the password is `secret`.
    pub fn toml(&self) -> String {
        format!(
            "\n[mail]\nhost = \"127.0.0.1\"\nport = {}\nuser = \"kwestura\"\nauthority = \"{}\"\n\
             from = \"Kwestura Akademii <kwestura@example.edu>\"\nper_minute = 100000\n\
             [mail.students]\nstudent_domain = \"student.example.edu\"\ndomains = [\"example.edu\"]\n",
            self.port,
            self.folder.join("cert.pem").display()
        )
    }

    /// Until somebody's mail lies there.
    pub async fn has_arrived(&self, to: &str) {
        while !self.recipients().iter().any(|address| address == to) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A line to it, with the right password and little patience.
    pub fn post(&self) -> Post {
        self.post_with("secret")
    }

    /// A line to it, with a password.
    pub fn post_with(&self, password: &str) -> Post {
        post(&self.settings().server, password)
    }

    /// A line to it, with the tokens that are given for a scope to whoever knows a secret.
    pub fn post_by_token(&self, scope: &str, secret: &str) -> Post {
        let mut server = self.settings().server;
        server.tokens = Some(TokenService {
            address: format!("http://127.0.0.1:{}/token", self.tokens),
            client: "kwestura/1".to_owned(),
            scope: scope.to_owned(),
        });
        post(&server, secret)
    }

    /// What arrived, by the recipient.
    pub fn arrived(&self) -> Vec<Arrived> {
        let files = std::fs::read_dir(self.folder.join("arrived")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let mails = files.filter(|path| path.extension().is_some_and(|ending| ending == "eml"));
        let mut arrived: Vec<Arrived> = mails
            .map(|path| {
                let text = String::from_utf8(std::fs::read(path).unwrap())
                    .unwrap()
                    .replace("\r\n", "\n");
                let (to, text) = text.split_once("\n\n").unwrap();
                Arrived {
                    to: to.lines().map(str::to_owned).collect(),
                    text: text.to_owned(),
                }
            })
            .collect();
        arrived.sort_by(|a, b| a.to.cmp(&b.to));
        arrived
    }

    /// To whom mail arrived.
    pub fn recipients(&self) -> Vec<String> {
        self.arrived()
            .into_iter()
            .flat_map(|mail| mail.to)
            .collect()
    }
}

fn post(server: &Server, password: &str) -> Post {
    let smtp = Smtp::new(server, Some(password.to_owned())).unwrap();
    Post::Smtp(Box::new(smtp.impatient(Duration::from_secs(2))))
}

/// `[mail]` of an office whose students have their aliases; a server is named, and none is there.
pub fn folder_settings() -> Mail {
    let domain = |name: &str| Some(format!("{name}.example.edu"));
    Mail {
        server: Server {
            host: "127.0.0.1".to_owned(),
            port: 0,
            security: Security::StartTls,
            user: Some("kwestura".to_owned()),
            password_file: None,
            authority: None,
            tokens: None,
        },
        from: "Kwestura Akademii <kwestura@example.edu>".to_owned(),
        reply_to: Some("cos@example.edu".to_owned()),
        trial_address: None,
        per_minute: 100_000,
        students: Addresses {
            student_domain: domain("student"),
            doctoral_domain: domain("phd"),
            domains: vec!["example.edu".to_owned()],
        },
        offices: Offices {
            cos: Some("cos@example.edu".to_owned()),
            bursar: Some("bursar@example.edu".to_owned()),
            language: Language::Pl,
        },
        returned: None,
    }
}

/// The mails that were laid into a folder.
pub fn laid(folder: &Path) -> Vec<Arrived> {
    let files = std::fs::read_dir(folder).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let mails = texts.map(|text| Arrived {
        to: Vec::new(),
        text: text.replace("\r\n", "\n"),
    });
    mails.collect()
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the certificate says. It is nobody's authority: such a one may not stand for a server.
const CERTIFICATE: &str = "[req]\ndistinguished_name = name\nx509_extensions = more\nprompt = no\n\
                           [name]\nCN = localhost\n\
                           [more]\nsubjectAltName = DNS:localhost,IP:127.0.0.1\n\
                           basicConstraints = critical,CA:FALSE\n";

/// A certificate for this machine, good for a day.
fn certificate(folder: &Path) {
    std::fs::write(folder.join("certificate.cnf"), CERTIFICATE).unwrap();
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args([
            "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "1",
        ])
        .args(["-config", "certificate.cnf"])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status();
    assert!(
        made.is_ok_and(|status| status.success()),
        "openssl makes no certificate"
    );
}
