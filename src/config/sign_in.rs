//! `[sign_in]`: where the pages are, and who proves who somebody is.

use super::reader::{Reader, Section};

/// How students get in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignIn {
    /// The address of the pages as browsers know it: it stands in mails, and a single sign-on sends
    /// people back to it. Never taken from a request.
    pub address: Option<String>,
}

pub(super) fn sign_in(root: &mut Section<'_>, reader: &mut Reader<'_>) -> SignIn {
    let Some(mut section) = root.section("sign_in", reader) else {
        return SignIn::default();
    };
    let address = address(&mut section, "address", reader);
    section.finish(reader);
    SignIn { address }
}

/// An address of a server: https, or http on this machine.
fn address(section: &mut Section<'_>, key: &str, reader: &mut Reader<'_>) -> Option<String> {
    let text = section.string(key, reader)?;
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_here = here.iter().any(|start| {
        let rest = text.strip_prefix(start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    let is_plain = text.is_ascii() && !text.contains(['?', '#', ' ', '@', '"', '<']);
    if !is_plain || !(text.starts_with("https://") || is_here) {
        let message =
            format!("`{text}` is no address of pages; write it like https://fees.example.edu");
        section.mistake(key, message, reader);
        return None;
    }
    Some(text)
}
