//! Rows in the order of their partitions.

/// An order that puts the rows of each partition together and keeps theirs.
#[derive(Debug)]
pub struct Order {
    /// The row at each place.
    pub places: Vec<u32>,
    /// Rows of each partition.
    pub counts: Vec<u64>,
    /// Whether no row moves.
    pub is_as_it_was: bool,
}

impl Order {
    /// The order of rows by partitions, of which there are `count`.
    pub fn by(partitions: &[u32], count: u32) -> Self {
        let last = count.max(1) as usize - 1;
        let partition = |number: u32| (number as usize).min(last);
        let mut counts = vec![0; last + 1];
        for &number in partitions {
            counts[partition(number)] += 1;
        }
        let mut next = Vec::with_capacity(counts.len());
        let mut start = 0_u64;
        for own in &counts {
            next.push(start as usize);
            start += own;
        }
        let mut places = vec![0; partitions.len()];
        for (row, &number) in partitions.iter().enumerate() {
            let place = &mut next[partition(number)];
            places[*place] = row as u32;
            *place += 1;
        }
        Self { places, is_as_it_was: partitions.is_sorted(), counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_order_within_a_partition() {
        let order = Order::by(&[2, 0, 2, 1, 0], 3);
        assert_eq!((order.places, order.counts, order.is_as_it_was), (vec![1, 4, 3, 0, 2], vec![2, 1, 2], false));
        let order = Order::by(&[], 2);
        assert_eq!((order.places, order.counts, order.is_as_it_was), (vec![], vec![0, 0], true));
    }
}
