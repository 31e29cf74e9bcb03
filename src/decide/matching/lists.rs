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

    /// Of what belongs to each of so many lists, in the order in which it came.
    pub(super) fn gathered(lists: usize, items: &[(u32, T)]) -> Self
    where
        T: Copy + Default,
    {
        let mut ends = vec![0_u32; lists];
        items.iter().for_each(|(list, _)| ends[*list as usize] += 1);
        let mut sum = 0;
        for end in &mut ends {
            // For now where it starts.
            sum += std::mem::replace(end, sum);
        }
        let mut all = Self { ends, items: vec![T::default(); items.len()] };
        for (list, item) in items {
            let end = &mut all.ends[*list as usize];
            all.items[*end as usize] = *item;
            *end += 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gathered_stands_in_its_list_in_the_order_it_came() {
        let gathered = Lists::gathered(4, &[(2, 'a'), (0, 'b'), (2, 'c'), (3, 'd'), (0, 'e')]);
        let lists = Lists::new(vec![vec!['b', 'e'], vec![], vec!['a', 'c'], vec!['d']]);
        assert_eq!((0..4).map(|list| gathered.of(list)).collect::<Vec<_>>(), (0..4).map(|list| lists.of(list)).collect::<Vec<_>>());
        assert_eq!(gathered.len(), 4);
    }
}
