//! Who works here, who is signed in, and who tried to.

use super::row::row;
use super::{Arg, StoreError, Tx};

/// The columns of a member of staff; a query adds what it wants.
macro_rules! staff {
    ($rest:literal) => {
        concat!(
            "SELECT id, login, name, role, password, totp_secret, totp_used, disabled, sso FROM staff ",
            $rest
        )
    };
}

const STAFF: &str = staff!("ORDER BY id");
const BY_LOGIN: &str = staff!("WHERE login = $1");
const BY_SSO: &str = staff!("WHERE sso = $1");
const SET_SSO: &str = "
    UPDATE staff SET sso = $2
     WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM staff o WHERE o.sso = $2 AND o.sso <> '' AND o.id <> $1)
    RETURNING id";
const ADD: &str = "
    INSERT INTO staff (login, name, role, password, totp_secret, totp_used, disabled, recorded_at)
    VALUES ($1, $2, $3, $4, $5, 0, 0, $6) ON CONFLICT DO NOTHING RETURNING id";
const SET_ROLE: &str = "UPDATE staff SET role = $2 WHERE id = $1";
const SET_SECRETS: &str =
    "UPDATE staff SET password = $2, totp_secret = $3, totp_used = 0 WHERE id = $1";
const SET_DISABLED: &str = "UPDATE staff SET disabled = $2 WHERE id = $1";
const USE_CODE: &str =
    "UPDATE staff SET totp_used = $2 WHERE id = $1 AND totp_used < $2 RETURNING id";

const SESSION: &str = "
    SELECT s.token_sha256, s.staff_id, s.person_id, s.login, s.begun_at, s.seen_at,
           COALESCE(p.role, 'student') AS role, COALESCE(p.name, '') AS name,
           COALESCE(p.disabled, 0) AS disabled
      FROM web_session s LEFT JOIN staff p ON p.id = s.staff_id
     WHERE s.token_sha256 = $1";
const SESSION_ADD: &str = "
    INSERT INTO web_session (token_sha256, staff_id, person_id, login, ticket, begun_at, seen_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)";
const SESSION_SEEN: &str = "UPDATE web_session SET seen_at = $2 WHERE token_sha256 = $1";
const SESSION_END: &str = "DELETE FROM web_session WHERE token_sha256 = $1";
const SESSIONS_END_TICKET: &str = "DELETE FROM web_session WHERE ticket = $1";
const SESSIONS_END_STAFF: &str = "DELETE FROM web_session WHERE staff_id = $1";
const SESSIONS_END_LOGIN: &str = "DELETE FROM web_session WHERE staff_id IS NULL AND login = $1";
const SESSIONS_END_OLD: &str = "DELETE FROM web_session WHERE begun_at < $1 OR seen_at < $2";

const ATTEMPT_ADD: &str = "
    INSERT INTO sign_in_attempt (login_sha256, network, succeeded, at) VALUES ($1, $2, 0, $3)
    RETURNING id";
const ATTEMPT_SUCCEEDED: &str = "UPDATE sign_in_attempt SET succeeded = 1 WHERE id = $1";
/// Whoever guesses is counted alone: of many guesses at once each sees those before it.
const ATTEMPTS_ALONE: &str = "LOCK TABLE sign_in_attempt IN SHARE ROW EXCLUSIVE MODE";
const ATTEMPTS_FORGET: &str = "DELETE FROM sign_in_attempt WHERE at < $1";
const FAILURES: &str = "
    SELECT COALESCE(CAST(SUM(CASE WHEN login_sha256 = $1 AND network = $2 THEN 1 ELSE 0 END) AS BIGINT), 0) AS both,
           COALESCE(CAST(SUM(CASE WHEN network = $2 THEN 1 ELSE 0 END) AS BIGINT), 0) AS network,
           COALESCE(CAST(SUM(CASE WHEN login_sha256 = $1 THEN 1 ELSE 0 END) AS BIGINT), 0) AS login
      FROM sign_in_attempt
     WHERE (login_sha256 = $1 OR network = $2) AND succeeded = 0 AND at > $3";
const KNOWN_HERE: &str = "
    SELECT COUNT(*) FROM sign_in_attempt
     WHERE login_sha256 = $1 AND network = $2 AND succeeded = 1";

row! {
    /// A member of staff.
    #[derive(Clone, PartialEq, Eq)]
    pub struct StaffRow {
        /// Row id.
        pub id: i64,
        /// What they type; case counts.
        pub login: String,
        /// Given and family name.
        pub name: String,
        /// `bursar`, `cos`, `auditor`, `administrator`.
        pub role: String,
        /// Argon2id in PHC form.
        pub password: String,
        /// The shared secret of the second factor, sealed; empty where there is none.
        pub totp_secret: String,
        /// The last time step whose code was used.
        pub totp_used: i64,
        /// 1 where they may not sign in any more.
        pub disabled: i64,
        /// The login at the single sign-on; empty where none is linked.
        pub sso: String,
    }
}

row! {
    /// Somebody who is signed in.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SessionRow {
        /// What the browser holds, hashed.
        pub token_sha256: String,
        /// The member of staff.
        pub staff_id: Option<i64>,
        /// The student, where the login is linked to one.
        pub person_id: Option<i64>,
        /// The login.
        pub login: String,
        /// Since when, milliseconds.
        pub begun_at: i64,
        /// Last seen, milliseconds.
        pub seen_at: i64,
        /// The role of staff as it is now; else `student`.
        pub role: String,
        /// The name of staff.
        pub name: String,
        /// 1 where the member of staff may not sign in any more.
        pub disabled: i64,
    }
}

row! {
    /// How often somebody failed to sign in.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct FailuresRow {
        /// With this login from this network.
        pub both: i64,
        /// From this network.
        pub network: i64,
        /// With this login.
        pub login: i64,
    }
}

/// A session to be begun.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// What the browser will hold, hashed.
    pub token_sha256: &'a str,
    /// The member of staff.
    pub staff_id: Option<i64>,
    /// The student.
    pub person_id: Option<i64>,
    /// The login.
    pub login: &'a str,
    /// The single sign-on's name of it, for single log-out.
    pub ticket: Option<&'a str>,
}

impl Tx {
    /// All who work here, in the order in which they came.
    pub async fn all_staff(&mut self) -> Result<Vec<StaffRow>, StoreError> {
        self.fetch(STAFF, &[]).await
    }

    /// A member of staff.
    pub async fn staff(&mut self, login: &str) -> Result<Option<StaffRow>, StoreError> {
        self.first(BY_LOGIN, &[Arg::Text(login)]).await
    }

    /// The member of staff whom a login of the single sign-on is linked to.
    pub async fn staff_by_sso(&mut self, sso: &str) -> Result<Option<StaffRow>, StoreError> {
        self.first(BY_SSO, &[Arg::Text(sso)]).await
    }

    /// Links a login of the single sign-on, or none; false where it is somebody else's.
    pub async fn set_sso(&mut self, id: i64, sso: &str) -> Result<bool, StoreError> {
        let args = [Arg::Int(id), Arg::Text(sso)];
        Ok(self.first::<(i64,)>(SET_SSO, &args).await?.is_some())
    }

    /// Adds a member of staff; false where the login is taken.
    pub async fn add_staff(
        &mut self,
        (login, name, role): (&str, &str, &str),
        (password, totp_secret): (&str, &str),
        now: i64,
    ) -> Result<bool, StoreError> {
        let texts = [login, name, role, password, totp_secret];
        let mut args = texts.map(Arg::Text).to_vec();
        args.push(Arg::Int(now));
        Ok(self.first::<(i64,)>(ADD, &args).await?.is_some())
    }

    /// Gives a role.
    pub async fn set_role(&mut self, id: i64, role: &str) -> Result<(), StoreError> {
        let args = [Arg::Int(id), Arg::Text(role)];
        self.execute(SET_ROLE, &args).await.map(|_| ())
    }

    /// Gives a password and a second factor.
    pub async fn set_secrets(
        &mut self,
        id: i64,
        password: &str,
        totp_secret: &str,
    ) -> Result<(), StoreError> {
        let args = [Arg::Int(id), Arg::Text(password), Arg::Text(totp_secret)];
        self.execute(SET_SECRETS, &args).await.map(|_| ())
    }

    /// Lets somebody in again, or no more.
    pub async fn set_disabled(&mut self, id: i64, disabled: bool) -> Result<(), StoreError> {
        let args = [Arg::Int(id), Arg::Int(i64::from(disabled))];
        self.execute(SET_DISABLED, &args).await.map(|_| ())
    }

    /// Uses the code of a time step; false where it, or a later one, was used.
    pub async fn use_code(&mut self, id: i64, step: i64) -> Result<bool, StoreError> {
        let args = [Arg::Int(id), Arg::Int(step)];
        Ok(self.first::<(i64,)>(USE_CODE, &args).await?.is_some())
    }

    /// A session.
    pub async fn session(&mut self, token_sha256: &str) -> Result<Option<SessionRow>, StoreError> {
        self.first(SESSION, &[Arg::Text(token_sha256)]).await
    }

    /// Begins a session.
    pub async fn add_session(&mut self, new: &NewSession<'_>, now: i64) -> Result<(), StoreError> {
        let args = [
            Arg::Text(new.token_sha256),
            Arg::MaybeInt(new.staff_id),
            Arg::MaybeInt(new.person_id),
            Arg::Text(new.login),
            Arg::MaybeText(new.ticket),
            Arg::Int(now),
        ];
        self.execute(SESSION_ADD, &args).await.map(|_| ())
    }

    /// A session was used.
    pub async fn see_session(&mut self, token_sha256: &str, now: i64) -> Result<(), StoreError> {
        let args = [Arg::Text(token_sha256), Arg::Int(now)];
        self.execute(SESSION_SEEN, &args).await.map(|_| ())
    }

    /// Ends a session.
    pub async fn end_session(&mut self, token_sha256: &str) -> Result<u64, StoreError> {
        let args = [Arg::Text(token_sha256)];
        self.execute(SESSION_END, &args).await
    }

    /// Ends the sessions that a ticket of the single sign-on began.
    pub async fn end_sessions_of_ticket(&mut self, ticket: &str) -> Result<u64, StoreError> {
        self.execute(SESSIONS_END_TICKET, &[Arg::Text(ticket)])
            .await
    }

    /// Ends all sessions of a member of staff.
    pub async fn end_sessions_of_staff(&mut self, id: i64) -> Result<u64, StoreError> {
        self.execute(SESSIONS_END_STAFF, &[Arg::Int(id)]).await
    }

    /// Ends all sessions of a student's login.
    pub async fn end_sessions_of_login(&mut self, login: &str) -> Result<u64, StoreError> {
        self.execute(SESSIONS_END_LOGIN, &[Arg::Text(login)]).await
    }

    /// Ends the sessions that began or were seen too long ago.
    pub async fn end_old_sessions(
        &mut self,
        begun_before: i64,
        seen_before: i64,
    ) -> Result<u64, StoreError> {
        let args = [Arg::Int(begun_before), Arg::Int(seen_before)];
        self.execute(SESSIONS_END_OLD, &args).await
    }

    /// One attempt to sign in is counted at a time.
    pub async fn lock_attempts(&mut self) -> Result<(), StoreError> {
        self.lock_table(ATTEMPTS_ALONE).await
    }

    /// Notes an attempt to sign in, failed until it is known better; what is older than `forget` is
    /// forgotten.
    pub async fn add_attempt(
        &mut self,
        login_sha256: &str,
        network: &str,
        (now, forget): (i64, i64),
    ) -> Result<i64, StoreError> {
        self.execute(ATTEMPTS_FORGET, &[Arg::Int(forget)]).await?;
        let args = [Arg::Text(login_sha256), Arg::Text(network), Arg::Int(now)];
        let (id,): (i64,) = self.one(ATTEMPT_ADD, &args).await?;
        Ok(id)
    }

    /// It succeeded.
    pub async fn attempt_succeeded(&mut self, id: i64) -> Result<(), StoreError> {
        self.execute(ATTEMPT_SUCCEEDED, &[Arg::Int(id)])
            .await
            .map(|_| ())
    }

    /// How often signing in failed since a time.
    pub async fn failures(
        &mut self,
        login_sha256: &str,
        network: &str,
        since: i64,
    ) -> Result<FailuresRow, StoreError> {
        let args = [Arg::Text(login_sha256), Arg::Text(network), Arg::Int(since)];
        self.one(FAILURES, &args).await
    }

    /// Whether this login has signed in from this network before.
    pub async fn is_known_here(
        &mut self,
        login_sha256: &str,
        network: &str,
    ) -> Result<bool, StoreError> {
        let args = [Arg::Text(login_sha256), Arg::Text(network)];
        Ok(self.one::<(i64,)>(KNOWN_HERE, &args).await?.0 > 0)
    }
}
