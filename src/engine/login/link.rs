//! Links to sign in by, for universities without a single sign-on and for the day on which it is down.
//!
//! The link is made when its mail is made, a moment before it leaves; what is kept is its hash. So
//! nobody who reads the database, or the outbox, can sign in with it. It is used once, by a button on
//! the page that it opens: programs that look into mails only open it. In a trial it goes to the trial's
//! address like every mail: whoever tries it out has to see what students see, and has the books anyway.

use super::{Claims, Known, Provider, by_address, known};
use crate::config::Config;
use crate::engine::account::find;
use crate::engine::compose::{Spoken, Verdict};
use crate::engine::{EngineError, Office, secret};
use crate::message::entry::{self, About, Entry};
use crate::store::logins::NewLink;
use crate::store::messages::MessageRow;
use crate::store::roster::newest;
use crate::store::{StoreError, Tx};
use crate::text::Language;

/// A link works for so many minutes.
pub const LINK_MINUTES: i64 = 15;
const MINUTE_MILLIS: i64 = 60 * 1_000;
const HOUR_MILLIS: i64 = 60 * MINUTE_MILLIS;
/// So many links an hour for one address.
const ADDRESS_MAX: i64 = 5;
/// So many an hour from one network: a dormitory is one network.
const NETWORK_MAX: i64 = 200;
/// Stands in a mail that is only looked at.
const HIDDEN: &str = "...";

/// Somebody asks for a link. The answer is the same whatever comes of it, and so is the work that
/// can be seen from outside: whoever calls this answers first.
pub async fn request(office: &Office, address: &str, network: &str) -> Result<(), EngineError> {
    let address = address.trim();
    let now = office.now.millis;
    let hash = secret::sha256(&address.to_lowercase());
    let mut tx = office.db.write().await?;
    // Counted alone: of many that ask at once no more than the limit are written to.
    tx.lock_messages().await?;
    let (of_address, of_network) = tx.link_requests(&hash, network, now - HOUR_MILLIS).await?;
    // What comes above a limit is not counted: else whoever goes on asking would lock an address out
    // for as long as they do.
    if ADDRESS_MAX <= of_address || NETWORK_MAX <= of_network {
        tx.rollback().await?;
        return Ok(());
    }
    tx.add_link_request(&hash, network, (now, now - 24 * HOUR_MILLIS))
        .await?;
    if let Some(student) = by_address(&mut tx, office, address).await? {
        let message = ("link", student.language.as_str());
        tx.add_student_message(student.id, message, office.now.today, now)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Makes a link without a mail, for whoever hands it over; it works once, until `ends_at`. Whoever has it
/// is the student, so it is for made-up universities, whose mails go nowhere.
pub async fn by_hand(office: &Office, student: &str, ends_at: i64) -> Result<String, EngineError> {
    let token = secret::token()?;
    let mut tx = office.db.write().await?;
    let person = find(&mut tx, student).await?;
    let rows = newest(tx.students_by_id(&[person]).await?);
    let link = NewLink {
        token_sha256: &secret::sha256(&token),
        person,
        message: None,
        address: rows.first().map_or("", |row| &row.email),
        ends_at,
    };
    tx.add_link(&link).await?;
    tx.commit().await?;
    Ok(format!("/link/{token}"))
}

/// Somebody comes with a link: who they are, and the login that it proves. None where it was used, is
/// too old, or never was.
pub async fn enter(office: &Office, token: &str) -> Result<Option<(Known, String)>, EngineError> {
    let mut tx = office.db.write().await?;
    let used = tx
        .use_link(&secret::sha256(token), office.now.millis)
        .await?;
    let Some((person, address)) = used else {
        tx.rollback().await?;
        return Ok(None);
    };
    let student = newest(tx.students_by_id(&[person]).await?).pop();
    tx.commit().await?;
    let claims = Claims {
        provider: Provider::Link,
        login: address.clone(),
        student: student.map(|row| row.external_id),
        email: None,
        name: String::new(),
    };
    Ok(Some((known(office, &claims).await?, address)))
}

/// The mail with a fresh link, made for the moment in which it leaves.
pub(in crate::engine) async fn mail(
    office: &Office,
    row: &MessageRow,
) -> Result<Verdict, EngineError> {
    if row.template != "link" {
        let mut tx = office.db.read().await?;
        let verdict = preview(&mut tx, office, row).await?;
        tx.rollback().await?;
        return Ok(verdict.unwrap_or_else(|| Verdict::Gone("it says nothing".to_owned())));
    }
    if row.recorded_at + HOUR_MILLIS < office.now.millis {
        return Ok(Verdict::Gone("it was asked for long ago".to_owned()));
    }
    let token = secret::token()?;
    let mut tx = office.db.write().await?;
    let verdict = spoken(&mut tx, office, row, &token).await?;
    if let (Verdict::Say(spoken), Some(person)) = (&verdict, row.person_id) {
        let link = NewLink {
            token_sha256: &secret::sha256(&token),
            person,
            message: Some(row.id),
            address: &spoken.to,
            ends_at: office.now.millis + LINK_MINUTES * MINUTE_MILLIS,
        };
        tx.add_link(&link).await?;
    }
    tx.commit().await?;
    Ok(verdict)
}

/// What such a message says, without a link that would work; none where it is another message.
pub(in crate::engine) async fn preview(
    tx: &mut Tx,
    office: &Office,
    row: &MessageRow,
) -> Result<Option<Verdict>, EngineError> {
    if !is_entry(row) {
        return Ok(None);
    }
    Ok(Some(spoken(tx, office, row, HIDDEN).await?))
}

/// Whether a message is about getting in.
pub(in crate::engine) fn is_entry(row: &MessageRow) -> bool {
    matches!(row.template.as_str(), "link" | "linked")
}

async fn spoken(
    tx: &mut Tx,
    office: &Office,
    row: &MessageRow,
    token: &str,
) -> Result<Verdict, EngineError> {
    let Some(base) = base(&office.config) else {
        return Ok(Verdict::Nowhere(
            "[sign_in] in kwestura.toml names no address of the pages".to_owned(),
        ));
    };
    let person = row.person_id.unwrap_or_default();
    let Some(student) = newest(tx.students_by_id(&[person]).await?).pop() else {
        return Ok(Verdict::Gone("the student is not known".to_owned()));
    };
    let mail = office.config.mail.as_ref().map(|mail| &mail.students);
    let to = mail
        .and_then(|addresses| addresses.of(&student.email, &student.album, &student.population));
    let Some(to) = to else {
        return Ok(Verdict::Nowhere(
            "no address of the student is known".to_owned(),
        ));
    };
    let (address, about) = match row.template.as_str() {
        "link" => (
            format!("{base}/link/{token}"),
            About::Link {
                minutes: LINK_MINUTES,
            },
        ),
        _ => (base.to_owned(), About::Linked),
    };
    let entry = Entry {
        language: Language::of(&row.language),
        institution: office.config.institution.name.clone(),
        contact: office.config.institution.contact.clone(),
        address,
        about,
    };
    let rendered = entry::render(&entry).map_err(|error| StoreError::Inconsistent {
        table: "message",
        what: format!("{}: {error}", row.id),
    })?;
    Ok(Verdict::Say(Box::new(Spoken { rendered, to })))
}

/// The address of the pages, without a stroke at its end.
fn base(config: &Config) -> Option<&str> {
    let address = config.sign_in.address.as_deref()?;
    Some(address.trim_end_matches('/'))
}
