//! Decoder `keygen_m3` of `cosign_core::decoders`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cosign_core::decoders::run("keygen_m3", bytes));
