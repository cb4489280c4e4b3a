//! `[sign_in]`: where the pages are, and who proves who somebody is.

use super::reader::{Reader, Section};
use super::schedule::Schedule;
use std::path::PathBuf;

/// How people get in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignIn {
    /// The address of the pages as browsers know it: it stands in mails, and a single sign-on sends
    /// people back to it. Never taken from a request.
    pub address: Option<String>,
    /// When the student system hands its students over: whoever is signed in and unknown reads it.
    pub transfer: Option<Schedule>,
    /// The university's single sign-on.
    pub sso: Option<Box<SingleSignOn>>,
}

/// A single sign-on, and what of its words is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleSignOn {
    /// Who proves a login.
    pub provider: Provider,
    /// The attribute with the student system's id.
    pub student: Option<String>,
    /// The attribute with an address of the university.
    pub email: Option<String>,
    /// The attribute with a name.
    pub name: Option<String>,
    /// A certificate of the house's own authority (PEM), beside those that the system trusts.
    pub authority: Option<PathBuf>,
}

/// Who proves a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// CAS 3.0.
    Cas {
        /// Where it is, up to the `/login`.
        address: String,
    },
    /// `OpenID` Connect.
    Openid {
        /// What it calls itself.
        issuer: String,
        /// What it calls us.
        client: String,
        /// A file with the secret alone, where it does not come from the environment.
        secret_file: Option<PathBuf>,
        /// What is asked for.
        scopes: Vec<String>,
        /// The claim that is the login.
        login: String,
    },
}

pub(super) fn sign_in(root: &mut Section<'_>, reader: &mut Reader<'_>) -> SignIn {
    let Some(mut section) = root.section("sign_in", reader) else {
        return SignIn::default();
    };
    let address = address(&mut section, "address", reader);
    let transfer = section.string("transfer", reader).and_then(|text| {
        let schedule = Schedule::parse(&text);
        if schedule.is_none() {
            let message = format!(
                "`{text}` is no schedule; write minute, hour, day, month and weekday like \"0 3 * * 1-5\""
            );
            section.mistake("transfer", message, reader);
        }
        schedule
    });
    let sso = section.section("sso", reader);
    if sso.is_some() && address.is_none() {
        let message = "a single sign-on sends people back to it, so it must be written";
        section.mistake("address", message, reader);
    }
    let sso = sso.and_then(|section| self::sso(section, reader));
    section.finish(reader);
    SignIn {
        address,
        transfer,
        sso,
    }
}

fn sso(mut section: Section<'_>, reader: &mut Reader<'_>) -> Option<Box<SingleSignOn>> {
    section.need("kind", reader);
    section.need("address", reader);
    let kinds = [("cas", false), ("openid", true)];
    let is_openid = section.choice("kind", &kinds, reader);
    let address = address(&mut section, "address", reader);
    let provider = match is_openid {
        Some(true) => openid(&mut section, reader, address),
        _ => address.map(|address| Provider::Cas { address }),
    };
    let student = section.string("student", reader);
    let email = section.string("email", reader);
    let name = section.string("name", reader);
    let authority = section.string("authority", reader).map(PathBuf::from);
    section.finish(reader);
    Some(Box::new(SingleSignOn {
        provider: provider.filter(|_| is_openid.is_some())?,
        student,
        email,
        name,
        authority,
    }))
}

fn openid(
    section: &mut Section<'_>,
    reader: &mut Reader<'_>,
    issuer: Option<String>,
) -> Option<Provider> {
    section.need("client", reader);
    let client = section.string("client", reader);
    let secret_file = section.string("secret_file", reader).map(PathBuf::from);
    let mut scopes = section.strings("scopes", reader);
    if scopes.is_empty() {
        scopes = ["openid", "profile", "email"].map(str::to_owned).to_vec();
    } else if !scopes.iter().any(|scope| scope == "openid") {
        section.mistake("scopes", "`openid` must be one of them", reader);
    }
    // The only claim that is never given to somebody else (OpenID Connect Core, 5.7).
    let login = section.string("login", reader);
    Some(Provider::Openid {
        issuer: issuer?,
        client: client?,
        secret_file,
        scopes,
        login: login.unwrap_or_else(|| "sub".to_owned()),
    })
}

/// An address of a server: https, or http on this machine.
pub(super) fn address(
    section: &mut Section<'_>,
    key: &str,
    reader: &mut Reader<'_>,
) -> Option<String> {
    let text = section.string(key, reader)?;
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_here = here.iter().any(|start| {
        let rest = text.strip_prefix(start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    let is_plain = text.is_ascii() && !text.contains(['?', '#', ' ', '@', '"', '<']);
    if !is_plain || !(text.starts_with("https://") || is_here) {
        let message = format!("`{text}` is no address; write it like https://fees.example.edu");
        section.mistake(key, message, reader);
        return None;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<SignIn, Vec<String>> {
        let text = format!("[institution]\nname = \"X\"\n[sign_in]\n{text}");
        let config = crate::config::parse(&text, &[]);
        let config = config.map(|config| config.sign_in);
        config.map_err(|all| all.iter().map(ToString::to_string).collect())
    }

    const HOME: &str = "address = \"https://fees.example.edu\"\n";

    #[test]
    fn either_provider_is_read_with_what_is_usual() {
        let cas = "[sign_in.sso]\nkind = \"cas\"\naddress = \"https://sso.example.edu/cas\"\nstudent = \"usosId\"";
        let sso = parsed(&format!("{HOME}{cas}")).unwrap().sso.unwrap();
        assert_eq!(sso.student.as_deref(), Some("usosId"));
        let openid = "[sign_in.sso]\nkind = \"openid\"\naddress = \"https://sso.example.edu\"\nclient = \"kwestura\"";
        let sso = parsed(&format!("{HOME}{openid}")).unwrap().sso.unwrap();
        let Provider::Openid { scopes, login, .. } = sso.provider else {
            panic!("{sso:?}");
        };
        assert_eq!((scopes.len(), login.as_str()), (3, "sub"));
    }

    #[test]
    fn what_cannot_work_is_told() {
        let cas = "[sign_in.sso]\nkind = \"cas\"\naddress = \"https://sso.example.edu/cas\"\n";
        let openid = cas.replace("\"cas\"", "\"openid\"");
        for (text, expected) in [
            (
                format!("{HOME}transfer = \"every night\"\n"),
                "sign_in.transfer: `every night` is no schedule",
            ),
            (
                cas.to_owned(),
                "sign_in.address: a single sign-on sends people back",
            ),
            (
                format!("{HOME}{}", cas.replace("https", "http")),
                "sign_in.sso.address: `http://sso.example.edu/cas` is no address",
            ),
            (
                format!("{HOME}[sign_in.sso]\n"),
                "sign_in.sso.kind: is missing",
            ),
            (
                format!("{HOME}{}", cas.replace("\"cas\"", "\"saml\"")),
                "sign_in.sso.kind",
            ),
            (format!("{HOME}{openid}"), "sign_in.sso.client: is missing"),
            (
                format!("{HOME}{openid}client = \"k\"\nscopes = [\"email\"]\n"),
                "sign_in.sso.scopes: `openid` must be one of them",
            ),
            (
                format!("{HOME}{cas}client = \"x\"\n"),
                "sign_in.sso.client: there is no such setting",
            ),
        ] {
            let mistakes = parsed(&text).unwrap_err();
            let is_told = mistakes.iter().any(|mistake| mistake.contains(expected));
            assert!(is_told, "{expected}: {mistakes:?}");
        }
    }
}
