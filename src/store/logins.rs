//! Whose a login is, logins of nobody, and links to sign in by.

use super::roster::StudentVersionRow;
use super::row::row;
use super::{Arg, StoreError, Tx};
use chrono::NaiveDate;

const BOUND: &str = "
    SELECT person_id FROM student_login WHERE provider = $1 AND login = $2 AND ended_at IS NULL";
const BIND: &str = "
    INSERT INTO student_login (provider, login, person_id, by_whom, recorded_at)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const UNBIND: &str = "
    UPDATE student_login SET ended_at = $3 WHERE provider = $1 AND login = $2 AND ended_at IS NULL";
const LOGINS: &str = "
    SELECT l.provider, l.login, p.external_id AS student, l.by_whom, l.recorded_at
      FROM student_login l
      JOIN person p ON p.id = l.person_id
     WHERE l.ended_at IS NULL ORDER BY l.login, l.provider";

/// The columns of a stray login; a query adds what it wants.
macro_rules! strays {
    ($rest:literal) => {
        concat!(
            "SELECT id, provider, login, name, email, claimed, first_seen_at, words, asked_at
               FROM stray_login WHERE ended_at IS NULL ",
            $rest
        )
    };
}

const STRAYS: &str = strays!("ORDER BY id");
const STRAY: &str = strays!("AND login = $1 ORDER BY id");
const STRAY_ADD: &str = "
    INSERT INTO stray_login (provider, login, name, email, claimed, first_seen_at, words)
    VALUES ($1, $2, $3, $4, $5, $6, '')
    ON CONFLICT (provider, login) WHERE ended_at IS NULL
    DO UPDATE SET name = $3, email = $4, claimed = $5";
const STRAY_ASKS: &str = "
    UPDATE stray_login SET asked_at = $3, words = $2
     WHERE id = $1 AND ended_at IS NULL AND asked_at IS NULL";
const STRAY_END: &str = "
    UPDATE stray_login SET ended_at = $3 WHERE provider = $1 AND login = $2 AND ended_at IS NULL";
const LAST_TRANSFER: &str = "SELECT COALESCE(MAX(at), 0) FROM student_transfer";
const TRANSFERRED: &str = "
    INSERT INTO student_transfer (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = $1";

const BY_EMAIL: &str = "
    SELECT DISTINCT person_id FROM student_name WHERE email = $1 ORDER BY person_id";
const REQUESTS: &str = "
    SELECT CAST(COALESCE(SUM(CASE WHEN address_sha256 = $1 THEN 1 ELSE 0 END), 0) AS BIGINT),
           CAST(COALESCE(SUM(CASE WHEN network = $2 THEN 1 ELSE 0 END), 0) AS BIGINT)
      FROM link_request
     WHERE at > $3 AND (address_sha256 = $1 OR network = $2)";
const REQUEST_ADD: &str = "
    INSERT INTO link_request (address_sha256, network, at) VALUES ($1, $2, $3)";
const REQUESTS_FORGET: &str = "DELETE FROM link_request WHERE at < $1";
const LINK_ADD: &str = "
    INSERT INTO sign_in_link (token_sha256, person_id, message_id, address, ends_at)
    VALUES ($1, $2, $3, $4, $5)";
const LINK_USE: &str = "
    UPDATE sign_in_link SET used_at = $2
     WHERE token_sha256 = $1 AND used_at IS NULL AND ends_at > $2
    RETURNING person_id, address";
const STUDENT_MESSAGE_ADD: &str = "
    INSERT INTO message (id, person_id, template, language, as_of, asks_for_the_number, state, changed_at,
        recorded_at)
    VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM message), $1, $2, $3, $4, 0, 'due', $5, $5)
    RETURNING id";
const URGENT: &str = "
    SELECT id FROM message
     WHERE state IN ('due', 'failed') AND template IN ('link', 'linked') AND next_attempt_at <= $1
     ORDER BY id LIMIT 1";

row! {
    /// A login with its student.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LoginRow {
        /// `link`, `cas` or `oidc`.
        pub provider: String,
        /// As the provider has it; capitals count.
        pub login: String,
        /// The student system's id.
        pub student: String,
        /// Who bound it.
        pub by_whom: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}
row! {
    /// Somebody who signed in and is nobody here.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct StrayRow {
        /// Row id.
        pub id: i64,
        /// `link`, `cas` or `oidc`.
        pub provider: String,
        /// As the provider has it.
        pub login: String,
        /// What the provider calls them.
        pub name: String,
        /// Their address, as the provider has it.
        pub email: String,
        /// The id of another student whom the provider names; empty where it names none.
        pub claimed: String,
        /// Milliseconds.
        pub first_seen_at: i64,
        /// What they wrote to the office.
        pub words: String,
        /// When they asked the office; milliseconds.
        pub asked_at: Option<i64>,
    }
}

/// A link to sign in by, to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewLink<'a> {
    /// What the mail holds, hashed.
    pub token_sha256: &'a str,
    /// Whom it signs in.
    pub person: i64,
    /// The mail; none where it was handed over.
    pub message: Option<i64>,
    /// Where it went.
    pub address: &'a str,
    /// Until when; milliseconds.
    pub ends_at: i64,
}

impl Tx {
    /// Whose a login is.
    pub async fn bound_to(
        &mut self,
        provider: &str,
        login: &str,
    ) -> Result<Option<i64>, StoreError> {
        let args = [Arg::Text(provider), Arg::Text(login)];
        let found: Option<(i64,)> = self.first(BOUND, &args).await?;
        Ok(found.map(|(person,)| person))
    }

    /// A login is a student's from now on; false where it is somebody's already.
    pub async fn bind(
        &mut self,
        (provider, login): (&str, &str),
        person: i64,
        by: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Text(provider),
            Arg::Text(login),
            Arg::Int(person),
            Arg::Text(by),
            Arg::Int(now),
        ];
        Ok(self.execute(BIND, &args).await? > 0)
    }

    /// A login is nobody's from now on; false where it was nobody's.
    pub async fn unbind(
        &mut self,
        (provider, login): (&str, &str),
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [Arg::Text(provider), Arg::Text(login), Arg::Int(now)];
        Ok(self.execute(UNBIND, &args).await? > 0)
    }

    /// All logins that are somebody's.
    pub async fn logins(&mut self) -> Result<Vec<LoginRow>, StoreError> {
        self.fetch(LOGINS, &[]).await
    }

    /// Logins that are nobody's, oldest first.
    pub async fn strays(&mut self) -> Result<Vec<StrayRow>, StoreError> {
        self.fetch(STRAYS, &[]).await
    }

    /// A login that is nobody's.
    pub async fn stray(&mut self, login: &str) -> Result<Option<StrayRow>, StoreError> {
        self.first(STRAY, &[Arg::Text(login)]).await
    }

    /// Notes that somebody signed in who is nobody here.
    pub async fn add_stray(
        &mut self,
        (provider, login): (&str, &str),
        (name, email): (&str, &str),
        claimed: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let texts = [provider, login, name, email, claimed];
        let mut args = texts.map(Arg::Text).to_vec();
        args.push(Arg::Int(now));
        self.execute(STRAY_ADD, &args).await.map(|_| ())
    }

    /// They ask the office; false where they have asked.
    pub async fn stray_asks(&mut self, id: i64, words: &str, now: i64) -> Result<bool, StoreError> {
        let args = [Arg::Int(id), Arg::Text(words), Arg::Int(now)];
        Ok(self.execute(STRAY_ASKS, &args).await? > 0)
    }

    /// They are somebody now.
    pub async fn end_stray(
        &mut self,
        (provider, login): (&str, &str),
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [Arg::Text(provider), Arg::Text(login), Arg::Int(now)];
        Ok(self.execute(STRAY_END, &args).await? > 0)
    }

    /// When students last came from the student system; milliseconds, 0 for never.
    pub async fn last_transfer(&mut self) -> Result<i64, StoreError> {
        let (at,): (i64,) = self.one(LAST_TRANSFER, &[]).await?;
        Ok(at)
    }

    /// Students came from the student system just now, whether there was news of them or not.
    pub async fn students_came(&mut self, now: i64) -> Result<(), StoreError> {
        self.execute(TRANSFERRED, &[Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// All that exports said of students who have, or once had, an address.
    pub async fn students_by_email(
        &mut self,
        email: &str,
    ) -> Result<Vec<StudentVersionRow>, StoreError> {
        let found: Vec<(i64,)> = self.fetch(BY_EMAIL, &[Arg::Text(email)]).await?;
        let ids: Vec<i64> = found.into_iter().map(|(id,)| id).collect();
        self.students_by_id(&ids).await
    }

    /// How often a link was asked for since an instant: for an address, and from a network.
    pub async fn link_requests(
        &mut self,
        address_sha256: &str,
        network: &str,
        since: i64,
    ) -> Result<(i64, i64), StoreError> {
        let args = [
            Arg::Text(address_sha256),
            Arg::Text(network),
            Arg::Int(since),
        ];
        self.one(REQUESTS, &args).await
    }

    /// Notes that a link was asked for; what is older than an instant is forgotten.
    pub async fn add_link_request(
        &mut self,
        address_sha256: &str,
        network: &str,
        (now, forget): (i64, i64),
    ) -> Result<(), StoreError> {
        self.execute(REQUESTS_FORGET, &[Arg::Int(forget)]).await?;
        let args = [Arg::Text(address_sha256), Arg::Text(network), Arg::Int(now)];
        self.execute(REQUEST_ADD, &args).await.map(|_| ())
    }

    /// Keeps a link.
    pub async fn add_link(&mut self, new: &NewLink<'_>) -> Result<(), StoreError> {
        let args = [
            Arg::Text(new.token_sha256),
            Arg::Int(new.person),
            Arg::MaybeInt(new.message),
            Arg::Text(new.address),
            Arg::Int(new.ends_at),
        ];
        self.execute(LINK_ADD, &args).await.map(|_| ())
    }

    /// Uses a link up: whom it signs in, and where it had been sent. None where it is none any more.
    pub async fn use_link(
        &mut self,
        token_sha256: &str,
        now: i64,
    ) -> Result<Option<(i64, String)>, StoreError> {
        self.first(LINK_USE, &[Arg::Text(token_sha256), Arg::Int(now)])
            .await
    }

    /// Writes a message to a student that no run decided: template, language.
    pub async fn add_student_message(
        &mut self,
        person: i64,
        (template, language): (&str, &str),
        on: NaiveDate,
        now: i64,
    ) -> Result<i64, StoreError> {
        let args = [
            Arg::Int(person),
            Arg::Text(template),
            Arg::Text(language),
            Arg::Day(on),
            Arg::Int(now),
        ];
        // Its id is the next one: of a run that writes at the same time too.
        self.lock_messages().await?;
        let (id,): (i64,) = self.one(STUDENT_MESSAGE_ADD, &args).await?;
        Ok(id)
    }

    /// A message for which somebody waits at a screen.
    pub async fn urgent_message(&mut self, now: i64) -> Result<Option<i64>, StoreError> {
        let found: Option<(i64,)> = self.first(URGENT, &[Arg::Int(now)]).await?;
        Ok(found.map(|(id,)| id))
    }
}
