//! Decoder `ot_setup_answer` of `cosign_core::decoders`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cosign_core::decoders::run("ot_setup_answer", bytes));
