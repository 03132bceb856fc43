//! Prescribed nonces, for known-answer tests only: the type does not exist in a normal build.

use std::collections::HashMap;

use super::{PhoneNonces, ServerNonces};
use crate::curve::SecretScalar;
use crate::hash::Suite;

/// Scalars by tag, index and retry; whatever is not listed is derived as usual.
#[derive(Default)]
pub struct Fixed(HashMap<(String, u16, u32), [u8; 32]>);

impl Fixed {
    pub fn get<S: Suite>(&self, tag: &str, i: u16, retry: u32) -> Option<SecretScalar<S>> {
        let bytes = self.0.get(&(tag.to_owned(), i, retry))?;
        Some(SecretScalar::from_bytes(bytes).expect("a prescribed nonce is a scalar"))
    }

    fn of(list: &[(&str, u16, [u8; 32])]) -> Self {
        Self(
            list.iter()
                .map(|(tag, i, bytes)| (((*tag).to_owned(), *i, 0), *bytes))
                .collect(),
        )
    }
}

impl PhoneNonces {
    pub(crate) fn prescribed(list: &[(&str, u16, [u8; 32])]) -> Self {
        Self {
            seed: [0; 32].into(),
            fixed: Fixed::of(list),
        }
    }
}

impl ServerNonces {
    pub(crate) fn prescribed(list: &[(&str, u16, [u8; 32])]) -> Self {
        Self {
            seed: [0; 32].into(),
            fixed: Fixed::of(list),
        }
    }
}
