//! The start-up self-check passes on this machine, and back ends can be selected.

use cosign_core::curve;

#[test]
fn every_usable_back_end_passes() {
    assert_eq!(curve::self_check(), Ok(()));
    for backend in curve::usable() {
        assert_eq!(curve::select(backend), Ok(()));
        assert_eq!(curve::active(), backend);
    }
}
