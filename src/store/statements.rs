//! Bank accounts, files, statements and their days.

use super::entries::entry_id;
use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;

/// Lines of which it is told at once what they brought.
const BROUGHT_LINES: usize = 10_000;

const BANK_ACCOUNT_ADD: &str = "
    INSERT INTO bank_account (iban, currency, recorded_at) VALUES ($1, $2, $3)
    ON CONFLICT (iban) DO NOTHING";
const BANK_ACCOUNT_FIND: &str = "SELECT id, iban, currency FROM bank_account WHERE iban = $1";
const BANK_ACCOUNTS: &str = "SELECT id, iban, currency FROM bank_account ORDER BY iban";
const BANK_ACCOUNTS_LOCK: &str = "SELECT id FROM bank_account ORDER BY id";
const BANK_ACCOUNTS_LOCK_PG: &str = "SELECT id FROM bank_account ORDER BY id FOR NO KEY UPDATE";
const BANK_ACCOUNT_LOCK: &str = "SELECT id FROM bank_account WHERE id = $1";
const BANK_ACCOUNT_LOCK_PG: &str = "SELECT id FROM bank_account WHERE id = $1 FOR NO KEY UPDATE";

const FILE_ADD: &str = "
    INSERT INTO file (sha256, name, size_bytes, recorded_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (sha256) DO NOTHING";
const FILE_KNOWN: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM statement WHERE file_sha256 = $1 LIMIT 1) AS known";
const FILE_PART_ADD: &str = "
    INSERT INTO file_part (sha256, part, content) VALUES ($1, $2, $3)
    ON CONFLICT (sha256, part) DO NOTHING";
const FILE_PARTS: &str = "SELECT content FROM file_part WHERE sha256 = $1 ORDER BY part";

const STATEMENT_ADD: &str = "
    INSERT INTO statement (file_sha256, place_in_file, bank_account_id, format, profile, encoding,
        line, sequence, reference, number, first_day, last_day, opening_minor, closing_minor,
        by_value_date, entry_count, status, reason, other_id, recorded_at, opening_date)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
    ON CONFLICT (file_sha256, place_in_file) DO NOTHING
    RETURNING id";
const DAYS_ADD: &str = given!(
    "
    INSERT INTO statement_day (statement_id, day, start_minor, end_minor, entry_count, digest)
    SELECT CAST(value->>0 AS BIGINT), date(value->>1), CAST(value->>2 AS BIGINT),
           CAST(value->>3 AS BIGINT), CAST(value->>4 AS BIGINT), value->>5
      FROM given"
);
const DAYS_DROP: &str = "DELETE FROM statement_day WHERE statement_id = $1";
const STATUS_SET: &str =
    "UPDATE statement SET status = $2, reason = $3, other_id = $4 WHERE id = $1";
const PLACED_SET: &str = "
    UPDATE statement SET profile = $2, encoding = $3, number = $4, first_day = $5, last_day = $6,
        opening_minor = $7, closing_minor = $8, by_value_date = $9, entry_count = $10, opening_date = $11
     WHERE id = $1";

/// The columns of a statement, with its account and file; a query adds what it wants.
macro_rules! statements_where {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.file_sha256, s.place_in_file, s.bank_account_id, b.iban AS account, b.currency,
                    s.format, s.profile, s.encoding, s.line, s.sequence, s.reference, s.number,
                    s.first_day, s.last_day, s.opening_date, s.opening_minor, s.closing_minor, s.by_value_date,
                    s.entry_count, CASE WHEN r.statement_id IS NULL THEN s.status ELSE 'recording' END AS status,
                    s.reason, s.other_id, s.recorded_at, f.name AS file
               FROM statement s
               JOIN bank_account b ON b.id = s.bank_account_id
               JOIN file f ON f.sha256 = s.file_sha256
               LEFT JOIN recording r ON r.statement_id = s.id ",
            $rest
        )
    };
}

const OF_FILE: &str = statements_where!("WHERE s.file_sha256 = $1 ORDER BY s.place_in_file");
const OF_ACCOUNT: &str = statements_where!("WHERE s.bank_account_id = $1 ORDER BY s.id");
const BY_ID: &str = statements_where!("WHERE s.id = $1");
const ALL: &str = statements_where!("ORDER BY b.iban, s.last_day, s.number, s.id");
const HELD_BACK: &str = statements_where!(
    "WHERE s.status IN ('waiting', 'quarantined') AND r.statement_id IS NULL
     ORDER BY b.iban, s.last_day, s.number, s.id"
);
const BY_FILE_PREFIX: &str = statements_where!(
    "WHERE s.file_sha256 >= $1 AND s.file_sha256 < $2 ORDER BY s.file_sha256, s.place_in_file"
);
const DAYS_OF_ACCOUNT: &str = "
    SELECT d.statement_id, d.day, d.start_minor, d.end_minor, d.entry_count, d.digest
      FROM statement_day d
      JOIN statement s ON s.id = d.statement_id
     WHERE s.bank_account_id = $1
     ORDER BY d.statement_id, d.day";

const COUNT: &str = "SELECT COUNT(*) FROM statement";
const LAST: &str = "SELECT COALESCE(MAX(id), 0) FROM statement";
const PUBLISHED_SINCE: &str =
    "SELECT id FROM statement WHERE id > $1 AND status = 'published' ORDER BY id";
const BROUGHT: &str = "
    WITH lines AS (
        SELECT e.id, e.amount_minor, b.currency, i.outcome,
               COALESCE((SELECT CAST(SUM(a.amount_minor) AS BIGINT) FROM allocation a WHERE a.credit_id = e.id), 0)
                   AS allocated_minor,
               COALESCE((SELECT CAST(SUM(-r.amount_minor) AS BIGINT)
                           FROM identification x
                           JOIN entry r ON r.id = x.entry_id
                          WHERE x.other_entry_id = e.id AND x.outcome = 'reversal'
                            AND NOT EXISTS (SELECT 1 FROM identification y
                                             WHERE y.entry_id = x.entry_id AND y.seq > x.seq)), 0)
                   AS taken_back_minor
          FROM entry e
          JOIN statement s ON s.id = e.statement_id
          JOIN bank_account b ON b.id = s.bank_account_id
          JOIN identification i ON i.entry_id = e.id AND i.part = 0
           AND NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = e.id AND j.seq > i.seq)
         WHERE e.id >= $1 AND e.id < $2 AND e.same_as IS NULL AND i.outcome <> 'detailed')
    SELECT currency, outcome, CASE WHEN amount_minor < 0 THEN 1 ELSE 0 END AS went_out,
           COUNT(*) AS lines, CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
           CAST(SUM(allocated_minor) AS BIGINT) AS allocated_minor,
           CAST(SUM(taken_back_minor) AS BIGINT) AS taken_back_minor
      FROM lines
     GROUP BY currency, outcome, CASE WHEN amount_minor < 0 THEN 1 ELSE 0 END
     ORDER BY 1, 2, 3";
const STATEMENT_DECIDED: &str = "
    INSERT INTO statement_decision (statement_id, kind, other_id, by_whom, why, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6)";
const STATEMENT_DECISIONS: &str = "
    SELECT kind, other_id, by_whom, why, recorded_at FROM statement_decision
     WHERE statement_id = $1 ORDER BY id";

row! {
    /// One of the institution's accounts.
    #[derive(Debug, Clone)]
    pub struct BankAccountRow {
        /// Row id.
        pub id: i64,
        /// IBAN without spaces.
        pub iban: String,
        /// ISO 4217 code.
        pub currency: String,
    }
}

row! {
    /// A statement as it is recorded.
    #[derive(Debug, Clone)]
    pub struct StatementRow {
        /// Row id.
        pub id: i64,
        /// Its file.
        pub file_sha256: String,
        /// Its place among the statements of the file, from 0.
        pub place_in_file: i64,
        /// Its account.
        pub bank_account_id: i64,
        /// Its account's IBAN.
        pub account: String,
        /// Its account's currency.
        pub currency: String,
        /// The format it was read in.
        pub format: String,
        /// The profile it was read with.
        pub profile: String,
        /// The encoding it was read in.
        pub encoding: String,
        /// Line of the file at which it starts.
        pub line: i64,
        /// The number as written.
        pub sequence: Option<String>,
        /// `:20:` or `Stmt/Id`.
        pub reference: Option<String>,
        /// The number in its series.
        pub number: Option<i64>,
        /// The period's first day.
        pub first_day: Option<NaiveDate>,
        /// The closing date.
        pub last_day: Option<NaiveDate>,
        /// The date beside the opening balance.
        pub opening_date: Option<NaiveDate>,
        /// Minor units.
        pub opening_minor: Option<i64>,
        /// Minor units.
        pub closing_minor: Option<i64>,
        /// Whether its days rest on value dates.
        pub by_value_date: i64,
        /// Lines.
        pub entry_count: i64,
        /// `published`, `known`, `waiting`, `quarantined`, `superseded`, `withdrawn`, `rejected`; and
        /// `recording` while its lines are being written.
        pub status: String,
        /// Why it is held back, or empty.
        pub reason: String,
        /// The statement that the reason names.
        pub other_id: Option<i64>,
        /// Milliseconds.
        pub recorded_at: i64,
        /// Name of the file.
        pub file: String,
    }
}

row! {
    /// One day of a statement.
    #[derive(Debug, Clone)]
    pub struct DayRow {
        /// Its statement.
        pub statement_id: i64,
        /// The day.
        pub day: NaiveDate,
        /// Balance before it.
        pub start_minor: i64,
        /// Balance after it.
        pub end_minor: i64,
        /// Lines.
        pub entry_count: i64,
        /// Their content.
        pub digest: String,
    }
}

row! {
    /// What a person said about a statement.
    #[derive(Debug, Clone)]
    pub struct StatementDecisionRow {
        /// `accept`, `supersede`, `reread`, `reject`, `withdraw`, `restore`.
        pub kind: String,
        /// The statement whose place it took.
        pub other_id: Option<i64>,
        /// Who.
        pub by_whom: String,
        /// Why.
        pub why: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

row! {
    /// What some lines of a statement brought, by currency, outcome and direction.
    #[derive(Debug, Clone)]
    pub struct BroughtRow {
        /// ISO 4217 code.
        pub currency: String,
        /// See [`super::identification::IdentificationRow::outcome`].
        pub outcome: String,
        /// Lines.
        pub lines: i64,
        /// Their sum, minor units.
        pub amount_minor: i64,
        /// What of it settles fees.
        pub allocated_minor: i64,
        /// What of it the bank took back.
        pub taken_back_minor: i64,
    }
}

/// A statement to be recorded.
#[derive(Debug, Clone)]
pub struct NewStatement<'a> {
    /// Its file.
    pub file_sha256: &'a str,
    /// Its place among the statements of the file, from 0.
    pub place_in_file: i64,
    /// Its account.
    pub bank_account_id: i64,
    /// The format it was read in.
    pub format: &'a str,
    /// Line of the file.
    pub line: i64,
    /// The number as written.
    pub sequence: Option<&'a str>,
    /// `:20:` or `Stmt/Id`.
    pub reference: Option<&'a str>,
    /// What the reading made of it.
    pub placed: Placed<'a>,
    /// See [`StatementRow::status`].
    pub status: &'a str,
    /// Why it is held back.
    pub reason: &'a str,
    /// The statement that the reason names.
    pub other_id: Option<i64>,
}

/// What another reading, with another profile, may change.
#[derive(Debug, Clone)]
pub struct Placed<'a> {
    /// The profile it was read with.
    pub profile: &'a str,
    /// The encoding it was read in.
    pub encoding: &'a str,
    /// The number in its series.
    pub number: Option<i64>,
    /// The period's first day.
    pub first_day: Option<NaiveDate>,
    /// The closing date.
    pub last_day: Option<NaiveDate>,
    /// The date beside the opening balance.
    pub opening_date: Option<NaiveDate>,
    /// Minor units.
    pub opening_minor: Option<i64>,
    /// Minor units.
    pub closing_minor: Option<i64>,
    /// Whether its days rest on value dates.
    pub by_value_date: bool,
    /// Lines.
    pub entry_count: i64,
}

impl Tx {
    /// The row of an account of the institution, made where it is missing.
    pub async fn bank_account(
        &mut self,
        iban: &str,
        currency: &str,
        now: i64,
    ) -> Result<BankAccountRow, StoreError> {
        if let Some(row) = self.first(BANK_ACCOUNT_FIND, &[Arg::Text(iban)]).await? {
            return Ok(row);
        }
        self.execute(
            BANK_ACCOUNT_ADD,
            &[Arg::Text(iban), Arg::Text(currency), Arg::Int(now)],
        )
        .await?;
        self.one(BANK_ACCOUNT_FIND, &[Arg::Text(iban)]).await
    }

    /// All accounts that have rows.
    pub async fn bank_accounts(&mut self) -> Result<Vec<BankAccountRow>, StoreError> {
        self.fetch(BANK_ACCOUNTS, &[]).await
    }

    /// One writer for an account at a time: where a statement stands is judged and written under it.
    pub async fn lock_bank_account(&mut self, id: i64) -> Result<(), StoreError> {
        self.lock(BANK_ACCOUNT_LOCK, BANK_ACCOUNT_LOCK_PG, &[Arg::Int(id)])
            .await
            .map(|_| ())
    }

    /// The same for all accounts, in the order of their ids.
    pub async fn lock_bank_accounts(&mut self) -> Result<(), StoreError> {
        self.lock(BANK_ACCOUNTS_LOCK, BANK_ACCOUNTS_LOCK_PG, &[])
            .await
            .map(|_| ())
    }

    /// Whether a file is known with all of its bytes: a statement rests on it.
    pub async fn has_file(&mut self, sha256: &str) -> Result<bool, StoreError> {
        let (known,): (i64,) = self.one(FILE_KNOWN, &[Arg::Text(sha256)]).await?;
        Ok(known > 0)
    }

    /// Notes a file; its bytes follow part by part.
    pub async fn put_file(
        &mut self,
        sha256: &str,
        name: &str,
        size: u64,
        now: i64,
    ) -> Result<(), StoreError> {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let args = [
            Arg::Text(sha256),
            Arg::Text(name),
            Arg::Int(size),
            Arg::Int(now),
        ];
        self.execute(FILE_ADD, &args).await.map(|_| ())
    }

    /// Keeps a part of a file's gzipped bytes.
    pub async fn put_file_part(
        &mut self,
        sha256: &str,
        part: i64,
        gzipped: &[u8],
    ) -> Result<(), StoreError> {
        let args = [Arg::Text(sha256), Arg::Int(part), Arg::Bytes(gzipped)];
        self.execute(FILE_PART_ADD, &args).await.map(|_| ())
    }

    /// A file's gzipped bytes; empty where none are kept.
    pub async fn file_content(&mut self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let parts: Vec<(Vec<u8>,)> = self.fetch(FILE_PARTS, &[Arg::Text(sha256)]).await?;
        Ok(parts.into_iter().flat_map(|(part,)| part).collect())
    }

    /// Records a statement; nothing where its file and place are known already.
    pub async fn add_statement(
        &mut self,
        new: &NewStatement<'_>,
        now: i64,
    ) -> Result<Option<i64>, StoreError> {
        let placed = &new.placed;
        let args = [
            Arg::Text(new.file_sha256),
            Arg::Int(new.place_in_file),
            Arg::Int(new.bank_account_id),
            Arg::Text(new.format),
            Arg::Text(placed.profile),
            Arg::Text(placed.encoding),
            Arg::Int(new.line),
            Arg::MaybeText(new.sequence),
            Arg::MaybeText(new.reference),
            Arg::MaybeInt(placed.number),
            Arg::MaybeDay(placed.first_day),
            Arg::MaybeDay(placed.last_day),
            Arg::MaybeInt(placed.opening_minor),
            Arg::MaybeInt(placed.closing_minor),
            Arg::Int(i64::from(placed.by_value_date)),
            Arg::Int(placed.entry_count),
            Arg::Text(new.status),
            Arg::Text(new.reason),
            Arg::MaybeInt(new.other_id),
            Arg::Int(now),
            Arg::MaybeDay(placed.opening_date),
        ];
        let id: Option<(i64,)> = self.first(STATEMENT_ADD, &args).await?;
        Ok(id.map(|(id,)| id))
    }

    /// Notes what another reading of a statement that is held back made of it.
    pub async fn set_placed(&mut self, id: i64, placed: &Placed<'_>) -> Result<(), StoreError> {
        let args = [
            Arg::Int(id),
            Arg::Text(placed.profile),
            Arg::Text(placed.encoding),
            Arg::MaybeInt(placed.number),
            Arg::MaybeDay(placed.first_day),
            Arg::MaybeDay(placed.last_day),
            Arg::MaybeInt(placed.opening_minor),
            Arg::MaybeInt(placed.closing_minor),
            Arg::Int(i64::from(placed.by_value_date)),
            Arg::Int(placed.entry_count),
            Arg::MaybeDay(placed.opening_date),
        ];
        self.execute(PLACED_SET, &args).await.map(|_| ())
    }

    /// How many statements are recorded, whatever became of them.
    pub async fn statement_count(&mut self) -> Result<i64, StoreError> {
        Ok(self.one::<(i64,)>(COUNT, &[]).await?.0)
    }

    /// The newest statement's id.
    pub async fn last_statement(&mut self) -> Result<i64, StoreError> {
        Ok(self.one::<(i64,)>(LAST, &[]).await?.0)
    }

    /// What the statements after one brought, in pieces: an embedded file sorts each in memory.
    pub async fn brought_since(&mut self, id: i64) -> Result<Vec<BroughtRow>, StoreError> {
        let published: Vec<(i64,)> = self.fetch(PUBLISHED_SINCE, &[Arg::Int(id)]).await?;
        let mut brought = Vec::new();
        for (id,) in published {
            let written = self.lines_written(id).await?;
            for place in (0..written).step_by(BROUGHT_LINES) {
                let end = (place + BROUGHT_LINES).min(written);
                let [from, to] = [entry_id(id, place), entry_id(id, end)].map(Arg::Int);
                brought.extend(self.fetch::<BroughtRow>(BROUGHT, &[from, to]).await?);
            }
        }
        Ok(brought)
    }

    /// Adds the days of statements: statement, day, balance before and after, lines, content.
    pub async fn add_statement_days(&mut self, days: &Rows) -> Result<(), StoreError> {
        self.execute(DAYS_ADD, &[days.arg()]).await.map(|_| ())
    }

    /// Takes the days of a statement that is held back away, because it is read again.
    pub async fn drop_statement_days(&mut self, id: i64) -> Result<(), StoreError> {
        self.execute(DAYS_DROP, &[Arg::Int(id)]).await.map(|_| ())
    }

    /// The statements of files whose hash begins so, by file and place.
    pub async fn statements_by_file(
        &mut self,
        prefix: &str,
    ) -> Result<Vec<StatementRow>, StoreError> {
        // No hexadecimal digit stands behind `g`.
        let end = format!("{prefix}g");
        self.fetch(BY_FILE_PREFIX, &[Arg::Text(prefix), Arg::Text(&end)])
            .await
    }

    /// Concludes another status.
    pub async fn set_statement_status(
        &mut self,
        id: i64,
        status: &str,
        reason: &str,
        other_id: Option<i64>,
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Int(id),
            Arg::Text(status),
            Arg::Text(reason),
            Arg::MaybeInt(other_id),
        ];
        self.execute(STATUS_SET, &args).await.map(|_| ())
    }

    /// The statements of a file, in its order.
    pub async fn statements_of_file(
        &mut self,
        sha256: &str,
    ) -> Result<Vec<StatementRow>, StoreError> {
        self.fetch(OF_FILE, &[Arg::Text(sha256)]).await
    }

    /// The statements of an account with their days.
    pub async fn statements_of_account(
        &mut self,
        id: i64,
    ) -> Result<(Vec<StatementRow>, Vec<DayRow>), StoreError> {
        let statements = self.fetch(OF_ACCOUNT, &[Arg::Int(id)]).await?;
        let days = self.fetch(DAYS_OF_ACCOUNT, &[Arg::Int(id)]).await?;
        Ok((statements, days))
    }

    /// All statements, by account and period.
    pub async fn statements(&mut self) -> Result<Vec<StatementRow>, StoreError> {
        self.fetch(ALL, &[]).await
    }

    /// Statements that wait or are quarantined.
    pub async fn statements_held_back(&mut self) -> Result<Vec<StatementRow>, StoreError> {
        self.fetch(HELD_BACK, &[]).await
    }

    /// One statement.
    pub async fn statement(&mut self, id: i64) -> Result<Option<StatementRow>, StoreError> {
        self.first(BY_ID, &[Arg::Int(id)]).await
    }

    /// Notes what a person said about a statement.
    pub async fn add_statement_decision(
        &mut self,
        id: i64,
        kind: &str,
        other_id: Option<i64>,
        by: &str,
        why: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Int(id),
            Arg::Text(kind),
            Arg::MaybeInt(other_id),
            Arg::Text(by),
            Arg::Text(why),
            Arg::Int(now),
        ];
        self.execute(STATEMENT_DECIDED, &args).await.map(|_| ())
    }

    /// What people said about a statement.
    pub async fn statement_decisions(
        &mut self,
        id: i64,
    ) -> Result<Vec<StatementDecisionRow>, StoreError> {
        self.fetch(STATEMENT_DECISIONS, &[Arg::Int(id)]).await
    }
}
