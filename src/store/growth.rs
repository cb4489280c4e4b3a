//! A server is told when tables have grown.
//!
//! Why: it looks at its tables by itself, once a minute; until then it plans for tables as small as
//! they were, and reads through them from end to end. A first import is over by then. An embedded file
//! plans by its indexes alone.

use super::{Db, StoreError};
use sqlx::Executor;

/// Rows after which it is worth a look.
const MANY: usize = 2_000;

/// Looks at the tables of which about half is new. Of one at which another process looks just
/// now it keeps away.
const ANALYZE_WHAT_GREW: &str = "
    DO $$
    DECLARE grown text;
    BEGIN
        FOR grown IN
            SELECT relid::regclass::text FROM pg_stat_user_tables
             WHERE schemaname = current_schema()
               AND n_mod_since_analyze >= 50 AND n_mod_since_analyze >= n_live_tup / 2
        LOOP
            EXECUTE 'ANALYZE (SKIP_LOCKED) ' || grown;
        END LOOP;
    END $$";

/// Rows that were written and committed since the last look.
#[derive(Debug, Default)]
pub struct Growth(usize);

impl Growth {
    /// So many more were; after many of them the server looks.
    pub async fn by(&mut self, rows: usize, db: &Db) -> Result<(), StoreError> {
        self.0 += rows;
        if self.0 < MANY {
            return Ok(());
        }
        self.0 = 0;
        if let Db::Pg(pool) = db {
            pool.execute(ANALYZE_WHAT_GREW).await?;
        }
        Ok(())
    }
}
