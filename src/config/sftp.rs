//! `[[sftp]]`: servers from which files are fetched into the inbox.
//!
//! Nothing is asked of a server here, and no secret is read: the settings name the files in which the
//! secrets lie. A server is known by its key, which stands in the settings, and by nothing else.

use super::reader::{Reader, Section};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::PathBuf;

/// A server, and what is fetched from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sftp {
    /// What the house calls it.
    pub name: String,
    /// Where it is: a name or an address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who signs in.
    pub user: String,
    /// What it proves itself by.
    pub host_key: HostKey,
    /// What we prove ourselves by.
    pub proof: Proof,
    /// The folder in which files appear; where it does not begin with `/` it lies in the user's own.
    pub folder: String,
    /// The folder on the server into which what was fetched is moved. Without it, it stays where it is
    /// and is remembered.
    pub moved_to: Option<String>,
}

/// The public key of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// Its kind: `ssh-ed25519`.
    pub kind: String,
    /// The key as it travels (RFC 4253, 6.6).
    pub bytes: Vec<u8>,
}

/// What somebody proves by who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A file with a private key that has no passphrase.
    Key(PathBuf),
    /// A file with a password alone.
    Password(PathBuf),
}

/// Kinds of keys that a server can be known by.
const KINDS: [&str; 4] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
];
/// Letters of a name.
const NAME_MAX: usize = 40;

pub(super) fn servers(root: &mut Section<'_>, reader: &mut Reader<'_>) -> Vec<Sftp> {
    let sections = root.sections("sftp", reader).unwrap_or_default();
    let mut servers: Vec<Sftp> = Vec::new();
    for section in sections {
        let Some(server) = server(section, reader) else {
            continue;
        };
        if servers.iter().any(|other| other.name == server.name) {
            let message = format!("two servers are called `{}`", server.name);
            root.mistake("sftp", message, reader);
        }
        servers.push(server);
    }
    servers
}

fn server(mut section: Section<'_>, reader: &mut Reader<'_>) -> Option<Sftp> {
    let name = name(&mut section, reader);
    let host = section.required("host", reader);
    let port = section.integer("port", 1..65536, reader).unwrap_or(22);
    let user = section.required("user", reader);
    let host_key = host_key(&mut section, reader);
    let proof = proof(&mut section, reader);
    let folder = section.string("folder", reader);
    let moved_to = section.string("moved_to", reader);
    let folder = folder.unwrap_or_else(|| ".".to_owned());
    if moved_to.as_ref() == Some(&folder) {
        let message = "this is the folder in which files appear: name another one";
        section.mistake("moved_to", message, reader);
    }
    section.finish(reader);
    Some(Sftp {
        name: name?,
        host: host?,
        port,
        user: user?,
        host_key: host_key?,
        proof: proof?,
        folder,
        moved_to,
    })
}

/// It becomes part of the names of files.
fn name(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<String> {
    let name = section.required("name", reader)?;
    let is_plain = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
    if name.len() > NAME_MAX || !name.chars().all(is_plain) {
        let message = format!("`{name}` is no name; it is made of small letters, digits and -");
        section.mistake("name", message, reader);
        return None;
    }
    Some(name)
}

fn host_key(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<HostKey> {
    let text = section.required("host_key", reader)?;
    let key = parsed(&text);
    if key.is_none() {
        let message = format!(
            "this is none of: {}; write it like \"ssh-ed25519 AAAA…\". `ssh-keyscan -t ed25519,ecdsa HOST` \
             prints what a server shows; ask whoever runs it whether that is its own",
            KINDS.join(", ")
        );
        section.mistake("host_key", message, reader);
    }
    key
}

/// Reads a line of `known_hosts` or of a `.pub` file: what stands before the kind and behind the key is
/// no part of it.
fn parsed(line: &str) -> Option<HostKey> {
    let mut words = line.split_whitespace();
    let kind = words.find(|word| KINDS.contains(word))?;
    let bytes = STANDARD.decode(words.next()?).ok()?;
    // Inside it says once more what kind it is.
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    (rest.get(..length)? == kind.as_bytes() && rest.len() > length).then(|| HostKey {
        kind: kind.to_owned(),
        bytes,
    })
}

fn proof(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<Proof> {
    let key = section.string("key_file", reader).map(PathBuf::from);
    let password = section.string("password_file", reader).map(PathBuf::from);
    match (key, password) {
        (Some(key), None) => Some(Proof::Key(key)),
        (None, Some(password)) => Some(Proof::Password(password)),
        (Some(_), Some(_)) => {
            let message = "stands beside `key_file`: the server asks for one of them";
            section.mistake("password_file", message, reader);
            None
        }
        (None, None) => {
            let message =
                "is missing; a private key without a passphrase, or write `password_file`";
            section.mistake("key_file", message, reader);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HostKey, Proof, parsed};
    use crate::config::{ConfigError, parse};

    /// Of nobody: made for this test, and its private half thrown away.
    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAICCkWEMnxeHWVKwoW3sHjscbC1f8kWQ0up3XfusahF2+";

    #[test]
    fn a_host_key_is_read_from_wherever_it_was_copied() {
        let bytes = |line: &str| parsed(line).map(|HostKey { bytes, .. }| bytes.len());
        for line in [
            format!("ssh-ed25519 {KEY}"),
            format!("ssh-ed25519 {KEY} root@bank"),
            format!("[sftp.bank.example]:2222 ssh-ed25519 {KEY}"),
        ] {
            assert_eq!(bytes(&line), Some(51), "{line}");
        }
        for line in [
            "ssh-ed25519".to_owned(),
            KEY.to_owned(),
            format!("ssh-rsa {KEY}"),
            format!("ecdsa-sha2-nistp256 {KEY}"),
            "ssh-ed25519 AAAA".to_owned(),
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU".to_owned(),
        ] {
            assert_eq!(bytes(&line), None, "{line}");
        }
    }

    fn read(servers: &str) -> Result<Vec<super::Sftp>, Vec<String>> {
        let text = format!(
            "[institution]\nname = \"A\"\n[inbox]\nfolder = \"inbox\"\n{}",
            servers.replace("KEY", &format!("ssh-ed25519 {KEY}"))
        );
        parse(&text, &[])
            .map(|config| config.service.sftp)
            .map_err(|errors| errors.iter().map(ConfigError::to_string).collect())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let servers = read(
            "[[sftp]]\nname = \"bank\"\nhost = \"sftp.bank.example\"\nuser = \"uni\"\nhost_key = \"KEY\"\n\
             password_file = \"secret\"\n",
        );
        let [server] = servers.unwrap().try_into().unwrap();
        assert_eq!((server.port, server.folder.as_str()), (22, "."));
        assert_eq!(server.proof, Proof::Password("secret".into()));
        assert_eq!(server.moved_to, None);
    }

    #[test]
    fn every_mistake_is_told() {
        let wrong = read(
            "[[sftp]]\nname = \"The bank\"\nhost = \"h\"\nuser = \"u\"\nhost_key = \"ssh-rsa AAAA\"\n\
             [[sftp]]\nname = \"a\"\nhost = \"h\"\nuser = \"u\"\nhost_key = \"KEY\"\nkey_file = \"k\"\n\
             password_file = \"p\"\nfolder = \"x\"\nmoved_to = \"x\"\n\
             [[sftp]]\nname = \"a\"\nuser = \"u\"\n",
        );
        let wrong = wrong.unwrap_err();
        for expected in [
            "line 6, sftp.name: `The bank` is no name",
            "line 9, sftp.host_key: this is none of: ssh-ed25519, ecdsa",
            "line 5, sftp.key_file: is missing; a private key without a passphrase",
            "line 16, sftp.password_file: stands beside `key_file`",
            "line 18, sftp.moved_to: this is the folder in which files appear",
            "line 19, sftp.host: is missing",
            "line 19, sftp.host_key: is missing",
        ] {
            assert!(
                wrong.iter().any(|line| line.starts_with(expected)),
                "{expected}: {wrong:#?}"
            );
        }
        let same = "[[sftp]]\nname = \"a\"\nhost = \"h\"\nuser = \"u\"\nhost_key = \"KEY\"\nkey_file = \"k\"\n";
        let twice = read(&format!("{same}{same}")).unwrap_err();
        assert!(
            twice.len() == 1 && twice[0].ends_with("two servers are called `a`"),
            "{twice:?}"
        );
        let text = format!(
            "[institution]\nname = \"A\"\n{}",
            same.replace("KEY", &format!("ssh-ed25519 {KEY}"))
        );
        let alone = parse(&text, &[]).unwrap_err();
        assert!(
            alone.len() == 1 && alone[0].message.ends_with("write [inbox]"),
            "{alone:?}"
        );
    }
}
