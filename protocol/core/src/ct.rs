//! The constant-time toolbox: an optimisation barrier for masks and the one door from secret to branch.
//!
//! Compilers turn textbook mask arithmetic back into branches: `mask & table[i]` with a mask known to
//! be 0 or all ones becomes "skip the load". [`barrier`] hides where a mask came from, and
//! [`declassify`] is the only place where a bit computed from a secret may become control flow.
//! `tests/native/test_constant_time.py` checks both with valgrind.

#![allow(unsafe_code)] // one empty asm block and one valgrind request; nothing else here outside the SIMD back ends and pkcs11

use subtle::Choice;

/// Returns `x`; the optimiser cannot learn anything about the value, not even that it is 0 or all ones.
#[inline]
#[must_use]
pub(crate) fn barrier(x: u64) -> u64 {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    {
        let mut x = x;
        // SAFETY: the assembler text is a comment; it names a register and executes nothing.
        unsafe {
            core::arch::asm!("/* {0} */", inout(reg) x, options(pure, nomem, nostack, preserves_flags));
        };
        x
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    core::hint::black_box(x)
}

/// All ones if `bit` is 1, 0 if it is 0, behind the barrier.
#[inline]
pub(crate) fn mask_of(bit: u64) -> u64 {
    barrier(bit.wrapping_neg())
}

/// All ones if `a == b`, else 0, behind the barrier.
#[inline]
pub(crate) fn equal_mask(a: u64, b: u64) -> u64 {
    let t = a ^ b;
    barrier(((t | t.wrapping_neg()) >> 63).wrapping_sub(1))
}

/// Makes a secret-derived bit public, because the specification makes it public (for example "the result is the identity").
#[inline]
#[must_use]
pub fn declassify(choice: Choice) -> bool {
    let mut byte = choice.unwrap_u8();
    memcheck::mark_public(core::slice::from_mut(&mut byte));
    byte != 0
}

/// Requests to valgrind's memcheck, used by the constant-time gate. Without feature `ct-gate` they do nothing.
pub mod memcheck {
    /// From here on memcheck reports every branch or address that depends on `bytes`.
    pub fn mark_secret(bytes: &mut [u8]) {
        request(0x4d43_0001, bytes);
    }

    /// From here on memcheck treats `bytes` as ordinary defined memory.
    pub fn mark_public(bytes: &mut [u8]) {
        request(0x4d43_0002, bytes);
    }

    /// Number of errors memcheck has reported so far in this process; 0 outside valgrind.
    #[must_use]
    pub fn error_count() -> u64 {
        request(0x1201, &mut [])
    }

    /// True when the process runs under valgrind and the gate is compiled in.
    #[must_use]
    pub fn is_running() -> bool {
        request(0x1001, &mut []) != 0
    }

    #[cfg(all(feature = "ct-gate", target_arch = "x86_64"))]
    fn request(code: u64, bytes: &mut [u8]) -> u64 {
        let arguments = [code, bytes.as_mut_ptr() as u64, bytes.len() as u64, 0, 0, 0];
        let mut result = 0u64;
        // SAFETY: valgrind's documented client request: four rotations that add up to zero and an exchange of a
        // register with itself. Outside valgrind it changes nothing but flags.
        unsafe {
            core::arch::asm!(
                "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
                in("rax") arguments.as_ptr(), inout("rdx") result, in("rdi") 0u64, options(nostack)
            );
        }
        result
    }

    #[cfg(not(all(feature = "ct-gate", target_arch = "x86_64")))]
    #[inline]
    fn request(_code: u64, _bytes: &mut [u8]) -> u64 {
        0
    }
}
