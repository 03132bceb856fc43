//! Two-party SM2 decryption (§3.3, DEC-1 … DEC-6). The phone's check of C3 is the proof of the server's answer.

mod phone;
mod server;

pub use phone::PhoneDecrypt;
pub use server::{evaluate, DecryptRequest};

#[cfg(test)]
mod tests;
