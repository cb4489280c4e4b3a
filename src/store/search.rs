//! Whom somebody looks for, page by page.

use super::roster::PersonIdRow;
use super::{Arg, StoreError, Tx};

/// In the order of the index, so that a page of many is found without looking at all of them.
const NAMED: &str = "
    SELECT p.id, p.external_id FROM person p
     WHERE p.external_id > $1
       AND EXISTS (SELECT 1 FROM student_name n
                    WHERE n.person_id = p.id AND ' ' || n.name_key LIKE $2 AND ' ' || n.name_key LIKE $3
                      AND ' ' || n.name_key LIKE $4 AND ' ' || n.name_key LIKE $5)
     ORDER BY p.external_id LIMIT $6";
const EVERYBODY: &str = "
    SELECT p.id, p.external_id FROM person p
     WHERE p.external_id > $1 AND EXISTS (SELECT 1 FROM student_version v WHERE v.person_id = p.id)
     ORDER BY p.external_id LIMIT $2";

/// So many words of a name are looked for; what is behind them is left out.
pub const WORDS_MAX: usize = 4;

impl Tx {
    /// Students behind an id of the student system, in the order of these ids: those of whose names some
    /// begins with each of the folded words, or all where there is no word.
    pub async fn students_named(
        &mut self,
        words: &[&str],
        after: &str,
        limit: i64,
    ) -> Result<Vec<PersonIdRow>, StoreError> {
        if words.is_empty() {
            let args = [Arg::Text(after), Arg::Int(limit)];
            return self.fetch(EVERYBODY, &args).await;
        }
        let mut patterns = words.iter().map(|word| format!("% {word}%"));
        let patterns: [String; WORDS_MAX] =
            std::array::from_fn(|_| patterns.next().unwrap_or_else(|| "%".to_owned()));
        let [one, two, three, four] = &patterns;
        let args = [
            Arg::Text(after),
            Arg::Text(one),
            Arg::Text(two),
            Arg::Text(three),
            Arg::Text(four),
            Arg::Int(limit),
        ];
        self.fetch(NAMED, &args).await
    }
}
