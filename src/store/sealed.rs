//! Secrets that the program must read again, wherever they lie.

use super::row::row;
use super::{Arg, StoreError, Tx};

const ALL: &str = "
    SELECT 'staff' AS used_for, id, login AS whose, totp_secret AS secret
      FROM staff WHERE totp_secret <> ''
    UNION ALL
    SELECT 'webhook' AS used_for, id, name AS whose, secret FROM webhook WHERE secret <> ''
     ORDER BY used_for, id";
const SET_STAFF: &str = "UPDATE staff SET totp_secret = $3 WHERE id = $1 AND totp_secret = $2";
const SET_WEBHOOK: &str = "UPDATE webhook SET secret = $3 WHERE id = $1 AND secret = $2";

row! {
    /// A secret as it is stored.
    #[derive(Clone)]
    pub struct SecretRow {
        /// `staff` or `webhook`.
        pub used_for: String,
        /// Row id there.
        pub id: i64,
        /// Login, or name.
        pub whose: String,
        /// As it is stored.
        pub secret: String,
    }
}

impl Tx {
    /// All secrets.
    pub async fn secrets(&mut self) -> Result<Vec<SecretRow>, StoreError> {
        self.fetch(ALL, &[]).await
    }

    /// Stores a secret in another form; false where it is another by now.
    pub async fn set_secret(&mut self, row: &SecretRow, sealed: &str) -> Result<bool, StoreError> {
        let args = [Arg::Int(row.id), Arg::Text(&row.secret), Arg::Text(sealed)];
        let set = if row.used_for == "staff" {
            SET_STAFF
        } else {
            SET_WEBHOOK
        };
        Ok(self.execute(set, &args).await? > 0)
    }
}
