//! Answers many who ask: what is the same for all is kept, those who ask at once are read together, and
//! what is asked about many students is read in parts.

use super::super::{EngineError, Moment, Office, identify};
use super::Lookup;
use super::read::{Around, among};
use crate::store::facts::DecisionRow;
use crate::store::lookup::Beginning;
use crate::store::{StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore, oneshot};
use tokio::task::JoinSet;

/// Students asked about at once.
pub const STUDENTS_MAX: usize = 1_000;
/// Many students are looked up in so many parts at once, and leave a line to the database to others.
const PARTS: usize = 3;
/// A part has at least so many.
const PART: usize = 100;
/// Those who ask for one each are read by so many at once: while the database finds the rows for one, those
/// of the other are folded.
const TURNS: usize = 2;

/// Whoever answers many keeps what is the same for all.
#[derive(Debug, Clone, Default)]
pub struct Lookups {
    around: Arc<Mutex<Option<Arc<Around>>>>,
    asking: Arc<Asking>,
}

/// Somebody who waits to be told of a student.
#[derive(Debug)]
struct Waiting {
    student: String,
    now: Moment,
    tell: oneshot::Sender<Told>,
}

/// What was found; in words, where nobody finds anything.
type Told = Result<Option<Arc<Lookup>>, String>;

/// Those who ask for one student each, and wait for their turn to be read together.
#[derive(Debug)]
struct Asking {
    waiting: std::sync::Mutex<Vec<Waiting>>,
    turns: Semaphore,
}

impl Default for Asking {
    fn default() -> Asking {
        Asking {
            waiting: std::sync::Mutex::default(),
            turns: Semaphore::new(TURNS),
        }
    }
}

impl Asking {
    /// A part of those who wait, and have not gone away.
    fn taken(&self) -> Vec<Waiting> {
        let Ok(mut waiting) = self.waiting.lock() else {
            return Vec::new();
        };
        waiting.retain(|waits| !waits.tell.is_closed());
        let part = waiting.len().min(PART);
        waiting.drain(..part).collect()
    }
}

impl Lookups {
    /// What is the same for all at this moment; where it has changed, one reads it and the others wait.
    async fn around(
        &self,
        tx: &mut Tx,
        office: &Office,
        stamp: String,
    ) -> Result<Arc<Around>, EngineError> {
        let mut kept = self.around.lock().await;
        if let Some(kept) = &*kept
            && kept.stamp == stamp
            && kept.today == office.now.today
        {
            return Ok(kept.clone());
        }
        let around = Around::again(tx, office, stamp, kept.as_deref()).await?;
        Ok(kept.insert(Arc::new(around)).clone())
    }

    /// The lookup of a student; none where nobody has this row id.
    pub async fn student(
        &self,
        office: &Office,
        person: i64,
    ) -> Result<Option<Lookup>, EngineError> {
        let mut tx = office.db.read().await?;
        let beginning = tx.begin_lookup(&[]).await?;
        let mut found = self.begun(&mut tx, office, beginning, &[person]).await?;
        tx.rollback().await?;
        Ok(found.pop())
    }

    /// The lookup of a student by the student system's id; none where nobody has it.
    ///
    /// Those who ask while others are read are read together with whoever asks meanwhile: what the ways to
    /// the database and back cost is then shared.
    pub async fn one(
        &self,
        office: &Office,
        student: &str,
    ) -> Result<Option<Arc<Lookup>>, EngineError> {
        let (tell, told) = oneshot::channel();
        let waits = Waiting {
            student: student.to_owned(),
            now: office.now,
            tell,
        };
        if let Ok(mut waiting) = self.asking.waiting.lock() {
            waiting.push(waits);
        }
        // It goes on though whoever asked went away: others may wait for it.
        tokio::spawn(self.clone().those_who_ask(office.clone()));
        if let Ok(told) = told.await {
            return told.map_err(|why| StoreError::Together(why).into());
        }
        // What failed for all is asked once more, so that only those fail who would fail alone.
        let mut found = self.each(office, &[student.to_owned()]).await?;
        Ok(found.remove(student))
    }

    /// Reads those who ask, unless somebody else did while this waited for a turn.
    async fn those_who_ask(self, mut office: Office) {
        let Ok(_turn) = self.asking.turns.acquire().await else {
            return;
        };
        let asking = self.asking.taken();
        let Some(now) = asking
            .iter()
            .map(|waits| waits.now)
            .max_by_key(|now| now.millis)
        else {
            return;
        };
        office.now = now;
        let students: BTreeSet<&String> = asking.iter().map(|waits| &waits.student).collect();
        let students: Vec<String> = students.into_iter().cloned().collect();
        let told = match self.each(&office, &students).await {
            Ok(found) => Ok(found),
            Err(EngineError::Store(error)) if error.is_outage() => Err(error.to_string()),
            // Somebody's facts may be impossible, which is nobody else's fault: each asks alone.
            Err(_) => return,
        };
        for Waiting { student, tell, .. } in asking {
            let told = told.as_ref().map(|found| found.get(&student).cloned());
            // Whoever went away does not listen.
            let _ = tell.send(told.map_err(String::clone));
        }
    }

    /// The lookups of a part of students, by the ids under which they were asked for.
    async fn each(
        &self,
        office: &Office,
        students: &[String],
    ) -> Result<BTreeMap<String, Arc<Lookup>>, EngineError> {
        let mut tx = office.db.read().await?;
        let mut beginning = tx.begin_lookup(students).await?;
        let rows = std::mem::take(&mut beginning.persons);
        let persons: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let survivors = identify::survivors_among(&beginning.merges, office.now.today);
        let lookups = self.begun(&mut tx, office, beginning, &persons).await?;
        tx.rollback().await?;
        let lookups: BTreeMap<i64, Arc<Lookup>> = (lookups.into_iter())
            .map(|lookup| (lookup.person, Arc::new(lookup)))
            .collect();
        let found = rows.into_iter().filter_map(|row| {
            let person = survivors.get(&row.id).unwrap_or(&row.id);
            Some((row.external_id, lookups.get(person)?.clone()))
        });
        Ok(found.collect())
    }

    /// The lookups of several students by the student system's ids, each as `finish` makes it, and which
    /// of these are known.
    pub async fn named<T: Send + 'static>(
        &self,
        office: &Office,
        students: &[String],
        finish: fn(Lookup) -> T,
    ) -> Result<(Vec<T>, BTreeSet<String>), EngineError> {
        let mut tx = office.db.read().await?;
        let mut beginning = tx.begin_lookup(students).await?;
        let rows = std::mem::take(&mut beginning.persons);
        let persons: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let known = rows.into_iter().map(|row| row.external_id).collect();
        if persons.len() <= PART {
            let lookups = self.begun(&mut tx, office, beginning, &persons).await?;
            tx.rollback().await?;
            return Ok((lookups.into_iter().map(finish).collect(), known));
        }
        let around = self.around(&mut tx, office, beginning.stamp).await?;
        tx.rollback().await?;
        let lookups = parts(office, around, persons, beginning.merges, finish).await?;
        Ok((lookups, known))
    }

    async fn begun(
        &self,
        tx: &mut Tx,
        office: &Office,
        beginning: Beginning,
        persons: &[i64],
    ) -> Result<Vec<Lookup>, EngineError> {
        if persons.is_empty() {
            return Ok(Vec::new());
        }
        let around = self.around(tx, office, beginning.stamp).await?;
        Ok(among(tx, office, &around, persons, &beginning.merges).await?)
    }
}

/// The lookups of many students, some parts at a time: while the database finds the rows of one part,
/// another is folded and finished. Each student's rows are of one moment. Whoever was merged may stand in
/// two parts.
async fn parts<T: Send + 'static>(
    office: &Office,
    around: Arc<Around>,
    persons: Vec<i64>,
    merges: Vec<DecisionRow>,
    finish: fn(Lookup) -> T,
) -> Result<Vec<T>, EngineError> {
    let merges = Arc::new(merges);
    let mut running = JoinSet::new();
    for part in persons.chunks(persons.len().div_ceil(PARTS).max(PART)) {
        let (office, part) = (office.clone(), part.to_vec());
        let (around, merges) = (around.clone(), merges.clone());
        running.spawn(async move {
            let mut tx = office.db.read().await?;
            let lookups = among(&mut tx, &office, &around, &part, &merges).await?;
            tx.rollback().await?;
            let finished = (lookups.into_iter())
                .map(|lookup| (lookup.student.clone(), finish(lookup)))
                .collect::<Vec<_>>();
            Ok::<_, StoreError>(finished)
        });
    }
    let mut all: BTreeMap<String, T> = BTreeMap::new();
    while let Some(part) = running.join_next().await {
        all.extend(part.map_err(|_| EngineError::refused("the lookup was ended; ask again"))??);
    }
    Ok(all.into_values().collect())
}
