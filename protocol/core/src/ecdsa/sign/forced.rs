//! Forces the events of EC-7, whose probability is 2^-256, and a fault: for tests only.

use std::cell::Cell;

use crate::curve::{Scalar, SecretScalar, P256};

/// What happens to one request.
#[derive(Clone, Copy)]
pub enum Event {
    /// kA = 0, and with it R = O.
    ZeroNonce,
    /// r = 0.
    ZeroR,
    /// A panic in the middle of the computation.
    Panic,
}

/// The request (by context) and the number of attempts it happens to.
#[derive(Clone, Copy)]
pub struct Forced {
    pub ctx: [u8; 32],
    pub attempts: u32,
    pub event: Event,
}

thread_local! {
    static FORCED: Cell<Option<Forced>> = const { Cell::new(None) };
}

/// Runs `body` with one forced event on this thread.
pub fn with<T>(forced: Forced, body: impl FnOnce() -> T) -> T {
    FORCED.set(Some(forced));
    let result = body();
    FORCED.set(None);
    result
}

fn event(ctx: &[u8; 32], retry: u32) -> Option<Event> {
    let forced = FORCED.get()?;
    (forced.ctx == *ctx && retry < forced.attempts).then_some(forced.event)
}

/// kA of an attempt, replaced where an event is forced.
pub fn nonce(ctx: &[u8; 32], retry: u32, ka: SecretScalar<P256>) -> SecretScalar<P256> {
    match event(ctx, retry) {
        Some(Event::ZeroNonce) => SecretScalar::new(Scalar::ZERO),
        Some(Event::Panic) => panic!("forced fault"),
        _ => ka,
    }
}

/// r of an attempt, replaced where an event is forced.
pub fn r(ctx: &[u8; 32], retry: u32, r: Scalar<P256>) -> Scalar<P256> {
    match event(ctx, retry) {
        Some(Event::ZeroR) => Scalar::ZERO,
        _ => r,
    }
}
