//! PINs: read from a descriptor, kept in memory that is wiped, never shown.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::random;

/// Longest PIN, bytes of UTF-8.
const LONGEST: usize = 255;
/// Shortest part of one operator.
const LEAST_PART: usize = 8;

/// The PIN of a token, or one operator's part of it.
pub struct Pin(Zeroizing<Vec<u8>>);

impl Pin {
    /// Reads one line, at most 255 bytes, from the descriptor; what follows the line break stays unread.
    ///
    /// # Errors
    /// What reading reported; `InvalidData` for an empty or overlong line.
    pub fn read(descriptor: i32) -> io::Result<Self> {
        let mut source = reopen(descriptor, OpenOptions::new().read(true))?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
        let mut byte = Zeroizing::new([0_u8; 1]);
        // Byte by byte: the rest of a terminal or pipe belongs to the next question.
        while source.read(byte.as_mut_slice())? == 1 && byte[0] != b'\n' {
            if bytes.len() == LONGEST {
                return Err(refused("the PIN is too long"));
            }
            bytes.push(byte[0]);
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if bytes.is_empty() {
            return Err(refused("the PIN is empty"));
        }
        Ok(Self(bytes))
    }

    /// Draws a PIN of 32 hexadecimal digits and writes it to the empty file behind the descriptor, flushed to disk.
    ///
    /// # Errors
    /// `AlreadyExists` if the file is not empty, or what writing reported.
    pub fn draw(descriptor: i32) -> io::Result<Self> {
        let mut file = reopen(descriptor, OpenOptions::new().write(true))?;
        if file.metadata()?.len() != 0 {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the PIN file is not empty",
            ));
        }
        let drawn = random::fresh32().map_err(|_| refused("no random bytes"))?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(32));
        for byte in &drawn[..16] {
            bytes.extend([byte >> 4, byte & 15].map(hexadecimal));
        }
        file.write_all(&bytes)?;
        file.sync_all()?;
        Ok(Self(bytes))
    }

    /// The parts of several operators, one after the other: dual control.
    ///
    /// # Errors
    /// `InvalidData` if a part has less than 8 bytes or the whole more than 255.
    pub fn join(parts: &[&Self]) -> io::Result<Self> {
        let total = parts.iter().map(|part| part.0.len()).sum();
        if parts.iter().any(|part| part.0.len() < LEAST_PART) {
            return Err(refused("an operator's part has at least 8 characters"));
        }
        if total > LONGEST {
            return Err(refused("the parts are too long together"));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(total));
        for part in parts {
            bytes.extend_from_slice(&part.0);
        }
        Ok(Self(bytes))
    }

    pub(super) fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// Digits '0'..'9' and 'a'..'f' without a table or branch on the secret.
fn hexadecimal(nibble: u8) -> u8 {
    let letter = (nibble + 6) >> 4;
    nibble + b'0' + letter * (b'a' - b'0' - 10)
}

fn refused(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Opens what is behind a descriptor once more, as the software token's key file does.
fn reopen(descriptor: i32, options: &OpenOptions) -> io::Result<File> {
    if descriptor < 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "negative file descriptor",
        ));
    }
    options.open(format!("/dev/fd/{descriptor}"))
}

#[cfg(test)]
mod tests {
    use super::hexadecimal;

    #[test]
    fn digits_are_those_of_hexadecimal() {
        let all: Vec<u8> = (0..16).map(hexadecimal).collect();
        assert_eq!(all, b"0123456789abcdef");
    }
}
