//! Run-time choice of the back end.

use core::fmt;
use core::sync::atomic::{AtomicU8, Ordering};

/// Ways to compute. All give the same results in constant time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// AVX-512 IFMA, eight lanes, with x86 add-carry code for single operations.
    Ifma,
    /// x86-64 add-carry and MULX code.
    X86,
    /// Plain Rust, every target.
    Portable,
}

/// The requested back end does not run on this processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackendUnavailable;

impl fmt::Display for BackendUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this processor does not support the requested back end")
    }
}

impl std::error::Error for BackendUnavailable {}

const UNSET: u8 = 0;
static ACTIVE: AtomicU8 = AtomicU8::new(UNSET);

/// The back ends this processor can run, fastest first.
#[must_use]
pub fn usable() -> Vec<Backend> {
    let mut list = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        if super::lanes::Ifma::detect().is_some() && super::x86::available() {
            list.push(Backend::Ifma);
        }
        if super::x86::available() {
            list.push(Backend::X86);
        }
    }
    list.push(Backend::Portable);
    list
}

/// The back end in use: the fastest usable one unless [`select`] chose another.
#[inline]
#[must_use]
pub fn active() -> Backend {
    match ACTIVE.load(Ordering::Relaxed) {
        1 => Backend::Ifma,
        2 => Backend::X86,
        3 => Backend::Portable,
        _ => detect(),
    }
}

#[cold]
fn detect() -> Backend {
    let best = usable()[0];
    store(best);
    best
}

fn store(backend: Backend) {
    let code = match backend {
        Backend::Ifma => 1,
        Backend::X86 => 2,
        Backend::Portable => 3,
    };
    ACTIVE.store(code, Ordering::Relaxed);
}

/// Uses `backend` from now on, in the whole process.
///
/// # Errors
/// [`BackendUnavailable`] if the processor cannot run it.
pub fn select(backend: Backend) -> Result<(), BackendUnavailable> {
    if !usable().contains(&backend) {
        return Err(BackendUnavailable);
    }
    store(backend);
    Ok(())
}

/// The witness that the lanes may be used, if the AVX-512 back end is active.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) fn lanes() -> Option<super::lanes::Ifma> {
    match active() {
        Backend::Ifma => super::lanes::Ifma::detect(),
        _ => None,
    }
}

/// Runs `$body` with `$words` bound to the word back end of the active back end.
macro_rules! with_words {
    ($words:ident => $body:expr) => {
        match $crate::curve::dispatch::active() {
            #[cfg(target_arch = "x86_64")]
            $crate::curve::Backend::Ifma => {
                type $words = $crate::curve::x86::X86Wide;
                $body
            }
            #[cfg(target_arch = "x86_64")]
            $crate::curve::Backend::X86 => {
                type $words = $crate::curve::x86::X86;
                $body
            }
            _ => {
                type $words = $crate::curve::word::Portable;
                $body
            }
        }
    };
}
pub(super) use with_words;
