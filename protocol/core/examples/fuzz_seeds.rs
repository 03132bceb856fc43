//! Writes one valid input per decoder into the corpus of its fuzz target, `fuzz/corpus/NAME/sample`.

use std::path::Path;
use std::{fs, io};

use cosign_core::decoders::DECODERS;

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for decoder in DECODERS {
        let folder = corpus.join(decoder.name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("sample"), (decoder.sample)())?;
    }
    Ok(())
}
