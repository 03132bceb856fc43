//! End-to-end layer between phone and core (section 7): HPKE, request envelopes, answer frames.

mod answer;
mod envelope;
pub mod hpke;

pub use answer::{success_body, Frame, Status, FRAME};
pub use envelope::{
    CoreKeyId, Encapsulation, Envelope, Opened, Recipient, ResponseKey, MAX_ENVELOPE, PREFIX,
    SUITE, VERSION,
};
