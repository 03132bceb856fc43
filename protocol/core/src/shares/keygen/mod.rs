//! Two-party key generation (§3.1, KG-1 … KG-8) for both sharings and both suites.
//!
//! With the server's share in a token (HSM-3) `held` takes the place of the first half of `server`.
//!
//! Nobody ever holds d. The server fixes v2 before it sees P1, the phone fixes P1 before it sees P2.

mod held;
mod phone;
mod server;

use crate::curve::{Affine, SecretScalar, P256};
use crate::hash::{h, label, Suite};
use crate::message::{Purpose, Sharing};
pub use held::{of_token, HeldDraft};
pub use phone::{PhoneKeygen, PhoneKeygenProven, SecretContext};
pub use server::{begin, NewShare, Pending, PENDING_LEN};

/// The labels of one sharing (KG-8).
struct Labels {
    com: &'static str,
    k1: &'static str,
    k2: &'static str,
    statement: &'static str,
    proof_server: &'static str,
    proof_phone: &'static str,
}

impl Labels {
    const fn of(sharing: Sharing) -> Self {
        match sharing {
            Sharing::TwoNonce => Self {
                com: label::KG_COM,
                k1: label::KG_1,
                k2: label::KG_2,
                statement: label::KG_3,
                proof_server: label::KG_POK_S,
                proof_phone: label::KG_POK_P,
            },
            Sharing::Multiplicative => Self {
                com: label::KGM_COM,
                k1: label::KGM_1,
                k2: label::KGM_2,
                statement: label::KGM_3,
                proof_server: label::KGM_POK_S,
                proof_phone: label::KGM_POK_P,
            },
        }
    }
}

/// KG-5: what the core's identity key signs, H("KG/3", `key_id`, `device_id`, u8 purpose, P).
#[must_use]
pub fn statement<S: Suite>(
    sharing: Sharing,
    key_id: &str,
    device_id: &str,
    purpose: Purpose,
    pk: &[u8; 33],
) -> [u8; 32] {
    let fields: [&[u8]; 4] = [
        key_id.as_bytes(),
        device_id.as_bytes(),
        &[purpose as u8],
        pk,
    ];
    h::<S>(Labels::of(sharing).statement, &fields)
}

/// What a share that is born in a token signs (HSM-3), a proof that the token has it: H("KGM/token", k1, B).
fn token_statement(k1: &[u8; 32], b: &[u8; 33]) -> [u8; 32] {
    h::<P256>(label::KGM_TOKEN, &[k1, b])
}

/// KG-4, KG-6: P from one's own secret and the other side's point; `None` if it is the identity.
fn joint_key<S: Suite>(
    sharing: Sharing,
    secret: &SecretScalar<S>,
    point: &Affine<S>,
) -> Option<Affine<S>> {
    let product = crate::curve::mul(secret, point)?;
    match sharing {
        Sharing::TwoNonce => product.sub(&Affine::generator()),
        Sharing::Multiplicative => Some(product),
    }
}

#[cfg(test)]
mod tests;
