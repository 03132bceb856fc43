//! Decoder `upload_header` of `cosign_core::decoders`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cosign_core::decoders::run("upload_header", bytes));
