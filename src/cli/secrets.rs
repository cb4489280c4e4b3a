//! Secrets that are files: those that systemd hands over, `LoadCredential=` and `SetCredentialEncrypted=`,
//! and the keys of what is sealed in the database.

use crate::config::{Config, Key, Keys, Provider};
use crate::engine::EngineError;
use crate::sso::Secret;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The credential that holds the address of the database with its password.
const DATABASE: &str = "database";
/// What an `OpenID` provider knows us by: in the environment, and as a credential.
const OPENID: (&str, &str) = ("KWESTURA_OPENID_SECRET", "openid-secret");

/// The keys of the secrets in the database: a file that the environment names, a credential, or the name
/// of the file beside the settings.
const KEYS: (&str, &str, &str) = ("KWESTURA_KEY_FILE", "key", "kwestura.key");

/// A credential of the service, without the line's end. None where there is none.
pub fn credential(name: &str) -> Option<String> {
    let folder = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?);
    let text = std::fs::read_to_string(folder.join(name)).ok()?;
    Some(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// The database: as it was given; where none was, that of the credential.
pub fn database(given: String) -> String {
    if given == super::DATABASE {
        credential(DATABASE).unwrap_or(given)
    } else {
        given
    }
}

/// What the single sign-on knows us by; none where it asks for none.
pub fn sso(config: &Config) -> Result<Option<Secret>, EngineError> {
    let sso = config.sign_in.sso.as_ref();
    let Some(Provider::Openid { secret_file, .. }) = sso.map(|sso| &sso.provider) else {
        return Ok(None);
    };
    let (variable, name) = OPENID;
    let given = std::env::var(variable).ok().or_else(|| credential(name));
    let text = match (given, secret_file) {
        (Some(text), _) => Some(text),
        (None, Some(path)) => Some(std::fs::read_to_string(path).map_err(|error| {
            let path = path.display();
            EngineError::refused(format!("sign_in.sso.secret_file: {path}: {error}"))
        })?),
        (None, None) => None,
    };
    Ok(text.map(|text| Secret::new(text.trim().to_owned())))
}

/// Where the keys lie, whether or not there are any; none where a credential holds them.
fn key_file(settings: &Path) -> Option<PathBuf> {
    let (variable, name, file) = KEYS;
    match std::env::var_os(variable) {
        Some(path) => Some(PathBuf::from(path)),
        None if credential(name).is_some() => None,
        None => Some(settings.with_file_name(file)),
    }
}

/// The keys of the secrets in the database; none where there is no file of them.
pub fn keys(settings: &Path) -> Result<Keys, EngineError> {
    let Some(path) = key_file(settings) else {
        let text = credential(KEYS.1).unwrap_or_default();
        return parsed(&text, "the credential `key`");
    };
    let shown = path.display().to_string();
    let cannot = |error| EngineError::refused(format!("the keys of the secrets: {shown}: {error}"));
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Keys::default()),
        Err(error) => return Err(cannot(error)),
    };
    if fs::metadata(&path).map_err(cannot)?.mode() & 0o007 != 0 {
        return Err(EngineError::refused(format!(
            "{shown} can be read by everybody on this machine: `chmod 600 {shown}`, then `kwestura key rotate`"
        )));
    }
    parsed(&text, &shown)
}

fn parsed(text: &str, from: &str) -> Result<Keys, EngineError> {
    Keys::parse(text).map_err(|line| {
        EngineError::refused(format!(
            "{from}, line {line}: a key is 64 hexadecimal digits, as `kwestura key new` prints one"
        ))
    })
}

/// Makes a file with a key where there is no key; tells where, if it did.
pub fn first_key(settings: &Path) -> Result<Option<PathBuf>, EngineError> {
    let Some(path) = key_file(settings) else {
        return Ok(None);
    };
    if path.exists() {
        return Ok(None);
    }
    let text = format!(
        "# Seals the secrets in the database. Keep a copy, and not beside the backups.\n{}\n",
        super::key::made()?.line()
    );
    match written(&path, &text) {
        Ok(()) => Ok(Some(path)),
        // Another one that runs at the same moment made it.
        Err(_) if path.exists() => Ok(None),
        Err(why) => Err(why),
    }
}

/// The file to which a new key can be added.
pub fn key_file_to_rotate(settings: &Path) -> Result<PathBuf, EngineError> {
    key_file(settings).ok_or_else(|| {
        EngineError::refused(
            "the keys are a credential of systemd, which this program cannot change: put the line of \
             `kwestura key new` above the others there, and start the service again",
        )
    })
}

/// Puts a key above the others of a file, and reads them all.
pub fn put_above(path: &Path, key: &Key) -> Result<Keys, EngineError> {
    let others = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            let path = path.display();
            return Err(EngineError::refused(format!("{path}: {error}")));
        }
    };
    let text = format!("{}\n{others}", key.line());
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    written(&draft, &text)?;
    fs::rename(&draft, path).map_err(|error| {
        EngineError::refused(format!("cannot write {}: {error}", path.display()))
    })?;
    parsed(&text, &path.display().to_string())
}

/// Writes a new file that nobody else can read, to the disk.
fn written(path: &Path, text: &str) -> Result<(), EngineError> {
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let done = file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    done.map_err(|error| EngineError::refused(format!("cannot write {}: {error}", path.display())))
}
