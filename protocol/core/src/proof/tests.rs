use super::{prove, response, verify, Proof, Statement};
use crate::curve::{mul_base, Affine, Scalar, SecretScalar, Sm2, P256};
use crate::error::Error;
use crate::hash::Suite;
use crate::random::dummy_scalar;
use crate::testing::Vector;

struct Known<S: Suite> {
    secrets: Vec<SecretScalar<S>>,
    points: Vec<Affine<S>>,
    encoded: Vec<[u8; 33]>,
}

impl<S: Suite> Known<S> {
    fn of(secrets: Vec<SecretScalar<S>>) -> Self {
        let points: Vec<Affine<S>> = secrets.iter().map(|x| mul_base(x).unwrap()).collect();
        let encoded = points.iter().map(Affine::encode).collect();
        Self {
            secrets,
            points,
            encoded,
        }
    }

    fn random(count: usize) -> Self {
        Self::of((0..count).map(|_| dummy_scalar().unwrap()).collect())
    }

    fn prove(&self, label: &'static str, ctx: &[u8; 32]) -> Proof<S> {
        self.prove_with(label, ctx, |_| dummy_scalar().unwrap())
    }

    fn prove_with(
        &self,
        label: &'static str,
        ctx: &[u8; 32],
        a: impl Fn(u16) -> SecretScalar<S>,
    ) -> Proof<S> {
        let witness: Vec<_> = self.secrets.iter().zip(&self.points).collect();
        prove(label, ctx, &witness, a).unwrap()
    }

    fn verify(&self, label: &'static str, ctx: &[u8; 32], proof: &Proof<S>) -> Result<(), Error> {
        let (share_point, public) = self.points.split_last().unwrap();
        let encoded = &self.encoded[..public.len()];
        verify(&Statement {
            label,
            ctx,
            encoded,
            public,
            share_point,
            proof,
        })
    }
}

fn proof_vector<S: Suite>(name: &str) {
    let v = Vector::load(name);
    let count = v.count("/inputs/witness");
    let known = Known::<S>::of(
        (0..count)
            .map(|i| v.secret(&format!("/inputs/witness/{i}")))
            .collect(),
    );
    assert_eq!(known.encoded, v.list::<33>("/intermediate/statements"));
    let ctx = v.array("/inputs/ctx");
    let proof = known.prove_with("KAT/pok", &ctx, |_| v.secret("/inputs/a"));
    assert_eq!(proof.to_bytes().as_slice(), v.bytes("/outputs/proof"));
    known.verify("KAT/pok", &ctx, &proof).unwrap();
}

#[test]
fn proof_vectors() {
    proof_vector::<Sm2>("pok_sm2_1");
    proof_vector::<Sm2>("pok_sm2_3");
    proof_vector::<P256>("pok_p256_1");
    proof_vector::<P256>("pok_p256_3");
}

/// Both ways of summing the public terms: few in lanes, many in one multi-product.
#[test]
fn proofs_of_every_size_verify() {
    for count in [1, 2, 3, 4, 9, 17, 65] {
        let known = Known::<Sm2>::random(count);
        let proof = known.prove("t", &[1; 32]);
        known.verify("t", &[1; 32], &proof).unwrap();
        assert_eq!(known.verify("t", &[2; 32], &proof), Err(Error::BadProof));
        assert_eq!(known.verify("u", &[1; 32], &proof), Err(Error::BadProof));
        for i in 0..count {
            let mut other = Known::<Sm2>::of(known.secrets.iter().map(copy).collect());
            other.secrets[i] = dummy_scalar().unwrap();
            other = Known::of(other.secrets);
            assert_eq!(
                other.verify("t", &[1; 32], &proof),
                Err(Error::BadProof),
                "statement {i} of {count}"
            );
        }
    }
}

fn copy<S: Suite>(secret: &SecretScalar<S>) -> SecretScalar<S> {
    SecretScalar::new(*secret.expose())
}

#[test]
fn exchanged_statements_are_refused() {
    let known = Known::<Sm2>::random(3);
    let proof = known.prove("t", &[0; 32]);
    let turned = Known::of(known.secrets.iter().rev().map(copy).collect());
    assert_eq!(turned.verify("t", &[0; 32], &proof), Err(Error::BadProof));
}

/// P6: no bit of a proof can be flipped.
#[test]
fn every_flipped_proof_bit_is_refused() {
    let known = Known::<Sm2>::random(1);
    let bytes = known.prove("t", &[0; 32]).to_bytes();
    for bit in 0..512 {
        let mut flipped = bytes;
        flipped[bit / 8] ^= 1 << (bit % 8);
        let refused =
            Proof::from_bytes(&flipped).and_then(|proof| known.verify("t", &[0; 32], &proof));
        assert!(refused.is_err(), "bit {bit}");
    }
}

/// Row 8: zero, n, n + 1 and 2^256 − 1.
#[test]
fn row_8_scalars_out_of_range_are_refused() {
    let n = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
    let n1 = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54124";
    let good = Known::<Sm2>::random(1).prove("t", &[0; 32]).to_bytes();
    for bad in [&"00".repeat(32), n, n1, &"ff".repeat(32)] {
        let bad = hex::decode(bad).unwrap();
        for half in [0..32, 32..64] {
            let mut bytes = good;
            bytes[half].copy_from_slice(&bad);
            assert_eq!(
                Proof::<Sm2>::from_bytes(&bytes).err(),
                Some(Error::MalformedScalar)
            );
        }
    }
}

/// Row 9: the halves exchanged, and z + n where it still fits 32 bytes.
#[test]
fn row_9_exchanged_halves_and_unreduced_response_are_refused() {
    let known = Known::<Sm2>::random(1);
    let proof = known.prove("t", &[0; 32]);
    let exchanged = Proof {
        c: proof.z,
        z: proof.c,
    };
    assert_eq!(
        known.verify("t", &[0; 32], &exchanged),
        Err(Error::BadProof)
    );
    let mut unreduced = proof.to_bytes();
    let one_plus_n = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54124";
    unreduced[32..].copy_from_slice(&hex::decode(one_plus_n).unwrap());
    assert_eq!(
        Proof::<Sm2>::from_bytes(&unreduced).err(),
        Some(Error::MalformedScalar)
    );
}

/// Row 4: A' = O is refused before anything is hashed: z = c·x makes the sum vanish for any c.
#[test]
fn row_4_identity_commitment_is_refused() {
    let known = Known::<Sm2>::random(1);
    let c = *dummy_scalar::<Sm2>().unwrap().expose();
    let proof = Proof {
        c,
        z: c.mul(known.secrets[0].expose()),
    };
    assert_eq!(known.verify("t", &[0; 32], &proof), Err(Error::BadProof));
}

#[test]
fn zero_response_is_not_sent() {
    let c = Scalar::<Sm2>::ONE;
    let x = dummy_scalar::<Sm2>().unwrap();
    let a = SecretScalar::new(x.expose().neg());
    assert!(response(a, &c, &[&x]).is_none());
    assert!(response(copy(&x), &c, &[&x]).is_some());
}

#[test]
fn zero_nonce_is_an_internal_fault() {
    let known = Known::<Sm2>::random(1);
    let witness = [(&known.secrets[0], &known.points[0])];
    let zero = prove("t", &[0; 32], &witness, |_| SecretScalar::new(Scalar::ZERO));
    assert_eq!(zero.err(), Some(Error::InternalFault));
}
