//! Destination zones by longest prefix: a table of the first four digits, then a trie of digits.

/// No zone.
pub const NO_ZONE: u32 = u32::MAX;
const HEAD_SIZE: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Node {
    zone: u32,
    /// Where the ten children start in `nodes`, in tens; 0: none.
    children: u32,
}

const LEAF: Node = Node { zone: NO_ZONE, children: 0 };

/// Prefixes compiled for look-up. Codes of zones are the caller's.
#[derive(Debug, Clone)]
pub struct Prefixes {
    nodes: Vec<Node>,
    /// For each four leading digits: the node they lead to, with the zone of the longest prefix so far.
    head: Vec<Node>,
}

/// Why a destination has no zone to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unparsable;

impl Prefixes {
    /// Compiles (prefix of digits, zone) pairs.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, u32)>) -> Self {
        let mut nodes = vec![LEAF; 10];
        for (prefix, zone) in pairs {
            insert(&mut nodes, prefix.as_bytes(), zone);
        }
        let head = (0..HEAD_SIZE).map(|digits| walk_head(&nodes, digits)).collect();
        Self { nodes, head }
    }

    /// The zone of a destination, `NO_ZONE` if no prefix fits. A leading `+` is dropped; anything but digits after
    /// that is unparsable.
    #[inline]
    pub fn zone(&self, destination: &str) -> Result<u32, Unparsable> {
        let bytes = destination.as_bytes();
        let digits = match bytes {
            [b'+', rest @ ..] => rest,
            all => all,
        };
        if digits.is_empty() || !are_digits(digits) {
            return Err(Unparsable);
        }
        let Some((head, rest)) = digits.split_first_chunk::<4>() else {
            return Ok(self.short(digits));
        };
        let mut node = self.head[head_of(*head)];
        let mut zone = node.zone;
        for digit in rest {
            if node.children == 0 {
                break;
            }
            node = self.nodes[node.children as usize * 10 + usize::from(digit - b'0')];
            if node.zone != NO_ZONE {
                zone = node.zone;
            }
        }
        Ok(zone)
    }

    fn short(&self, digits: &[u8]) -> u32 {
        let mut zone = NO_ZONE;
        let mut children = 0;
        for (depth, digit) in digits.iter().enumerate() {
            if depth > 0 && children == 0 {
                break;
            }
            let node = self.nodes[children as usize * 10 + usize::from(digit - b'0')];
            if node.zone != NO_ZONE {
                zone = node.zone;
            }
            children = node.children;
        }
        zone
    }
}

/// Whether all bytes are digits: eight at a time, the last of them together with some that were seen.
#[inline]
fn are_digits(bytes: &[u8]) -> bool {
    let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) else {
        return bytes.iter().all(u8::is_ascii_digit);
    };
    (strangeness(*first) | strangeness(*last)) == 0
        && (bytes.len() <= 16 || bytes.as_chunks::<8>().0.iter().all(|word| strangeness(*word) == 0))
}

/// What keeps eight bytes from being digits; 0 if they are. The upper half of a digit is 3, and still is when 6 is added.
#[inline]
fn strangeness(bytes: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(bytes);
    let upper = |word: u64| (word & 0xf0f0_f0f0_f0f0_f0f0) ^ 0x3030_3030_3030_3030;
    upper(word) | upper(word.wrapping_add(0x0606_0606_0606_0606))
}

/// The number that four digits are.
#[inline]
fn head_of(digits: [u8; 4]) -> usize {
    let each = u32::from_le_bytes(digits) & 0x0f0f_0f0f;
    // Two by two, then both pairs.
    let pairs = (each & 0x00ff_00ff) * 10 + ((each >> 8) & 0x00ff_00ff);
    ((pairs & 0xffff) * 100 + (pairs >> 16)) as usize
}

/// The first ten nodes are the root's children.
fn insert(nodes: &mut Vec<Node>, prefix: &[u8], zone: u32) {
    let mut block = 0_usize;
    for (depth, digit) in prefix.iter().enumerate() {
        let at = block * 10 + usize::from(digit - b'0');
        if depth + 1 == prefix.len() {
            nodes[at].zone = zone;
        } else {
            if nodes[at].children == 0 {
                nodes[at].children = u32::try_from(nodes.len() / 10).unwrap_or(0);
                nodes.extend([LEAF; 10]);
            }
            block = nodes[at].children as usize;
        }
    }
}

fn walk_head(nodes: &[Node], digits: usize) -> Node {
    let mut reached = LEAF;
    let mut block = 0;
    for place in [1000, 100, 10, 1] {
        if place < 1000 && block == 0 {
            return Node { zone: reached.zone, children: 0 };
        }
        let node = nodes[block * 10 + digits / place % 10];
        if node.zone != NO_ZONE {
            reached.zone = node.zone;
        }
        block = node.children as usize;
    }
    Node { zone: reached.zone, children: u32::try_from(block).unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins() {
        let prefixes = Prefixes::new([("46", 0), ("467", 1), ("4670123", 2), ("1", 3), ("358", 4), ("46709", 5)]);
        for (destination, expected) in [
            ("46812345", Ok(0)),
            ("46701234", Ok(2)),
            ("+46701239", Ok(2)),
            ("4670129", Ok(1)),
            ("46709", Ok(5)),
            ("467", Ok(1)),
            ("46", Ok(0)),
            ("4", Ok(NO_ZONE)),
            ("1", Ok(3)),
            ("12", Ok(3)),
            ("358401", Ok(4)),
            ("35", Ok(NO_ZONE)),
            ("999999", Ok(NO_ZONE)),
            ("", Err(Unparsable)),
            ("+", Err(Unparsable)),
            ("46x1234", Err(Unparsable)),
            ("sip:46", Err(Unparsable)),
            ("46701234567890123456", Ok(2)),
        ] {
            assert_eq!(prefixes.zone(destination), expected, "{destination}");
        }
    }

    #[test]
    fn a_stranger_among_digits_is_found_wherever_it_stands() {
        let prefixes = Prefixes::new([("467012345678", 0)]);
        for len in 1..=40 {
            for place in 0..len {
                for stranger in [b' ', b'-', b'/', b':', b'@', b'p', 0xc3] {
                    let mut bytes: Vec<u8> = b"4670123456789".iter().copied().cycle().take(len).collect();
                    bytes[place] = stranger;
                    assert!(!are_digits(&bytes), "{bytes:?}");
                }
            }
            let digits: String = "4670123456789".chars().cycle().take(len).collect();
            assert_eq!(prefixes.zone(&digits), Ok(if len < 12 { NO_ZONE } else { 0 }), "{digits}");
        }
    }

    #[test]
    fn agrees_with_a_scan_of_all_prefixes() {
        let texts: Vec<String> = (0_u64..3_000).map(|i| (i * 7919 % 1_000_003).to_string()).collect();
        let prefixes = Prefixes::new(texts.iter().zip(0..).map(|(text, zone)| (text.as_str(), zone)));
        for i in 0_u64..20_000 {
            let number = (i * 104_729 % 10_000_019).to_string();
            let fits = texts.iter().zip(0_u32..).filter(|(text, _)| number.starts_with(text.as_str()));
            let expected = fits.max_by_key(|(text, zone)| (text.len(), *zone)).map_or(NO_ZONE, |(_, zone)| zone);
            assert_eq!(prefixes.zone(&number), Ok(expected), "{number}");
        }
    }
}
