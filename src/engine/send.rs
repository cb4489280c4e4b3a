//! Send: what stands in the outbox leaves the house, each message once.
//!
//! | phase | what happens |
//! |---|---|
//! | claim | one sender alone takes a message: `due` or `failed` becomes `sending` |
//! | look | it is read again against the facts of this moment, and waits or is withdrawn where they changed |
//! | hand over | outside every transaction, with the line's own limits of time |
//! | note | what became of it |
//!
//! Whoever dies between the claim and the note leaves a message in `sending`; another run finds it
//! after a while and calls it `uncertain`, because nobody knows whether it was taken. Nothing that is
//! uncertain is sent again by itself.

use super::compose::{Moments, Spoken, Verdict, verdict};
use super::outbox::{self, Listed};
use super::{EngineError, Moment, Office, arming, login, trial};
use crate::calendar::add_business_days;
use crate::mail::{Handed, Head, Outgoing, Post, make};
use crate::store::Rows;
use crate::store::messages::MessageRow;
use crate::store::texts::SaidRow;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::future::ready;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// A sender that was not heard of for so long is dead: every step of handing over has a limit that
/// is far below. Milliseconds.
const SILENCE: i64 = 15 * 60 * 1000;
/// No clock is set further back than this: what is dated later was dated by a clock that ran ahead.
/// Milliseconds.
const AHEAD_MAX: i64 = 25 * 60 * 60 * 1000;
/// How long to wait behind the first, second … failure. Minutes.
const WAITS: [i64; 4] = [15, 60, 4 * 60, 8 * 60];
/// An address that fails for so many business days is a case.
const FAILING_DAYS: i32 = 3;
/// Who says so where no person does.
pub(super) const SELF: &str = "kwestura";

/// What a run of sending came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sending {
    /// Taken by the server, or laid into the folder.
    pub sent: usize,
    /// Put off by the server; they are tried again.
    pub failed: usize,
    /// Refused by the server, or without an address; a person has to act.
    pub refused: usize,
    /// Perhaps taken; a person has to tell.
    pub uncertain: usize,
    /// Taken back, because they were no longer right.
    pub withdrawn: usize,
    /// Held back by something that happened since they were decided.
    pub waiting: usize,
    /// Why the run ended before all were tried.
    pub stopped: Option<String>,
    /// The server spoilt so many messages that the next run had better wait.
    #[serde(skip)]
    pub rests: bool,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Became {
    Sent,
    Failed,
    /// By the server.
    Refused,
    /// Refused by ourselves: it has nowhere to go, which says nothing about the server.
    Unaddressed,
    Uncertain,
    Withdrawn,
    Waiting,
    /// Another sender has it.
    Taken,
    /// No server could be asked.
    Stopped(String),
}

/// Sends what can be sent at this moment. `clock` tells the time as it goes on; `told` hears how
/// many were tried of how many.
pub async fn run(
    office: &Office,
    post: &mut Post,
    clock: impl Fn() -> Moment,
    told: impl FnMut(usize, usize),
) -> Result<Sending, EngineError> {
    while_going_on(office, post, clock, told, (|| ready(Ok(true)), false)).await
}

/// The same, until `goes_on` says no, before each message. Behind a run that the server's behaviour
/// stopped, `is_wary`: the first messages only try whether that is over.
pub async fn while_going_on<GoesOn>(
    office: &Office,
    post: &mut Post,
    clock: impl Fn() -> Moment,
    mut told: impl FnMut(usize, usize),
    (goes_on, is_wary): (impl Fn() -> GoesOn, bool),
) -> Result<Sending, EngineError>
where
    GoesOn: Future<Output = Result<bool, EngineError>>,
{
    if let Post::Smtp(_) = post {
        arming::require(office).await?;
    }
    let mut sending = Sending {
        uncertain: give_up(office, clock()).await?,
        ..Sending::default()
    };
    let mut sender = Sender {
        office: office.clone(),
        moments: None,
    };
    let pause = pause(office, post);
    let mut bad_luck = if is_wary {
        BadLuck::once_more()
    } else {
        BadLuck::default()
    };
    let mut next = Instant::now();
    let mut ids = pending(office, clock().millis, 0).await?;
    let (mut done, mut all) = (0, ids.len());
    while let Some(&last) = ids.last() {
        for id in ids {
            // Whoever waits at a screen for a mail does not wait for thousands of others.
            for id in urgent(office, clock().millis)
                .await?
                .into_iter()
                .chain([id])
            {
                sleep_until(next).await;
                // Whoever stops the job or disarms the mail does not wait for thousands of messages.
                if !goes_on().await? {
                    return Ok(sending);
                }
                if let Post::Smtp(_) = post {
                    arming::require(office).await?;
                }
                sender.office.now = clock();
                let became = sender.one(post, id).await?;
                if matches!(became, Became::Sent | Became::Failed | Became::Refused) {
                    next = Instant::now() + pause;
                }
                bad_luck.heed(&became);
                if sending.count(became) || bad_luck.stops(&mut sending) {
                    told(done + 1, all);
                    return Ok(sending);
                }
            }
            done += 1;
            told(done, all);
        }
        ids = pending(office, clock().millis, last).await?;
        all += ids.len();
    }
    Ok(sending)
}

/// The time between two messages; a folder needs none.
fn pause(office: &Office, post: &Post) -> Duration {
    match (post, &office.config.mail) {
        (Post::Smtp(_), Some(mail)) => Duration::from_mins(1) / mail.per_minute.max(1),
        _ => Duration::ZERO,
    }
}

async fn pending(office: &Office, now: i64, behind: i64) -> Result<Vec<i64>, EngineError> {
    let mut tx = office.db.read().await?;
    let ids = tx.to_be_sent(now, behind).await?;
    tx.rollback().await?;
    Ok(ids)
}

/// A message for which somebody waits at a screen.
async fn urgent(office: &Office, now: i64) -> Result<Option<i64>, EngineError> {
    let mut tx = office.db.read().await?;
    let id = tx.urgent_message(now).await?;
    tx.rollback().await?;
    Ok(id)
}

/// Messages whose sender died are uncertain from now on.
async fn give_up(office: &Office, now: Moment) -> Result<usize, EngineError> {
    let mut tx = office.db.write().await?;
    let heard_of = (now.millis - SILENCE, now.millis.saturating_add(AHEAD_MAX));
    let given_up = tx.give_up_sending(heard_of, now.millis).await?;
    let why = "whoever was sending it was not heard of again";
    let events = given_up.iter().map(|id| (*id, "uncertain", why, SELF));
    tx.add_message_events(&Rows::of(events)?, now.millis)
        .await?;
    tx.commit().await?;
    Ok(given_up.len())
}

impl Sending {
    /// Counts; tells whether the run has to stop.
    fn count(&mut self, became: Became) -> bool {
        match became {
            Became::Sent => self.sent += 1,
            Became::Failed => self.failed += 1,
            Became::Refused | Became::Unaddressed => self.refused += 1,
            Became::Uncertain => self.uncertain += 1,
            Became::Withdrawn => self.withdrawn += 1,
            Became::Waiting => self.waiting += 1,
            Became::Taken => {}
            Became::Stopped(why) => self.stopped = Some(why),
        }
        self.stopped.is_some()
    }
}

/// So many messages one behind the other that are uncertain, or refused, say something about the
/// server and nothing about them.
const UNCERTAIN_MAX: usize = 3;
const REFUSED_MAX: usize = 20;
const FAILED_MAX: usize = 20;
/// Whoever is wary goes on until so many are refused: one may be refused for itself.
const REFUSED_WARY: usize = 3;

/// What befell the last messages alike.
#[derive(Debug, Default)]
struct BadLuck {
    uncertain: usize,
    refused: usize,
    failed: usize,
}

impl BadLuck {
    /// What is left of the patience of a run that was stopped, until a message is sent.
    fn once_more() -> BadLuck {
        BadLuck {
            uncertain: UNCERTAIN_MAX - 1,
            refused: REFUSED_MAX - REFUSED_WARY,
            failed: FAILED_MAX - 1,
        }
    }

    fn heed(&mut self, became: &Became) {
        match became {
            Became::Uncertain => self.uncertain += 1,
            Became::Refused => self.refused += 1,
            Became::Failed => self.failed += 1,
            Became::Sent => *self = BadLuck::default(),
            _ => {}
        }
    }

    /// Whether it is better to stop before more are spoilt.
    fn stops(&self, sending: &mut Sending) -> bool {
        let how = if UNCERTAIN_MAX <= self.uncertain {
            "broke the line behind the data"
        } else if REFUSED_MAX <= self.refused {
            "refused the message"
        } else if FAILED_MAX <= self.failed {
            "put the message off"
        } else {
            return false;
        };
        sending.stopped = Some(format!(
            "again and again the mail server {how}; look at the server first, then `kwestura outbox retry`"
        ));
        sending.rests = true;
        true
    }
}

/// Somebody who sends.
struct Sender {
    office: Office,
    /// What was read for the message before, good as long as nothing happened.
    moments: Option<Moments>,
}

/// A message that a sender has, and since when: the instant is its token.
struct Claim {
    message: Listed,
    since: i64,
    /// By a clock that nobody sets.
    began: Instant,
}

impl Claim {
    fn row(&self) -> &MessageRow {
        &self.message.row
    }
}

impl Sender {
    async fn one(&mut self, post: &mut Post, id: i64) -> Result<Became, EngineError> {
        let Some(claim) = self.claim(id).await? else {
            return Ok(Became::Taken);
        };
        let verdict = match self.look(&claim.message).await {
            Ok(verdict) => verdict,
            // Nothing has left; it is tried again, for as long as a server's words would be, and the
            // others are not kept waiting.
            Err(error) if self.has_failed_long(claim.row()) => {
                let why = format!("could not be written for {FAILING_DAYS} business days: {error}");
                self.note(&claim, "refused", &why).await?;
                return Ok(Became::Unaddressed);
            }
            Err(error) => {
                self.failed(&claim, &error.to_string()).await?;
                return Ok(Became::Failed);
            }
        };
        let spoken = match verdict {
            Verdict::Wait(_) => {
                self.back(&claim, self.office.now.millis).await?;
                return Ok(Became::Waiting);
            }
            Verdict::Gone(why) => {
                self.note(&claim, "withdrawn", &why).await?;
                return Ok(Became::Withdrawn);
            }
            Verdict::Nowhere(why) => {
                self.note(&claim, "refused", &why).await?;
                return Ok(Became::Unaddressed);
            }
            Verdict::Say(spoken) => spoken,
        };
        let said = SaidRow {
            address: spoken.to.clone(),
            subject: spoken.rendered.subject.clone(),
            text: spoken.rendered.text.clone(),
            recorded_at: self.office.now.millis,
        };
        match outgoing(&self.office, claim.row(), *spoken) {
            Ok(_) if !self.is_still_mine(&claim).await? => Ok(Became::Taken),
            Ok(mail) => {
                if let Err(error) = self.keep(&claim, &said).await {
                    // Nothing has left: nobody shall have to ask whether it arrived.
                    self.back(&claim, claim.row().changed_at).await?;
                    return Err(error);
                }
                let handed = post.hand_over(&mail).await;
                self.became(&claim, handed).await
            }
            Err(why) => {
                self.note(&claim, "refused", &why).await?;
                Ok(Became::Unaddressed)
            }
        }
    }

    /// Takes a message, if nobody else has it; as it was before.
    async fn claim(&self, id: i64) -> Result<Option<Claim>, EngineError> {
        let now = self.office.now.millis;
        let mut tx = self.office.db.write().await?;
        let Some(row) = tx.message(id).await? else {
            return Ok(None);
        };
        let is_free = matches!(row.state.as_str(), "due" | "failed") && row.next_attempt_at <= now;
        let states = (row.state.as_str(), "sending");
        if !is_free || !tx.move_message_of(id, states, row.changed_at, now).await? {
            tx.rollback().await?;
            return Ok(None);
        }
        let listed = outbox::with_items(&mut tx, vec![row]).await?.pop();
        tx.commit().await?;
        Ok(listed.map(|message| Claim {
            message,
            since: now,
            began: Instant::now(),
        }))
    }

    /// Whether a sender that was stopped meanwhile still has the message. Others call it uncertain
    /// when they have not heard of it for long.
    async fn is_still_mine(&self, claim: &Claim) -> Result<bool, EngineError> {
        let limit = Duration::from_millis(u64::try_from(SILENCE / 2).unwrap_or_default());
        let mut tx = self.office.db.read().await?;
        let row = tx.message(claim.row().id).await?;
        tx.rollback().await?;
        let is_mine =
            row.is_some_and(|row| row.state == "sending" && row.changed_at == claim.since);
        if claim.began.elapsed() < limit {
            return Ok(is_mine);
        }
        self.back(claim, claim.row().changed_at).await?;
        Ok(false)
    }

    /// Keeps what a message says that is about to leave. A link that lets somebody in is kept nowhere.
    async fn keep(&self, claim: &Claim, said: &SaidRow) -> Result<(), EngineError> {
        if login::is_entry(claim.row()) {
            return Ok(());
        }
        let mut tx = self.office.db.write().await?;
        tx.keep_message_text(claim.row().id, said).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn look(&mut self, message: &Listed) -> Result<Verdict, EngineError> {
        if login::is_entry(&message.row) {
            return login::mail(&self.office, &message.row).await;
        }
        let mut tx = self.office.db.read().await?;
        let moments = Moments::fresh(self.moments.take(), &mut tx, &self.office).await?;
        let verdict = verdict(&mut tx, &self.office, &moments, message).await?;
        tx.rollback().await?;
        self.moments = Some(moments);
        Ok(verdict)
    }

    /// Gives a message back as it was, at an instant: that of the look that found that it has to wait, or
    /// the one before where nothing is known that was not known then. From there on it stands still.
    async fn back(&self, claim: &Claim, at: i64) -> Result<(), EngineError> {
        let mut tx = self.office.db.write().await?;
        let row = claim.row();
        tx.move_message_of(row.id, ("sending", &row.state), claim.since, at)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn note(&self, claim: &Claim, state: &'static str, why: &str) -> Result<(), EngineError> {
        let id = claim.row().id;
        let mut tx = self.office.db.write().await?;
        let now = self.office.now.millis;
        if tx
            .move_message_of(id, ("sending", state), claim.since, now)
            .await?
        {
            tx.add_message_events(&Rows::of([(id, state, why, SELF)])?, now)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Notes what became of a message that was handed over.
    async fn became(&self, claim: &Claim, handed: Handed) -> Result<Became, EngineError> {
        match handed {
            Handed::Taken(answer) => {
                let answer = match trial::address(&self.office) {
                    Some(address) => trial::noted(address, &answer),
                    None => answer,
                };
                self.sent(claim.row().id, &answer).await?;
                Ok(Became::Sent)
            }
            Handed::Refused(why) => {
                self.note(claim, "refused", &why).await?;
                Ok(Became::Refused)
            }
            Handed::Later(why) if self.has_failed_long(claim.row()) => {
                let why = format!("put off for {FAILING_DAYS} business days: {why}");
                self.note(claim, "refused", &why).await?;
                Ok(Became::Refused)
            }
            Handed::Later(why) => {
                self.failed(claim, &why).await?;
                Ok(Became::Failed)
            }
            Handed::Uncertain(why) => {
                self.note(claim, "uncertain", &why).await?;
                Ok(Became::Uncertain)
            }
            Handed::Unreachable(why) => {
                self.back(claim, claim.row().changed_at).await?;
                Ok(Became::Stopped(why))
            }
        }
    }

    fn has_failed_long(&self, row: &MessageRow) -> bool {
        let zone = self.office.config.institution.time_zone;
        row.failed_since.is_some_and(|since| {
            let since = Moment::of(since, zone).today;
            add_business_days(since, FAILING_DAYS) <= self.office.now.today
        })
    }

    async fn sent(&self, id: i64, answer: &str) -> Result<(), EngineError> {
        let mut tx = self.office.db.write().await?;
        let now = self.office.now;
        // Also where another run has called it uncertain meanwhile: now it is known.
        if tx.message_sent(id, now.today, now.millis).await? {
            tx.add_message_events(&Rows::of([(id, "sent", answer, SELF)])?, now.millis)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn failed(&self, claim: &Claim, why: &str) -> Result<(), EngineError> {
        let now = self.office.now.millis;
        let row = claim.row();
        let place = usize::try_from(row.attempts).unwrap_or(usize::MAX);
        let minutes = WAITS
            .get(place)
            .or(WAITS.last())
            .copied()
            .unwrap_or_default();
        let until = now + minutes * 60 * 1000;
        let mut tx = self.office.db.write().await?;
        if tx.message_failed(row.id, (claim.since, until), now).await? {
            tx.add_message_events(&Rows::of([(row.id, "failed", why, SELF)])?, now)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// A message with its envelope.
fn outgoing(office: &Office, row: &MessageRow, spoken: Spoken) -> Result<Outgoing, String> {
    let spoken = match trial::address(office) {
        Some(address) => trial::turned(spoken, address),
        None => spoken,
    };
    let mail = office.config.mail.as_ref();
    let from = mail.map_or("Kwestura <kwestura@localhost>", |mail| mail.from.as_str());
    let domain = from
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain.trim_end_matches('>'));
    let head = Head {
        message_id: &format!("{}@{domain}", local_id(row)),
        from,
        reply_to: mail.and_then(|mail| mail.reply_to.as_deref()),
        to: &spoken.to,
        at: office.now.millis,
    };
    make(head, spoken.rendered).map_err(|error| error.to_string())
}

/// The id of a message as mail, up to the `@`. It is made from what never changes, so that a mail
/// program knows a message that it got twice, and what comes back is told from what others make up.
pub(super) fn local_id(row: &MessageRow) -> String {
    let whom = row
        .student
        .as_deref()
        .or(row.queue.as_deref())
        .unwrap_or_default();
    let unique = format!("{} {whom} {} {}", row.id, row.template, row.recorded_at);
    let mut unique = format!("{:x}", Sha256::digest(unique.as_bytes()));
    unique.truncate(20);
    format!("{}.{unique}", row.id)
}
