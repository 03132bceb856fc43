//! Outcome of one evaluated request (TX-3). Nothing of it may be observed before the acknowledged commit (TX-6).

use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use super::request::Reply;
use crate::curve::Sm2;
use crate::e2e::{Frame, Status};
use crate::error::{Error, Result};
use crate::message::{encode_flags, RefreshAnswer};
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
    Refresh(Box<RefreshAnswer<Sm2>>),
}

/// The new share of a REFRESH.
struct NewShare {
    record: Arc<SecretRecord>,
    share_id: [u8; 16],
}

/// One evaluated request.
pub struct Evaluation {
    finding: Finding,
    audit_hash: [u8; 32],
    new_share: Option<NewShare>,
    earned: Mutex<Option<Earned>>,
    reply: Reply,
}

impl Evaluation {
    fn new(reply: &Reply, finding: Finding, audit_hash: [u8; 32], earned: Option<Earned>) -> Self {
        Self {
            finding,
            audit_hash,
            new_share: None,
            earned: Mutex::new(earned),
            reply: reply.clone(),
        }
    }

    /// A request that was not evaluated: malformed, evaluated before, or with a record that is no share.
    pub(super) fn fault(reply: &Reply) -> Self {
        Self::new(reply, Finding::Fault, [0; 32], None)
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
            Outcome::Wrong => Self::new(reply, Finding::Wrong, [0; 32], None),
            Outcome::Fault => Self::fault(reply),
        }
    }

    pub(super) fn of_refresh(reply: &Reply, step: &RefreshStep<Sm2>) -> Self {
        let (finding, earned) = match step.verdict {
            Verdict::Right => (Finding::Right, Some(Earned::Refresh(Box::new(step.answer)))),
            Verdict::Wrong => (Finding::Wrong, None),
            Verdict::Fault => (Finding::Fault, None),
        };
        let record = Arc::new(SecretRecord::share(
            &step.share.to_bytes(),
            &step.point.encode(),
        ));
        let new_share = Some(NewShare {
            record,
            share_id: step.answer.share_id,
        });
        Self {
            new_share,
            ..Self::new(reply, finding, step.audit_hash, earned)
        }
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

    /// REFRESH: the new share to seal, a dummy of the same size unless right.
    #[must_use]
    pub fn pending(&self) -> Option<Arc<SecretRecord>> {
        self.new_share.as_ref().map(|new| Arc::clone(&new.record))
    }

    /// REFRESH: id of the pending record.
    #[must_use]
    pub fn new_share_id(&self) -> Option<[u8; 16]> {
        self.new_share.as_ref().map(|new| new.share_id)
    }

    /// E2E-3: status OK carries the computed body, any other status none. `pending_expires_ms` is used by REFRESH.
    ///
    /// # Errors
    /// [`Error::AlreadyUsed`]; for status OK [`Error::BadProof`] after a wrong proof and [`Error::InternalFault`] after a
    /// fault, both without using up the answer.
    pub fn answer(&self, frame: &Frame, pending_expires_ms: u64) -> Result<Vec<u8>> {
        if frame.status != Status::Ok {
            return self.reply.seal(frame, &[]);
        }
        match self.finding {
            Finding::Right => {}
            Finding::Wrong => return Err(Error::BadProof),
            Finding::Fault => return Err(Error::InternalFault),
        }
        let body = match super::take(&self.earned)? {
            Earned::Fixed(body) => body,
            Earned::Flags => encode_flags(frame.durable).into(),
            Earned::Refresh(mut answer) => {
                answer.pending_expires_ms = pending_expires_ms;
                answer.encode().into()
            }
        };
        self.reply.seal(frame, &body)
    }
}
