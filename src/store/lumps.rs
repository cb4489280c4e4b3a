//! Which entries are parts of a lump sum that another statement holds as one.

use super::row::given;
use super::{Arg, Rows, StoreError, Tx};

const ADD: &str = given!(
    "
    INSERT INTO lump_part (lump_id, part_id, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), $2 FROM given
     WHERE true ON CONFLICT DO NOTHING"
);
const AROUND: &str = "
    WITH wanted AS (SELECT CAST(value->>0 AS BIGINT) AS id FROM json_each($1))
    SELECT lump_id, part_id FROM lump_part WHERE lump_id IN (SELECT id FROM wanted)
     UNION
    SELECT lump_id, part_id FROM lump_part WHERE part_id IN (SELECT id FROM wanted)
     ORDER BY 1, 2";
const DETAILED: &str = "
    SELECT DISTINCT l.lump_id FROM lump_part l
     WHERE l.lump_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
       AND (EXISTS (SELECT 1 FROM entry e JOIN statement s ON s.id = e.statement_id
                     WHERE e.id = l.part_id AND s.status IN ('published', 'known'))
         OR EXISTS (SELECT 1 FROM entry e JOIN statement s ON s.id = e.statement_id
                     WHERE e.same_as = l.part_id AND s.status IN ('published', 'known')))
     ORDER BY 1";
const ALL: &str = "SELECT lump_id, part_id FROM lump_part ORDER BY lump_id, part_id";

impl Tx {
    /// Writes pairs of a lump and one of its parts.
    pub async fn add_lump_parts(
        &mut self,
        pairs: &[(i64, i64)],
        now: i64,
    ) -> Result<(), StoreError> {
        let rows = Rows::of(pairs)?;
        self.execute(ADD, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// The pairs in which one of these entries is the lump or a part, whatever became of their
    /// statements.
    pub async fn lump_parts_around(
        &mut self,
        entries: &[i64],
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let ids = Rows::of(entries.iter().map(|id| (id,)))?;
        self.fetch(AROUND, &[ids.arg()]).await
    }

    /// Those of these entries of which a part stands.
    pub async fn detailed(&mut self, entries: &[i64]) -> Result<Vec<i64>, StoreError> {
        let ids = Rows::of(entries.iter().map(|id| (id,)))?;
        let found: Vec<(i64,)> = self.fetch(DETAILED, &[ids.arg()]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// All pairs of a lump and one of its parts.
    pub async fn all_lump_parts(&mut self) -> Result<Vec<(i64, i64)>, StoreError> {
        self.fetch(ALL, &[]).await
    }
}
