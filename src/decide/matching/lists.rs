//! Many short lists in one piece of memory.

/// Lists by number.
#[derive(Debug, Default)]
pub(super) struct Lists<T> {
    /// Where each list ends.
    ends: Vec<u32>,
    items: Vec<T>,
}

impl<T> Lists<T> {
    pub(super) fn new(lists: Vec<Vec<T>>) -> Self {
        let items = lists.iter().map(Vec::len).sum();
        let mut all = Self { ends: Vec::with_capacity(lists.len()), items: Vec::with_capacity(items) };
        for list in lists {
            all.items.extend(list);
            all.ends.push(super::number(all.items.len()));
        }
        all
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn of(&self, number: usize) -> &[T] {
        let first = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[first as usize..self.ends[number] as usize]
    }
}
