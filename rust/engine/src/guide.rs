//! Which charges of a plan rate a record: decision tables indexed by small codes.
//!
//! The tests of a plan's charges divide services, zones and bands into classes that no charge tells apart. For each
//! service class there is a dense table, zone class × band class, of candidate lists; tests on other attributes are
//! left over and decided on the record, by falling priority.

mod classes;

use std::collections::BTreeMap;

use crate::condition::{Attributes, Condition};
use classes::Classes;

/// What one charge tests. An absent set tests nothing; a set holds codes, the last code of a domain being null.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub charge: u32,
    pub component: u32,
    pub priority: i64,
    pub services: Option<Vec<u32>>,
    pub zones: Option<Vec<u32>>,
    pub bands: Option<Vec<u32>>,
    pub residual: Condition,
    /// Whether the charge may not be in force yet: its first version has a date.
    pub dated: bool,
}

/// Sizes of the domains, with their null or other code last; after that of the zones one that no test fits.
#[derive(Debug, Clone, Copy)]
pub struct Domains {
    pub services: usize,
    pub zones: usize,
    pub bands: usize,
}

#[derive(Debug, Clone)]
struct Grid {
    zones: Classes,
    bands: Classes,
    /// List of each (zone class, band class).
    lists: Vec<u32>,
}

/// One candidate of a list: its charge, its component, and what is left to test (an index, or none).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    component: u32,
    /// Descending priority.
    rank: std::cmp::Reverse<i64>,
    charge: u32,
    residual: Option<u32>,
    dated: bool,
}

/// What codes alone tell of the charges that rate a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This one, whatever else the record holds, as long as it is in force.
    One(u32),
    /// None, several, or one that has more to test.
    Ask,
}

/// The decision tables of one plan.
#[derive(Debug, Clone)]
pub struct Guide {
    services: Classes,
    grids: Vec<Grid>,
    lists: Vec<Vec<Entry>>,
    /// By list.
    choices: Vec<Choice>,
    residuals: Vec<Condition>,
}

impl Guide {
    /// Builds the tables; the work is the number of cells that the candidates fill.
    pub fn new(candidates: &[Candidate], domains: Domains) -> Self {
        let services = Classes::new(domains.services, candidates.iter().map(|c| c.services.as_deref()));
        let mut by_class: Vec<Vec<usize>> = vec![Vec::new(); services.count];
        for (place, candidate) in candidates.iter().enumerate() {
            for class in services.of_set(candidate.services.as_deref()) {
                by_class[class].push(place);
            }
        }
        let mut residuals = Vec::new();
        let entries: Vec<Entry> = candidates.iter().map(|candidate| entry(candidate, &mut residuals)).collect();
        let mut lists = vec![Vec::new()];
        let mut known = BTreeMap::from([(Vec::new(), 0_u32)]);
        let grids =
            by_class.iter().map(|places| grid(places, candidates, &entries, domains, &mut lists, &mut known)).collect();
        let choices = lists.iter().map(|list| choice(list)).collect();
        Self { services, grids, lists, choices, residuals }
    }

    /// Tells zones apart in the signatures of all where some grid does.
    fn sign_zones(&self, signatures: &mut [u128]) {
        for grid in self.grids.iter().filter(|grid| grid.zones.count > 1) {
            for (signature, &class) in signatures.iter_mut().zip(&grid.zones.of_code) {
                *signature = signed(*signature, class as usize);
            }
        }
    }

    /// What a list tells by itself.
    #[inline]
    pub fn only(&self, list: u32) -> Choice {
        self.choices[list as usize]
    }

    /// The list of candidates that codes lead to.
    #[inline]
    pub fn list(&self, service: u32, zone: u32, band: u32) -> u32 {
        let grid = &self.grids[self.services.of(service)];
        grid.lists[grid.zones.of(zone) * grid.bands.count + grid.bands.of(band)]
    }

    /// The charges that rate a record, one a component, in order of component; appended to `chosen`.
    #[inline]
    pub fn choose(
        &self,
        service: u32,
        zone: u32,
        band: u32,
        record: &impl Attributes,
        in_force: impl Fn(u32) -> bool,
        chosen: &mut Vec<u32>,
    ) {
        let mut done = None;
        for entry in &self.lists[self.list(service, zone, band) as usize] {
            if done == Some(entry.component) {
                continue;
            }
            if (!entry.dated || in_force(entry.charge))
                && entry.residual.is_none_or(|residual| self.residuals[residual as usize].fits(record))
            {
                chosen.push(entry.charge);
                done = Some(entry.component);
            }
        }
    }
}

/// The class of each zone, where those that none of the guides tells apart are in one.
pub fn zone_classes<'a>(zones: usize, guides: impl Iterator<Item = &'a Guide>) -> Vec<u32> {
    let mut signatures = vec![0; zones];
    guides.for_each(|guide| guide.sign_zones(&mut signatures));
    numbered(&signatures).0
}

/// A signature with one more mark of what has it (FNV-1a, 128 bits).
fn signed(signature: u128, mark: usize) -> u128 {
    (signature ^ (mark as u128 + 1)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
}

/// Numbers of signatures in order of arrival, and how many there are.
fn numbered(signatures: &[u128]) -> (Vec<u32>, usize) {
    let mut known = BTreeMap::new();
    let mut number = |signature: &u128| {
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        *known.entry(*signature).or_insert(next)
    };
    let numbers = signatures.iter().map(&mut number).collect();
    (numbers, known.len())
}

fn choice(list: &[Entry]) -> Choice {
    match list {
        [Entry { charge, residual: None, .. }] => Choice::One(*charge),
        _ => Choice::Ask,
    }
}

fn entry(candidate: &Candidate, residuals: &mut Vec<Condition>) -> Entry {
    let residual = (!candidate.residual.tests.is_empty()).then(|| {
        residuals.push(candidate.residual.clone());
        u32::try_from(residuals.len() - 1).unwrap_or(u32::MAX)
    });
    Entry {
        component: candidate.component,
        rank: std::cmp::Reverse(candidate.priority),
        charge: candidate.charge,
        residual,
        dated: candidate.dated,
    }
}

fn grid(
    places: &[usize],
    candidates: &[Candidate],
    entries: &[Entry],
    domains: Domains,
    lists: &mut Vec<Vec<Entry>>,
    known: &mut BTreeMap<Vec<Entry>, u32>,
) -> Grid {
    let zones = Classes::new(domains.zones, places.iter().map(|&p| candidates[p].zones.as_deref()));
    let bands = Classes::new(domains.bands, places.iter().map(|&p| candidates[p].bands.as_deref()));
    let mut cells: Vec<Vec<Entry>> = vec![Vec::new(); zones.count * bands.count];
    for &place in places {
        let band_classes = bands.of_set(candidates[place].bands.as_deref());
        for zone in zones.of_set(candidates[place].zones.as_deref()) {
            for &band in &band_classes {
                cells[zone * bands.count + band].push(entries[place]);
            }
        }
    }
    let mut intern = |mut list: Vec<Entry>| {
        list.sort_unstable();
        *known.entry(list).or_insert_with_key(|list| {
            lists.push(list.clone());
            u32::try_from(lists.len() - 1).unwrap_or(0)
        })
    };
    let lists = cells.into_iter().map(&mut intern).collect();
    Grid { zones, bands, lists }
}
