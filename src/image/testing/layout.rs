// SPDX-License-Identifier: GPL-2.0-only

//! Where in a record each value stands, for tests that change values in images.

use crate::{
    describe::info,
    Kind, //
};

pub use crate::describe::{
    Field,
    Payload, //
};

/// The fixed part of a record; nothing for those that have none.
pub fn fields(kind: Kind) -> &'static [Field] {
    info(kind).map_or(&[], |info| info.fields)
}

/// What the BUFFER number `place`, counted from 0, behind a record of this kind holds.
pub fn payload(owner: Kind, place: usize) -> Option<Payload> {
    info(owner)?.payload(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_the_declaration() {
        let names =
            |kind| -> std::vec::Vec<&str> { fields(kind).iter().map(|field| field.name).collect() };
        assert_eq!(names(Kind::TASK_CREDS), ["real", "effective"]);
        let timers = fields(Kind::SIGNAL)[2];
        assert_eq!((timers.name, timers.offset), ("timer_remaining", 8));
        assert_eq!((timers.size, timers.width()), (24, 8));
        assert_eq!(names(Kind::STRING), [""; 0]);
    }

    #[test]
    fn every_kind_is_known_or_is_told_to_have_no_fields() {
        const WITHOUT: &[Kind] = &[Kind::BUFFER, Kind::STRING, Kind::ERROR];
        for kind in Kind::ALL {
            assert_eq!(fields(*kind).is_empty(), WITHOUT.contains(kind), "{kind:?}");
        }
    }

    #[test]
    fn counts_are_fields_of_the_owner() {
        for kind in Kind::ALL {
            for place in 0..3 {
                for count in payload(*kind, place).map_or(&[][..], |payload| payload.counts) {
                    assert!(fields(*kind).iter().any(|field| field.name == *count));
                }
            }
        }
    }
}
