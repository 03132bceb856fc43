//! Records every instruction between [`start`] and [`stop`]: with the trap flag set the processor stops after each one
//! and the kernel calls [`on_step`] (Linux, x86-64).
//!
//! A debugger would see the same addresses at twice the cost: each stop would wake another process.

#![allow(unsafe_code)] // signal handler and flags of the processor

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

use sha2::{Digest, Sha256};

/// More instructions than any traced window has.
const LIMIT: usize = 3_000_000;

const SIGTRAP: c_int = 5;
const SA_SIGINFO: c_int = 4;
/// Of `ucontext_t`: three words and the alternate stack come before the registers, of which RIP is number 16.
const RIP: usize = 5 + 16;

static ADDRESSES: AtomicPtr<u64> = AtomicPtr::new(null_mut());
static STEPS: AtomicUsize = AtomicUsize::new(0);

/// `struct sigaction` of the C library.
#[repr(C)]
struct SignalAction {
    handler: extern "C" fn(c_int, *mut c_void, *const u64),
    mask: [u64; 16],
    flags: c_int,
    restorer: usize,
}

extern "C" {
    fn sigaction(signal: c_int, action: *const SignalAction, former: *mut SignalAction) -> c_int;
}

/// The kernel clears the trap flag while this runs and sets it again afterwards.
extern "C" fn on_step(_signal: c_int, _info: *mut c_void, context: *const u64) {
    let step = STEPS.fetch_add(1, Relaxed);
    if step < LIMIT {
        // SAFETY: the kernel passes a whole `ucontext_t`; the buffer has LIMIT places.
        unsafe { ADDRESSES.load(Relaxed).add(step).write(*context.add(RIP)) };
    }
}

/// Makes room for the record. To be called before `start`, since it allocates.
pub fn prepare() {
    let buffer = Vec::leak(vec![1u64; LIMIT]); // not zeros, whose pages would come one by one
    ADDRESSES.store(buffer.as_mut_ptr(), Relaxed);
    let action = SignalAction {
        handler: on_step,
        mask: [0; 16],
        flags: SA_SIGINFO,
        restorer: 0,
    };
    // SAFETY: the action is valid during the call, the former one is not asked for.
    let failed = unsafe { sigaction(SIGTRAP, &raw const action, null_mut()) };
    assert!(failed == 0, "no handler for the trap");
}

/// From here on every instruction of this thread is recorded.
pub fn start() {
    // SAFETY: sets the trap flag; the stack pointer returns to where it was, below the red zone of no live frame.
    unsafe { core::arch::asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq") };
}

/// Ends the record.
pub fn stop() {
    // SAFETY: as in `start`.
    unsafe { core::arch::asm!("pushfq", "and qword ptr [rsp], -0x101", "popfq") };
}

/// Number of recorded instructions and the SHA-256 of their addresses in order.
pub fn record() -> (usize, [u8; 32]) {
    let steps = STEPS.load(Relaxed);
    assert!(steps <= LIMIT, "more than {LIMIT} instructions");
    let mut trace = Sha256::new();
    for step in 0..steps {
        // SAFETY: `on_step` has written this place.
        trace.update(unsafe { ADDRESSES.load(Relaxed).add(step).read() }.to_le_bytes());
    }
    (steps, trace.finalize().into())
}
