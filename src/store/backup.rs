//! What only backups need: a file written into another, and a server's address for its own tools.

use super::{Db, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};
use std::time::Duration;

/// As one moment; writers go on meanwhile.
const COPY: &str = "VACUUM INTO $1";
const TABLES: &str = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'";

impl Db {
    /// Writes a file's books into another file that is empty or not there; on a server nothing is done.
    pub async fn copy_into(&self, path: &str) -> Result<(), StoreError> {
        if let Db::Sqlite { readers, .. } = self {
            sqlx::query(COPY).bind(path).execute(readers).await?;
        }
        Ok(())
    }

    /// Folds the log of a file into it, as the only one who has it open.
    ///
    /// # Errors
    ///
    /// Where somebody else has it open.
    pub async fn fold_alone(path: &str) -> Result<(), StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(Duration::from_secs(1))
            .journal_mode(SqliteJournalMode::Delete);
        options.connect().await?.close().await?;
        Ok(())
    }

    /// Whether a server's database holds no table at all.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        match self {
            Db::Sqlite { .. } => Ok(false),
            Db::Pg(pool) => Ok(sqlx::query_scalar::<_, i64>(TABLES).fetch_one(pool).await? == 0),
        }
    }
}

/// The address of a server's database, its password apart.
#[derive(Debug, Clone)]
pub struct Address {
    plain: String,
    password: Option<String>,
}

impl Address {
    /// Reads a `postgres://` URL.
    pub fn of(url: &str) -> Address {
        let plain = super::connect::without_password(url);
        let user = url.split_once("://").and_then(|(_, rest)| {
            let authority = rest.split(['/', '?']).next().unwrap_or_default();
            Some(authority.rsplit_once('@')?.0)
        });
        let password = user.and_then(|user| Some(unescaped(user.split_once(':')?.1)));
        Address { plain, password }
    }

    /// Without the password.
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// To be shown to somebody.
    pub fn shown(&self) -> String {
        format!("'{}'", self.plain)
    }

    /// The password, where the URL holds one.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

/// `%40` is `@` (RFC 3986, 2.1).
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = behind.get(..2).filter(|_| *first == b'%');
        let code =
            code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        let read = if code.is_some() { 2 } else { 0 };
        rest = behind.get(read..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn a_password_is_told_to_the_tools_apart() {
        for (url, plain, password) in [
            (
                "postgres://u:p%40s@h:5433/db?sslmode=require",
                "postgres://u@h:5433/db?sslmode=require",
                Some("p@s"),
            ),
            ("postgres://u:a:b@h/db", "postgres://u@h/db", Some("a:b")),
            ("postgres://u@h/db", "postgres://u@h/db", None),
            (
                "postgres://h/db?host=/run/a@b",
                "postgres://h/db?host=/run/a@b",
                None,
            ),
        ] {
            let address = Address::of(url);
            assert_eq!(
                (address.plain(), address.password()),
                (plain, password),
                "{url}"
            );
        }
    }
}
