//! A set of row ids. Those of one statement follow each other, so a million of them are one run.

use std::collections::BTreeMap;

/// The set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids {
    /// First and last id of each run; runs neither touch nor overlap.
    runs: BTreeMap<i64, i64>,
}

impl Ids {
    /// Adds an id.
    pub fn insert(&mut self, id: i64) {
        let before = self.runs.range(..=id).next_back();
        let (mut first, mut last) = (id, id);
        match before {
            Some((_, &end)) if id <= end => return,
            Some((&start, &end)) if end.checked_add(1) == Some(id) => first = start,
            _ => {}
        }
        if let Some(next) = id.checked_add(1)
            && let Some(end) = self.runs.remove(&next)
        {
            last = end;
        }
        self.runs.insert(first, last);
    }

    /// Whether an id is in it.
    pub fn contains(&self, id: i64) -> bool {
        let run = self.runs.range(..=id).next_back();
        run.is_some_and(|(_, &last)| id <= last)
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        self.runs.iter().flat_map(|(&first, &last)| first..=last)
    }
}

impl Extend<i64> for Ids {
    fn extend<T: IntoIterator<Item = i64>>(&mut self, ids: T) {
        ids.into_iter().for_each(|id| self.insert(id));
    }
}

impl FromIterator<i64> for Ids {
    fn from_iter<T: IntoIterator<Item = i64>>(ids: T) -> Self {
        let mut all = Ids::default();
        all.extend(ids);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_holds_what_a_set_holds_in_whatever_order_it_came(ids in proptest::collection::vec(-20..20_i64, 0..60)) {
            let set: BTreeSet<i64> = ids.iter().copied().collect();
            let runs: Ids = ids.into_iter().collect();
            prop_assert_eq!(runs.iter().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
            prop_assert!((-25..25).all(|id| runs.contains(id) == set.contains(&id)));
            let apart = runs.runs.iter().zip(runs.runs.iter().skip(1));
            prop_assert!(apart.into_iter().all(|((_, last), (first, _))| last + 1 < *first));
        }
    }
}
