//! PIN-7: which PINs are refused when one is chosen.

use crate::error::{Error, Result};

/// Fewest characters of a PIN.
pub const MIN_CHARS: usize = 6;
/// Most characters of a PIN.
pub const MAX_CHARS: usize = 64;

/// Frequent choices that no rule below covers: keypad patterns, number puns, words.
const COMMON: &[&str] = &[
    "000007",
    "007007",
    "010203",
    "100200",
    "101010",
    "102030",
    "110110",
    "111222",
    "112211",
    "112233",
    "113355",
    "114477",
    "115599",
    "122333",
    "123321",
    "123654",
    "124578",
    "131313",
    "131420",
    "134679",
    "135790",
    "135791",
    "142536",
    "142857",
    "145236",
    "147258",
    "147369",
    "147852",
    "147896",
    "159357",
    "159753",
    "159951",
    "168168",
    "169169",
    "171717",
    "181818",
    "192837",
    "199999",
    "200000",
    "201314",
    "212121",
    "221122",
    "222333",
    "224466",
    "232323",
    "235689",
    "246810",
    "252525",
    "258369",
    "258456",
    "258852",
    "290290",
    "314159",
    "321123",
    "321654",
    "332211",
    "333444",
    "333666",
    "369147",
    "369258",
    "420420",
    "445566",
    "456123",
    "456852",
    "500000",
    "518518",
    "520131",
    "520520",
    "521521",
    "521314",
    "556677",
    "563563",
    "584520",
    "584521",
    "595959",
    "610610",
    "654123",
    "666777",
    "666888",
    "667788",
    "686868",
    "688688",
    "696969",
    "741852",
    "753159",
    "753951",
    "778899",
    "786786",
    "789123",
    "789456",
    "789654",
    "789789",
    "808080",
    "818181",
    "852456",
    "868686",
    "878787",
    "886886",
    "888168",
    "888666",
    "898989",
    "909090",
    "911911",
    "951753",
    "963852",
    "987123",
    "989898",
    "998877",
    "999888",
    "1314520",
    "5201314",
    "5211314",
    "7758258",
    "7758521",
    "12344321",
    "12345679",
    "14725836",
    "14725800",
    "87651234",
    "88886666",
    "abc123",
    "admin123",
    "iloveyou",
    "letmein",
    "p@ssw0rd",
    "passw0rd",
    "password",
    "password1",
    "qazwsx",
    "qwe123",
    "qwerty",
    "qwertyui",
    "qwertyuiop",
    "welcome",
    "woaini",
    "woaini1314",
];

/// Accepts a PIN of [`MIN_CHARS`]…[`MAX_CHARS`] characters that is not a common one.
///
/// Refused are one character repeated, a block of up to half the length repeated, an ascending or descending run
/// (`567890` and `098765` included) and the entries of a list; letters count without case.
///
/// # Errors
/// [`Error::MalformedMessage`].
pub fn check(pin: &str) -> Result<()> {
    let chars: Vec<char> = pin.chars().map(|c| c.to_ascii_lowercase()).collect();
    let common = COMMON
        .iter()
        .any(|entry| entry.chars().eq(chars.iter().copied()));
    if chars.len() < MIN_CHARS
        || chars.len() > MAX_CHARS
        || common
        || periodic(&chars)
        || run(&chars)
    {
        return Err(Error::MalformedMessage);
    }
    Ok(())
}

/// A block of 1…3 characters repeated to the end, as in `111111`, `121212` and `123123`.
fn periodic(chars: &[char]) -> bool {
    (1..=3).any(|period| {
        chars.len() >= 2 * period && chars.iter().zip(&chars[period..]).all(|(a, b)| a == b)
    })
}

/// Neighbours that always differ by +1 or always by −1, digits modulo ten.
fn run(chars: &[char]) -> bool {
    let steps = |wanted: u32| {
        chars
            .windows(2)
            .all(|pair| match (pair[0].to_digit(10), pair[1].to_digit(10)) {
                (Some(a), Some(b)) => (a + wanted) % 10 == b,
                (None, None) => {
                    let (a, b) = (u32::from(pair[0]), u32::from(pair[1]));
                    if wanted == 1 {
                        b == a + 1
                    } else {
                        a == b + 1
                    }
                }
                _ => false,
            })
    };
    steps(1) || steps(9)
}

#[cfg(test)]
mod tests {
    use super::{check, COMMON};

    #[test]
    fn patterns_and_listed_pins_are_refused() {
        let patterns = [
            "111111", "121212", "123123", "123456", "654321", "567890", "098765", "0000000",
            "abcdef", "FEDCBA",
        ];
        for pin in COMMON
            .iter()
            .chain(&patterns)
            .chain(&["", "12345", "PassWord"])
        {
            assert!(check(pin).is_err(), "{pin}");
        }
        assert!(check(&"7a".repeat(33)).is_err());
    }

    #[test]
    fn ordinary_pins_are_accepted() {
        for pin in [
            "271828",
            "802417",
            "correct horse",
            "四季如春花开",
            "9f3kq2",
        ] {
            assert!(check(pin).is_ok(), "{pin}");
        }
    }
}
