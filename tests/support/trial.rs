//! An import that is disturbed on the way, again and again on the same books: what it left is looked at,
//! the same import is done once more, and what is there then is compared with an import that nothing
//! disturbed.

use super::TestDb;
use super::books::{assert_same, image, nothing_is_half, undisturbed};
use super::process::imports;
use super::semester::Semester;

/// Statements that wait to be imported.
pub struct Trial {
    /// Where they lie.
    pub semester: Semester,
    /// Books with students and fees.
    before: TestDb,
    /// The books of an import that nothing disturbed.
    expected: String,
}

impl Trial {
    /// One on the engine of a database.
    pub async fn of(semester: Semester, db: &TestDb) -> Trial {
        let expected = undisturbed(&db.another(), &semester).await;
        let before = db.another();
        // Closed, so that all of it is in the one file.
        semester.office(&before).await.db.close().await;
        Trial {
            semester,
            before,
            expected,
        }
    }

    /// Books before the import.
    pub async fn books(&self) -> TestDb {
        if self.before.is_server() {
            let books = self.before.another();
            self.semester.office(&books).await.db.close().await;
            return books;
        }
        let books = self.before.vacant();
        std::fs::copy(self.before.url(), books.url()).unwrap();
        books
    }

    /// They are those of an import that nothing disturbed.
    pub async fn are_whole(&self, books: &TestDb, what: &str) {
        let office = self.semester.empty_office(books).await;
        assert_same(&self.expected, &image(&office, &[]).await, what);
        office.db.close().await;
    }

    /// Nothing in them is half, and the import once more makes them whole.
    pub async fn goes_on(&self, books: &TestDb, what: &str) {
        let office = self.semester.empty_office(books).await;
        nothing_is_half(&office, what).await;
        office.db.close().await;
        imports(books, &self.semester, what);
        self.are_whole(books, what).await;
    }
}
