//! What messages said when they were handed over.

use super::row::row;
use super::{Arg, StoreError, Tx};

const KEEP: &str = "
    INSERT INTO message_text (message_id, address, subject, text, recorded_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (message_id) DO UPDATE
       SET address = excluded.address, subject = excluded.subject, text = excluded.text,
           recorded_at = excluded.recorded_at";
const OF_MESSAGE: &str = "
    SELECT address, subject, text, recorded_at FROM message_text WHERE message_id = $1 AND text <> ''";

row! {
    /// What a message said when it was last handed over.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SaidRow {
        /// To which address.
        pub address: String,
        /// Its subject.
        pub subject: String,
        /// Its text.
        pub text: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

impl Tx {
    /// Keeps what a message says that is handed over, in the place of what it said before.
    pub async fn keep_message_text(&mut self, id: i64, said: &SaidRow) -> Result<(), StoreError> {
        let args = [
            Arg::Int(id),
            Arg::Text(&said.address),
            Arg::Text(&said.subject),
            Arg::Text(&said.text),
            Arg::Int(said.recorded_at),
        ];
        self.execute(KEEP, &args).await.map(|_| ())
    }

    /// What a message said; none where it was not handed over, or its time is over.
    pub async fn message_text(&mut self, id: i64) -> Result<Option<SaidRow>, StoreError> {
        self.first(OF_MESSAGE, &[Arg::Int(id)]).await
    }
}
