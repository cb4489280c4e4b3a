//! Secrets that systemd hands over as files: `LoadCredential=` and `SetCredentialEncrypted=`.

use std::path::PathBuf;

/// The credential that holds the address of the database with its password.
const DATABASE: &str = "database";

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
