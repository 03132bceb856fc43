//! Every decoder is fed with random bytes and with damaged valid input: it refuses or returns what encodes to the input.

use cosign_core::decoders::DECODERS;

/// `SplitMix64`: bytes that are the same in every run.
struct Stream(u64);

impl Stream {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.word() % bound.max(1) as u64).expect("below a length")
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.word().to_be_bytes()[0]).collect()
    }

    /// One to three edits: a byte or bit changed, a piece cut, repeated or inserted, the end dropped.
    fn mutate(&mut self, input: &[u8]) -> Vec<u8> {
        let mut out = input.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(out.len());
            let length = self.below(9);
            match self.below(7) {
                _ if out.is_empty() => out = self.bytes(length),
                0 => out[at] = self.word().to_be_bytes()[0],
                1 => out[at] ^= 1 << self.below(8),
                2 => out[at] = [0, 1, 2, 0x7f, 0x80, 0xff][self.below(6)],
                3 => out.truncate(at),
                4 => drop(out.drain(at..(at + length).min(out.len()))),
                5 => drop(out.splice(at..at, self.bytes(length))),
                _ => out.extend_from_within(at..),
            }
        }
        out
    }
}

#[test]
fn samples_are_accepted() {
    for decoder in DECODERS {
        assert!((decoder.run)(&(decoder.sample)()), "{}", decoder.name);
    }
}

#[test]
fn no_beginning_of_a_sample_is_accepted() {
    // A shorter text, list, padding or PIN is right too, the first bytes of an M3 have the length of an M1, and those of a
    // point that of its x-coordinate.
    let open = [
        "ciphertext",
        "ecdh_answer",
        "frame",
        "keygen_m3",
        "pin",
        "point_batch",
    ];
    for decoder in DECODERS
        .iter()
        .filter(|decoder| !open.contains(&decoder.name))
    {
        let sample = (decoder.sample)();
        for cut in 0..sample.len() {
            assert!(!(decoder.run)(&sample[..cut]), "{} of {cut}", decoder.name);
        }
    }
}

#[test]
fn random_and_mutated_bytes_never_panic() {
    for (seed, decoder) in (0_u64..).zip(DECODERS) {
        let mut stream = Stream(seed);
        let sample = (decoder.sample)();
        for _ in 0..2_000 {
            (decoder.run)(&stream.mutate(&sample));
            let length = stream.below(2 * sample.len());
            (decoder.run)(&stream.bytes(length));
        }
    }
}

#[test]
fn each_decoder_has_a_name_of_its_own() {
    let mut names: Vec<_> = DECODERS.iter().map(|decoder| decoder.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), DECODERS.len());
}
