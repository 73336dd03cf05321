//! Records of charges that count: priced by partitions of accounts, each in canonical order.
//!
//! Records mostly arrive in order, so a partition is first priced as it comes; the moment a counter sees a record that
//! belongs before the one it saw last, the partition is sorted and priced again from its opening counters.

mod partition;

use super::chunk::{Chunk, Work};
use super::lane::Mine;
use super::order::Before;
use super::route::Context;
use super::{Partitions, lane, parallel};
use partition::Partition;

/// How partitions are rated.
#[derive(Debug, Clone, Copy)]
pub struct Choices {
    /// Whether records may be sorted.
    pub sort: bool,
    /// Whether some around them may be missing (`Options::beside`).
    pub beside: bool,
}

/// Rates all counted records of some chunks. False if records are not in order and may not be sorted here, because others
/// came before.
pub fn rate(
    contexts: &[Context],
    (chunks, before): (&mut [Chunk], Before),
    counters: &mut Partitions,
    choices: Choices,
) -> bool {
    if chunks.iter().any(|chunk| chunk.lane.counts) && !count_lanes(contexts, (chunks, before), counters, choices.sort)
    {
        return false;
    }
    if !chunks.iter().any(Chunk::counts_rows) {
        return true;
    }
    let mut work: Vec<Vec<Work>> = (0..counters.len()).map(|_| Vec::with_capacity(chunks.len())).collect();
    for chunk in chunks.iter_mut() {
        for (number, work) in work.iter_mut().enumerate() {
            work.push(std::mem::take(&mut chunk.work[number + 1]));
        }
    }
    let shared: &[Chunk] = chunks;
    let partition = |(number, (work, counters))| {
        let rejects = Vec::new();
        Partition { number, work, counters, rejects, chunks: shared, before, choices }
    };
    let parts: Vec<_> = work.into_iter().zip(std::mem::take(counters)).enumerate().map(partition).collect();
    let few = parts.len() < 2;
    let rated = parallel::map(parts, few, |partition| partition.rate(contexts));
    let mut in_order = true;
    for (number, outcome) in rated.into_iter().enumerate() {
        let Some((work, partition_counters, rejects)) = outcome else {
            in_order = false;
            continue;
        };
        for (chunk, work) in chunks.iter_mut().zip(work) {
            chunk.work[number + 1] = work;
        }
        for (chunk, row, fault) in rejects {
            chunks[chunk as usize].reject(row, fault);
        }
        counters.push(partition_counters);
    }
    in_order
}

/// Counts the lanes of some chunks; false if records are not in order.
fn count_lanes(
    contexts: &[Context],
    (chunks, before): (&mut [Chunk], Before),
    counters: &mut Partitions,
    sort: bool,
) -> bool {
    let of = counters.len();
    let few = of < 2;
    let places = parallel::map(&*chunks, few, |chunk| if few { Vec::new() } else { chunk.lane.counting(of) });
    let rows: Vec<usize> = chunks.iter().map(|chunk| if chunk.lane.counts { chunk.lane.len() } else { 0 }).collect();
    let mine = |partition: usize| -> Vec<Mine> {
        let all = || rows.iter().map(|&rows| Mine::First(rows)).collect();
        if few { all() } else { places.iter().map(|places| Mine::At(&places[partition])).collect() }
    };
    let shared: &[Chunk] = chunks;
    let count = |(partition, counters)| lane::count(contexts, (shared, before), (mine(partition), counters), sort);
    let numbered: Vec<_> = counters.iter_mut().enumerate().collect();
    let counted: Option<Vec<_>> = parallel::map(numbered, few, count).into_iter().collect();
    let Some(counted) = counted else { return false };
    let mut counted: Vec<_> =
        counted.into_iter().enumerate().map(|(partition, counted)| mine(partition).into_iter().zip(counted)).collect();
    let by_chunk: Vec<Vec<_>> =
        chunks.iter().map(|_| counted.iter_mut().filter_map(Iterator::next).collect()).collect();
    let chunks: Vec<_> = chunks.iter_mut().zip(by_chunk).collect();
    parallel::map(chunks, few, |(chunk, counted)| lane::merge(chunk, counted));
    true
}
