//! Who did and looked at what, and the chain of seals over it.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use serde::{Deserialize, Serialize};

const ADD: &str = "
    INSERT INTO audit_event (at, who, role, what, about, detail, once)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
const USES_ADD: &str = given!(
    "
    INSERT INTO audit_event (at, who, role, what, about, detail, once)
    SELECT CAST(value->>0 AS BIGINT), value->>1, 'api', value->>2, value->>3, value->>4, NULL FROM given"
);
const ALONE: &str = "LOCK TABLE audit_seal IN SHARE ROW EXCLUSIVE MODE";
const LAST_SEAL: &str = "
    SELECT place, event_id, sha256 FROM audit_seal ORDER BY place DESC LIMIT 1";
const UNSEALED: &str = "
    SELECT e.id, e.at, e.who, e.role, e.what, e.about, e.detail
      FROM audit_event e LEFT JOIN audit_seal s ON s.event_id = e.id
     WHERE s.place IS NULL ORDER BY e.id LIMIT $1";
const SEALS_ADD: &str = given!(
    "
    INSERT INTO audit_seal (place, event_id, sha256)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), value->>2 FROM given"
);
const SEALED: &str = "
    SELECT s.place, s.sha256, e.id, e.at, e.who, e.role, e.what, e.about, e.detail
      FROM audit_seal s JOIN audit_event e ON e.id = s.event_id
     WHERE s.place > $1 ORDER BY s.place LIMIT $2";
const NEWEST: &str = "
    SELECT id, at, who, role, what, about, detail FROM audit_event
     WHERE id < $1 ORDER BY id DESC LIMIT $2";
const NEWEST_ABOUT: &str = "
    SELECT id, at, who, role, what, about, detail FROM audit_event
     WHERE id < $1 AND about = $3 ORDER BY id DESC LIMIT $2";
const COUNTS: &str = "
    SELECT (SELECT COUNT(*) FROM audit_event), (SELECT COUNT(*) FROM audit_seal)";

row! {
    /// Something that somebody did or looked at.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AuditRow {
        /// Row id.
        pub id: i64,
        /// Milliseconds.
        pub at: i64,
        /// The login.
        pub who: String,
        /// Their role at that time.
        pub role: String,
        /// What.
        pub what: String,
        /// The student, credit, statement … that it was about.
        pub about: String,
        /// In words.
        pub detail: String,
    }
}

row! {
    /// A seal with its event.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SealedRow {
        /// From 1, without a gap.
        pub place: i64,
        /// The seal.
        pub sha256: String,
        /// The event's row id.
        pub id: i64,
        /// Milliseconds.
        pub at: i64,
        /// The login.
        pub who: String,
        /// Their role.
        pub role: String,
        /// What.
        pub what: String,
        /// About what.
        pub about: String,
        /// In words.
        pub detail: String,
    }
}

/// An event to be noted.
#[derive(Debug, Clone, Copy)]
pub struct NewAudit<'a> {
    /// The login.
    pub who: &'a str,
    /// Their role.
    pub role: &'a str,
    /// What.
    pub what: &'a str,
    /// About what.
    pub about: &'a str,
    /// In words.
    pub detail: &'a str,
    /// Of all with the same text here, only the first is noted.
    pub once: Option<&'a str>,
}

/// What another system did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuditUse(
    /// Milliseconds.
    pub i64,
    /// What its token is called.
    pub String,
    /// What.
    pub String,
    /// About what.
    pub String,
    /// In words.
    pub String,
);

/// Place, event, seal.
#[derive(Debug, Clone, Serialize)]
pub struct NewSeal(
    /// Place.
    pub i64,
    /// Event.
    pub i64,
    /// SHA-256, hexadecimal.
    pub String,
);

impl Tx {
    /// Notes an event; it is sealed later. False where it was to be noted once, and was.
    pub async fn add_audit(&mut self, new: &NewAudit<'_>, now: i64) -> Result<bool, StoreError> {
        let args = [
            Arg::Int(now),
            Arg::Text(new.who),
            Arg::Text(new.role),
            Arg::Text(new.what),
            Arg::Text(new.about),
            Arg::Text(new.detail),
            Arg::MaybeText(new.once),
        ];
        Ok(self.execute(ADD, &args).await? == 1)
    }

    /// Notes what other systems did; it is sealed later.
    pub async fn add_uses(&mut self, uses: &[AuditUse]) -> Result<(), StoreError> {
        let rows = Rows::of(uses)?;
        self.execute(USES_ADD, &[rows.arg()]).await.map(|_| ())
    }

    /// Whoever seals does it alone, and goes on from the last seal: place, event, hash.
    pub async fn lock_seals(&mut self) -> Result<Option<(i64, i64, String)>, StoreError> {
        self.lock_table(ALONE).await?;
        self.first(LAST_SEAL, &[]).await
    }

    /// Events without a seal, the oldest first.
    pub async fn unsealed(&mut self, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
        self.fetch(UNSEALED, &[Arg::Int(limit)]).await
    }

    /// Adds seals.
    pub async fn add_seals(&mut self, seals: &[NewSeal]) -> Result<(), StoreError> {
        let rows = Rows::of(seals)?;
        self.execute(SEALS_ADD, &[rows.arg()]).await.map(|_| ())
    }

    /// Seals behind a place, with their events.
    pub async fn sealed(&mut self, behind: i64, limit: i64) -> Result<Vec<SealedRow>, StoreError> {
        self.fetch(SEALED, &[Arg::Int(behind), Arg::Int(limit)])
            .await
    }

    /// Events before one, the newest first; about one thing where it is named.
    pub async fn audit(
        &mut self,
        before: i64,
        about: Option<&str>,
        limit: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let (before, limit) = (Arg::Int(before), Arg::Int(limit));
        match about {
            Some(about) => {
                let args = [before, limit, Arg::Text(about)];
                self.fetch(NEWEST_ABOUT, &args).await
            }
            None => self.fetch(NEWEST, &[before, limit]).await,
        }
    }

    /// How many events there are, and how many of them are sealed.
    pub async fn audit_counts(&mut self) -> Result<(i64, i64), StoreError> {
        self.one(COUNTS, &[]).await
    }
}
