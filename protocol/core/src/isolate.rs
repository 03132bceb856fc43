//! Isolation of the items of a batch from each other (TX-B3).

use std::panic::{catch_unwind, AssertUnwindSafe};

/// Evaluates a batch so that one item cannot abort the others (TX-B3): if the common evaluation panics, every item is
/// evaluated alone, and the item that panics again becomes `fault()`.
pub(crate) fn isolated<I, O>(
    items: &[I],
    evaluate: impl Fn(&[I]) -> Vec<O>,
    fault: impl Fn() -> O,
) -> Vec<O> {
    let guarded = |part: &[I]| {
        let outcomes = catch_unwind(AssertUnwindSafe(|| evaluate(part))).ok();
        outcomes.filter(|outcomes| outcomes.len() == part.len())
    };
    guarded(items).unwrap_or_else(|| {
        let alone =
            |item| guarded(core::slice::from_ref(item)).and_then(|mut outcomes| outcomes.pop());
        items
            .iter()
            .map(|item| alone(item).unwrap_or_else(&fault))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::isolated;

    #[test]
    fn row_46_a_panicking_item_faults_alone() {
        let evaluate = |items: &[u8]| {
            assert!(!items.contains(&3), "item 3 breaks every batch it is in");
            items.iter().map(|item| Some(*item)).collect()
        };
        assert_eq!(
            isolated(&[1, 2, 3, 4], evaluate, || None),
            [Some(1), Some(2), None, Some(4)]
        );
        assert_eq!(isolated(&[1, 2], evaluate, || None), [Some(1), Some(2)]);
    }

    #[test]
    fn outcomes_of_the_wrong_number_are_faults() {
        assert_eq!(
            isolated(&[1, 2], |_| vec![Some(())], || None),
            [Some(()), Some(())]
        );
        assert_eq!(
            isolated(&[1, 2], |_| Vec::<Option<()>>::new(), || None),
            [None, None]
        );
    }
}
