//! Forces the events of SIGN-10, whose probability is 2^-256, and a fault: for tests only.

use std::cell::Cell;

use crate::curve::{Scalar, SecretScalar, Sm2};

/// What happens to one item.
#[derive(Clone, Copy)]
pub enum Event {
    /// r = 0.
    ZeroR,
    /// s1 = 0.
    ZeroS1,
    /// A panic in the middle of the computation.
    Panic,
}

/// The request (by context), the item and the number of attempts it happens to.
#[derive(Clone, Copy)]
pub struct Forced {
    pub ctx: [u8; 32],
    pub item: usize,
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

/// x(Q) of an attempt, replaced where an event is forced.
pub fn x_of(
    (ctx, item, retry): (&[u8; 32], usize, u32),
    x: Scalar<Sm2>,
    e: &Scalar<Sm2>,
    w2: &SecretScalar<Sm2>,
) -> Scalar<Sm2> {
    match FORCED.get() {
        Some(forced) if forced.ctx == *ctx && forced.item == item && retry < forced.attempts => {
            match forced.event {
                Event::ZeroR => e.neg(),
                Event::ZeroS1 => e.add(w2.expose()).neg(),
                Event::Panic => panic!("forced fault"),
            }
        }
        _ => x,
    }
}
