//! Sealed records: rows 64 to 66 of the negative tests, and the software token's key file.

mod support;

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use cosign_core::device::SigningKey;
use cosign_core::error::Error;
use cosign_core::message::Purpose;
use cosign_core::phone::Blob;
use cosign_core::seal::{Kek, KekFault};
use cosign_core::server::{EnvelopeKey, ServerCore};
use support::{world, SERVER};

/// A file of its own for each test, gone afterwards.
struct KeyFile(PathBuf);

impl KeyFile {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cosign-kek-{name}-{}", std::process::id()));
        File::create(&path).unwrap();
        Self(path)
    }

    fn open(&self) -> File {
        File::options()
            .read(true)
            .write(true)
            .open(&self.0)
            .unwrap()
    }

    fn kek(&self) -> Kek {
        Kek::create(self.open().as_raw_fd()).ok().unwrap()
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_key_file_reads_back_and_is_never_overwritten() {
    let file = KeyFile::new("roundtrip");
    let kek = file.kek();
    let again = Kek::load(file.open().as_raw_fd()).ok().unwrap();
    assert_eq!(kek.check_value(), again.check_value());
    let record = SigningKey::generate().unwrap().export();
    let sealed = kek.seal(&record, b"aad").unwrap();
    assert!(SigningKey::restore(&again.open(&sealed, b"aad").unwrap()).is_ok());
    let refused = Kek::create(file.open().as_raw_fd());
    assert!(
        matches!(refused, Err(KekFault::Io(fault)) if fault.kind() == std::io::ErrorKind::AlreadyExists)
    );
}

#[test]
fn a_damaged_key_file_is_refused() {
    let file = KeyFile::new("damaged");
    file.kek();
    let content = std::fs::read(&file.0).unwrap();
    for at in 0..content.len() {
        let mut changed = content.clone();
        changed[at] ^= 1;
        std::fs::write(&file.0, &changed).unwrap();
        assert!(
            matches!(Kek::load(file.open().as_raw_fd()), Err(KekFault::Broken)),
            "byte {at}"
        );
    }
    for length in [0, 1, content.len() - 1] {
        std::fs::write(&file.0, &content[..length]).unwrap();
        assert!(matches!(
            Kek::load(file.open().as_raw_fd()),
            Err(KekFault::Broken)
        ));
    }
    let mut longer = file.open();
    std::fs::write(&file.0, [content.as_slice(), b"x"].concat()).unwrap();
    longer.flush().unwrap();
    assert!(matches!(
        Kek::load(longer.as_raw_fd()),
        Err(KekFault::Broken)
    ));
}

#[test]
fn a_descriptor_that_is_no_file_is_an_io_fault() {
    let directory = File::open(std::env::temp_dir()).unwrap();
    let null = File::open("/dev/null").unwrap();
    for descriptor in [-1, i32::MAX, directory.as_raw_fd(), null.as_raw_fd()] {
        assert!(
            matches!(Kek::load(descriptor), Err(KekFault::Io(_))),
            "{descriptor}"
        );
        assert!(
            matches!(Kek::create(descriptor), Err(KekFault::Io(_))),
            "{descriptor}"
        );
    }
}

/// Row 64: a record opens only under its own additional data. Row 66: not under another key.
#[test]
fn additional_data_and_key_select_the_record() {
    let (kek, other) = (KeyFile::new("a").kek(), KeyFile::new("b").kek());
    let record = SigningKey::generate().unwrap().export();
    let sealed = kek.seal(&record, b"user-1 device-1 sign share-1").unwrap();
    for aad in [
        "user-2 device-1 sign share-1",
        "user-1 device-2 sign share-1",
        "",
        "user-1 device-1 sign share-1 ",
    ] {
        assert_eq!(
            kek.open(&sealed, aad.as_bytes()).err(),
            Some(Error::SealBroken)
        );
    }
    assert_eq!(
        other.open(&sealed, b"user-1 device-1 sign share-1").err(),
        Some(Error::SealBroken)
    );
    assert_ne!(
        sealed,
        kek.seal(&record, b"user-1 device-1 sign share-1").unwrap(),
        "a new iv each time"
    );
}

/// Row 65.
#[test]
fn a_changed_record_does_not_open() {
    let kek = KeyFile::new("tamper").kek();
    let sealed = kek
        .seal(&SigningKey::generate().unwrap().export(), b"aad")
        .unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(
            kek.open(&changed, b"aad").err(),
            Some(Error::SealBroken),
            "byte {at}"
        );
        assert_eq!(
            kek.open(&sealed[..at], b"aad").err(),
            Some(Error::SealBroken),
            "length {at}"
        );
    }
    assert_eq!(
        kek.open(&[sealed.as_slice(), &[0]].concat(), b"aad").err(),
        Some(Error::SealBroken)
    );
}

#[test]
fn a_record_is_of_one_kind() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let records = [
        world.device.export(),
        world.envelope_key.export(),
        world.core.export(),
        key.blob.export(),
    ];
    for (i, record) in records.iter().enumerate() {
        assert_eq!(SigningKey::restore(record).is_ok(), i == 0);
        assert_eq!(EnvelopeKey::restore(record).is_ok(), i == 1);
        assert_eq!(ServerCore::restore(SERVER, record).is_ok(), i == 2);
        assert_eq!(Blob::restore(record).is_ok(), i == 3);
    }
    assert_eq!(
        ServerCore::restore("server-2", &records[2]).err(),
        Some(Error::SealBroken)
    );
    for restored in [
        SigningKey::restore(&key.record).err(),
        Blob::restore(&key.record).err(),
    ] {
        assert_eq!(restored, Some(Error::SealBroken));
    }
}

#[test]
fn everything_survives_its_record() {
    let world = world();
    let core = ServerCore::restore(SERVER, &world.core.export()).unwrap();
    assert_eq!(core.identity_public_key(), world.core.identity_public_key());
    assert_eq!(
        core.row_mac(&[b"row"]).unwrap(),
        world.core.row_mac(&[b"row"]).unwrap()
    );
    assert_ne!(
        core.row_mac(&[b"row", b"rov"]).unwrap()[0],
        core.row_mac(&[b"rov"]).unwrap()[0]
    );
    let envelope_key = EnvelopeKey::restore(&world.envelope_key.export()).unwrap();
    assert_eq!(envelope_key.key_id(), world.envelope_key.key_id());
    let blob = world.keygen(Purpose::Decrypt).blob;
    let restored = Blob::restore(&blob.export()).unwrap();
    assert_eq!(
        (
            restored.key_id(),
            restored.share_id(),
            restored.purpose(),
            restored.pk()
        ),
        (blob.key_id(), blob.share_id(), Purpose::Decrypt, blob.pk())
    );
}

#[test]
fn the_identity_key_signs_three_statements_only() {
    let world = world();
    for label in ["KG/3", "KGM/3", "DEV/sig", "DEV/rpc", "", "e2e/key"] {
        assert_eq!(
            world.core.sign_statement(label, &[b"x"]).err(),
            Some(Error::MalformedMessage)
        );
    }
    for label in ["E2E/key", "AUDIT/head", "ENV/descriptor"] {
        let signature = world.core.sign_statement(label, &[b"x"]).unwrap();
        let key = cosign_core::curve::Affine::decode(&world.core.identity_public_key()).unwrap();
        let hash = cosign_core::hash::h::<cosign_core::curve::P256>(label, &[b"x"]);
        assert_eq!(cosign_core::device::verify(&key, &hash, &signature), Ok(()));
    }
    assert!(ServerCore::generate("").is_err() && ServerCore::generate(&"x".repeat(65)).is_err());
}
