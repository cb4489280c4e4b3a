//! `[mail]`: how messages leave the house, and where they go.

use super::reader::{Reader, Section};
use super::sign_in::address;
use crate::text::Language;
use std::path::PathBuf;

/// How messages leave the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The server that takes them.
    pub server: Server,
    /// The sender: `Kwestura <kwestura@example.edu>`.
    pub from: String,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// A trial: everything goes to this address alone.
    pub trial_address: Option<String>,
    /// No more messages than this leave in a minute.
    pub per_minute: u32,
    /// Where students get their mail.
    pub students: Addresses,
    /// Where the digests of cases go, by queue.
    pub offices: Offices,
    /// A folder in which reports of mail servers arrive.
    pub returned: Option<PathBuf>,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the line is kept private.
    pub security: Security,
    /// Who signs in; the password is no setting.
    pub user: Option<String>,
    /// A file with the password alone, where it does not come from the environment.
    pub password_file: Option<PathBuf>,
    /// A certificate of the house's own authority (PEM), beside those that the system trusts.
    pub authority: Option<PathBuf>,
    /// Who gives the tokens by which `user` signs in; the password is then the client's secret.
    pub tokens: Option<TokenService>,
}

/// Who gives tokens to sign in by, as Office 365 wants it (XOAUTH2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenService {
    /// Where they are asked for.
    pub address: String,
    /// Who asks.
    pub client: String,
    /// What for.
    pub scope: String,
}

/// How the line to the mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// It begins in the open and must become private before anything is said.
    StartTls,
    /// Private from the first byte.
    Tls,
    /// In the open; for a server on the same machine only.
    None,
}

/// Which addresses of students are written to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The university's domain of students: where the student system's address is in none of the
    /// domains, or there is none, `s<album>@` this one is written to.
    pub student_domain: Option<String>,
    /// The same for doctoral students.
    pub doctoral_domain: Option<String>,
    /// Domains in which an address of the student system is taken as it is.
    pub domains: Vec<String>,
}

impl Addresses {
    /// Where a student gets mail: the university address, or else the alias that is always there.
    /// None where neither is known.
    pub fn of(&self, email: &str, album: &str, population: &str) -> Option<String> {
        let is_known = |domain: &str| {
            let own = [&self.student_domain, &self.doctoral_domain];
            let own = own.into_iter().flatten();
            own.chain(&self.domains)
                .any(|known| known.eq_ignore_ascii_case(domain))
        };
        let any = self.student_domain.is_none()
            && self.doctoral_domain.is_none()
            && self.domains.is_empty();
        if let Some((name, domain)) = email.trim().rsplit_once('@')
            && !name.is_empty()
            && (any || is_known(domain))
        {
            return Some(email.trim().to_owned());
        }
        self.alias(album, population)
    }

    /// The alias that is always there, whatever address a student chose.
    pub fn alias(&self, album: &str, population: &str) -> Option<String> {
        let domain = match population {
            "doctoral" => &self.doctoral_domain,
            _ => &self.student_domain,
        };
        let is_plain = !album.is_empty() && album.chars().all(|sign| sign.is_ascii_alphanumeric());
        domain
            .as_ref()
            .filter(|_| is_plain)
            .map(|domain| format!("s{album}@{domain}"))
    }
}

/// What a token of Office 365 is for where nothing is said.
const OFFICE_365: &str = "https://outlook.office365.com/.default";

/// Where the office is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offices {
    /// The student service centre.
    pub cos: Option<String>,
    /// The bursar's office.
    pub bursar: Option<String>,
    /// The language of both.
    pub language: Language,
}

pub(super) fn mail(root: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<Mail> {
    let mut section = root.section("mail", reader)?;
    let before = reader.mistakes();
    section.need("host", reader);
    section.need("from", reader);
    let host = section.string("host", reader);
    let kinds = [
        ("starttls", Security::StartTls),
        ("tls", Security::Tls),
        ("none", Security::None),
    ];
    let security = section
        .choice("security", &kinds, reader)
        .unwrap_or(Security::StartTls);
    let usual = match security {
        Security::StartTls => 587,
        Security::Tls => 465,
        Security::None => 25,
    };
    let port = section.integer("port", 1..65536, reader).unwrap_or(usual);
    if security == Security::None && !host.as_deref().is_some_and(is_this_machine) {
        section.mistake(
            "security",
            "mail in the open is for a server on this machine only; use \"starttls\" or \"tls\"",
            reader,
        );
    }
    let user = section.string("user", reader);
    let password_file = section.string("password_file", reader).map(PathBuf::from);
    let authority = section.string("authority", reader).map(PathBuf::from);
    let from = mailbox(&mut section, "from", reader);
    let reply_to = mailbox(&mut section, "reply_to", reader);
    let trial_address = mailbox(&mut section, "trial_address", reader);
    let per_minute = section
        .integer("per_minute", 1..100_001, reader)
        .unwrap_or(120);
    let returned = section.string("returned", reader).map(PathBuf::from);
    let students = match section.section("students", reader) {
        Some(below) => addresses(below, reader),
        None => Addresses::default(),
    };
    let offices = offices(&mut section, reader);
    let tokens = section
        .section("oauth", reader)
        .and_then(|below| token_service(below, reader));
    if tokens.is_some() && user.is_none() {
        let message =
            "a token signs somebody in: write the mailbox like user = \"kwestura@example.edu\"";
        section.mistake("user", message, reader);
    }
    section.finish(reader);
    let server = Server {
        host: host?,
        port,
        security,
        user,
        password_file,
        authority,
        tokens,
    };
    (reader.mistakes() == before).then_some(Mail {
        server,
        from: from?,
        reply_to,
        trial_address,
        per_minute,
        students,
        offices,
        returned,
    })
}

fn token_service(mut section: Section<'_>, reader: &mut Reader<'_>) -> Option<TokenService> {
    section.need("token_url", reader);
    section.need("client", reader);
    let address = address(&mut section, "token_url", reader);
    let client = section.string("client", reader);
    let scope = section.string("scope", reader);
    section.finish(reader);
    Some(TokenService {
        address: address?,
        client: client?,
        scope: scope.unwrap_or_else(|| OFFICE_365.to_owned()),
    })
}

fn addresses(mut section: Section<'_>, reader: &mut Reader<'_>) -> Addresses {
    let addresses = Addresses {
        student_domain: domain(&mut section, "student_domain", reader),
        doctoral_domain: domain(&mut section, "doctoral_domain", reader),
        domains: section.strings("domains", reader),
    };
    section.finish(reader);
    addresses
}

fn offices(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Offices {
    let languages = [("pl", Language::Pl), ("en", Language::En)];
    Offices {
        cos: mailbox(section, "cos", reader),
        bursar: mailbox(section, "bursar", reader),
        language: section
            .choice("language", &languages, reader)
            .unwrap_or(Language::Pl),
    }
}

/// Only what can be no address at all is refused; whether it works, the mail server knows.
pub(super) fn mailbox(
    section: &mut Section<'_>,
    key: &str,
    reader: &mut Reader<'_>,
) -> Option<String> {
    let text = section.string(key, reader)?;
    if text.parse::<lettre::message::Mailbox>().is_err() {
        let message =
            format!("`{text}` is no address; write it like Kwestura <kwestura@example.edu>");
        section.mistake(key, message, reader);
        return None;
    }
    Some(text)
}

fn domain(section: &mut Section<'_>, key: &str, reader: &mut Reader<'_>) -> Option<String> {
    let text = section.string(key, reader)?;
    let is_domain = text.contains('.')
        && text
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-'));
    if !is_domain {
        let message = format!("`{text}` is no domain; write it like student.example.edu");
        section.mistake(key, message, reader);
        return None;
    }
    Some(text)
}

fn is_this_machine(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_needs_somebody_who_signs_in_and_an_address_that_is_private() {
        let parsed = |text: &str| {
            let text = format!(
                "[institution]\nname = \"X\"\n[mail]\nhost = \"smtp.example.edu\"\nfrom = \"k@example.edu\"\n{text}"
            );
            let config = crate::config::parse(&text, &[]);
            let config = config.map(|config| config.mail.unwrap().server.tokens);
            config.map_err(|all| all.iter().map(ToString::to_string).collect::<String>())
        };
        let oauth =
            "[mail.oauth]\ntoken_url = \"https://login.example.edu/token\"\nclient = \"7\"\n";
        let tokens = parsed(&format!("user = \"k@example.edu\"\n{oauth}"));
        assert_eq!(tokens.unwrap().unwrap().scope, OFFICE_365);
        let wrong = parsed(oauth).unwrap_err();
        assert!(wrong.contains("a token signs somebody in"), "{wrong}");
        let open = oauth.replace("https", "http");
        let wrong = parsed(&format!("user = \"k@example.edu\"\n{open}")).unwrap_err();
        assert!(wrong.contains("is no address"), "{wrong}");
        let wrong = parsed("user = \"k@example.edu\"\n[mail.oauth]\n").unwrap_err();
        assert!(
            wrong.contains("client") && wrong.contains("token_url"),
            "{wrong}"
        );
    }

    #[test]
    fn mail_goes_to_the_university_address_or_to_the_alias() {
        let addresses = Addresses {
            student_domain: Some("student.example.edu".to_owned()),
            doctoral_domain: Some("phd.example.edu".to_owned()),
            domains: vec!["example.edu".to_owned()],
        };
        let table = [
            (
                "ada@Student.example.edu",
                "900001",
                "student",
                Some("ada@Student.example.edu"),
            ),
            (
                "ada@example.edu",
                "900001",
                "student",
                Some("ada@example.edu"),
            ),
            (
                "ada@gmail.example",
                "900001",
                "student",
                Some("s900001@student.example.edu"),
            ),
            ("", "900001", "doctoral", Some("s900001@phd.example.edu")),
            (
                "@student.example.edu",
                "900001",
                "student",
                Some("s900001@student.example.edu"),
            ),
            ("", "90 0001", "student", None),
            ("", "", "student", None),
        ];
        for (email, album, population, expected) in table {
            let found = addresses.of(email, album, population);
            assert_eq!(found.as_deref(), expected, "{email} {album}");
        }
        let none = Addresses::default();
        assert_eq!(
            none.of("ada@example.org", "1", "student").as_deref(),
            Some("ada@example.org")
        );
        assert_eq!(none.of("", "1", "student"), None);
    }
}
