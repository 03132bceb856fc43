use super::{extend_phone, extend_server};
use crate::curve;
use crate::ot::testing::{dealt_from, nodes_of};
use crate::testing::{sha256_hex, Vector};

/// softspoken.json over the leaves of ot_setup.json, on every back end.
#[test]
fn extension_is_that_of_the_vector() {
    let (setup_vector, v) = (Vector::load("ot_setup"), Vector::load("softspoken"));
    let (server, phone) = dealt_from(
        &setup_vector.array("/inputs/otsid"),
        &v.array("/inputs/Delta"),
        nodes_of(&setup_vector.bytes("/outputs/nodes")),
    );
    let (sid, x) = (v.array("/inputs/sid"), v.array("/inputs/x"));
    let before = curve::active();
    for backend in curve::usable() {
        curve::select(backend).unwrap();
        let message = extend_phone(&phone, &sid, &x);
        assert_eq!(message.c[0].as_slice(), v.bytes("/outputs/C_0"));
        assert_eq!(message.c[63].as_slice(), v.bytes("/outputs/C_63"));
        assert_eq!(
            sha256_hex(message.c.as_flattened()),
            v.text("/outputs/C/sha256")
        );
        assert_eq!(message.x_tilde.as_slice(), v.bytes("/outputs/x_tilde"));
        assert_eq!(message.t_tilde.as_flattened(), v.bytes("/outputs/t_tilde"));
        assert_eq!(message.rows[0].as_slice(), v.bytes("/outputs/T_0"));
        assert_eq!(message.rows[1023].as_slice(), v.bytes("/outputs/T_1023"));
        assert_eq!(
            sha256_hex(message.rows.as_flattened()),
            v.text("/outputs/T/sha256")
        );
        let rows = extend_server(
            &server,
            &sid,
            &message.c,
            &message.x_tilde,
            &message.t_tilde,
        )
        .unwrap();
        assert_eq!(rows[0].as_slice(), v.bytes("/outputs/Z_0"));
        assert_eq!(sha256_hex(rows.as_flattened()), v.text("/outputs/Z/sha256"));
    }
    curve::select(before).unwrap();
}
