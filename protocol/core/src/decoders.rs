//! Every decoder of bytes from outside, by name: what the fuzz targets run, and what a test feeds with random bytes.
//!
//! A decoder must refuse or return a value whose encoding is the input, never panic.

mod answers;
mod curve;
mod e2e;
mod messages;
mod ot;
mod personal;
mod records;

/// One decoder.
pub struct Decoder {
    /// Name of the fuzz target.
    pub name: &'static str,
    /// Decodes, checks what it got and tells whether the input was accepted; panics if the decoder is wrong.
    pub run: fn(&[u8]) -> bool,
    /// A valid input to start mutations from.
    pub sample: fn() -> Vec<u8>,
}

const fn decoder(name: &'static str, run: fn(&[u8]) -> bool, sample: fn() -> Vec<u8>) -> Decoder {
    Decoder { name, run, sample }
}

/// All of them.
pub const DECODERS: &[Decoder] = &[
    decoder(
        "point_compressed",
        curve::compressed,
        curve::compressed_sample,
    ),
    decoder(
        "point_uncompressed",
        curve::uncompressed,
        curve::uncompressed_sample,
    ),
    decoder("point_batch", curve::batch, curve::batch_sample),
    decoder("scalar", curve::scalar, curve::scalar_sample),
    decoder("proof", curve::proof, curve::proof_sample),
    decoder("ciphertext", curve::ciphertext, curve::ciphertext_sample),
    decoder("header", messages::header, messages::header_sample),
    decoder("keygen_m1", messages::keygen, messages::keygen_m1_sample),
    decoder("keygen_m3", messages::keygen, messages::keygen_m3_sample),
    decoder("sign_body", messages::sign, messages::sign_sample),
    decoder("decrypt_body", messages::decrypt, messages::decrypt_sample),
    decoder("refresh_body", messages::refresh, messages::refresh_sample),
    decoder("confirm_body", messages::confirm, messages::proof_sample),
    decoder("adopt_body", messages::adopt, messages::proof_sample),
    decoder("sync_body", messages::sync, messages::sync_sample),
    decoder("ec_sign_body", messages::ec_sign, messages::ec_sign_sample),
    decoder("ecdh_body", messages::ecdh, messages::ecdh_sample),
    decoder(
        "ot_setup_body",
        messages::ot_setup,
        messages::ot_setup_sample,
    ),
    decoder("keygen_m2", answers::keygen_m2, answers::keygen_m2_sample),
    decoder("keygen_m4", answers::keygen_m4, answers::keygen_m4_sample),
    decoder("sign_answer", answers::sign, answers::sign_sample),
    decoder("decrypt_answer", answers::decrypt, answers::decrypt_sample),
    decoder(
        "decrypt_answer_x",
        answers::decrypt_x,
        answers::decrypt_x_sample,
    ),
    decoder("refresh_answer", answers::refresh, answers::refresh_sample),
    decoder("flags_answer", answers::flags, answers::flags_sample),
    decoder("sync_answer", answers::sync, answers::sync_sample),
    decoder("ec_sign_answer", answers::ec_sign, answers::ec_sign_sample),
    decoder("ecdh_answer", answers::ecdh, answers::ecdh_sample),
    decoder(
        "ecdh_raw_answer",
        answers::ecdh_raw,
        answers::ecdh_raw_sample,
    ),
    decoder(
        "ot_setup_answer",
        answers::ot_setup,
        answers::ot_setup_sample,
    ),
    decoder("envelope", e2e::envelope, e2e::envelope_sample),
    decoder("frame", e2e::frame, e2e::frame_sample),
    decoder("request", e2e::request, e2e::request_sample),
    decoder("share_record", records::share, records::share_sample),
    decoder("keygen_record", records::keygen, records::keygen_sample),
    decoder("core_record", records::core, records::core_sample),
    decoder(
        "envelope_record",
        records::envelope,
        records::envelope_sample,
    ),
    decoder("device_record", records::device, records::device_sample),
    decoder("blob_record", records::blob, records::blob_sample),
    decoder("ot_part_1", ot::part_1, ot::part_1_sample),
    decoder("ot_part_2", ot::part_2, ot::part_2_sample),
    decoder("ot_record", ot::record, ot::record_sample),
    decoder("pin", records::pin, records::pin_sample),
    decoder("data_record", personal::data, personal::data_sample),
    decoder("index_record", personal::index, personal::index_sample),
    decoder("datum", personal::datum, personal::datum_sample),
    decoder(
        "upload_header",
        personal::upload_header,
        personal::upload_header_sample,
    ),
];

/// Runs the decoder called `name`.
///
/// # Panics
/// If there is none, or the decoder is wrong.
pub fn run(name: &str, bytes: &[u8]) {
    let decoder = DECODERS.iter().find(|decoder| decoder.name == name);
    (decoder.expect("a decoder of this name").run)(bytes);
}

/// Whether a decoder accepted its input; what it accepted must have the input as its encoding.
fn same<E>(encoded: Result<impl AsRef<[u8]>, E>, input: &[u8]) -> bool {
    let Ok(encoded) = encoded else { return false };
    assert!(encoded.as_ref() == input, "another encoding was accepted");
    true
}
