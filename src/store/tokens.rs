//! Tokens of other systems, and the answers that their requests got.

use super::row::row;
use super::{Arg, Db, StoreError, Tx};
use chrono::NaiveDate;

const ADD: &str = "
    INSERT INTO api_token (name, token_sha256, scopes, by_whom, recorded_at, ends_on)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
/// The columns of a token; a query adds what it wants.
macro_rules! tokens {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, scopes, by_whom, recorded_at, ends_on, used_at, revoked_at
               FROM api_token ",
            $rest
        )
    };
}
const ALL: &str = tokens!("ORDER BY id");
const BY_HASH: &str = tokens!("WHERE token_sha256 = $1");
const USED: &str = "UPDATE api_token SET used_at = $2 WHERE id = $1";
const REVOKE: &str = "
    UPDATE api_token SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL";
const ANSWER: &str = "
    SELECT request_sha256, status, answer, recorded_at FROM api_answer
     WHERE token_id = $1 AND idempotency_key = $2";
const ANSWER_BEGIN: &str = "
    INSERT INTO api_answer (token_id, idempotency_key, request_sha256, status, answer, recorded_at)
    VALUES ($1, $2, $3, 0, '', $4)
    ON CONFLICT (token_id, idempotency_key) DO UPDATE SET recorded_at = $4
     WHERE api_answer.status = 0 AND api_answer.request_sha256 = $3 AND api_answer.recorded_at <= $5";
const ANSWER_END: &str = "
    UPDATE api_answer SET status = $4, answer = $5
     WHERE token_id = $1 AND idempotency_key = $2 AND status = 0 AND recorded_at = $3";
const ANSWER_DROP: &str = "
    DELETE FROM api_answer
     WHERE token_id = $1 AND idempotency_key = $2 AND status = 0 AND recorded_at = $3";
const ANSWERS_FORGET: &str = "DELETE FROM api_answer WHERE recorded_at < $1";

row! {
    /// A token of another system.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct TokenRow {
        /// Row id.
        pub id: i64,
        /// What it is called.
        pub name: String,
        /// What it may, with spaces between.
        pub scopes: String,
        /// Who made it.
        pub by_whom: String,
        /// Milliseconds.
        pub recorded_at: i64,
        /// The last day on which it works.
        pub ends_on: NaiveDate,
        /// When it was last used, to the minute; milliseconds.
        pub used_at: Option<i64>,
        /// Since when it works no more; milliseconds.
        pub revoked_at: Option<i64>,
    }
}

row! {
    /// What another system wrote under a key, and the answer that it got.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AnswerRow {
        /// Of the request.
        pub request_sha256: String,
        /// HTTP status; 0 while it is at work.
        pub status: i64,
        /// Its text.
        pub answer: String,
        /// When it began; milliseconds.
        pub recorded_at: i64,
    }
}

/// A token's row id and a key.
pub type AnswerKey<'a> = (i64, &'a str);

impl Db {
    /// The token with a hash.
    pub async fn api_token(&self, token_sha256: &str) -> Result<Option<TokenRow>, StoreError> {
        self.look(BY_HASH, &[Arg::Text(token_sha256)]).await
    }
}

impl Tx {
    /// What is known of a key.
    pub async fn answer(
        &mut self,
        (token, key): AnswerKey<'_>,
    ) -> Result<Option<AnswerRow>, StoreError> {
        self.first(ANSWER, &[Arg::Int(token), Arg::Text(key)]).await
    }

    /// A request is at work under a key; false where the key is held. It is free where nobody took it,
    /// or where this request did up to `given_up` and never ended.
    ///
    /// One statement, for two that ask at the same time must not both find nothing.
    pub async fn begin_answer(
        &mut self,
        (token, key): AnswerKey<'_>,
        request_sha256: &str,
        (now, given_up): (i64, i64),
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Int(token),
            Arg::Text(key),
            Arg::Text(request_sha256),
            Arg::Int(now),
            Arg::Int(given_up),
        ];
        Ok(self.execute(ANSWER_BEGIN, &args).await? > 0)
    }

    /// What was at work since an instant was answered. Nothing happens where somebody else has the key by
    /// now.
    pub async fn end_answer(
        &mut self,
        (token, key): AnswerKey<'_>,
        begun: i64,
        (status, answer): (i64, &str),
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Int(token),
            Arg::Text(key),
            Arg::Int(begun),
            Arg::Int(status),
            Arg::Text(answer),
        ];
        self.execute(ANSWER_END, &args).await.map(|_| ())
    }

    /// A key that was held since an instant is free again, unless somebody else has it by now.
    pub async fn drop_answer(
        &mut self,
        (token, key): AnswerKey<'_>,
        begun: i64,
    ) -> Result<(), StoreError> {
        let args = [Arg::Int(token), Arg::Text(key), Arg::Int(begun)];
        self.execute(ANSWER_DROP, &args).await.map(|_| ())
    }

    /// Forgets what was written before a time.
    pub async fn forget_answers(&mut self, before: i64) -> Result<(), StoreError> {
        let args = [Arg::Int(before)];
        self.execute(ANSWERS_FORGET, &args).await.map(|_| ())
    }

    /// Keeps a token's hash; false where one of that name works.
    pub async fn add_api_token(
        &mut self,
        (name, token_sha256, scopes): (&str, &str, &str),
        by: &str,
        ends_on: NaiveDate,
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Text(name),
            Arg::Text(token_sha256),
            Arg::Text(scopes),
            Arg::Text(by),
            Arg::Int(now),
            Arg::Day(ends_on),
        ];
        Ok(self.execute(ADD, &args).await? > 0)
    }

    /// All tokens that ever were, oldest first.
    pub async fn api_tokens(&mut self) -> Result<Vec<TokenRow>, StoreError> {
        self.fetch(ALL, &[]).await
    }

    /// A token was used.
    pub async fn api_token_used(&mut self, id: i64, now: i64) -> Result<(), StoreError> {
        let args = [Arg::Int(id), Arg::Int(now)];
        self.execute(USED, &args).await.map(|_| ())
    }

    /// A token works no more; false where none of that name does.
    pub async fn revoke_api_token(&mut self, name: &str, now: i64) -> Result<bool, StoreError> {
        let args = [Arg::Text(name), Arg::Int(now)];
        Ok(self.execute(REVOKE, &args).await? > 0)
    }
}
