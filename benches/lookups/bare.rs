//! Handlers that do nothing but read, by axum and sqlx.
#![expect(
    clippy::expect_used,
    reason = "a measure that cannot go on says where it stopped"
)]

use anyhow::Result;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use kwestura::store::{Db, StoreError};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tokio::net::TcpListener;

const POSITIONS: &str = "
    SELECT r.item, r.amount_minor, r.open_minor FROM receivable_position r
      JOIN person p ON p.id = r.person_id WHERE p.external_id = $1 ORDER BY r.due_on, r.item";
const ALLOCATIONS: &str = "
    SELECT a.item, a.credit_id, a.amount_minor FROM allocation a
      JOIN person p ON p.id = a.person_id WHERE p.external_id = $1 ORDER BY a.seq";

/// Serves them, and says where, until it is ended.
pub async fn serve(database: &str) -> Result<()> {
    let db = Db::connect(database, false).await?;
    let mut router = Router::new().route("/same/{id}", get(same));
    if matches!(db, Db::Sqlite { .. }) {
        router = router.merge(narrow(database).await?);
    }
    let router = router.with_state(db);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

/// What is concluded already, read from a file by sqlx alone.
async fn narrow(database: &str) -> Result<Router<Db>> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        .connect_with(options)
        .await?;
    let narrow = Router::new().route("/positions/{id}", get(positions));
    Ok(narrow.with_state(pool))
}

/// What a lookup asks the database.
async fn same(State(db): State<Db>, Path(id): Path<String>) -> Json<Value> {
    Json(rows_of(&db, id).await.expect("the rows of a lookup"))
}

async fn rows_of(db: &Db, id: String) -> Result<Value, StoreError> {
    let mut tx = db.read().await?;
    let began = tx.begin_lookup(&[id]).await?;
    let persons: Vec<i64> = began.persons.iter().map(|row| row.id).collect();
    let student = tx.student_rows(&persons).await?;
    let facts = tx.facts_of(&persons, i64::MAX).await?;
    let mut lines: Vec<String> = (facts.entries.iter())
        .map(|row| row.public_id.clone())
        .collect();
    lines.dedup();
    let said: Vec<String> = student.words.iter().map(|row| row.fee.clone()).collect();
    let names = tx.name_rows(&lines, &said).await?;
    tx.rollback().await?;
    Ok(json!({
        "students": student.students.len(), "numbers": student.numbers.len(),
        "words": student.words.len(),
        "fees": facts.receivables.len(), "versions": facts.versions.len(),
        "entries": facts.entries.len(), "titles": student.titles.len(), "shared": names.shared.len(),
    }))
}

/// The positions and allocations of a student, which are concluded already.
async fn positions(State(pool): State<SqlitePool>, Path(id): Path<String>) -> Json<Value> {
    let positions: Vec<(String, i64, i64)> = sqlx::query_as(POSITIONS)
        .bind(&id)
        .fetch_all(&pool)
        .await
        .expect("the positions");
    let allocations: Vec<(String, i64, i64)> = sqlx::query_as(ALLOCATIONS)
        .bind(&id)
        .fetch_all(&pool)
        .await
        .expect("the allocations");
    Json(json!({ "positions": positions, "allocations": allocations }))
}
