//! Refunds on their way to the bank, and the files that took them there.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;

/// A refund with what became of it. The money comes back out of the account to which the latest of its
/// credits came; what was loaded at go-live came to none.
const REFUNDS: &str = "
    SELECT d.id, p.external_id AS student, d.amount_minor, d.detail AS account, d.acts_on,
           d.needs_second, CAST(CASE WHEN a.decision_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_approved,
           (SELECT MAX(o.currency) FROM decision_part q JOIN opening_credit o ON o.id = -q.entry_id
             WHERE q.decision_id = d.id) AS loaded_currency,
           (SELECT b.currency FROM decision_part q JOIN entry e ON e.id = q.entry_id
              JOIN statement s ON s.id = e.statement_id JOIN bank_account b ON b.id = s.bank_account_id
             WHERE q.decision_id = d.id ORDER BY e.crediting_date DESC, e.id DESC LIMIT 1) AS currency,
           (SELECT b.iban FROM decision_part q JOIN entry e ON e.id = q.entry_id
              JOIN statement s ON s.id = e.statement_id JOIN bank_account b ON b.id = s.bank_account_id
             WHERE q.decision_id = d.id ORDER BY e.crediting_date DESC, e.id DESC LIMIT 1) AS pays_from,
           (SELECT t.counterparty_name FROM decision_part q JOIN entry e ON e.id = q.entry_id
              JOIN entry_text t ON t.entry_id = e.id
             WHERE q.decision_id = d.id AND e.counterparty_account = d.detail
             ORDER BY e.crediting_date DESC, e.id DESC LIMIT 1) AS payer_name,
           (SELECT n.given_name || ' ' || n.family_name FROM student_name n WHERE n.person_id = d.person_id
             ORDER BY n.valid_from DESC, n.as_of_day DESC, n.as_of_millis DESC LIMIT 1) AS student_name,
           (SELECT MAX(o.file_number) FROM payment_order o
             WHERE o.decision_id = d.id AND NOT EXISTS (
                SELECT 1 FROM payment_file_withdrawal w WHERE w.file_number = o.file_number)) AS file_number
      FROM decision d
      JOIN person p ON p.id = d.person_id
      LEFT JOIN decision_approval a ON a.decision_id = d.id
     WHERE d.kind = 'refund'
       AND NOT EXISTS (SELECT 1 FROM decision_revocation r WHERE r.decision_id = d.id)
     ORDER BY d.id";
/// The bank's lines that pay a refund or bring it back, as they are concluded now.
const BANK_DAYS: &str = "
    SELECT i.decision_id, i.outcome, e.crediting_date
      FROM identification i
      JOIN entry e ON e.id = i.entry_id
     WHERE i.outcome IN ('refund', 'refund_returned') AND i.decision_id IS NOT NULL
       AND EXISTS (SELECT 1 FROM entry x JOIN statement y ON y.id = x.statement_id
                    WHERE (x.id = e.id OR x.same_as = e.id) AND y.status IN ('published', 'known'))
       AND NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = i.entry_id AND j.seq > i.seq)
     ORDER BY i.decision_id, e.crediting_date, i.entry_id";
const NEXT: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM payment_file";
const FILE_ADD: &str = "
    INSERT INTO payment_file (number, format, account, currency, pay_on, order_count, sum_minor, content,
        by_whom, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const ORDERS_ADD: &str = given!("
    INSERT INTO payment_order (file_number, decision_id, amount_minor)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT) FROM given");
const FILES: &str = "
    SELECT f.number, f.format, f.account, f.currency, f.pay_on, f.order_count, f.sum_minor, f.by_whom,
           f.recorded_at, w.why AS withdrawn_why
      FROM payment_file f LEFT JOIN payment_file_withdrawal w ON w.file_number = f.number
     ORDER BY f.number";
const CONTENT: &str = "SELECT content FROM payment_file WHERE number = $1";
const WITHDRAW: &str = "
    INSERT INTO payment_file_withdrawal (file_number, by_whom, why, recorded_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (file_number) DO NOTHING";
const ORDERS: &str = "SELECT decision_id FROM payment_order WHERE file_number = $1";
const IN_FILE: &str = "
    SELECT o.file_number FROM payment_order o
     WHERE o.decision_id = $1 AND NOT EXISTS (
        SELECT 1 FROM payment_file_withdrawal w WHERE w.file_number = o.file_number)";

/// One at a time writes files, so that a refund is in one.
const ALONE: &str = "LOCK TABLE payment_file IN SHARE ROW EXCLUSIVE MODE";

row! {
    /// A refund that was decided and not taken back.
    #[derive(Debug, Clone)]
    pub struct RefundRow {
        /// The decision.
        pub id: i64,
        /// The student.
        pub student: String,
        /// Minor units.
        pub amount_minor: Option<i64>,
        /// Where the money goes.
        pub account: String,
        /// From when it acts.
        pub acts_on: NaiveDate,
        /// 1 where a second person is needed.
        pub needs_second: i64,
        /// 1 where that person said yes.
        pub is_approved: i64,
        /// Of money that was loaded at go-live.
        pub loaded_currency: Option<String>,
        /// Of money that a bank credited.
        pub currency: Option<String>,
        /// The account that was credited.
        pub pays_from: Option<String>,
        /// Who paid, where the money goes back there.
        pub payer_name: Option<String>,
        /// The student's name.
        pub student_name: Option<String>,
        /// The file in which it is.
        pub file_number: Option<i64>,
    }
}
row! {
    /// A line of the bank about a refund.
    #[derive(Debug, Clone)]
    pub struct RefundBankRow {
        /// The decision.
        pub decision_id: i64,
        /// `refund` or `refund_returned`.
        pub outcome: String,
        /// When.
        pub crediting_date: NaiveDate,
    }
}
row! {
    /// A file of payments, without its bytes.
    #[derive(Debug, Clone)]
    pub struct PaymentFileRow {
        /// Its number.
        pub number: i64,
        /// `elixir0` or `pain001`.
        pub format: String,
        /// The account that pays.
        pub account: String,
        /// ISO 4217 code.
        pub currency: String,
        /// When the bank shall pay.
        pub pay_on: NaiveDate,
        /// How many payments.
        pub order_count: i64,
        /// Their sum, minor units.
        pub sum_minor: i64,
        /// Who wrote it.
        pub by_whom: String,
        /// Milliseconds.
        pub recorded_at: i64,
        /// Why it was withdrawn, if it was.
        pub withdrawn_why: Option<String>,
    }
}

impl Tx {
    /// One writer of payment files at a time.
    pub async fn lock_payments(&mut self) -> Result<(), StoreError> {
        self.lock_table(ALONE).await
    }

    /// All refunds that were decided and not taken back.
    pub async fn all_refunds(&mut self) -> Result<Vec<RefundRow>, StoreError> {
        self.fetch(REFUNDS, &[]).await
    }

    /// What the bank says of refunds.
    pub async fn refund_bank_days(&mut self) -> Result<Vec<RefundBankRow>, StoreError> {
        self.fetch(BANK_DAYS, &[]).await
    }

    /// The number of the next file.
    pub async fn next_payment_file(&mut self) -> Result<i64, StoreError> {
        Ok(self.one::<(i64,)>(NEXT, &[]).await?.0)
    }

    /// Notes a file with its payments: decisions and amounts.
    pub async fn add_payment_file(
        &mut self,
        file: &PaymentFileRow,
        content: &[u8],
        orders: &[(i64, i64)],
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Int(file.number),
            Arg::Text(&file.format),
            Arg::Text(&file.account),
            Arg::Text(&file.currency),
            Arg::Day(file.pay_on),
            Arg::Int(file.order_count),
            Arg::Int(file.sum_minor),
            Arg::Bytes(content),
            Arg::Text(&file.by_whom),
            Arg::Int(file.recorded_at),
        ];
        self.execute(FILE_ADD, &args).await?;
        let rows = orders.iter().map(|(id, minor)| (file.number, id, minor));
        self.execute(ORDERS_ADD, &[Rows::of(rows)?.arg()]).await?;
        Ok(())
    }

    /// All files.
    pub async fn payment_files(&mut self) -> Result<Vec<PaymentFileRow>, StoreError> {
        self.fetch(FILES, &[]).await
    }

    /// The bytes of a file.
    pub async fn payment_file_content(
        &mut self,
        number: i64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<(Vec<u8>,)> = self.first(CONTENT, &[Arg::Int(number)]).await?;
        Ok(row.map(|(content,)| content))
    }

    /// Withdraws a file; tells whether it stood until now.
    pub async fn withdraw_payment_file(
        &mut self,
        number: i64,
        by: &str,
        why: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Int(number),
            Arg::Text(by),
            Arg::Text(why),
            Arg::Int(now),
        ];
        Ok(self.execute(WITHDRAW, &args).await? == 1)
    }

    /// The refunds of a file.
    pub async fn payment_orders(&mut self, number: i64) -> Result<Vec<i64>, StoreError> {
        let rows: Vec<(i64,)> = self.fetch(ORDERS, &[Arg::Int(number)]).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// The file in which a refund is.
    pub async fn payment_file_of(&mut self, decision: i64) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = self.first(IN_FILE, &[Arg::Int(decision)]).await?;
        Ok(row.map(|(number,)| number))
    }
}
