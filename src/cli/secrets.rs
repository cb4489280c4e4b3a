//! Secrets that systemd hands over as files: `LoadCredential=` and `SetCredentialEncrypted=`.

use crate::config::{Config, Provider};
use crate::engine::EngineError;
use crate::sso::Secret;
use std::path::PathBuf;

/// The credential that holds the address of the database with its password.
const DATABASE: &str = "database";
/// What an `OpenID` provider knows us by: in the environment, and as a credential.
const OPENID: (&str, &str) = ("KWESTURA_OPENID_SECRET", "openid-secret");

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
