//! Outcome of one evaluated request (TX-3). Nothing of it may be observed before the acknowledged commit (TX-6).

use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use super::ot_setup::{OtChange, Waiting};
use super::request::Reply;
use crate::e2e::{Frame, Status};
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::message::encode_flags;
use crate::seal::SecretRecord;
use crate::shares::refresh::{RefreshStep, Verdict};
use crate::shares::{self, Outcome};

/// What the proof check said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Finding {
    /// The proof holds.
    Right = 0,
    /// A wrong PIN.
    Wrong = 1,
    /// The core failed for this item; nothing is released and no attempt is charged (TX-B3).
    Fault = 2,
}

/// Body of a success answer.
enum Earned {
    Fixed(Zeroizing<Vec<u8>>),
    /// CONFIRM and ADOPT: the flags byte of the frame's `durable`.
    Flags,
    /// REFRESH: the expiry of the pending record is known when the answer is made.
    Expiring(Box<dyn FnOnce(u64) -> Zeroizing<Vec<u8>> + Send>),
}

/// What the record of a refreshed share has beside the share.
pub(super) enum Kept<'a> {
    /// Nothing.
    Alone,
    /// P-256 signing keys: the OT set-up that waits for CONFIRM (RF-10).
    Waiting(&'a Waiting),
    /// The part of the share that stays in the token, wrapped.
    Token(&'a [u8]),
}

/// A record that the outcome makes.
struct NewRecord {
    record: Arc<SecretRecord>,
    /// Id of a new share; `None` if the record replaces that of the share which was used.
    share_id: Option<[u8; 16]>,
}

/// One evaluated request.
pub struct Evaluation {
    finding: Finding,
    audit_hash: [u8; 32],
    new: Option<NewRecord>,
    ot: OtChange,
    earned: Mutex<Option<Earned>>,
    reply: Reply,
}

impl Evaluation {
    fn new(reply: &Reply, finding: Finding, audit_hash: [u8; 32], earned: Option<Earned>) -> Self {
        Self {
            finding,
            audit_hash,
            new: None,
            ot: OtChange::Unchanged,
            earned: Mutex::new(earned),
            reply: reply.clone(),
        }
    }

    /// A request that was not evaluated: malformed, evaluated before, or with a record that is no share.
    pub(super) fn fault(reply: &Reply) -> Self {
        Self::new(reply, Finding::Fault, [0; 32], None)
    }

    /// A wrong PIN.
    pub(super) fn wrong(reply: &Reply) -> Self {
        Self::new(reply, Finding::Wrong, [0; 32], None)
    }

    /// A right proof with its answer.
    pub(super) fn of_right(reply: &Reply, answer: shares::Answer) -> Self {
        Self::of_outcome(reply, Outcome::Right(answer))
    }

    /// A right proof that earns nothing.
    pub(super) fn of_refused(reply: &Reply, audit_hash: [u8; 32]) -> Self {
        Self::new(reply, Finding::Right, audit_hash, None)
    }

    pub(super) fn of_outcome(reply: &Reply, outcome: Outcome) -> Self {
        Self::of_answer(reply, outcome, |answer| Earned::Fixed(answer.body))
    }

    /// As [`Evaluation::of_outcome`] for operations whose body is the flags.
    pub(super) fn of_flags(reply: &Reply, outcome: Outcome) -> Self {
        Self::of_answer(reply, outcome, |_| Earned::Flags)
    }

    fn of_answer(
        reply: &Reply,
        outcome: Outcome,
        earn: impl FnOnce(shares::Answer) -> Earned,
    ) -> Self {
        match outcome {
            Outcome::Right(answer) => {
                Self::new(reply, Finding::Right, answer.audit_hash, Some(earn(answer)))
            }
            Outcome::Wrong => Self::wrong(reply),
            Outcome::Fault => Self::fault(reply),
        }
    }

    /// RF-3. Of a share in a token only the part outside is new (HSM-3).
    pub(super) fn of_refresh<S: Suite>(
        reply: &Reply,
        step: RefreshStep<S>,
        kept: &Kept<'_>,
    ) -> Self {
        let (share, point) = (step.share.to_bytes(), step.point.encode());
        let record = match kept {
            Kept::Alone => SecretRecord::share(&share, &point),
            Kept::Waiting(waiting) => SecretRecord::share_with_ot(&share, &point, waiting.fields()),
            Kept::Token(wrapped) => SecretRecord::share_in_token(&share, &point, wrapped),
        };
        let (share_id, mut answer) = (Some(step.answer.share_id), step.answer);
        let encode = move |expires_ms| {
            answer.pending_expires_ms = expires_ms;
            Zeroizing::new(answer.encode())
        };
        let (finding, earned) = match step.verdict {
            Verdict::Right => (Finding::Right, Some(Earned::Expiring(Box::new(encode)))),
            Verdict::Wrong => (Finding::Wrong, None),
            Verdict::Fault => (Finding::Fault, None),
        };
        Self {
            new: Some(NewRecord {
                record: Arc::new(record),
                share_id,
            }),
            ..Self::new(reply, finding, step.audit_hash, earned)
        }
    }

    /// Replaces the record of the share that was used, which changes the state of its OT set-up. A proof that did not hold
    /// has a record of the same size and no change.
    pub(super) fn with_record(mut self, record: SecretRecord, ot: OtChange) -> Self {
        self.new = Some(NewRecord {
            record: Arc::new(record),
            share_id: None,
        });
        self.with_ot(ot)
    }

    /// Notes what a right proof makes of the OT set-up; after a check that failed it earns nothing.
    pub(super) fn with_ot(mut self, ot: OtChange) -> Self {
        if self.finding == Finding::Right {
            self.ot = ot;
        }
        if self.ot.refused() {
            self.earned = Mutex::new(None);
        }
        self
    }

    /// Right, wrong or fault.
    #[must_use]
    pub fn outcome(&self) -> Finding {
        self.finding
    }

    /// Section 10.1; zeros unless right.
    #[must_use]
    pub fn audit_hash(&self) -> [u8; 32] {
        self.audit_hash
    }

    /// The record to seal, a dummy of the same size unless right: the new share of REFRESH; else what replaces the record
    /// of the share that was used.
    #[must_use]
    pub fn pending(&self) -> Option<Arc<SecretRecord>> {
        self.new.as_ref().map(|new| Arc::clone(&new.record))
    }

    /// REFRESH: id of the pending record.
    #[must_use]
    pub fn new_share_id(&self) -> Option<[u8; 16]> {
        self.new.as_ref().and_then(|new| new.share_id)
    }

    /// What becomes of the OT set-up of the share; unchanged unless right.
    #[must_use]
    pub fn ot(&self) -> OtChange {
        self.ot
    }

    /// E2E-3: status OK carries the computed body, any other status none. `pending_expires_ms` is used by REFRESH.
    ///
    /// # Errors
    /// [`Error::AlreadyUsed`]; for status OK [`Error::BadProof`] after a wrong proof or an OT check that failed, and [`Error::InternalFault`] after a
    /// fault, both without using up the answer.
    pub fn answer(&self, frame: &Frame, pending_expires_ms: u64) -> Result<Vec<u8>> {
        if frame.status != Status::Ok {
            return self.reply.seal(frame, &[]);
        }
        match self.finding {
            Finding::Right if self.ot.refused() => return Err(Error::BadProof),
            Finding::Right => {}
            Finding::Wrong => return Err(Error::BadProof),
            Finding::Fault => return Err(Error::InternalFault),
        }
        let body = match super::take(&self.earned)? {
            Earned::Fixed(body) => body,
            Earned::Flags => encode_flags(frame.durable).into(),
            Earned::Expiring(encode) => encode(pending_expires_ms),
        };
        self.reply.seal(frame, &body)
    }
}
