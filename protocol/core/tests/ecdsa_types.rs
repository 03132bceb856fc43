//! What holds a secret of two-party ECDSA cannot be copied or printed: checked when this file is compiled.

use core::fmt::{Debug, Display};

use cosign_core::curve::{Factor, SecretScalar, P256};
use cosign_core::ecdsa::sign::{Outcome, PhoneSign};
use cosign_core::message::{EcSignAnswer, EcSignBody, OtSetupBody};
use cosign_core::ot::{PhoneExtension, PhoneSeeds, ServerSetup};
use cosign_core::shares::Answer;
use zeroize::ZeroizeOnDrop;

/// Does not compile if the type has the trait: the method would then be ambiguous.
macro_rules! lacks {
    ($($secret:ty),+; $bound:path) => {
        $(const _: fn() = || {
            struct Has;
            trait Ambiguous<A> {
                fn name() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $bound> Ambiguous<Has> for T {}
            let _ = <$secret as Ambiguous<_>>::name;
        };)+
    };
}

lacks!(PhoneSign, PhoneSeeds, PhoneExtension, ServerSetup, Outcome, Answer; Clone);
lacks!(PhoneSign, PhoneSeeds, PhoneExtension, ServerSetup, Outcome, Answer; Debug);
lacks!(PhoneSign, PhoneSeeds, PhoneExtension, ServerSetup, Outcome, Answer; Display);
lacks!(SecretScalar<P256>, Factor<P256>; Clone);
lacks!(SecretScalar<P256>, Factor<P256>; Debug);

#[test]
fn wiped_types_need_dropping() {
    assert!(core::mem::needs_drop::<PhoneSign>());
    assert!(core::mem::needs_drop::<PhoneSeeds>());
    assert!(core::mem::needs_drop::<ServerSetup>());
    assert!(core::mem::needs_drop::<Factor<P256>>());
}

/// PIN-6: the plaintext of a request is secret data. Does not compile if one of its buffers is not wiped.
#[test]
fn buffers_of_requests_are_wiped() {
    fn wiped<T: ZeroizeOnDrop>(_: &T) {}
    let _ = |body: &EcSignBody| {
        wiped(&body.encode());
        wiped(&body.encoded);
        wiped(&body.point);
        wiped(&body.delta);
        wiped(&*body.ot.columns);
        wiped(&body.ot.x_tilde);
        wiped(&*body.ot.t_tilde);
    };
    let _ = |sent: &PhoneExtension| {
        wiped(&*sent.c);
        wiped(&sent.x_tilde);
        wiped(&*sent.t_tilde);
        wiped(&sent.rows);
    };
    let _ = |body: &OtSetupBody<P256>| {
        wiped(&body.ots);
        wiped(&body.encode());
    };
    let _ = |answer: &EcSignAnswer| {
        wiped(&answer.point);
        wiped(&answer.encode());
    };
}
