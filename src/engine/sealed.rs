//! Secrets that the program itself must read again, sealed in the database: those of second factors, and
//! those that sign what webhooks are told.
//!
//! Sealed is AES-256-GCM under a key of the house, with what the secret is for beside it, so that none
//! can stand in another's place. It is stored as `sealed:KEY:HEX`, where HEX is the nonce, the text and
//! its tag. What a version before this wrote is plain, and sealed when the service starts.

use super::{EngineError, Office, secret};
use crate::config::{Key, Keys};
use crate::store::sealed::SecretRow;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::collections::BTreeMap;

const MARK: &str = "sealed:";

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A member of staff's second factor.
    Staff,
    /// Signing what a webhook is told.
    Webhook,
}

impl Use {
    fn name(self) -> &'static str {
        match self {
            Use::Staff => "staff",
            Use::Webhook => "webhook",
        }
    }

    fn of(row: &SecretRow) -> Use {
        if row.used_for == Use::Staff.name() {
            Use::Staff
        } else {
            Use::Webhook
        }
    }

    fn aad(self, whose: &str) -> String {
        format!("{} {whose}", self.name())
    }
}

/// Seals a secret of somebody.
///
/// # Errors
///
/// Refused where there is no key.
pub(super) fn seal(
    keys: &Keys,
    (used_for, whose): (Use, &str),
    text: &str,
) -> Result<String, EngineError> {
    let key = keys.newest().ok_or_else(no_key)?;
    let nonce = secret::bytes::<NONCE_LEN>()?;
    let mut bytes = text.as_bytes().to_vec();
    let aad = Aad::from(used_for.aad(whose));
    let sealed = cipher(key).and_then(|cipher| {
        let nonce = Nonce::assume_unique_for_key(nonce);
        cipher.seal_in_place_append_tag(nonce, aad, &mut bytes).ok()
    });
    // Neither can fail: the key has its length, and the text is short.
    sealed.ok_or_else(|| EngineError::refused("a secret could not be sealed"))?;
    let (name, nonce) = (key.name(), secret::hexadecimal(&nonce));
    Ok(format!(
        "{MARK}{name}:{nonce}{}",
        secret::hexadecimal(&bytes)
    ))
}

/// Opens what was sealed. A secret that is still plain is what it is.
///
/// # Errors
///
/// Refused where its key is missing, and where somebody changed or moved it.
pub(super) fn open(
    keys: &Keys,
    (used_for, whose): (Use, &str),
    stored: &str,
) -> Result<String, EngineError> {
    let Some(sealed) = stored.strip_prefix(MARK) else {
        return Ok(stored.to_owned());
    };
    let (name, digits) = sealed.split_once(':').unwrap_or((sealed, ""));
    let key = keys.called(name).ok_or_else(|| lost(name))?;
    let aad = Aad::from(used_for.aad(whose));
    let opened = secret::from_hexadecimal(digits).and_then(|bytes| {
        let (nonce, text) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let text = cipher(key)?.open_in_place(nonce, aad, &mut text).ok()?;
        String::from_utf8(text.to_vec()).ok()
    });
    opened.ok_or_else(|| {
        let what = used_for.aad(whose);
        EngineError::refused(format!(
            "the secret of {what} in the database is not the one that was put there; give a new one"
        ))
    })
}

fn cipher(key: &Key) -> Option<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, key.bytes()).ok()?;
    Some(LessSafeKey::new(key))
}

fn no_key() -> EngineError {
    EngineError::refused(
        "there is no key that seals secrets in the database: `kwestura init` makes kwestura.key beside \
         the settings, and `kwestura key --help` says where else one may lie",
    )
}

fn lost(name: &str) -> EngineError {
    EngineError::refused(format!(
        "a secret in the database is sealed with the key {name}, which is not in the file of keys: put its \
         line back from where you keep a copy, or give new secrets with `kwestura staff password` and \
         `kwestura webhook add`"
    ))
}

/// What came of sealing again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Again {
    /// So many secrets were plain, or sealed with another key.
    pub sealed: usize,
    /// So many nobody can open: their key is lost.
    pub lost: usize,
}

/// Seals with the newest key what is plain or sealed with another. Safe to run at any time and anywhere:
/// whoever gives a new secret meanwhile is not overwritten.
///
/// # Errors
///
/// Refused where there are secrets and no key.
pub async fn again(office: &Office) -> Result<Again, EngineError> {
    let keys = &office.config.keys;
    let mut done = Again::default();
    let mut tx = office.db.write().await?;
    for row in tx.secrets().await? {
        let newest = keys.newest().ok_or_else(no_key)?;
        if key_of(&row.secret) == Some(newest.name()) {
            continue;
        }
        let what = (Use::of(&row), row.whose.as_str());
        let Ok(text) = open(keys, what, &row.secret) else {
            done.lost += 1;
            continue;
        };
        if tx.set_secret(&row, &seal(keys, what, &text)?).await? {
            done.sealed += 1;
        }
    }
    tx.commit().await?;
    Ok(done)
}

/// The name of the key that sealed it; none where it is plain.
fn key_of(stored: &str) -> Option<&str> {
    let (name, _) = stored.strip_prefix(MARK)?.split_once(':')?;
    Some(name)
}

/// How many secrets lie under which key, by its name; under none where they are plain.
pub async fn by_key(office: &Office) -> Result<BTreeMap<String, usize>, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.secrets().await?;
    tx.rollback().await?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let name = key_of(&row.secret).unwrap_or_default();
        *counts.entry(name.to_owned()).or_default() += 1;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Keys {
        let lines: Vec<String> = bytes
            .iter()
            .map(|&byte| Key::of([byte; 32]).line())
            .collect();
        Keys::parse(&lines.join("\n")).unwrap()
    }

    #[test]
    fn a_secret_opens_for_whom_it_was_sealed_and_for_nobody_else() {
        let keys = keys(&[1]);
        let ada = (Use::Staff, "ada");
        let sealed = seal(&keys, ada, "GEZDGNBV").unwrap();
        assert!(
            !sealed.contains("GEZDGNBV") && sealed.starts_with("sealed:"),
            "{sealed}"
        );
        assert_ne!(sealed, seal(&keys, ada, "GEZDGNBV").unwrap());
        assert_eq!(open(&keys, ada, &sealed).unwrap(), "GEZDGNBV");
        for other in [(Use::Staff, "ewa"), (Use::Webhook, "ada")] {
            assert!(open(&keys, other, &sealed).is_err());
        }
        let (rest, last) = sealed.split_at(sealed.len() - 1);
        for other in ["_", if last == "0" { "1" } else { "0" }] {
            assert!(open(&keys, ada, &format!("{rest}{other}")).is_err());
        }
        assert!(open(&keys, ada, "sealed:").is_err());
    }

    #[test]
    fn an_older_key_opens_and_a_lost_one_is_named() {
        let ada = (Use::Staff, "ada");
        let sealed = seal(&keys(&[1]), ada, "GEZDGNBV").unwrap();
        assert_eq!(open(&keys(&[2, 1]), ada, &sealed).unwrap(), "GEZDGNBV");
        let lost = open(&keys(&[2]), ada, &sealed).unwrap_err().to_string();
        assert!(lost.contains(Key::of([1; 32]).name()), "{lost}");
        let none = seal(&Keys::default(), ada, "x").unwrap_err().to_string();
        assert!(none.contains("kwestura init"), "{none}");
        assert_eq!(open(&keys(&[1]), ada, "PLAIN").unwrap(), "PLAIN");
    }
}
