//! What was just said about an entry, with the way to take it back.

use crate::engine::{EngineError, decide};
use crate::text::in_address;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Visit};

words! {
    /// The words of the note.
    pub Words {
        done: "Zapisano.", "Noted.";
        undo: "Cofnij", "Undo";
        newer: "Od tego czasu zdecydował o tym ktoś inny:", "Somebody else has decided about it since:";
        none: "Nic już o tym nie jest zdecydowane.", "Nothing stands about it any more.";
        see: "Zobacz, czyja jest", "See whose it is";
        changed: "O tej wpłacie powiedziano już coś nowego, więc niczego nie cofnięto. Zobacz najpierw, co zapisano.", "Something new was said about this credit meanwhile, so nothing was taken back. Look first at what was noted.";
    }
}

/// The note.
pub struct Noted {
    /// Its words.
    pub w: &'static Words,
    /// The entry.
    pub id: String,
    /// The decision that its own reader can take back.
    pub word: Option<i64>,
    /// Who said something newer.
    pub newer: Option<String>,
}

impl Noted {
    /// Where whose it is can be seen.
    pub fn why(&self) -> String {
        why(&self.id)
    }
}

/// The page that says whose an entry is.
pub fn why(entry: &str) -> String {
    format!("/why/{}", in_address(entry))
}

/// Of the entry that an address names. A colleague's newer word is not offered to be taken back: whoever
/// does that has to have read it.
pub async fn of(visit: &Visit, done: &str) -> Result<Option<Noted>, Fault> {
    if done.is_empty() {
        return Ok(None);
    }
    let last = match decide::last_word(&visit.office, done).await {
        Ok(last) => last,
        Err(EngineError::Refused(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let is_own = |by: &str| decide::is_same_person(by, visit.by());
    let mut noted = Noted {
        w: Words::of(visit.language),
        id: done.to_owned(),
        word: None,
        newer: None,
    };
    match last {
        Some(last) if is_own(&last.by) => noted.word = Some(last.decision),
        Some(last) => noted.newer = Some(last.by),
        None => {}
    }
    Ok(Some(noted))
}
